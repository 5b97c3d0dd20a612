"""Point-value pairs of an occupancy grid, as the paper's supplementary material samples them.

A point is a voxel's index (i, j, k) at its resolution; a value is 0 or 1.
"""

from itertools import product

import numpy as np

from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.surfaces.solid import max_pool, window_union

QUOTAS = {16: 4096, 32: 8192, 64: 32768, 128: 131072}  # points stored at each resolution


def near_surface(voxels: np.ndarray, window: int = 7) -> np.ndarray:
    """Find the voxels whose window³ voxels around them hold both 0 and 1: bool [R]³ → bool [R]³.

    The outermost voxels on each side, 3 for a window of 7, have no whole window and are never near.
    """
    near = np.zeros_like(voxels)
    border = slice(window // 2, -(window // 2))
    kinds = np.where(voxels, np.uint8(2), np.uint8(1))  # bits, so that one search finds both
    near[border, border, border] = window_union(kinds, window) == 3
    return near


def one_of_each_block(voxels: np.ndarray) -> np.ndarray:
    """Take a voxel of each 2x2x2 block, blocks in C order: bool [R]³ → flat indices int64 [(R/2)³].

    It is the first occupied voxel in the order (0,0,0) (1,0,0) (0,1,0) (1,1,0) (0,0,1) ..., or
    (0,0,0) in an empty block.
    """
    numbers = np.arange(voxels.size).reshape(voxels.shape)
    chosen = numbers[::2, ::2, ::2]
    for k, j, i in reversed(list(product((0, 1), repeat=3))):  # the first one last: it stays
        corner = np.s_[i::2, j::2, k::2]
        chosen = np.where(voxels[corner], numbers[corner], chosen)
    return chosen.ravel()


def sample_points(
    voxels: np.ndarray, quota: int, random: np.random.Generator
) -> tuple[np.ndarray, bool]:
    """Choose `quota` voxels of a grid bool [R]³: points uint8 [quota, 3], and whether exceeded.

    The voxels near the surface come first, in C order, if they are fewer than `quota`. Otherwise
    the quota is "exceeded": then one voxel of each 2x2x2 block comes first, or none if there are
    more blocks than `quota`, as at 128³. The rest is drawn at random from all other voxels, without
    repetition.
    """
    chosen = np.flatnonzero(near_surface(voxels))
    exceeded = len(chosen) >= quota
    if exceeded:
        fits = voxels.size // 8 <= quota
        chosen = one_of_each_block(voxels) if fits else chosen[:0]
    chosen = filled_up(chosen, voxels.size, quota, random)
    return _points(chosen, voxels.shape), exceeded


def _points(chosen: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Return the indices uint8 [n, 3] of flat ones int64 [n]."""
    rest, k = np.divmod(chosen.astype(np.int32), shape[2])  # half the time of np.unravel_index
    return np.stack([*np.divmod(rest, shape[1]), k], -1).astype(np.uint8)


def filled_up(
    chosen: np.ndarray, count: int, quota: int, random: np.random.Generator
) -> np.ndarray:
    """Add others of the numbers 0 .. count - 1 at random: int64 [n] distinct → int64 [quota]."""
    rest = np.ones(count, bool)
    rest[chosen] = False
    drawn = random.choice(np.flatnonzero(rest), quota - len(chosen), replace=False)
    return np.concatenate([chosen, drawn])


def values_at(voxels: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Look up the occupancy at points: bool [R]³, uint8 [n, 3] → uint8 [n, 1]."""
    i, j, k = points.T.astype(np.int32)
    _, rows, columns = voxels.shape
    return voxels.ravel()[(i * rows + j) * columns + k][:, None].view(np.uint8)


def point_value_pairs(
    grid: np.ndarray, random: np.random.Generator, max_resolution: int = 64
) -> tuple[dict[str, np.ndarray], dict[int, bool]]:
    """Sample one shape.

    Args:
        grid: bool [R]³, R a power of two, at least 64 and at least `max_resolution`.
        random: draws the random points.
        max_resolution: 64 or 128.

    Returns:
        The dataset's arrays by key, all uint8: voxels [64, 64, 64, 1], points_r [QUOTAS[r], 3],
        values_r [QUOTAS[r], 1]; and by resolution whether the quota was exceeded.
    """
    arrays = {"voxels": max_pool(grid, VOXEL_RESOLUTION)[..., None].astype(np.uint8)}
    exceeded = {}
    for resolution, quota in QUOTAS.items():
        if resolution > max_resolution:
            break
        voxels = max_pool(grid, resolution)
        if resolution == 16:  # every voxel, in C order
            points = np.indices(voxels.shape, np.uint8).reshape(3, -1).T  # [4096, 3]
        else:
            points, exceeded[resolution] = sample_points(voxels, quota, random)
        arrays[f"points_{resolution}"] = points
        arrays[f"values_{resolution}"] = values_at(voxels, points)
    return arrays, exceeded
