"""Solids and point sampling against the specification, written out literally in Python loops."""

from collections import deque
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imnet.surfaces.binvox import write_binvox
from imnet.surfaces.solid import (
    erode,
    fill_from_border,
    fill_from_corners,
    fill_interior,
    fill_surface,
    max_pool,
    upsample,
    window_union,
)
from point_sampling.binvox_solids import OPEN_TO_BORDER, load_with_remark
from point_sampling.original import (
    QUOTAS,
    near_surface,
    one_of_each_block,
    point_value_pairs,
    sample_points,
)

BLOCK_ORDER = [
    (0, 0, 0),
    (1, 0, 0),
    (0, 1, 0),
    (1, 1, 0),
    (0, 0, 1),
    (1, 0, 1),
    (0, 1, 1),
    (1, 1, 1),
]


@st.composite
def grids(draw, resolution):
    """Random voxels, from empty to full, or boxes of them."""
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    if draw(st.booleans()):
        return random.random((resolution,) * 3) < draw(st.sampled_from([0, 0.001, 0.1, 0.6, 1]))
    grid = np.zeros((resolution,) * 3, bool)
    for _ in range(3):
        low, high = np.sort(random.integers(0, resolution + 1, (2, 3)), axis=0)
        grid[tuple(map(slice, low, high))] ^= True
    return grid


def box(resolution, low, high):
    grid = np.zeros((resolution,) * 3, bool)
    grid[low:high, low:high, low:high] = True
    return grid


def shell(resolution, low, high):
    return box(resolution, low, high) & ~box(resolution, low + 1, high - 1)


def scanned(grid):
    """The voxels near the surface, in the order of the scan."""
    size = len(grid)
    found = []
    for i, j, k in product(range(3, size - 3), repeat=3):
        window = grid[i - 3 : i + 4, j - 3 : j + 4, k - 3 : k + 4]
        if window.any() and not window.all():
            found.append([i, j, k])
    return found


def one_a_block(grid):
    chosen = []
    for block in product(range(0, len(grid), 2), repeat=3):
        voxels = [tuple(np.add(block, offset)) for offset in BLOCK_ORDER]
        chosen.append(next((v for v in voxels if grid[v]), voxels[0]))
    return [list(map(int, v)) for v in chosen]


def flooded(empty, starts):
    reached = np.zeros_like(empty)
    queue = deque(start for start in starts if empty[start])
    while queue:
        voxel = queue.popleft()
        if reached[voxel]:
            continue
        reached[voxel] = True
        for axis, step in product(range(3), (-1, 1)):
            next_one = list(voxel)
            next_one[axis] += step
            inside = 0 <= next_one[axis] < len(empty)
            if inside and empty[tuple(next_one)]:
                queue.append(tuple(next_one))
    return reached


def border_of(size):
    return [v for v in product(range(size), repeat=3) if {0, size - 1} & set(v)]


@given(grids(8))
@settings(max_examples=40, deadline=None)
def test_max_pool_and_upsample(grid):
    pooled = max_pool(grid, 2)
    for i, j, k in product(range(2), repeat=3):
        part = grid[4 * i : 4 * i + 4, 4 * j : 4 * j + 4, 4 * k : 4 * k + 4]
        assert pooled[i, j, k] == part.any()
    assert np.array_equal(max_pool(upsample(grid), 8), grid)


