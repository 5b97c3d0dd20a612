"""Codes fitted to silhouettes: rays, cameras, what the fit finds, and the flags."""

import importlib
import re
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh

from imnet.base.errors import UserError
from imnet.data.hdf5 import write_arrays
from imnet.networks.fitting import Prior
from imnet.pictures.shapenet_views import render_silhouettes, render_views
from imnet.pictures.varied_views import choose_varied_cameras
from imnet.surfaces.triangles import Mesh
from IMSVR import main as program
from IMSVR.cameras import agreement, best_cameras, nearby_cameras, reframed, usual_cameras
from IMSVR.fitting import fit_pictures, fit_shapes, near_start, shape_of
from IMSVR.model import IMSVR
from IMSVR.options import parse_options
from IMSVR.silhouettes import Fit, choose_pixels, fit_rays, points_along, rays_of

CAMERAS = np.array([[0, 0, 2.0], [90, 0, 2.0], [40, 25, 2.0]])  # the front, a side, both


def octahedra():
    """A network whose field is an octahedron: code (x, radius, z) in 0..1, see `place`."""
    model = IMSVR(z_dim=3, ef_dim=2, gf_dim=2)
    for matrix, bias in model.decoder.layers:
        matrix.assign(np.zeros(matrix.shape))
        bias.assign(np.zeros(bias.shape))
    (first, first_bias), *hidden, (last, _) = model.decoder.layers
    weights, biases = np.zeros(first.shape), np.zeros(first_bias.shape)
    for axis, number in enumerate((0, None, 2)):  # columns p - c and c - p of each coordinate
        for column, sign in ((2 * axis, 1), (2 * axis + 1, -1)):
            weights[axis, column] = sign
            if number is not None:
                weights[3 + number, column] = -sign
                biases[column] = sign / 2
    for column, sign in ((6, 1), (7, -1)):  # the radius, and its negative
        weights[4, column], biases[column] = sign * 0.6, sign * 0.2
    first.assign(weights)
    first_bias.assign(biases)
    # |t| is lrelu(t) + lrelu(-t) by 0.98, t itself lrelu(t) - lrelu(-t) by 1.02
    value = np.array([-1 / 0.98] * 6 + [1 / 1.02, -1 / 1.02])
    for matrix, _ in hidden:
        weights = np.zeros(matrix.shape)
        weights[: len(value), :2] = np.stack([value, -value], axis=1)
        matrix.assign(weights)
        value = np.array([1, -1]) / 1.02
    last.assign(20 * value[:, None])
    return model


def place(code):
    """Centre [3] and radius of a code's octahedron in the field's frame."""
    return np.array([code[0] - 0.5, 0, code[2] - 0.5]), 0.2 + 0.6 * code[1]


def octahedron(code):
    """The mesh of a code's octahedron in the unit frame, triangles [8, 3, 3]."""
    centre, radius = place(code)
    corners = np.concatenate([np.eye(3), -np.eye(3)]) * radius + centre
    return np.asarray(trimesh.Trimesh(corners).convex_hull.triangles) / 2


def views_of(code, cameras):
    return render_views(octahedron(code), cameras, np.random.default_rng(0))


def test_the_network_of_these_tests():
    model, code = octahedra(), np.float32([0.7, 0.4, 0.2])
    centre, radius = place(code)
    offsets = np.random.default_rng(0).normal(size=(200, 3))
    offsets *= radius / np.abs(offsets).sum(axis=1, keepdims=True)
    for factor, low, high in ((0.9, 0.5, 1), (1, 0.499, 0.501), (1.1, 0, 0.5)):
        values = model.decode((centre + factor * offsets).astype(np.float32), code)
        assert (values > low).all() and (values < high).all()


