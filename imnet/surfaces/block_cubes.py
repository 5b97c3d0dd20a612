"""Marching cubes on the cells of blocks that the surface crosses.

The mesh is the one that PyMCubes makes of the whole grid, vertex for vertex and in the same order.
The triangles of a cell come from a table, which PyMCubes itself fills: it meshes each of the 256
cells there are.
"""

from functools import cache

import numpy as np

from imnet.surfaces.blocks import Blocks, points_in
from imnet.surfaces.prediction import CORNERS, mixed_cells
from imnet.surfaces.triangles import Mesh

# An edge of a cell is 3 times its lower corner plus its axis. Its vertex is made by the lowest of
# the cells that share it, in which the edge leads to the highest corner.
OWNERS = np.array([[*corner] for corner in CORNERS for _ in range(3)])  # [24, 3], offsets in cells
OWNERS -= 1 - np.tile(np.eye(3, dtype=int), (8, 1))
TOGETHER = 2**16  # cells that are looked at in one go: bounds the memory


def cube_blocks(blocks: Blocks, level: float) -> Mesh:
    """The surface of the values of blocks: a mesh in array units, see `extract_surface`."""
    side = blocks.count + 1  # cells along an axis, those of the border too
    cells = _mixed_cells(blocks, level, side)  # [m]
    kinds = np.empty(len(cells), np.uint8)  # which corners are inside, as bits
    numbers = np.empty((len(cells), 3), np.int32)  # of the vertices that each cell makes
    vertices, made = [np.zeros((0, 3))], 0
    for start in range(0, len(cells), TOGETHER):
        part = slice(start, start + TOGETHER)
        places = np.stack(np.unravel_index(cells[part], (side,) * 3), axis=1)  # highest corners
        slots = [blocks.slots(places - 1 + corner) for corner in CORNERS]
        corners = blocks.values.ravel()[np.stack(slots, axis=1)]  # [p, 8]
        inside = corners > level
        kinds[part] = np.packbits(inside, axis=1, bitorder="little")[:, 0]
        lows, high = corners[:, [3, 5, 6]].astype(np.float64), corners[:, 7:].astype(np.float64)
        crossed = inside[:, [3, 5, 6]] != inside[:, 7:]  # [p, 3], by axis
        numbers[part] = (made + np.cumsum(crossed) - 1).reshape(-1, 3)
        cell, axis = np.nonzero(crossed)
        found = places[cell] + 1.0
        low = lows[crossed]
        found[np.arange(len(found)), axis] += (level - low) / (high[cell, 0] - low) - 1
        vertices.append(found)
        made += len(found)
    return Mesh(np.concatenate(vertices), _triangles(cells, kinds, numbers, side), blocks.count)


def _triangles(cells: np.ndarray, kinds: np.ndarray, numbers: np.ndarray, side: int) -> np.ndarray:
    """The triangles [f, 3] int64 of cells [m] in order, of kinds [m] and with vertices [m, 3]."""
    counts, edges = _table()
    owners = OWNERS @ (side**2, side, 1)  # [24], as steps in the flat index
    triangles = np.empty((int(counts[kinds].sum()), 3), np.int64)
    end = 0
    for start in range(0, len(cells), TOGETHER):
        part = slice(start, start + TOGETHER)
        count = counts[kinds[part]]
        cell = np.repeat(np.arange(start, start + len(count)), count)  # of each triangle
        number = np.arange(len(cell)) - np.repeat(np.cumsum(count) - count, count)  # in its cell
        edge = edges[kinds[cell], number]  # [t, 3]
        owner = np.searchsorted(cells, cells[cell][:, None] + owners[edge])
        triangles[end : end + len(cell)] = numbers[owner, edge % 3]
        end += len(cell)
    return triangles


def _mixed_cells(blocks: Blocks, level: float, side: int) -> np.ndarray:
    """Flat indices [m] of the cells that the surface crosses, in order; cell 0 is of the border."""

    def look(part: np.ndarray, slots: np.ndarray) -> np.ndarray:
        mixed = mixed_cells(blocks.values.ravel()[slots] > level)  # [n, 9, 9, 9]
        places = points_in(part, mixed)
        places = places[(places < side).all(axis=1)]
        return np.ravel_multi_index(tuple(places.T), (side,) * 3)

    return np.unique(np.concatenate([np.zeros(0, np.int64), *blocks.each_window(look, 1)]))


@cache
def _table() -> tuple[np.ndarray, np.ndarray]:
    """How many triangles each kind of cell has, [256], and their edges, [256, 5, 3]."""
    import mcubes  # here, because it is slow to import

    counts, edges = np.zeros(256, np.int64), np.zeros((256, 5, 3), np.int64)
    for kind in range(256):
        inside = kind >> np.arange(8) & 1
        vertices, triangles = mcubes.marching_cubes(inside.reshape(2, 2, 2).astype(float), 0.5)
        low = np.floor(vertices).astype(int)  # [v, 3]
        edge = 3 * (low @ (4, 2, 1)) + np.argmax(vertices > low, axis=1)
        counts[kind] = len(triangles)
        edges[kind, : len(triangles)] = edge[triangles.astype(int)]
    return counts, edges
