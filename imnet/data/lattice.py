"""Lattice points and their coordinates: the grid of any resolution fills [-1, 1]³."""

import numpy as np


def coordinates(indices: np.ndarray, resolution: int) -> np.ndarray:
    """Give the coordinates of voxel centres, `(p + 0.5) / R * 2 - 1`.

    Args:
        indices: voxel indices 0..resolution-1, any shape, any number type.
        resolution: R, voxels along an edge of the grid.

    Returns:
        float32 coordinates in [-1, 1], shape of `indices`.
    """
    return (np.asarray(indices, np.float32) + 0.5) / resolution * 2 - 1


def cell_centres(resolution: int) -> np.ndarray:
    """Give the coordinates [R³, 3] float32 of all voxel centres in C order (x outermost)."""
    indices = np.indices((resolution,) * 3, np.uint16).reshape(3, -1).T  # [R³, 3]
    return coordinates(indices, resolution)
