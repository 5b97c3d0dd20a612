"""Scans: clouds read and prepared, codes and places fitted to them, the files that --fit takes."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
import trimesh
from helpers import run_main
from test_fitting import network
from test_imgan_main import boxes_dataset

from IMGAN import main as imgan
from IMGAN import shape_files
from IMGAN.model import IMAE
from IMGAN.options import parse_options
from IMGAN.shape_files import Fit, read_shape_files, write_fits
from imnet.base.errors import UserError
from imnet.data.codes import read_codes, write_codes
from imnet.data.lattice import cell_centres
from imnet.metrics.fields import iou
from imnet.networks.completion import are_symmetric, complete
from imnet.networks.latent_gan import ZGAN
from imnet.networks.network import fingerprint
from imnet.networks.scans import Place, Scan
from imnet.networks.variants import VARIANTS
from imnet.programs.mesh_options import MeshSettings
from imnet.surfaces import extract_surface, marching_cubes
from imnet.surfaces.binvox import write_binvox
from imnet.surfaces.clouds import chosen_points, estimate_normals, facing
from imnet.surfaces.mesh_files import write_surface_points
from imnet.surfaces.reading import read_cloud
from imnet.surfaces.triangles import sample_surface
from imnet.surfaces.voxelize import axes_to_shapenet
from point_sampling.binvox_solids import load

ROOT = Path(__file__).parents[1]
SHIPPED, CHAIRS = ROOT / "IMGAN/pretrained", ROOT / "point_sampling/furniture/chair"


def ball(count=400, seed=0):
    """Points on the unit sphere, which are its normals too."""
    points = np.random.default_rng(seed).normal(size=(count, 3))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def text_of(rows, separator=" "):
    return "\n".join(separator.join(f"{number:.9g}" for number in row) for row in rows).encode()


POINTS = ball()
COLOURS = np.full((len(POINTS), 3), 200.0)
RED = np.tile([1.0, 0, 0], (len(POINTS), 1))  # of length 1, as normals are


@pytest.mark.parametrize(
    ("name", "content", "has_normals"),
    [
        ("a.xyz", text_of(POINTS), False),
        ("b.XYZ", b"# a scan\n" + text_of(POINTS, ", "), False),
        ("c.txt", b"400\n" + text_of(POINTS), False),
        ("d.xyz", text_of(np.hstack([POINTS, POINTS])), True),
        ("e.xyz", text_of(np.hstack([POINTS, COLOURS])), False),
        ("f.txt", text_of(np.hstack([POINTS, POINTS, COLOURS]), ";"), True),
        ("g.xyzn", text_of(np.hstack([POINTS, POINTS])), True),
        ("h.xyzrgb", text_of(np.hstack([POINTS, RED])), False),
        ("i.pts", b"400\r\n" + text_of(np.hstack([POINTS, 0 * RED[:, :1], RED])), False),
    ],
)
def test_clouds_of_text(tmp_path, name, content, has_normals):
    (tmp_path / name).write_bytes(content)
    points, normals = read_cloud(tmp_path / name)
    np.testing.assert_allclose(points, POINTS, atol=1e-8)
    assert normals.shape == ((400, 3) if has_normals else (0, 3))


def test_clouds_of_arrays_and_ply(tmp_path):
    np.save(tmp_path / "a.npy", np.hstack([POINTS, POINTS]).astype(np.float32))
    np.savez(tmp_path / "b.npz", points=POINTS, normals=POINTS)
    np.savez_compressed(tmp_path / "c.npz", points=POINTS)
    write_surface_points(tmp_path / "d.ply", POINTS, POINTS)
    for name, has_normals in (("a.npy", 1), ("b.npz", 1), ("c.npz", 0), ("d.ply", 1)):
        points, normals = read_cloud(tmp_path / name)
        np.testing.assert_allclose(points, POINTS, atol=1e-6)
        assert len(normals) == 400 * has_normals, name


FLAT = np.hstack([POINTS[:, :2], np.zeros((400, 1))])


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.xyz", b"", "empty"),
        ("a.xyz", b"# nothing\n", "no points"),
        ("a.xyz", b"1 2 3\n4 5 6\n" * 99, "2 different points:"),
        ("a.xyz", b"1 2 3\n" * 9999, "1 different point:"),
        ("a.xyz", text_of(FLAT), "plane"),
        ("a.xyz", text_of(POINTS * [1, 0, 0]), "line"),
        ("a.xyz", b"nan nan inf\n" * 100, "no points"),
        ("a.xyz", b"hello world\n", "hello"),
        ("a.xyz", text_of(POINTS).replace(b".", b","), "0,5"),
        ("a.txt", text_of(POINTS, ";").replace(b".", b","), "0,5"),
        ("a.xyz", text_of(POINTS * 1e200), "beyond"),
        ("a.xyz", b"1 2\n3 4\n", "x, y and z"),
        ("a.xyz", b"1 2 3\n1 2 3 4\n", "columns"),
        ("a.txt", b"<html><body>", "web page"),
        ("a.pts", b"401\n" + text_of(POINTS), "401"),
        ("a.npy", b"no array", "cannot be read"),
        ("a.npz", b"PK\3\4 cut short", "cannot be read"),
        ("a.ply", b"ply\nformat ascii 1.0\nelement vertex 9\n", "header"),
        ("a.jpg", b"", "wanted"),
    ],
)
def test_files_that_are_no_scan(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=says) as error:
        read_shape_files((str(tmp_path / name),), np.eye(3), None, None, 0)
    assert str(tmp_path / name) in str(error.value) and "\n" not in str(error.value)


def test_arrays_that_are_no_scan(tmp_path):
    for number, arrays in enumerate(
        ({"colours": POINTS}, {"points": POINTS[:, :2]}, {"points": POINTS, "normals": POINTS[:9]})
    ):
        np.savez(tmp_path / f"{number}.npz", **arrays)
        with pytest.raises(UserError, match=f"{number}.npz"):
            read_cloud(tmp_path / f"{number}.npz")


def test_normals_and_the_side_of_the_camera():
    normals = estimate_normals(POINTS)
    assert np.abs((normals * POINTS).sum(axis=1)).min() > 0.9
    outside = facing(POINTS, normals, np.array([0, 0, 50.0]))
    seen = POINTS[:, 2] > 0.3
    assert ((outside * POINTS).sum(axis=1)[seen] > 0.9).all()


def test_points_are_chosen_evenly_without_those_far_away():
    rng = np.random.default_rng(0)
    dense = POINTS[POINTS[:, 0] > 0]
    many = np.concatenate([POINTS, np.repeat(dense, 500, axis=0), rng.uniform(5, 40, (20, 3))])
    some = chosen_points(many, 200, seed=1)
    assert len(some) <= 200 and np.abs(many[some]).max() <= 1
    assert 0.4 < np.mean(many[some][:, 0] > 0) < 0.6
    np.testing.assert_array_equal(some, chosen_points(many, 200, seed=1))
    copies = np.repeat(POINTS, 50, axis=0)
    some = chosen_points(copies, 1000, seed=1)
    assert len(np.unique(copies[some], axis=0)) == len(some) > 0.9 * len(POINTS)


def test_the_files_of_a_call(tmp_path):
    """Names, axes, places; the bad among good ones."""
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / "scan.npy", POINTS * [1, 2, 3])
    paths = [str(tmp_path / name) for name in ("one/scan.npy", "no.ply", "two/scan.npy")]
    z_up = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0.0]])
    place = Place(2.0, np.array([0, 0, 5.0]))
    shapes, skipped = read_shape_files(tuple(paths), z_up, (0.0, 0.0, 9.0), place, 0)
    assert [shape.name for shape in shapes] == ["scan", "scan_2"] and len(skipped) == 1
    scan = shapes[0].scan
    np.testing.assert_allclose(np.ptp(scan.points, axis=0), [2, 6, 4], rtol=0.1)
    np.testing.assert_allclose(scan.camera, [0, 9, 0])
    np.testing.assert_allclose(shapes[0].place.centre, [0, 5, 0])
    assert scan.oriented


def test_meshes_lie_on_their_files(tmp_path, monkeypatch):
    """In the units, axes and place of a mesh that was turned, and of a binvox file."""
    box = trimesh.creation.box(bounds=[[10, 20, 30], [14, 28, 42]])
    box.export(tmp_path / "box.obj")
    voxels = np.zeros((64, 64, 64), bool)
    voxels[:32, :16, :8] = True
    write_binvox(tmp_path / "grid.binvox", voxels)
    content = (tmp_path / "grid.binvox").read_bytes()
    content = content.replace(b"-0.5 -0.5 -0.5", b"100 200 300").replace(b"scale 1", b"scale 64")
    (tmp_path / "grid.binvox").write_bytes(content)
    paths = tuple(str(tmp_path / name) for name in ("box.obj", "grid.binvox"))
    shapes, _ = read_shape_files(paths, axes_to_shapenet("+z", "-y"), None, None, 0)
    fits = [Fit(shape.voxels, shape.place, "", None) for shape in shapes]
    model = SimpleNamespace(field=lambda voxels: voxels.astype(np.float32))

    def exact(field, name, settings):
        return marching_cubes(field), [field.max(axis=axis) for axis in range(3)]

    monkeypatch.setattr(shape_files, "write_field", exact)
    settings = MeshSettings(
        folder=tmp_path / "out",
        resolution=64,
        level=0.5,
        dense=False,
        stride=None,
        refine=False,
        keep_largest=False,
        format="ply",
        units="array",
    )
    assert write_fits(model, shapes, fits, settings) == 2
    placed = [trimesh.load(tmp_path / f"out/placed/{name}.ply").bounds for name in ("box", "grid")]
    np.testing.assert_allclose(placed[0], box.bounds, atol=box.scale / 64)
    np.testing.assert_allclose(placed[1], [[100, 200, 300], [132, 216, 308]], atol=1)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_slopes_in_points_are_those_of_differences(variant):
    decoder = network(variant).decoder
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (2, 40, 3)).astype(np.float32)
    z = tf.constant(rng.uniform(0.2, 0.8, (2, 5)), tf.float32)
    _, jacobian = decoder.unsquashed_with_jacobian(tf.constant(points), z, in_points=True)
    assert jacobian.shape == (2, 40, 8)
    for k in range(3):
        step = (1e-2 * np.eye(3)[k]).astype(np.float32)
        above, below = (decoder.unsquashed(points + sign * step, z) for sign in (1, -1))
        slopes = (above - below).numpy() / 2e-2
        assert np.isclose(jacobian[..., 5 + k], slopes, rtol=0.02, atol=0.02).mean() > 0.85


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_decoder_comes_nearer(variant, monkeypatch):
    """Steps lower the loss of code and place; codes stay in 0..1."""
    decoder = network(variant).decoder
    codes = np.random.default_rng(0).uniform(0, 1, (40, 5)).astype(np.float32)
    scan = Scan(POINTS * 20 + 100, POINTS, camera=np.array([100, 130, 500.0]))
    losses = []
    for steps in (0, 8):
        monkeypatch.setattr("imnet.networks.completion.PLACING", (50, steps))
        monkeypatch.setattr("imnet.networks.completion.FITTED", ((200, steps, 4),))
        done = complete(decoder, scan, codes, symmetric=True)
        losses.append(done.loss)
        assert ((done.code >= 0) & (done.code <= 1)).all()
        np.testing.assert_allclose(done.place.centre, 100, atol=30)
    assert losses[1] < losses[0]


def test_a_shape_is_found_with_its_place(monkeypatch):
    """From points all around a held-out chair's field, in millimetres, a tenth of them wrong."""
    monkeypatch.setattr("imnet.networks.completion.FITTED", ((150, 8, 8), (600, 8, 2)))
    model = IMAE.from_checkpoint(SHIPPED / "chairs_64")
    others = ZGAN.from_checkpoint(SHIPPED / "chairs_z_64_64").draw_codes(199, 1)
    name = "scopia_white_kitchen_chair"
    true = model.encode(load(name, CHAIRS / f"{name}.binvox")[None, ..., None])[0]
    mesh = extract_surface(model.field(true), 64).in_unit_frame()
    points, normals = sample_surface(*mesh, 1000, np.random.default_rng(0))
    wrong = slice(0, None, 10)
    points[wrong] += np.random.default_rng(1).uniform(-0.2, 0.2, points[wrong].shape)
    centre = np.array([10.0, -500.0, 3000.0])
    assert are_symmetric(model.decoder, others)

    lattice = cell_centres(32)

    def check(scan, place=None):
        done = complete(model.decoder, scan, others, place, symmetric=True)
        there = (lattice / 2 * 900 + centre - done.place.centre) * 2 / done.place.scale
        found, truth = model.decode(there, done.code) > 0.5, model.decode(lattice, true) > 0.5
        assert iou(found, truth) > 0.7
        assert abs(done.place.scale / 900 - 1) < 0.25  # wrong points widen the box
        return done

    signs = np.where(points[:, :1] > 0, 1, -1)  # either way
    scan = Scan(900 * points + centre, signs * normals, oriented=False)
    one, same = check(scan), check(scan)
    np.testing.assert_array_equal(one.code, same.code)
    known = check(scan._replace(normals=normals, oriented=True), Place(900.0, centre))
    assert known.place.scale == 900 and (known.place.centre == centre).all()


