"""The sampler of the later versions: their own output, and their rules written out as loops."""

from functools import partial
from itertools import product
from pathlib import Path

import h5py
import numpy as np
import pytest
from helpers import block, run, sample
from hypothesis import given, settings
from hypothesis import strategies as st

from imnet.base.errors import UserError
from imnet.base.names import write_names
from imnet.data.checks import points_grid
from imnet.data.dataset import PointValueDataset
from imnet.data.sizes import VIEW_SIZE
from imnet.surfaces.binvox import write_binvox
from imnet.surfaces.solid import max_pool, upsample
from point_sampling.build import build_dataset
from point_sampling.hsp import read_hsp
from point_sampling.improved import (
    QUOTAS,
    draw_voxels,
    fill_undersides,
    near_cells,
    point_value_pairs,
)

GOLDEN = Path(__file__).parent / "golden" / "improved_sampling"


@st.composite
def solids(draw, resolution):
    """Boxes, some of them hollow: empty to full."""
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    grid = np.zeros((resolution,) * 3, bool)
    for _ in range(draw(st.integers(0, 5))):
        low, high = np.sort(random.integers(0, resolution + 1, (2, 3)), axis=0)
        grid[tuple(map(slice, low, high))] ^= True
    return grid


def visited(resolution):
    """The numbers along an axis in the order of the visit."""
    return [n for phase in range(1, 5) for n in range(phase, resolution - 1, 4)]


