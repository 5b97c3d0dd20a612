"""Where a shape stood before it was sampled, and that a reconstruction goes back there."""

import h5py
import numpy as np
import pytest
from helpers import run, sample

from imnet.data.dataset import PointValueDataset, own_frames
from imnet.surfaces import marching_cubes
from imnet.surfaces.reading import read_mesh
from point_sampling.augmentation import draw_warp

AXES = ["--up", "+z", "--front", "-y"]
OWN = ["lamp", "my chair", "table"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The three meshes in millimetres, Z up, and datasets of them."""
    folder = tmp_path_factory.mktemp("own")
    run("fetch/make_meshes", "--output", folder / "meshes", check=True)
    done = sample(folder / "meshes", folder / "own.hdf5", *AXES, source="mesh")
    assert done.returncode == 0, done.stderr
    return folder


def in_own_units(frame, points):
    return points @ frame[:, :3].T + frame[:, 3]


def overlays(frame, voxels, path):
    """Whether the voxels' surface, moved by the frame, lies on the mesh within two voxels."""
    vertices = marching_cubes(voxels[..., 0].astype(np.float32)).in_unit_frame().vertices
    moved = in_own_units(frame, vertices)
    true = read_mesh(path)[0]
    voxel = np.linalg.norm(np.ptp(true, axis=0)) / 64
    ends = [(np.min(points, axis=0), np.max(points, axis=0)) for points in (moved, true)]
    np.testing.assert_allclose(*ends, atol=2 * voxel)
    return voxel


def test_the_sampler_stores_frames(folder):
    frames = own_frames(folder / "own.hdf5")
    assert (folder / "own.txt").read_text().splitlines() == OWN
    voxels = PointValueDataset(folder / "own.hdf5").voxels
    for frame, shape, name in zip(frames, voxels, OWN, strict=True):
        overlays(frame, shape, folder / f"meshes/{name}.obj")
        # the box's middle is the unit frame's, the sides are those of the box's diagonal
        true = read_mesh(folder / f"meshes/{name}.obj")[0]
        low, high = true.min(axis=0), true.max(axis=0)
        np.testing.assert_allclose(frame[:, 3], (low + high) / 2)
        diagonal = np.linalg.norm(high - low)
        turned = diagonal * np.array([[-1, 0, 0], [0, 0, 1], [0, 1, 0]])  # front -y, up +z
        np.testing.assert_allclose(frame[:, :3], turned, atol=1e-9 * diagonal)


def test_the_originals_readers_work(folder):
    """What the original's data loading does with the file, line by line."""
    with h5py.File(folder / "own.hdf5", "r") as data_dict:
        data_points = data_dict["points_64"][:].astype(np.float32)
        data_values = data_dict["values_64"][:].astype(np.float32)
        data_voxels = np.reshape(data_dict["voxels"][:], [-1, 64, 64, 64, 1])
    assert data_points.shape == (3, 32768, 3) and data_values.shape == (3, 32768, 1)
    assert data_voxels.dtype == np.uint8 and set(np.unique(data_voxels)) == {0, 1}


def test_frames_travel_with_their_shapes(folder, tmp_path):
    more = ["--augment", 1, *AXES]
    sample(folder / "meshes", folder / "more.hdf5", *more, source="mesh", check=True)
    names = (folder / "more.txt").read_text().splitlines()
    frames = dict(zip(names, own_frames(folder / "more.hdf5"), strict=True))
    for name, frame in zip(OWN, own_frames(folder / "own.hdf5"), strict=True):
        np.testing.assert_array_equal(frames[name], frame)
        assert not np.allclose(frames[f"{name}~1"], frame), draw_warp(name)
    (tmp_path / "test.txt").write_text("lamp\n")
    split = ["--points", folder / "more.hdf5", "--test_names", tmp_path / "test.txt"]
    run("make_svr_dataset", *split, "--output", tmp_path / "split", check=True)
    np.testing.assert_array_equal(own_frames(tmp_path / "split_test.hdf5")[0], frames["lamp"])
    train = own_frames(tmp_path / "split_only_train.hdf5")
    kept = (tmp_path / "split_only_train.txt").read_text().splitlines()
    np.testing.assert_array_equal(train, [frames[name] for name in kept])
    inputs = ["--inputs", tmp_path / "split_test.hdf5", tmp_path / "split_only_train.hdf5"]
    run("join_datasets", *inputs, "--output", tmp_path / "joined.hdf5", check=True)
    np.testing.assert_array_equal(own_frames(tmp_path / "joined.hdf5")[0], frames["lamp"])
    # joined with shapes that have none, they are left out
    sample(folder / "own.hdf5", tmp_path / "voxels.hdf5", check=True)
    assert own_frames(tmp_path / "voxels.hdf5") is None
    (tmp_path / "voxels.txt").write_text("a\nb\nc\n")
    inputs = ["--inputs", tmp_path / "voxels.hdf5", tmp_path / "split_test.hdf5"]
    run("join_datasets", *inputs, "--output", tmp_path / "joined.hdf5", check=True)
    assert own_frames(tmp_path / "joined.hdf5") is None
