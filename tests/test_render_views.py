"""Views: what a camera sees from where, and the program as a user runs it."""

import re
from functools import partial

import h5py
import numpy as np
import pytest
import trimesh
from helpers import block, run, sample

from imnet.base.errors import UserError
from imnet.data.sizes import VIEW_SIZE
from imnet.pictures.shapenet_views import (
    HALF_FRAME,
    camera_axes,
    choose_cameras,
    least_distance,
    render_views,
)
from imnet.surfaces.binvox import write_binvox
from imnet.surfaces.triangles import unit_normals
from point_sampling import render_views as program
from point_sampling.parts import GZIP_LEVEL, build
from point_sampling.shape_views import SUFFIXES, render_shape, smooth_surface
from point_sampling.sources import find_shapes


def box(size, centre=(0, 0, 0)):
    mesh = trimesh.creation.box(size)
    return np.asarray(mesh.triangles) + np.array(centre)


def view(triangles, azimuth, elevation, distance=2.0):
    cameras = np.array([[azimuth, elevation, distance]])
    return render_views(triangles, cameras, np.random.default_rng(0))[0]


def middle(mask):
    """Mean row and column, from the middle of the view, down and to the right."""
    return np.argwhere(mask).mean(axis=0) - (VIEW_SIZE - 1) / 2


def test_a_sphere_is_as_large_as_perspective_says():
    sphere = np.asarray(trimesh.creation.icosphere(5, radius=0.5).triangles)
    seen = view(sphere, 77, 28, distance=2.0) < 255
    radius = np.tan(np.arcsin(0.5 / 2)) / HALF_FRAME * VIEW_SIZE / 2
    assert np.abs(middle(seen)).max() < 0.5
    assert seen.sum() == pytest.approx(np.pi * radius**2, rel=0.05)


def test_azimuth_0_sees_the_front_90_the_right_side_and_180_the_back():
    plate = box((0.8, 0.8, 0.02))
    both = np.concatenate([plate, box((0.2, 0.2, 0.2), centre=(0.2, 0.2, -0.2))])  # in front of it

    def small_box(azimuth, elevation=0):
        with_it, without = (view(mesh, azimuth, elevation).astype(int) for mesh in (both, plate))
        return np.abs(with_it - without) > 8

    row, column = middle(small_box(0))
    assert row < -5 and column < -5  # +y is up; +x is on the left of who looks at the front
    row, column = middle(small_box(90))
    assert row < -5 and column > 5  # from +x the front is on the right
    assert not small_box(180).any()  # behind the plate
    row, column = middle(small_box(270))
    assert row < -5 and column < -5
    above = small_box(0, elevation=90)  # the picture's up is then the back
    assert middle(above)[0] > 5 and middle(above)[1] < -5


def test_camera_axes_by_hand():
    assert np.allclose(camera_axes(0, 0), [[-1, 0, 0], [0, 1, 0], [0, 0, -1]])
    assert np.allclose(camera_axes(90, 0), [[0, 0, -1], [0, 1, 0], [1, 0, 0]])
    assert np.allclose(camera_axes(90, 90)[2], [0, 1, 0])
    axes = camera_axes(35, 20)
    assert np.allclose(axes @ axes.T, np.eye(3)) and np.linalg.det(axes) == pytest.approx(1)


def test_least_distance_by_hand():
    assert least_distance(np.array([[0.5, 0, 0.0]]), 0, 0) == pytest.approx(0.5 * 35 / 16)
    assert least_distance(np.array([[0.5, 0, -0.3]]), 0, 0) == pytest.approx(0.5 * 35 / 16 + 0.3)
    assert least_distance(np.array([[0.5, 0, 0.0]]), 90, 0) == pytest.approx(0.5)