@given(grids(9), st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_windows(grid, size):
    windows = np.lib.stride_tricks.sliding_window_view(grid, (size,) * 3)
    assert np.array_equal(window_union(grid, size), windows.any(axis=(3, 4, 5)))
    bits = window_union(np.where(grid, np.uint8(2), np.uint8(1)), size)
    assert np.array_equal(bits, 2 * windows.any(axis=(3, 4, 5)) + ~windows.all(axis=(3, 4, 5)))


@given(grids(6))
@settings(max_examples=40, deadline=None)
def test_erosion_keeps_what_26_neighbours_surround(grid):
    core = erode(grid)
    for i, j, k in product(range(6), repeat=3):
        whole = min(i, j, k) > 0 and max(i, j, k) < 5
        around = grid[i - 1 : i + 2, j - 1 : j + 2, k - 1 : k + 2] if whole else np.zeros(1)
        assert core[i, j, k] == around.all()


@given(grids(7))
@settings(max_examples=60, deadline=None)
def test_floods(grid):
    corners = list(product((0, 6), repeat=3))
    assert np.array_equal(fill_from_corners(grid), ~flooded(~grid, corners))
    if grid.any():
        assert np.array_equal(fill_from_border(grid), ~flooded(~grid, border_of(7)))


def test_a_pocket_open_to_the_border_only():
    grid = np.zeros((8, 8, 8), bool)
    grid[2:5, 2:5, :3] = True
    grid[3, 3, :2] = False  # empty, touches the face k = 0, but no path leads to a corner
    assert fill_from_corners(grid)[3, 3, 0]
    assert not fill_from_border(grid)[3, 3, 0]


def test_an_occupied_corner_starts_no_flood():
    grid = np.zeros((8, 8, 8), bool)
    grid[list(zip(*product((0, 7), repeat=3), strict=True))] = True
    assert fill_from_corners(grid).all()


@pytest.mark.parametrize("depth", range(4))
def test_a_remark_on_what_the_original_would_fill(depth, tmp_path):
    """A cup whose rim is so many layers from the border, on either side of each axis."""
    for axis, flipped in product(range(3), (False, True)):
        cup = shell(64, 12, 52)
        cup[12:52, 12:52, depth:13] = True
        cup[14:50, 14:50, depth : depth + 30] = False
        cup = np.moveaxis(cup[..., ::-1] if flipped else cup, 2, axis)
        write_binvox(tmp_path / "cup.binvox", cup)
        solid, remark = load_with_remark("cup", tmp_path / "cup.binvox")
        original = fill_interior(cup, fill_from_corners)
        assert remark == (None if np.array_equal(solid, original) else OPEN_TO_BORDER)
        assert (remark is None) == (depth > 1)


def test_interior_is_filled_through_a_small_hole():
    grid = shell(64, 10, 50)
    assert np.array_equal(fill_interior(grid), box(64, 10, 50))
    grid[10, 30, 30] = False  # a flood at 64³ alone would run in here
    solid = fill_interior(grid)
    assert not fill_from_corners(grid)[20, 30, 30]
    assert solid[14:46, 14:46, 14:46].all()
    assert not (solid & ~box(64, 10, 50)).any()


def test_a_cracked_surface_is_filled_from_the_coarsest_up():
    surface = shell(256, 40, 200)
    surface[40, 100, 60:180] = False  # one voxel wide: closed at 128³ by its neighbours
    solid = fill_surface(surface)
    assert not fill_from_border(surface)[100, 100, 100]
    assert solid[50:190, 50:190, 50:190].all()
    assert not (solid & ~box(256, 40, 200)).any()


@given(grids(10))
@settings(max_examples=25, deadline=None)
def test_near_surface(grid):
    assert np.argwhere(near_surface(grid)).tolist() == scanned(grid)


@given(grids(8))
@settings(max_examples=25, deadline=None)
def test_one_voxel_of_each_block(grid):
    points = np.stack(np.unravel_index(one_of_each_block(grid), grid.shape), -1)
    assert points.tolist() == one_a_block(grid)


@pytest.mark.parametrize("first", range(8))
def test_block_order(first):
    grid = np.zeros((2, 2, 2), bool)
    for offset in BLOCK_ORDER[first:]:
        grid[offset] = True
    i, j, k = BLOCK_ORDER[first]
    assert one_of_each_block(grid).tolist() == [4 * i + 2 * j + k]


@given(grids(12), st.integers(0, 400), st.integers(0, 100))
@settings(max_examples=60, deadline=None)
def test_sample_points(grid, quota, seed):
    near = scanned(grid)
    points, exceeded = sample_points(grid, quota, np.random.default_rng(seed))
    assert exceeded == (len(near) >= quota)
    if not exceeded:
        kept = near
    elif quota >= 6**3:
        kept = one_a_block(grid)
    else:
        kept = []  # more blocks than the quota: all at random
    assert points.shape == (quota, 3) and points.dtype == np.uint8
    assert points[: len(kept)].tolist() == kept
    assert len(np.unique(points, axis=0)) == quota  # no repetition, in the random part neither


@pytest.mark.parametrize(("quota", "exceeded"), [(999, True), (1000, True), (1001, False)])
def test_quota_reached_exactly(quota, exceeded):
    grid = np.indices((16, 16, 16)).sum(axis=0) % 2 == 0  # every whole window is mixed: 10³
    points, found = sample_points(grid, quota, np.random.default_rng(0))
    assert found is exceeded
    assert points[0].tolist() == ([0, 0, 0] if exceeded else [3, 3, 3])


def test_random_points_are_uniform():
    grid = np.zeros((8, 8, 8), bool)
    counts = np.zeros((8, 8, 8))
    for seed in range(400):
        points, _ = sample_points(grid, 64, np.random.default_rng(seed))
        counts[tuple(points.T)] += 1
    # each voxel is drawn with probability 1/8: 50 ± 6.6 times
    assert abs(counts.mean() - 50) < 1e-9 and counts.min() > 15 and counts.max() < 90
    assert abs(counts[:4].mean() - 50) < 1.5


def test_a_shape_has_all_arrays():
    grid = box(64, 20, 30)
    arrays, exceeded = point_value_pairs(grid, np.random.default_rng(0))
    keys = [f"{kind}_{r}" for r in (16, 32, 64) for kind in ("points", "values")]
    assert list(arrays) == ["voxels", *keys]
    assert exceeded == {32: False, 64: False}
    assert np.array_equal(arrays["voxels"][..., 0], grid)
    assert arrays["points_16"].tolist() == [list(p) for p in product(range(16), repeat=3)]
    for resolution in (16, 32, 64):
        points, values = arrays[f"points_{resolution}"], arrays[f"values_{resolution}"]
        assert points.shape == (QUOTAS[resolution], 3) and values.shape == (len(points), 1)
        assert points.dtype == values.dtype == np.uint8
        voxels = max_pool(grid, resolution)
        assert values[:, 0].tolist() == [voxels[tuple(p)] for p in points]


def test_finer_sources():
    grid = box(256, 60, 61)  # one voxel: occupied at every resolution
    arrays, exceeded = point_value_pairs(grid, np.random.default_rng(0), max_resolution=128)
    assert arrays["voxels"].shape == (64, 64, 64, 1) and arrays["voxels"].sum() == 1
    assert arrays["points_128"].shape == (131072, 3) and exceeded[128] is False
    window = [list(p) for p in product(range(27, 34), repeat=3)]  # around the voxel (30, 30, 30)
    assert arrays["points_128"][:343].tolist() == window
    assert arrays["values_128"].sum() == 1
    coarse, _ = point_value_pairs(grid, np.random.default_rng(0))
    for key, array in coarse.items():  # the fourth stage changes nothing in the others
        assert np.array_equal(array, arrays[key])


def test_fourth_stage_falls_back_to_random_points():
    grid = np.indices((128, 128, 128)).sum(axis=0) % 2 == 0
    arrays, exceeded = point_value_pairs(grid, np.random.default_rng(0), max_resolution=128)
    assert exceeded[128]
    flat = np.ravel_multi_index(arrays["points_128"].astype(int).T, grid.shape)
    assert len(np.unique(flat)) == 131072 and (np.diff(flat) < 0).any()
    assert abs(arrays["values_128"].mean() - 0.5) < 0.01
