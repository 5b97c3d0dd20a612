"""Lattice points and their coordinates. The grid of any resolution D fills [-1, 1]³.

The same places have three sets of coordinates. The field's own are in [-1, 1]. The unit frame,
[-0.5, 0.5], is half of these. In array units of the bordered (D+2)³ grid, lattice point i is at
i + 1.
"""

import numpy as np


def coordinates(indices: np.ndarray, resolution: int) -> np.ndarray:
    """Return the coordinates of voxel centres, `(p + 0.5) / D * 2 - 1`.

    Args:
        indices: voxel indices 0 .. D-1, any shape, any number type.
        resolution: D, voxels along an edge of the grid.

    Returns:
        float32 coordinates in [-1, 1], shape of `indices`.
    """
    return ((np.asarray(indices, np.float64) + 0.5) / resolution * 2 - 1).astype(np.float32)


def cell_centres(resolution: int) -> np.ndarray:
    """Return the coordinates [D³, 3] float32 of all voxel centres in C order (x outermost)."""
    indices = np.indices((resolution,) * 3, np.uint16).reshape(3, -1).T  # [D³, 3]
    return coordinates(indices, resolution)


def field_coordinates(vertices: np.ndarray, resolution: int) -> np.ndarray:
    """Array units of the bordered grid [v, 3] → the field's coordinates, float32 in [-1, 1]."""
    return coordinates(vertices - 1, resolution)


def unit_vertices(vertices: np.ndarray, resolution: int) -> np.ndarray:
    """Array units of the bordered grid [..., 3] → the unit frame [-0.5, 0.5]³.

    The original's successors write meshes so.
    """
    return (vertices - 0.5) / resolution - 0.5