def test_golden():
    """Cells and values are those of the original program; the voxel of a cell is random."""
    golden = dict(np.load(GOLDEN / "sampled.npz"))
    grid = read_hsp(GOLDEN / "shape.mat")
    arrays, exceeded = point_value_pairs(grid, np.random.default_rng(0))
    assert exceeded == {r: bool(golden[f"exceed_{r}"]) for r in (32, 64)}
    assert {*arrays, "exceed_32", "exceed_64"} == {*golden}
    solid = fill_undersides(grid)
    for key, array in arrays.items():
        assert array.dtype == golden[key].dtype == np.uint8 and array.shape == golden[key].shape
        if key.startswith("points"):
            size = 256 // int(key[7:])
            assert np.array_equal(array // size, golden[key] // size)
            values = arrays[key.replace("points", "values")][:, 0]
            assert np.array_equal(solid[tuple(array.T)], values)
        else:
            assert np.array_equal(array, golden[key])
    near = [len(near_cells(max_pool(solid, resolution))) for resolution in (32, 64)]
    assert near == [5468, 20888]


@given(solids(9))
@settings(max_examples=60, deadline=None)
def test_undersides_column_by_column(grid):
    expected = grid.copy()
    for i, k in product(range(9), repeat=2):
        flag = False
        for j in range(8, -1, -1):
            rows = (grid[:, j, k], i), (grid[i, j], k)
            if grid[i, j, k]:
                flag = True
            elif flag and all(row[:n].any() and row[n + 1 :].any() for row, n in rows):
                expected[i, j, k] = True
            else:
                flag = False
    filled = fill_undersides(grid)
    assert np.array_equal(filled, expected)
    assert np.array_equal(upsample(filled), fill_undersides(upsample(grid)))  # at any resolution


@given(solids(11))
@settings(max_examples=30, deadline=None)
def test_cells_in_the_order_of_the_visit(grid):
    order, expected = visited(11), []
    for j, i, k in product(order, repeat=3):
        window = grid[i - 1 : i + 2, j - 1 : j + 2, k - 1 : k + 2]
        if window.any() and not window.all():
            expected.append((i, j, k))
    found = np.stack(np.unravel_index(near_cells(grid), grid.shape), -1)
    assert list(map(tuple, found.tolist())) == expected


def test_the_rest_is_random_where_few_cells_are_near():
    grid = block(4)  # the window is mixed from one cell outside to one inside: 6³ - 2³ cells
    arrays, exceeded = point_value_pairs(grid, np.random.default_rng(0))
    assert exceeded == {32: False, 64: False}
    cells = arrays["points_64"] // 4
    near = np.stack(np.unravel_index(near_cells(grid), grid.shape), -1)
    assert len(near) == 6**3 - 2**3 and np.array_equal(cells[: len(near)], near)
    assert len(np.unique(cells, axis=0)) == QUOTAS[64]  # no cell twice
    rest = cells[len(near) :]
    assert rest.min() == 0 and rest.max() == 63 and abs(rest.mean() - 31.5) < 0.6
    assert np.array_equal(arrays["values_64"][:, 0], grid[tuple(cells.T)])


def test_a_cell_that_reaches_its_quota_exceeds():
    grid = np.indices((64, 64, 64)).sum(axis=0) % 2 == 0  # every whole window is mixed
    _, exceeded = point_value_pairs(grid, np.random.default_rng(0))
    assert exceeded == {32: False, 64: True}  # at 32³ everything is occupied, nothing is mixed


def test_voxels_of_a_cell_are_drawn_evenly():
    solid = np.zeros((256, 256, 256), bool)
    inside = {(0, 0, 0), (3, 1, 2), (1, 3, 3)}
    solid[tuple(np.transpose(list(inside)))] = True
    cells = np.repeat([[0, 0, 0], [5, 6, 7]], 3000, axis=0)
    points = draw_voxels(solid, max_pool(solid, 64), cells, np.random.default_rng(0))
    found, counts = np.unique(points[:3000], axis=0, return_counts=True)
    assert {tuple(point) for point in found.tolist()} == inside
    assert counts.min() > 900 and counts.max() < 1100
    offsets, counts = np.unique(points[3000:] - [20, 24, 28], axis=0, return_counts=True)
    assert len(offsets) == 64 and offsets.max() == 3 and counts.max() < 90


@pytest.mark.parametrize("source", ["binvox", "hsp", "mesh"])
def test_a_folder_becomes_a_dataset(tmp_path, source):
    folder = tmp_path / "shapes"
    folder.mkdir()
    if source == "binvox":
        write_binvox(folder / "a.binvox", block(29))
    elif source == "hsp":
        (folder / "a.mat").write_bytes((GOLDEN / "shape.mat").read_bytes())
    else:
        corners = "".join(f"v {x} {y} {z}\n" for x, y, z in product((0, 1), repeat=3))
        faces = "f 1 2 4 3\nf 5 6 8 7\nf 1 2 6 5\nf 3 4 8 7\nf 1 3 7 5\nf 2 4 8 6\n"
        (folder / "a.obj").write_text(corners + faces)
    output = tmp_path / "1_chair" / "1_vox256.hdf5"
    done = sample(folder, output, "--improved", source=source)
    assert done.returncode == 0, done.stderr
    assert output.with_suffix(".txt").read_text() == "a\n"
    assert "exceed_32: " in (output.parent / "statistics.txt").read_text()
    with h5py.File(output) as file:
        for resolution, quota in QUOTAS.items():
            points, values = file[f"points_{resolution}"], file[f"values_{resolution}"]
            assert points.shape == (1, quota, 3) and values.shape == (1, quota, 1)
            assert points.dtype == values.dtype == np.uint8 and points.attrs["grid"] == 256
        voxels = file["voxels"][0, ..., 0]
        cells = file["points_64"][0] // 4
        assert np.array_equal(voxels[tuple(cells.T)], file["values_64"][0, :, 0])
    dataset = PointValueDataset(output, 64)
    assert dataset.grid == 256
    look = run("test_vox", "--dataset", output, "--output", tmp_path / "look")
    assert look.returncode == 0, look.stderr


def test_an_interrupted_build_of_the_other_sampler_starts_over(tmp_path):
    shapes, output = [(name, Path(__file__)) for name in "ab"], tmp_path / "x.hdf5"

    def load(name, path, last="b"):
        if name > last:
            raise KeyboardInterrupt
        return block(10), None

    for improved, grid, quota in ((True, 256, 4096), (False, 32, 8192)):
        with pytest.raises(KeyboardInterrupt):
            build_dataset(shapes, partial(load, last="a"), output, improved=not improved)
        assert build_dataset(shapes, load, output, improved=improved) == 0
        with h5py.File(output) as file:
            assert file["points_32"].attrs["grid"] == grid
            assert file["points_32"].shape == (2, quota, 3)


def test_single_view_sets_state_the_grid(tmp_path):
    shapes = [(name, Path(__file__)) for name in "ab"]
    points, views, output = (tmp_path / name for name in ("p.hdf5", "v.hdf5", "x"))
    assert build_dataset(shapes, lambda *_: (block(10), None), points, improved=True) == 0
    with h5py.File(views, "w") as file:
        file["pixels"] = np.zeros((2, 1, VIEW_SIZE, VIEW_SIZE), np.uint8)
    write_names(views.with_suffix(".txt"), "ab")
    flags = ["--points", points, "--views", views, "--output", output]
    done = run("make_svr_dataset", *flags, "--train_share", 0.5)
    assert done.returncode == 0, done.stderr
    for kind in ("train", "test", "only_train"):
        assert PointValueDataset(tmp_path / f"x_{kind}.hdf5", 16).grid == 256
        with h5py.File(tmp_path / f"x_{kind}.hdf5") as file:
            assert [file[f"points_{r}"].attrs["grid"] for r in QUOTAS] == [256] * 3


def test_no_fourth_stage(tmp_path):
    (tmp_path / "a.mat").write_bytes((GOLDEN / "shape.mat").read_bytes())
    flags = ["--improved", "--max_resolution", 128]
    done = sample(tmp_path, tmp_path / "x.hdf5", *flags, source="hsp")
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "--max_resolution 128: the later versions stop at 64" in done.stderr


def test_the_stated_grid():
    small = np.indices((16, 16, 16)).reshape(3, -1).T[None].astype(np.uint8)
    assert points_grid(small, 16, "x", 16) == 16
    assert points_grid(small * 16, 16, "x", np.int64(256)) == 256
    assert points_grid(small * 4, 16, "x", 256) == 256  # no guess: a small shape in a corner
    for points, stated in ((small, 256), (small * 16, 16), (small, 64), (small, "16")):
        with pytest.raises(UserError, match=f"x has the attribute grid = {stated}, but indices"):
            points_grid(points, 16, "x", stated)
