"""The one surface extractor: field → lattice values near the surface → marching cubes."""

import numpy as np
import scipy

from imnet.surfaces.block_cubes import cube_blocks
from imnet.surfaces.field_sampling import Field, sample_blocks, sample_field
from imnet.surfaces.triangles import Mesh


def extract_surface(
    field: Field,
    resolution: int,
    level: float = 0.5,
    dense: bool = False,
    *,
    stride: int | None = None,
    batch_size: int = 32768,
) -> Mesh:
    """Mesh the surface field = level. Arguments and what can be missed: `sample_field`.

    Returns a mesh in the array units of the (D+2)³ zero-bordered grid (0 .. D+1; lattice point i is
    at i + 1): vertices [v, 3] float64 and triangles [f, 3] int64, faces outward. It is empty where
    the field is nowhere above the level, and the cube of the grid where it is everywhere above.
    """
    if dense:
        grid = sample_field(field, resolution, level, dense, batch_size=batch_size)
        return marching_cubes(grid, level)
    return cube_blocks(sample_blocks(field, resolution, level, stride, batch_size), level)


def largest_part(grid: np.ndarray, level: float = 0.5) -> np.ndarray:
    """Return a grid [D, D, D] in which all parts above the level are 0 but the one of most points.

    Points that touch, if only at a corner, are of one part: marching cubes may join them.
    """
    parts, count = scipy.ndimage.label(grid > level, structure=np.ones((3, 3, 3)))
    if count < 2:
        return grid
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0  # what is outside
    return np.where((parts == 0) | (parts == sizes.argmax()), grid, np.float32(0))


def marching_cubes(grid: np.ndarray, level: float = 0.5) -> Mesh:
    """The surface of a grid [D, D, D] inside a border of zeros.

    Returns a mesh in array units with the border (0 .. D+1), see `extract_surface`. Only the box
    around the occupied cells is passed on to PyMCubes.
    """
    import mcubes  # here, because it is slow to import

    inside = grid > level
    resolution = len(grid)
    if not inside.any():
        return Mesh(np.zeros((0, 3)), np.zeros((0, 3), np.int64), resolution)
    box, border, offset = [], [], []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        occupied = np.flatnonzero(inside.any(axis=others))
        first, last = occupied[0] - 1, occupied[-1] + 2  # with an empty plane on each side
        size = grid.shape[axis]
        box.append(slice(max(first, 0), min(last, size)))
        border.append((int(first < 0), int(last > size)))
        offset.append(first + 1)
    del inside
    part = grid[tuple(box)].astype(np.float32, copy=False)
    if np.any(border):  # else without a copy: half a gigabyte at 512³
        part = np.pad(part, border)
    vertices, triangles = mcubes.marching_cubes(part, level)
    return Mesh(vertices + offset, triangles.astype(np.int64), resolution)