def test_the_program(tmp_path):
    model = network("original")
    boxes_dataset(tmp_path / "data/boxes.hdf5")
    model.save(tmp_path / "checkpoint/boxes_64", 0)
    np.save(tmp_path / "scan.npy", POINTS * 40 + 1000)
    (tmp_path / "bad.xyz").write_text("no numbers")
    flags = ["--ae", "--level", 0.3, "--resolution", 16, "--save_codes", "codes.hdf5"]
    flags += ["--camera", 1000, 1000, 9000]
    run_main(imgan, tmp_path, "boxes", *flags, "--fit", "scan.npy", status=2)  # no other codes yet
    assert not (tmp_path / "samples").exists()
    codes = np.random.default_rng(0).uniform(0, 1, (40, 5)).astype(np.float32)
    write_codes(tmp_path / "data/boxes_z.hdf5", codes, fingerprint(model.decoder))
    flags += ["--fit", "scan.npy", "bad.xyz"]
    assert "skipped bad.xyz" in run_main(imgan, tmp_path, "boxes", *flags, status=2)
    names = {path.name for path in (tmp_path / "samples").iterdir()}
    assert {"scan.dae", "scan_1t.png", "fit_sheet.png", "placed"} <= names
    found = read_codes(tmp_path / "codes.hdf5")
    assert found.shape == (1, 5) and not (found == codes).all(axis=1).any()


@pytest.mark.parametrize(
    "wrong",
    [
        "--fit a.ply",
        "--ae --fit a.ply --reconstruct",
        "--ae --fit a.ply --train",
        "--ae --fit a.ply --scale 2",
        "--ae --fit a.ply --translate 0 0 0",
        "--ae --fit --camera 0 0 0",
        "--ae --fit a.ply --decoder cnn",
        "--ae --fit a.ply --scale 0 --translate 0 0 0",
    ],
)
def test_flags_that_contradict(wrong):
    with pytest.raises(UserError, match="--"):
        parse_options(wrong.split())
