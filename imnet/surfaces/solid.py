"""Occupancy grids at several resolutions, windows over them, and surfaces filled to solids."""

from collections.abc import Callable

import numpy as np
import scipy


def max_pool(voxels: np.ndarray, resolution: int) -> np.ndarray:
    """Coarsen a bool grid [R, R, R] to [resolution]³: occupied where any covered voxel is.

    R must be `resolution` times a power of two.
    """
    while voxels.shape[0] > resolution:
        voxels = voxels[0::2] | voxels[1::2]
        voxels = voxels[:, 0::2] | voxels[:, 1::2]
        voxels = voxels[:, :, 0::2] | voxels[:, :, 1::2]
    return voxels


def upsample(voxels: np.ndarray) -> np.ndarray:
    """Double the resolution of a grid [R, R, R]: each voxel becomes a 2x2x2 block."""
    # the last axis first: it copies voxels one by one, the others copy rows and layers
    return voxels.repeat(2, axis=2).repeat(2, axis=1).repeat(2, axis=0)


def window_union(voxels: np.ndarray, size: int) -> np.ndarray:
    """Join by `or` the voxels of each size³ window: bool or uint8 [R]³ → [R - size + 1]³.

    Entry (i, j, k) is of the window that starts at (i, j, k); of bool voxels it says whether one of
    the window is set.
    """
    for axis in range(3):
        # along the first axis, each step up to doubles the reach: 7 = 1 + 1 + 2 + 3
        voxels, reach = np.moveaxis(voxels, axis, 0), 1
        while reach < size:
            step = min(reach, size - reach)
            voxels, reach = voxels[:-step] | voxels[step:], reach + step
        voxels = np.moveaxis(voxels, 0, axis)
    return voxels


def erode(solid: np.ndarray) -> np.ndarray:
    """Keep the voxels whose 26 neighbours are all set. The grid's border is never kept."""
    core = np.zeros_like(solid)
    core[1:-1, 1:-1, 1:-1] = ~window_union(~solid, 3)
    return core


def fill_from_corners(voxels: np.ndarray) -> np.ndarray:
    """Set what 6-connected floods of the empty space from the grid's 8 corners do not reach.

    bool [R, R, R] → bool [R, R, R]. A corner that is occupied starts no flood. This is the
    original's rule; it fills hollows that are open to the border but to no corner.
    """
    labels, _ = scipy.ndimage.label(~voxels)
    corners = labels[:: labels.shape[0] - 1, :: labels.shape[1] - 1, :: labels.shape[2] - 1]
    solid = np.ones(voxels.shape, bool)
    for outside in set(corners.ravel().tolist()) - {0}:  # label 0 is the occupied space
        solid &= labels != outside
    return solid


def fill_from_border(voxels: np.ndarray) -> np.ndarray:
    """Set what 6-connected floods of the empty space from outside the grid do not reach.

    bool [R, R, R] → bool [R, R, R].
    """
    if not voxels.any():
        return voxels
    box = []
    for axis in range(3):
        occupied = np.flatnonzero(voxels.any(axis=tuple({0, 1, 2} - {axis})))
        box.append(slice(occupied[0], occupied[-1] + 1))
    solid = np.zeros_like(voxels)
    # only the bounding box matters; an empty layer around it joins everything outside
    padded = np.pad(voxels[tuple(box)], 1)
    solid[tuple(box)] = fill_from_corners(padded)[1:-1, 1:-1, 1:-1]
    return solid


def fill_interior(
    voxels: np.ndarray, fill: Callable[[np.ndarray], np.ndarray] = fill_from_border
) -> np.ndarray:
    """Fill a 64³ surface grid in two levels, as the original does: bool [64]³ → bool [64]³.

    What is deep inside at 32³ closes small holes before the flood at 64³. The original's floods
    start at the corners: `fill_from_corners`.
    """
    core = erode(fill(max_pool(voxels, voxels.shape[0] // 2)))
    return fill(voxels | upsample(core))


def fill_surface(surface: np.ndarray, coarsest: int = 64) -> np.ndarray:
    """Fill the surface of a mesh that may be open: bool [R]³ → bool [R]³.

    A flood at 256³ leaks through cracks that are closed at 64³. So the resolution doubles from
    `coarsest` up, and before each flood the solid of the level below, without its outermost layer,
    is set.
    """
    if surface.shape[0] <= coarsest:
        return fill_from_border(surface)
    coarser = fill_surface(max_pool(surface, surface.shape[0] // 2), coarsest)
    return fill_from_border(surface | upsample(erode(coarser)))