@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_nothing_is_cut_off(factor):
    random = np.random.default_rng(1)
    triangles = random.normal(size=(40, 3, 3)) * 30  # any units, off the centre
    vertices = triangles.reshape(-1, 3)
    cameras = choose_cameras(vertices, 5, random, distance=(factor, factor))
    for azimuth, elevation, distance in cameras:
        right, up, depth = camera_axes(azimuth, elevation) @ vertices.T
        reach = np.abs([right, up] / (distance - depth)).max() / HALF_FRAME
        assert reach == pytest.approx(1, abs=1e-4) if factor == 1 else 0.5 < reach < 0.8
    views = render_views(triangles, cameras, random)
    border = np.ones((VIEW_SIZE, VIEW_SIZE), bool)
    border[8:-8, 8:-8] = False  # corners of triangles are too thin to be seen further out
    assert (views < 255)[:, border].any() == (factor == 1)


def test_cameras_are_drawn_within_their_bounds():
    vertices = np.random.default_rng(0).uniform(-0.5, 0.5, (30, 3))
    cameras = choose_cameras(vertices, 200, np.random.default_rng(0), distance=(1.2, 1.4))
    assert cameras.shape == (200, 3) and cameras.dtype == np.float32
    azimuths, elevations, distances = cameras.T
    assert azimuths.min() < 20 and azimuths.max() > 340 and (np.diff(azimuths) < 0).any()
    assert 25 <= elevations.min() < 26 and 29 < elevations.max() <= 30
    least = [least_distance(vertices, a, e) for a, e in cameras[:, :2]]
    assert 1.19 < (distances / least).min() < 1.22 and 1.38 < (distances / least).max() < 1.41
    spaced = choose_cameras(vertices, 4, np.random.default_rng(0), spaced=True, elevation=(5, 5))
    assert spaced[:, :2].tolist() == [[0, 5], [90, 5], [180, 5], [270, 5]]


def test_faces_differ_and_may_point_either_way():
    cube = box((0.5, 0.5, 0.5))
    seen = view(cube, 40, 30)
    assert np.array_equal(seen, view(cube[:, ::-1], 40, 30))
    assert (seen[[0, -1]] == 255).all()
    greys = [seen[51, 69], seen[82, 48], seen[82, 90]]  # the top, the left and the right face
    assert min(np.diff(sorted(greys))) > 12 and max(greys) < 230


def test_thin_parts_stay_in_the_surface_of_a_grid():
    voxels = np.zeros((64, 64, 64), bool)
    voxels[10:50, 30:31, 10:50] = True
    voxels[12, 2:30, 22] = True  # a leg, one voxel thick
    triangles, normals = smooth_surface(voxels)
    assert triangles.shape[1:] == (3, 3) and len(normals) == len(triangles)
    assert np.allclose(np.linalg.norm(normals, axis=1), 1)
    plate = np.abs(triangles[:, :, [0, 2]].mean(axis=1)).max(axis=1) < 0.1
    own = unit_normals(triangles)[plate]  # up or down, though the plate is thin
    assert np.allclose(np.abs(own[:, 1]), 1) and np.allclose(own, normals[plate], atol=1e-3)
    low, high = triangles.min(axis=(0, 1)), triangles.max(axis=(0, 1))
    occupied = np.argwhere(voxels)
    assert np.allclose(low, occupied.min(axis=0) / 64 - 0.5, atol=0.01)
    assert np.allclose(high, (occupied.max(axis=0) + 1) / 64 - 0.5, atol=0.01)
    leg = triangles[(triangles[..., 1] < 25 / 64 - 0.5).all(axis=1)].reshape(-1, 3)
    assert np.unique(np.floor((leg[:, 1] + 0.5) * 64)).tolist() == list(range(2, 25))


@pytest.fixture
def shapes(tmp_path):
    """Three shapes, one of them a mesh whose up is +z; their folder."""
    folder = tmp_path / "shapes"
    for name, size in {"b": 10, "a/b": 20}.items():
        write_binvox(folder / f"{name}.binvox", block(size))
    trimesh.creation.box((1, 2, 4)).export(folder / "tall.obj")
    return folder


def render(folder, output, *arguments):
    return run("render_views", "--input", folder, "--output", output, "--views", 2, *arguments)