def test_rays_are_those_of_the_views():
    """Where the ray of a pixel comes near the shape, the pixel is inside."""
    code = np.array([0.8, 0.5, 0.3])
    centre, radius = place(code)
    mesh, random = octahedron(code), np.random.default_rng(0)
    lens = choose_varied_cameras(mesh.reshape(-1, 3), 1, random)[0]
    for camera in [*CAMERAS, lens]:
        inside = render_silhouettes(mesh, camera[None])[0]
        if camera is not lens:
            seen = render_views(mesh, camera[None], np.random.default_rng(0))[0] < 255
            assert agreement(inside, seen) > 0.9  # there one ray of four is enough for a pixel
        pixels = choose_pixels(inside, 400, np.random.default_rng(0))
        meets, points = points_along(rays_of(pixels, camera), depths=400)
        assert (np.abs(points) <= 1 + 1e-6).all()
        nearest = np.abs(points - centre).sum(axis=2).min(axis=1)
        known = inside[tuple(pixels.T)]
        assert not known[~meets].any()
        assert (known[meets] == (nearest < radius)).mean() > 0.97


def test_pixels_are_chosen_near_the_edge():
    inside = np.zeros((137, 137), bool)
    inside[30:100, 40:90] = True
    pixels = choose_pixels(inside, 200, np.random.default_rng(0))
    assert len(np.unique(pixels, axis=0)) == 200
    beyond = (np.abs(pixels - (64.5, 64.5)) - (35, 25)).max(axis=1)
    assert 95 <= (np.abs(beyond) <= 4.5).sum() <= 125
    assert len(choose_pixels(np.zeros_like(inside), 200, np.random.default_rng(0))) == 100


def test_a_silhouette_grows_to_the_wanted_one():
    model, start, wanted = octahedra(), np.float32([0.5, 0.2, 0.5]), np.array([0.7, 0.6, 0.5])
    fit = fit_pictures(model.decoder, views_of(wanted, CAMERAS[:1]), start, CAMERAS[:1])
    assert fit.before[0] < 0.5 and fit.after[0] > 0.93
    np.testing.assert_allclose(fit.code[:2], wanted[:2], atol=0.05)


def test_several_pictures_tell_what_one_does_not():
    """The front shows x, the side z; together both."""
    model, start, wanted = octahedra(), np.float32([0.5, 0.3, 0.5]), np.array([0.75, 0.5, 0.2])
    fit = fit_pictures(model.decoder, views_of(wanted, CAMERAS[:2]), start, CAMERAS[:2])
    np.testing.assert_allclose(fit.code, wanted, atol=0.05)
    assert (fit.after > 0.9).all() and fit.after.shape == (2,)
    again = fit_pictures(model.decoder, views_of(wanted, CAMERAS[:2]), start, CAMERAS[:2])
    np.testing.assert_array_equal(again.code, fit.code)


def test_the_loss_never_rises_and_a_prior_holds():
    model, start, camera = octahedra(), np.float32([0.5, 0.2, 0.5]), CAMERAS[2]
    inside = views_of(np.array([0.7, 0.6, 0.5]), camera[None])[0] < 245
    pixels = choose_pixels(inside, 300, np.random.default_rng(0))
    rays, known = rays_of(pixels, camera), inside[tuple(pixels.T)]
    free = fit_rays(model.decoder, rays, known, start)
    assert free.loss < 0.3 * free.loss_before
    held = fit_rays(model.decoder, rays, known, start, Prior(start, 1e4 * np.eye(3)))
    assert held.loss <= held.loss_before
    assert np.abs(held.code - start).max() < 0.01 < np.abs(free.code - start).max()


def test_a_code_that_agrees_stays():
    model, wanted = octahedra(), np.float32([0.6, 0.5, 0.4])
    fit = fit_pictures(model.decoder, views_of(wanted, CAMERAS), wanted, CAMERAS)
    assert (fit.after >= fit.before).all() and fit.before.min() > 0.9
    np.testing.assert_allclose(fit.code, wanted, atol=0.03)


def chair():
    """Boxes in the unit frame that look different from every side."""
    sizes = [(0.5, 0.06, 0.5), (0.5, 0.5, 0.06), (0.06, 0.35, 0.06), (0.1, 0.2, 0.3)]
    places = [(0, 0, 0), (0, 0.25, 0.22), (-0.2, -0.2, -0.2), (0.2, 0.1, 0)]
    boxes = [
        trimesh.creation.box(size).apply_translation(at)
        for size, at in zip(sizes, places, strict=True)
    ]
    whole = trimesh.util.concatenate(boxes)
    return Mesh(np.asarray(whole.vertices), np.asarray(whole.faces), 64)


