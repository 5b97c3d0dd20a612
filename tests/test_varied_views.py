"""Varied views: what is drawn, from where, and the program's flag."""

import sys

import h5py
import numpy as np
import pytest
import scipy
import trimesh
from helpers import block, run

from imnet.base.errors import UserError
from imnet.data.hdf5 import find_cameras, open_hdf5, write_arrays
from imnet.data.sizes import VARIED_ELEVATION, VIEW_SIZE
from imnet.pictures.materials import find_regions
from imnet.pictures.photo_faults import LEAST, Drawn, as_photographed
from imnet.pictures.shapenet_views import choose_cameras, render_silhouettes, render_views
from imnet.pictures.varied_views import (
    SHIFT,
    choose_varied_cameras,
    render_varied_views,
)
from imnet.surfaces.binvox import write_binvox
from imnet.surfaces.triangles import unit_normals
from point_sampling import render_views as program
from point_sampling.shape_views import render_shape, smooth_surface

PARTS = [  # size and centre: the seat, the back, and the legs of a chair
    ((20, 3, 20), (32, 26, 32)),
    ((20, 24, 3), (32, 39, 41)),
    *[((3, 22, 3), (x, 14, z)) for x in (23, 41) for z in (23, 41)],
]


def chair() -> np.ndarray:
    voxels = np.zeros((64, 64, 64), bool)
    for size, centre in PARTS:
        low = np.array(centre) - np.array(size) // 2
        voxels[tuple(slice(a, a + n) for a, n in zip(low, size, strict=True))] = True
    return voxels


@pytest.fixture(scope="module")
def drawn():
    """The surface of a chair, a camera for each of 40 views, and these."""
    triangles, normals = smooth_surface(chair())
    cameras = choose_varied_cameras(triangles.reshape(-1, 3), 40, np.random.default_rng(0))
    views = render_varied_views(triangles, cameras, np.random.default_rng(1), normals, stepped=True)
    return triangles, normals, cameras, views


def test_cameras_are_framed_by_what_they_see(drawn):
    triangles, _, cameras, _ = drawn
    assert cameras.shape == (40, 6) and cameras.dtype == np.float32
    assert VARIED_ELEVATION[0] <= cameras[:, 1].min() < 5 and 35 < cameras[:, 1].max() <= 40
    for seen in render_silhouettes(triangles, cameras):
        places = np.argwhere(seen)
        low, high = places.min(axis=0), places.max(axis=0) + 1
        longer = (high - low).max() / VIEW_SIZE
        assert 1 / 1.3 - 0.02 < longer < 1 / 1.15 + 0.02  # a ray a pixel misses its edges
        assert np.abs((low + high) / VIEW_SIZE - 1).max() < SHIFT + 0.03
    spans = np.stack([choose_varied_cameras(np.eye(3), 60, np.random.default_rng(0))])[0, :, 2]
    assert spans.max() > 3 * spans.min()  # perspective, from near and from far away
    spaced = choose_varied_cameras(
        np.eye(3), 4, np.random.default_rng(0), spaced=True, elevation=(5, 5)
    )
    assert spaced[:, :2].tolist() == [[0, 5], [90, 5], [180, 5], [270, 5]]


def test_views_show_the_shape_where_the_cameras_say(drawn):
    triangles, _, cameras, views = drawn
    alike = []
    for view, seen in zip(views, render_silhouettes(triangles, cameras), strict=True):
        shown = view < 255
        alike.append((shown & seen).sum() / (shown | seen).sum())
        assert shown[seen].mean() > LEAST / 2 and shown[~seen].mean() < 0.2
    assert np.median(alike) > 0.8  # not all: shadows, cut edges, and what is white


def test_views_from_one_place_differ(drawn):
    triangles, normals, cameras, _ = drawn
    same = np.repeat(cameras[:1], 12, axis=0)
    views = render_varied_views(triangles, same, np.random.default_rng(2), normals, stepped=True)
    inside = render_silhouettes(triangles, same[:1])[0]
    middles = np.sort(np.median(views[:, inside], axis=1))
    assert middles[0] < 100 and middles[-1] > 180  # dark and light chairs
    plain = render_views(triangles, cameras[:1, :3], np.random.default_rng(0), normals)[0]
    assert np.ptp(np.median(views[:, inside], axis=1)) > np.ptp(plain[plain < 255]) / 4
    differences = np.abs(views[:, None].astype(int) - views).mean(axis=(2, 3))
    assert differences[~np.eye(12, dtype=bool)].min() > 1


def test_views_depend_on_the_seed_alone(drawn):
    triangles, normals, cameras, views = drawn

    def again(seed):
        random = np.random.default_rng(seed)
        return render_varied_views(triangles, cameras[:10], random, normals, stepped=True)

    assert np.array_equal(again(1), views[:10])
    assert not np.array_equal(again(2), views[:10])