def test_a_folder_becomes_views(shapes, tmp_path):
    output = tmp_path / "new" / "views.hdf5"
    done = render(shapes, output, "--up", "+z", "--front", "-y", "--azimuth", "spaced")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{output}: 3 shapes\n"
    written = sorted(path.name for path in output.parent.iterdir())
    assert written == ["views.hdf5", "views.png", "views.txt"]
    assert output.with_suffix(".txt").read_text() == "a/b\nb\ntall\n"
    with h5py.File(output) as file:
        pixels, cameras = file["pixels"], file["cameras"]
        assert pixels.shape == (3, 2, VIEW_SIZE, VIEW_SIZE) and pixels.dtype == np.uint8
        assert pixels.chunks == (1, 2, VIEW_SIZE, VIEW_SIZE)
        assert (pixels.compression, pixels.compression_opts) == ("gzip", GZIP_LEVEL)
        assert cameras.shape == (3, 2, 3) and cameras.dtype == np.float32
        assert cameras[:, :, 0].tolist() == [[0, 180]] * 3
        seen = np.ptp(np.argwhere(pixels[2, 0] < 255), axis=0)
        # a box 4 high and 1 wide; the top and the depth show a little
        assert 2.5 < seen[0] / seen[1] < 4
        assert 1 / 1.32 < (seen[0] + 1) / VIEW_SIZE < 1 / 1.14


def test_neither_workers_nor_other_shapes_nor_the_source_change_a_shape(shapes, tmp_path):
    (shapes / "tall.obj").unlink()
    files = {name: tmp_path / f"{name}.hdf5" for name in ("1", "2", "data", "fewer", "seed")}
    assert render(shapes, files["1"], "--processes", 1).returncode == 0
    assert render(shapes, files["2"], "--processes", 2).returncode == 0
    assert files["1"].read_bytes() == files["2"].read_bytes()
    assert sample(shapes, tmp_path / "set" / "x.hdf5").returncode == 0
    assert render(tmp_path / "set" / "x.hdf5", files["data"]).returncode == 0
    assert files["1"].read_bytes() == files["data"].read_bytes()
    (shapes / "a" / "b.binvox").unlink()
    assert render(shapes, files["fewer"]).returncode == 0
    assert render(shapes, files["seed"], "--seed", 1).returncode == 0
    views = {}
    for name in ("1", "fewer", "seed"):
        with h5py.File(files[name]) as file:
            views[name] = file["pixels"][:]
    assert np.array_equal(views["1"][1:], views["fewer"])
    assert not np.array_equal(views["fewer"], views["seed"])


def test_views_of_a_mesh_and_of_its_voxels_share_the_frame(tmp_path):
    parts = [
        ((1, 0.1, 1), (0, 0, 0)),
        ((1, 1, 0.1), (0, 0.5, 0.45)),
        ((0.1, 1, 0.1), (0.4, -0.5, -0.4)),
    ]
    chair = np.concatenate([box(*part) for part in parts])  # one leg only
    (tmp_path / "mesh").mkdir()
    trimesh.Trimesh(**trimesh.triangles.to_kwargs(chair)).export(tmp_path / "mesh" / "chair.ply")
    assert sample(tmp_path / "mesh", tmp_path / "x.hdf5", source="mesh").returncode == 0
    seen = {}
    for source in ("mesh", "x.hdf5"):
        output = tmp_path / "views" / f"{source}.hdf5"
        assert render(tmp_path / source, output, "--azimuth", "spaced").returncode == 0
        with h5py.File(output) as file:
            seen[source] = file["pixels"][0] < 255
    mesh, voxels = seen.values()
    assert (mesh & voxels).sum() / (mesh | voxels).sum() > 0.9