def test_a_camera_is_found_by_the_silhouette():
    mesh = chair()
    for azimuth in (30, 135, 262):
        camera = np.array([[azimuth, 29.0, 1.9]])
        picture = np.roll(render_silhouettes(mesh.vertices[mesh.triangles], camera)[0], 9, axis=1)
        found, moved, alike = best_cameras(picture, mesh, usual_cameras(mesh), few=3)
        assert moved.shape == (3, 137, 137) and (np.diff(alike) <= 0).all()
        assert abs(found[0, 0] - azimuth) <= 7.5
        nearer, _, more = best_cameras(picture, mesh, nearby_cameras(mesh, found[0]))
        assert abs(nearer[0, 0] - azimuth) <= 4 and more[0] >= alike[0] > 0.7


def test_a_silhouette_is_reframed():
    inside, like = np.zeros((2, 137, 137), bool)
    inside[10:50, 20:40] = True
    like[40:120, 30:90] = True
    moved = reframed(inside, like)
    rows, columns = (np.flatnonzero(moved.any(axis=axis)) for axis in (1, 0))
    assert (rows[0], rows[-1]) == (40, 119) and (columns[0], columns[-1]) == (40, 79)
    np.testing.assert_array_equal(reframed(moved, inside), inside)
    nothing = np.zeros_like(inside)
    np.testing.assert_array_equal(reframed(inside, nothing), inside)
    assert not reframed(nothing, like).any()


def test_shapes_without_cameras_or_codes_known():
    model, start, wanted = octahedra(), np.float32([0.5, 0.2, 0.5]), np.array([0.5, 0.6, 0.5])
    views = views_of(wanted, CAMERAS[2:])
    (fit,) = fit_shapes(model.decoder, [views], start[None], None, None, 0.5)
    assert fit.cameras.shape == (1, 3) and fit.after[0] >= fit.before[0] > 0.7
    empty = np.float32([0.5, 0.2, 0.5])
    (fit,) = fit_shapes(model.decoder, [views], empty[None], None, None, 0.9999)  # no surface
    np.testing.assert_array_equal(fit.code, empty)
    assert fit.after[0] == 0
    assert shape_of(model.decoder, empty, 0.9999).empty
    assert near_start(start).weights.shape == (3, 3)


@pytest.fixture(scope="module")
def saved(tmp_path_factory, small_pictures):
    """A folder with the network of these tests, a set of two views of two shapes, and pictures."""
    folder = tmp_path_factory.mktemp("saved")
    octahedra().save(folder / "checkpoint/boxes_128", 0)
    known = np.random.default_rng(0).random((50, 3), np.float32)
    stored = {"zs": known, "distances": np.ones(50, np.float32)}
    write_arrays(folder / "checkpoint/boxes_128/training_codes.hdf5", **stored)
    codes = np.array([[0.7, 0.6, 0.4], [0.4, 0.3, 0.6]])
    pixels = np.stack([views_of(code, CAMERAS[:2]) for code in codes])
    voxels = np.zeros((2, 64, 64, 64, 1), np.uint8)
    voxels[:, 20:44, 20:44, 20:44] = 1
    cameras = np.float32([CAMERAS[:2]] * 2)
    write_arrays(folder / "data/boxes_test.hdf5", voxels=voxels, pixels=pixels, cameras=cameras)
    write_arrays(folder / "data/blind_test.hdf5", voxels=voxels, pixels=pixels)
    for name, shots in {"one": pixels[0], "other": pixels[1]}.items():
        (folder / name).mkdir()
        for number, view in enumerate(shots):
            cv2.imwrite(str(folder / name / f"{number}.png"), view)
    return folder


def run(folder, *flags, dataset="boxes", sample_dir="samples"):
    few = ["--resolution", 16, "--model", "checkpoint/boxes_128", "--sample_dir", sample_dir]
    words = ["main.py", "--dataset", dataset, *few, *flags]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", [str(word) for word in words])
        return program.main()


