"""Point-value pairs as the authors' later versions (IM-NET, IM-NET-pytorch) sample them.

A point is a voxel's index on the 256³ grid at every resolution. A resolution R cuts that grid into
R³ cells. A cell is occupied if any of its voxels is, and gives one point.
"""

import numpy as np

from imnet.data.sizes import LATER_GRID, VOXEL_RESOLUTION
from imnet.surfaces.solid import max_pool, upsample
from point_sampling.original import filled_up, near_surface, values_at

QUOTAS = {16: 4096, 32: 4096, 64: 16384}  # points stored at each resolution
_WINDOW = 3  # a cell is near the surface if the 3x3x3 window around it is mixed
_STEP = 4  # cells between one visited cell and the next along an axis


def fill_undersides(solid: np.ndarray) -> np.ndarray:
    """Fill hollow undersides: bool [R]³ → bool [R]³.

    An empty voxel is set if the voxel above it (+y) is occupied or set, and if it lies between
    occupied voxels along x and along z.
    """
    layers = np.ascontiguousarray(solid.transpose(1, 0, 2))  # [y, x, z]
    filled = layers.copy()
    for y in range(len(layers) - 2, -1, -1):  # down from below the top layer
        if filled[y + 1].any():
            between = _between(layers[y], 0) & _between(layers[y], 1)
            filled[y] |= filled[y + 1] & between
    return np.ascontiguousarray(filled.transpose(1, 0, 2))


def _between(layer: np.ndarray, axis: int) -> np.ndarray:
    """Find what has an occupied voxel on either side along an axis, or is one: bool [R]² → same."""
    before = np.logical_or.accumulate(layer, axis)
    return before & np.flip(np.logical_or.accumulate(np.flip(layer, axis), axis), axis)


def near_cells(voxels: np.ndarray) -> np.ndarray:
    """List the cells near the surface as the later versions visit them.

    Along each axis they take 1, 5, 9 .., then 2, 6 .., 3, 7 .. and 4, 8 .., up to R - 2. The loop
    over y is outermost, then come x and z. bool [R]³ → flat indices int64 [n].
    """
    last = len(voxels) - 1
    order = np.concatenate([np.arange(first, last, _STEP) for first in range(1, _STEP + 1)])
    near = near_surface(voxels, _WINDOW)[np.ix_(order, order, order)]
    y, x, z = np.nonzero(near.transpose(1, 0, 2))
    return np.ravel_multi_index((order[x], order[y], order[z]), voxels.shape)


def draw_voxels(
    solid: np.ndarray, voxels: np.ndarray, cells: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Draw from each cell one of the voxels that have the cell's value, all equally likely.

    The later versions try 100 times at random and then search from the cell's centre outwards, so
    that in cells with few occupied voxels they prefer those near the centre.

    Args:
        solid: bool [256]³.
        voxels: bool [R]³, the cells' values.
        cells: int [n, 3], the indices of some cells.
        random: draws the voxels.

    Returns:
        Indices on the 256³ grid, uint8 [n, 3].
    """
    resolution, size = len(voxels), LATER_GRID // len(voxels)
    offsets = random.integers(size, size=cells.shape)  # right for empty cells, wholly empty
    occupied = np.flatnonzero(voxels[tuple(cells.T)])
    x, y, z = cells[occupied].T
    blocks = solid.reshape(resolution, size, resolution, size, resolution, size)
    inside = blocks[x, :, y, :, z].reshape(len(occupied), size**3)
    rank = random.integers(np.count_nonzero(inside, axis=1))  # of the drawn one among the occupied
    drawn = (inside.cumsum(axis=1, dtype=np.uint16) > rank[:, None]).argmax(axis=1)
    offsets[occupied] = np.stack(np.unravel_index(drawn, (size,) * 3), -1)
    return (cells * size + offsets).astype(np.uint8)


def point_value_pairs(
    grid: np.ndarray, random: np.random.Generator
) -> tuple[dict[str, np.ndarray], dict[int, bool]]:
    """Sample one shape.

    Args:
        grid: bool [R]³, R 64, 128 or 256.
        random: draws the random points.

    Returns:
        The dataset's arrays by key, all uint8: voxels [64, 64, 64, 1], points_r [QUOTAS[r], 3],
        values_r [QUOTAS[r], 1]; and for 32 and 64 whether there were as many cells near the surface
        as the quota, or more. Then the quota holds the first of them, else all and random others.
    """
    solid = fill_undersides(grid)
    while len(solid) < LATER_GRID:
        solid = upsample(solid)
    arrays = {"voxels": max_pool(solid, VOXEL_RESOLUTION)[..., None].astype(np.uint8)}
    exceeded = {}
    for resolution, quota in QUOTAS.items():
        voxels = max_pool(solid, resolution)
        if resolution == 16:  # every cell, in C order
            chosen = np.arange(quota)
        else:
            near = near_cells(voxels)
            exceeded[resolution] = len(near) >= quota
            chosen = filled_up(near[:quota], voxels.size, quota, random)
        cells = np.stack(np.unravel_index(chosen, voxels.shape), -1)  # [quota, 3]
        arrays[f"points_{resolution}"] = draw_voxels(solid, voxels, cells, random)
        arrays[f"values_{resolution}"] = values_at(voxels, cells)
    return arrays, exceeded
