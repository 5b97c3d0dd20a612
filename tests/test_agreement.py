"""Voxels that contradict the points of their dataset."""

import numpy as np
import pytest

from imnet.base.errors import UserError
from imnet.data.agreement import check_agreement
from imnet.data.dataset import PointValueDataset
from imnet.data.hdf5 import write_arrays
from point_sampling.original import point_value_pairs


def shape(seed):
    """A grid that none of the cube's turns leaves as it is."""
    grid = np.zeros((64, 64, 64), bool)
    grid[10:50, 8:20, 12:40] = grid[10 : 20 + seed, 20:56, 12:20] = grid[30:36, 20:30, 20:58] = True
    return grid


def dataset(path, resolution=16, change=lambda voxels: voxels, values=lambda values: values):
    grids = [shape(seed) for seed in (0, 4, 8)]
    rng = np.random.default_rng(0)
    pairs = [point_value_pairs(grid, rng)[0] for grid in grids]
    arrays = {"voxels": np.stack([change(grid) for grid in grids])[..., None].astype(np.uint8)}
    for key in pairs[0].keys() - {"voxels"}:
        arrays[key] = np.stack([pair[key] for pair in pairs])
        if key.startswith("values"):
            arrays[key] = values(arrays[key])
    write_arrays(path, **arrays)
    return PointValueDataset(path, resolution)


@pytest.mark.parametrize("resolution", [16, 32, 64])
def test_what_the_samplers_make_agrees(tmp_path, resolution):
    assert check_agreement(dataset(tmp_path / "x.hdf5", resolution)) is None


@pytest.mark.parametrize("resolution", [16, 64])
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda grid: grid.transpose(1, 0, 2), "yxz"),
        (lambda grid: grid[:, :, ::-1], "mirrored along z"),
        (lambda grid: np.rot90(grid, axes=(0, 2)), "zyx"),
    ],
)
def test_turned_voxels_are_refused(tmp_path, resolution, change, says):
    with pytest.raises(UserError) as caught:
        check_agreement(dataset(tmp_path / "x.hdf5", resolution, change))
    assert says in str(caught.value) and f"values_{resolution}" in str(caught.value)


def test_values_inside_out_are_refused(tmp_path):
    with pytest.raises(UserError, match="inverted"):
        check_agreement(dataset(tmp_path / "x.hdf5", values=lambda values: 1 - values))


def test_other_shapes_are_told(tmp_path):
    other = np.random.default_rng(0).random((64, 64, 64)) < 0.5
    said = check_agreement(dataset(tmp_path / "x.hdf5", change=lambda grid: other))
    assert "x.hdf5" in said and "%" in said