def test_a_set_is_fitted_with_its_cameras(saved, capsys):
    assert not run(saved, "--fit", sample_dir="fitted")
    found = re.findall(r"(\d): silhouette IoU ([\d.]+), fitted ([\d.]+)", capsys.readouterr().out)
    assert [name for name, *_ in found] == ["0", "1"]
    for _, before, after in found:
        assert float(after) > max(float(before), 0.8)
    names = {p.name for p in (saved / "fitted").glob("*.png")}
    each = {f"{t}_{kind}.png" for t in range(2) for kind in ("1t", "2t", "3t", "v")}
    assert names == {*each, "out_sheet.png"}
    assert cv2.imread(str(saved / "fitted/1_v.png"), 0).shape == (128, 128)
    assert cv2.imread(str(saved / "fitted/1_2t.png"), 0).shape == (18, 18)
    run(saved, "--fit", "--end", 1, "--level", 0.5, dataset="blind")  # cameras by silhouette
    assert "0: silhouette IoU" in capsys.readouterr().out
    run(saved, "--fit", "--interpolate", 0, 1, "--steps", 2)
    assert capsys.readouterr().out.count("fitted") == 2


def test_the_pictures_of_a_folder_give_one_shape(saved, capsys):
    (saved / "other/broken.png").write_text("no picture")
    cv2.imwrite(str(saved / "other/white.png"), np.full((90, 90), 255, np.uint8))
    assert (
        run(saved, "--image", "one", "other", "one/0.png", "--together", "--fit", sample_dir="more")
        == 2
    )
    assert {p.stem for p in (saved / "more/out").iterdir()} == {"one", "other", "0"}
    tiles = cv2.imread(str(saved / "more/image/one.png"), 0)
    assert tiles.shape == (274, 274) and (tiles[:137, :137] < 255).any()
    assert (tiles[137:] == 255).all()
    captured = capsys.readouterr()
    for name in ("broken.png", "white.png"):
        assert f"skipped other/{name}" in captured.err
    assert captured.out.count("silhouette IoU") == 3
    with pytest.raises(UserError, match="none of the pictures is good"):
        run(saved, "--image", "other/white.png", "other/broken.png", "--together")


def test_a_picture_that_is_not_met_is_called_so(saved, capsys, monkeypatch):
    monkeypatch.setattr("IMSVR.fitting.fit_rays", lambda *given: Fit(given[3], 1.0, 1.0))
    picture = np.full((137, 137), 255, np.uint8)
    picture[20:117, 60:70] = 30
    cv2.imwrite(str(saved / "pole.png"), picture)
    assert run(saved, "--image", "pole.png", "--fit") == 0
    assert "warning: pole is still unlike its picture" in capsys.readouterr().out


def test_the_network_is_looked_for_before_the_pictures_are_prepared(saved, monkeypatch):
    monkeypatch.setattr("IMSVR.programs.read_views", lambda *_: pytest.fail("prepared"))
    with pytest.raises(UserError, match="nowhere"):
        run(saved, "--image", "one", "--model", "nowhere")


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("--train --fit", "--fit means nothing with --train"),
        ("--export x.onnx --fit", "--fit means nothing with --export"),
        ("--together", "--together .*--image"),
        ("--train --together", "--together .*--image"),
    ],
)
def test_flags_that_contradict(flags, says):
    with pytest.raises(UserError, match=says):
        parse_options(flags.split())


def test_cameras_that_do_not_fit_the_views(saved):
    pixels = np.full((2, 2, 137, 137), 255, np.uint8)
    path = saved / "data/wrong_test.hdf5"
    voxels = np.zeros((2, 64, 64, 64, 1), np.uint8)
    write_arrays(path, voxels=voxels, pixels=pixels, cameras=np.zeros((2, 1, 3)))
    with pytest.raises(UserError, match="cameras is"):
        run(saved, "--fit", dataset="wrong")


def test_the_measurement(saved, monkeypatch, capsys):
    monkeypatch.syspath_prepend(Path(__file__).parent.parent / "benchmarks")
    measurement = importlib.import_module("pictures")
    places = [
        "--model",
        saved / "checkpoint/boxes_128",
        "--dataset",
        saved / "data/boxes_test.hdf5",
    ]
    words = ["pictures.py", *places, "--views", 2, "--cameras", "known"]
    monkeypatch.setattr(sys, "argv", [str(word) for word in words])
    measurement.main()
    row = capsys.readouterr().out.splitlines()[-1].split(" | ")
    assert row[:2] == ["| 2", "known"] and float(row[3]) > 0.1  # of octahedra with a box
