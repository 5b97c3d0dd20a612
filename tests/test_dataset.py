"""Point-value datasets: whole numbers of any type, points of either grid, or one true line."""

import h5py
import numpy as np
import pytest

from imnet.base.errors import UserError
from imnet.data.dataset import PointValueDataset
from imnet.data.hdf5 import write_arrays


@pytest.fixture
def arrays():
    """Two shapes with points at 16³, everything as it should be."""
    voxels = np.zeros((2, 64, 64, 64, 1), np.uint8)
    voxels[:, 20:40, 10:50, 30:60] = 1
    cells = np.indices((16,) * 3).reshape(3, -1).T.astype(np.uint8)  # [4096, 3]
    values = voxels[:, 2::4, 2::4, 2::4].reshape(2, -1, 1)
    return {"voxels": voxels, "points_16": np.stack([cells] * 2), "values_16": values}


def batch_of(path):
    (batch, *_) = PointValueDataset(path, 16).batches(0, 0, 2)
    return batch.arrays


def test_numbers_of_any_type_are_the_same_dataset(tmp_path, arrays):
    write_arrays(tmp_path / "as_bytes.hdf5", **arrays)
    write_arrays(tmp_path / "as_floats.hdf5", **{k: a.astype("f8") for k, a in arrays.items()})
    others = {
        "voxels": arrays["voxels"] * 255,
        "points_16": arrays["points_16"].astype(np.int64),
        "values_16": arrays["values_16"].astype(bool),
    }
    write_arrays(tmp_path / "as_others.hdf5", **others)
    expected = batch_of(tmp_path / "as_bytes.hdf5")
    assert expected["values"].max() == expected["voxels"].max() == 1
    for name in ("as_floats", "as_others"):
        found = batch_of(tmp_path / f"{name}.hdf5")
        for key, array in expected.items():
            assert found[key].dtype == array.dtype
            np.testing.assert_array_equal(found[key], array, key)


def test_points_of_the_256_grid(tmp_path, arrays):
    draws = np.random.default_rng(0).integers(0, 16, arrays["points_16"].shape)
    points = (arrays["points_16"] * 16 + draws).astype(np.uint8)  # in the same cells
    write_arrays(tmp_path / "x.hdf5", **{**arrays, "points_16": points})
    dataset = PointValueDataset(tmp_path / "x.hdf5", 16)
    assert dataset.grid == 256
    np.testing.assert_array_equal(dataset.cells(1), arrays["points_16"][1])
    expected = (points[1] + 0.5) / 256 * 2 - 1
    np.testing.assert_allclose(dataset.points(1), expected, atol=1e-7)


@pytest.mark.parametrize(
    "key, change, says",
    [
        ("points_16", lambda a: (a + 0.5) / 16 - 0.5, "points_16 has coordinates .* -0.46875"),
        ("points_16", lambda a: a * 2, "points_16 .* index 30"),
        ("points_16", lambda a: a[:1], r"points_16 is \(1, 4096, 3\)"),
        ("values_16", lambda a: a[:, :9], r"values_16 .*\(2, 9, 1\), .*\(2, 4096, 1\)"),
        ("values_16", lambda a: a + np.arange(2)[:, None, None], "values_16 has numbers from 0"),
        ("voxels", lambda a: a * 0.7 + np.linspace(0, 0.2, 2).reshape(2, 1, 1, 1, 1), "voxels has"),
        ("voxels", lambda a: a[:, :32], r"voxels is \(2, 32, 64, 64, 1\)"),
    ],
)
def test_what_is_wrong_is_said_before_training(tmp_path, arrays, key, change, says):
    write_arrays(tmp_path / "x.hdf5", **{**arrays, key: change(arrays[key])})
    with pytest.raises(UserError, match=says) as error:
        PointValueDataset(tmp_path / "x.hdf5", 16)
    assert "\n" not in str(error.value)


def test_a_file_without_points_says_what_it_holds(tmp_path):
    for arrays, said in (
        (["voxels"], "it holds voxels: .* vox2pointvaluepair_from_binvox.py"),
        (["train/voxels", "train/points_16"], "it holds train/points_16, train/voxels; .* groups"),
    ):
        with h5py.File(tmp_path / "x.hdf5", "w") as file:
            for name in arrays:
                file[name] = np.zeros((1, 64, 64, 64, 1), np.uint8)
        with pytest.raises(UserError, match=said):
            PointValueDataset(tmp_path / "x.hdf5", 16)