def test_a_dataset_without_a_name_list(tmp_path):
    with h5py.File(tmp_path / "x.hdf5", "w") as file:
        shapes = np.stack([block(10), np.zeros((64,) * 3)])[..., None]
        file["voxels"] = shapes.astype(np.uint8) * 255
    done = render(tmp_path / "x.hdf5", tmp_path / "views.hdf5", "--processes", 2)
    assert done.stderr.count("255 is taken") == 1
    assert done.returncode == 2 and "skipped 000001: " in done.stderr and "empty" in done.stderr
    assert (tmp_path / "views.txt").read_text() == "000000\n"


def test_bad_shapes_are_skipped_and_listed(shapes, tmp_path):
    (shapes / "truncated.binvox").write_bytes((shapes / "b.binvox").read_bytes()[:-2])
    write_binvox(shapes / "empty.binvox", np.zeros((64, 64, 64)))
    (shapes / "line.off").write_text("OFF\n3 1 0\n0 0 0\n1 0 0\n2 0 0\n3 0 1 2\n")
    (shapes / "tall.binvox").write_bytes((shapes / "b.binvox").read_bytes())
    done = render(shapes, tmp_path / "x.hdf5")
    assert done.returncode == 2 and "3 shapes, 4 skipped" in done.stdout
    lines = done.stderr.splitlines()
    expected = {
        "empty": "no voxel",
        "line": "cannot be seen",
        "tall": "same name",
        "truncated": "truncated",
    }
    assert len(lines) == len(expected)
    for line, (name, reason) in zip(lines, expected.items(), strict=True):
        assert line.startswith(f"skipped {name}: ") and reason in line


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--views", "0"], "--views 0"),
        (["--elevation", "30", "25"], "--elevation 30 25"),
        (["--elevation", "-100", "0"], "--elevation -100 0"),
        (["--elevation", "nan", "0"], "--elevation nan: must be a finite number"),
        (["--distance", "0.9", "1.2"], "--distance 0.9 1.2"),
        (["--up", "+z", "--front", "-z"], "parallel"),
        (["--input", "none"], "none: no such"),
        (["--input", "README.md"], "README.md is not a whole"),
        (["--input", "codes.hdf5"], r"codes\.hdf5 .*no voxels; .* zs"),
        (["--output", "x.txt"], "ends in .hdf5"),
    ],
)
def test_wrong_flags_are_one_line(shapes, tmp_path, monkeypatch, arguments, reason):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README.md").write_text("no shapes")
    with h5py.File(tmp_path / "codes.hdf5", "w") as file:
        file["zs"] = np.zeros((3, 4))
    words = ["--input", str(shapes), "--output", "new/x.hdf5", *arguments]
    monkeypatch.setattr("sys.argv", ["render_views.py", *words])
    with pytest.raises(UserError) as error:
        program.main()
    assert re.search(reason, str(error.value)) and "\n" not in str(error.value)
    assert not (tmp_path / "new").exists()


def test_an_interrupted_run_continues(shapes, tmp_path):
    output = tmp_path / "x.hdf5"
    choose = partial(choose_cameras, count=2)
    layout = {"pixels": ((2, VIEW_SIZE, VIEW_SIZE), np.uint8), "cameras": ((2, 3), np.float32)}
    called = []

    def make(name, path, random, last=None):
        called.append(name)
        if name == last:
            raise KeyboardInterrupt
        return render_shape(np.eye(3), choose, name, path, random)

    def go(output, last=None, finish=lambda names, notes: None, **settings):
        called.clear()
        shapes_found = find_shapes(shapes, SUFFIXES)
        made = partial(make, last=last)
        return build(shapes_found, made, layout, output, settings=settings, finish=finish)

    assert go(tmp_path / "whole.hdf5", elevation=3) == 0 and len(called) == 3
    with pytest.raises(KeyboardInterrupt):
        go(output, "tall", elevation=3)
    assert not output.exists()
    assert go(output, elevation=3) == 0
    assert called == ["tall"]
    assert output.read_bytes() == (tmp_path / "whole.hdf5").read_bytes()
    with pytest.raises(KeyboardInterrupt):
        go(output, "tall", elevation=3)
    assert go(output, elevation=4) == 0 and len(called) == 3  # other settings start over