def test_faces_may_point_either_way_in_a_mesh_of_any_size():
    box = np.asarray(trimesh.creation.box((30, 20, 10)).triangles)
    cameras = choose_varied_cameras(box.reshape(-1, 3), 6, np.random.default_rng(0))
    there, back = (
        render_varied_views(mesh, cameras, np.random.default_rng(0)).astype(int)
        for mesh in (box, box[:, ::-1])
    )
    assert ((there < 255).mean(axis=(1, 2)) > 0.1).all()
    assert np.abs(there - back).mean() < 2  # rays of occlusion are others


def test_regions_are_parts_and_bands():
    boxes = [trimesh.creation.box(size).apply_translation(at) for size, at in PARTS]
    mesh = trimesh.util.concatenate(boxes)
    corners, faces = mesh.vertices, mesh.faces
    links = scipy.sparse.coo_array(
        (np.ones(faces.size), (faces.ravel(), np.roll(faces, 1, axis=1).ravel())),
        (len(corners),) * 2,
    ).tocsr()
    centres, normals = mesh.triangles.mean(axis=1), unit_normals(mesh.triangles)
    parts, bands = find_regions(centres, normals[:, 1], corners, faces, links)
    assert [len(set(parts[i : i + 12])) for i in range(0, 72, 12)] == [1] * 6
    assert sorted(parts[::12]) == list(range(6))
    seat, back, legs = bands[:12], bands[12:24], bands[24:]
    assert set(seat[normals[:12, 1] > 0.9]) == {1}
    assert set(back[normals[12:24, 1] > 0.9]) == {2} and 0 in legs and 2 not in legs


@pytest.mark.parametrize("light", [0.0, 0.3, 1.0])
def test_no_shape_is_lost(light):
    row, column = np.indices((VIEW_SIZE, VIEW_SIZE)) - VIEW_SIZE // 2
    disc = np.float32(np.hypot(row, column) < 50)
    feet = np.array([[60.0, 75.0], [118.0, 118.0]])
    for seed in range(60):
        view = as_photographed(
            Drawn(light * disc, disc, feet, feet, 20), np.random.default_rng(seed)
        )
        assert view.dtype == np.uint8 and view.shape == disc.shape
        assert not ((view >= 245) & (view < 255)).any()  # as photos come out of their preparation
        assert (view[disc > 0] < 255).mean() >= LEAST
        assert (view[:8] == 255).mean() > 0.95  # the shadow is below


def test_by_default_views_are_the_originals(tmp_path):
    write_binvox(tmp_path / "block.binvox", block(20))

    def made(**more) -> dict[str, np.ndarray]:
        return render_shape(
            np.eye(3),
            lambda *a, **k: choose_cameras(*a, count=3, **k),
            "block",
            tmp_path / "block.binvox",
            np.random.default_rng(0),
            **more,
        )[0]

    random = np.random.default_rng(0)
    triangles, normals = smooth_surface(block(20))
    cameras = choose_cameras(triangles.reshape(-1, 3), 3, random)
    plain = render_views(triangles, cameras, random, normals)
    views = made()
    assert np.array_equal(views["cameras"], cameras) and np.array_equal(views["pixels"], plain)

    views = made(choose_varied=lambda *a, **k: choose_varied_cameras(*a, 2, **k))
    assert np.array_equal(views["pixels"][:3], plain) and views["pixels"].shape[0] == 5
    seen = render_silhouettes(triangles, views["cameras"][:3])
    assert (seen == (plain < 255)).mean() > 0.99  # the plain ones have their lens


def test_the_program_varies_and_the_set_has_the_cameras(tmp_path):
    shapes = tmp_path / "shapes"
    for name in ("a", "b"):
        write_binvox(shapes / f"{name}.binvox", chair())
    (shapes / "line.off").write_text("OFF\n3 1 0\n0 0 0\n1 0 0\n2 0 0\n3 0 1 2\n")
    output = tmp_path / "views.hdf5"
    done = run("render_views", "--input", shapes, "--output", output, "--views", 2, "--vary")
    assert done.returncode == 2 and "skipped line: " in done.stderr
    with h5py.File(output) as file:
        pixels, cameras = file["pixels"][:], file["cameras"][:]
    assert pixels.shape == (2, 2, VIEW_SIZE, VIEW_SIZE) and cameras.shape == (2, 2, 6)
    assert not np.array_equal(pixels[0], pixels[1])  # the same shape by another name
    assert output.with_suffix(".png").stat().st_size
    with open_hdf5(output) as file:
        assert find_cameras(file, (2, 2)).shape == (2, 2, 6)
    write_arrays(tmp_path / "odd.hdf5", cameras=cameras[..., :4])
    with open_hdf5(tmp_path / "odd.hdf5") as file, pytest.raises(UserError, match="wanted"):
        find_cameras(file, (2, 2))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--elevation", "30", "25"],
        ["--distance", "0.9", "1.2"],
        ["--elevation", "0", "95"],
        ["--plain", "20", "--views", "20"],
    ],
)
def test_bounds_are_checked(tmp_path, monkeypatch, arguments):
    words = ["render_views.py", "--vary", "--input", str(tmp_path), "--output", "x.hdf5"]
    monkeypatch.setattr(sys, "argv", words + arguments)
    with pytest.raises(UserError, match=arguments[0]):
        program.main()
