"""test_vox.py, the visual check of a dataset, as a user runs it."""

import cv2
import h5py
import numpy as np
import pytest
import trimesh
from helpers import block, run, sample

from imnet.surfaces.binvox import write_binvox
from point_sampling.looks import oddities

NAMES = {"vox": 64, "16": 16, "32": 32, "64": 64}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("visual")
    for size in (10, 50):
        write_binvox(folder / "shapes" / f"{size}.binvox", block(size))
    assert sample(folder / "shapes", folder / "x.hdf5").returncode == 0
    return folder / "x.hdf5"


def test_each_resolution_shows_its_own_points(dataset, tmp_path):
    done = run("test_vox", "--dataset", dataset, "--index", 1, "--output", tmp_path / "look")
    assert (done.returncode, done.stderr) == (0, "")
    pictures = [f"1_{name}_{axis}.png" for name in NAMES for axis in (1, 2, 3)]
    meshes = [f"1_{name}.dae" for name in NAMES]
    written = sorted(path.name for path in (tmp_path / "look").iterdir())
    assert written == sorted([*pictures, *meshes, "sheet.png"])
    with h5py.File(dataset) as file:
        for name, resolution in NAMES.items():
            grid = np.zeros((resolution,) * 3, np.uint8)
            if name == "vox":
                grid = file["voxels"][1, ..., 0]
            else:
                points = file[f"points_{name}"][1].astype(int)
                grid[tuple(points.T)] = file[f"values_{name}"][1, :, 0]
            for axis in range(3):
                picture = tmp_path / "look" / f"1_{name}_{axis + 1}.png"
                shown = cv2.imread(str(picture), cv2.IMREAD_UNCHANGED)
                assert np.array_equal(shown > 0, grid.max(axis=axis) > 0)
            mesh = trimesh.load(tmp_path / "look" / f"1_{name}.dae", force="mesh")
            occupied = np.argwhere(grid)
            # marching cubes at 0.5, in a border of one: half a voxel outside the centres
            assert mesh.bounds[0] == pytest.approx(occupied.min(axis=0) + 0.5)
            assert mesh.bounds[1] == pytest.approx(occupied.max(axis=0) + 1.5)
    sheet = cv2.imread(str(tmp_path / "look" / "sheet.png"))
    assert sheet.std() > 5


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--index", 2], "the shapes 0..1"),
        (["--index", -1], "the shapes 0..1"),
        (["--sheet", 0], "--sheet 0"),
        (["--dataset", "none.hdf5"], "none.hdf5"),
        (["--dataset", "test_vox.py"], "HDF5"),
    ],
)
def test_wrong_flags(dataset, tmp_path, arguments, reason):
    done = run("test_vox", "--dataset", dataset, "--output", tmp_path / "look", *arguments)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: ") and reason in done.stderr
    assert not (tmp_path / "look").exists()


def test_foreign_datasets(tmp_path):
    for name, largest in (("fine", 200), ("foreign", 100)):
        with h5py.File(tmp_path / f"{name}.hdf5", "w") as file:
            file["voxels"] = np.ones((1, 64, 64, 64, 1), np.uint8)
            file["points_16"] = np.full((1, 4096, 3), largest, np.uint8)
            file["values_16"] = np.full((1, 4096, 1), 255, np.uint8)
    done = run("test_vox", "--dataset", tmp_path / "fine.hdf5", "--output", tmp_path / "fine")
    assert done.returncode == 0 and "255 is taken as 1" in done.stderr
    shown = cv2.imread(str(tmp_path / "fine/0_16_1.png"), cv2.IMREAD_UNCHANGED)
    assert np.argwhere(shown).tolist() == [[200 // 16] * 2]  # its cell: points on the 256³ grid
    with h5py.File(tmp_path / "codes.hdf5", "w") as file:
        file["zs"] = np.zeros((1, 128), np.float32)
    for name, reason in (("foreign", "indices 0..15 are wanted"), ("codes", "no voxels")):
        done = run("test_vox", "--dataset", tmp_path / f"{name}.hdf5", "--output", tmp_path / "o")
        assert done.returncode == 2 and reason in done.stderr and done.stderr.count("\n") == 1


def test_what_may_be_wrong_is_said():
    solid = block(30)
    assert oddities(solid, 0.9, None) == [f"its box is {1:.0%} solid: should it be hollow?"]
    hollow = solid.copy()
    hollow[28:32, 28:32, 28:32] = False
    (said,) = (line for line in oddities(hollow, 0.9, None) if "hollow of" in line)
    assert "64 voxels" in said
    frame = solid.copy()
    frame[20:42, 20:42, :] = False  # a hole that stays open
    assert not any("closed at" in line for line in oddities(frame, 0.9, None))
    frame[:, 30:31, 17:18] = solid[:, 30:31, 17:18]
    frame[17:19, :, 30:31] = False  # one voxel wide, through a side
    closed = [line for line in oddities(frame, None, None) if "closed at" in line]
    assert len(closed) == 1 and "at 32³" in closed[0]
    plate = np.zeros_like(solid)
    plate[10:50, 30, 10:50] = True
    plate[5, 5, 5] = True
    said = oddities(plate, 0.2, None)
    assert [line for line in said if "100% of it is one voxel thick" in line]
    assert [line for line in said if "2 parts" in line]
    assert [line for line in said if "20% of the voxels" in line and "--from_voxels" in line]


@pytest.mark.parametrize("hole, says", [(False, None), (True, "a hole was filled"), (None, "open")])
def test_a_mesh_beside_its_voxels(tmp_path, hole, says):
    """A box, a box with a hollow that the fill closed, a box without its lid."""
    mesh = trimesh.creation.box((1, 0.5, 0.8))
    if hole:
        inner = trimesh.creation.box((0.9, 0.4, 0.7))
        inner.invert()
        mesh = trimesh.util.concatenate([mesh, inner])
    elif hole is None:
        mesh.update_faces(np.arange(len(mesh.faces)) > 1)
    (tmp_path / "meshes").mkdir()
    mesh.apply_scale(500).export(tmp_path / "meshes/a box.obj")
    assert sample(tmp_path / "meshes", tmp_path / "x.hdf5", source="mesh").returncode == 0
    look = ["--dataset", tmp_path / "x.hdf5", "--look", "--output", tmp_path / "look"]
    done = run("test_vox", *look, "--meshes", tmp_path / "meshes")
    assert (done.returncode, done.stderr) == (0, "")
    line = done.stdout.splitlines()[0]
    assert line.startswith("0 a box: ") and (says or "solid") in line
    assert ("filled" in line) == (says is not None)
    assert cv2.imread(str(tmp_path / "look/look.png")).shape[1] == 4 * 192
    (tmp_path / "meshes/a box.obj").rename(tmp_path / "meshes/other.obj")
    assert "there is no a box" in run("test_vox", *look, "--meshes", tmp_path / "meshes").stderr


def test_meshes_of_a_dataset_of_voxels(dataset, tmp_path):
    look = ["--dataset", dataset, "--output", tmp_path]
    done = run("test_vox", *look, "--look")
    assert done.returncode == 0 and done.stdout.startswith("0 10: ")
    assert cv2.imread(str(tmp_path / "look.png")).shape[1] == 3 * 192
    assert "sample them again" in run("test_vox", *look, "--look", "--meshes", tmp_path).stderr
    assert "--look" in run("test_vox", *look, "--meshes", tmp_path).stderr
