"""What a mesh encloses: whether it has an inside, and its occupancy on the grid of the datasets."""

import numpy as np

# No ray runs exactly along an edge or through a vertex of a mesh that was made on the same lattice.
SHIFT = np.array([1.0e-4 * np.sqrt(2), 1.0e-4 * np.sqrt(3)])  # cells

BATCH = 1 << 20  # pairs of a triangle and a column that are held in memory at once


def surface_condition(vertices: np.ndarray, triangles: np.ndarray) -> str:
    """Whether vertices [v, 3] and triangles [f, 3] bound a solid.

    "closed": every edge has two triangles. "non-manifold": every edge has an even number, some more
    than two; it still has an inside. "open": some edge has an odd number, there is a hole.
    Where that is so as indexed, vertices at equal positions are taken for one (formats such as STL
    store them separately) and triangles of two equal corners left out.
    """
    condition = _edges(triangles)
    if condition != "closed":
        _, same = np.unique(vertices, axis=0, return_inverse=True)
        merged = same.reshape(-1)[triangles]
        flat = (merged == np.roll(merged, 1, axis=1)).any(axis=1)
        condition = _edges(merged[~flat])
    return condition


def mesh_occupancy(vertices: np.ndarray, triangles: np.ndarray, resolution: int) -> np.ndarray:
    """Which cell centres of the grid on [-0.5, 0.5]³ a mesh encloses: bool [R, R, R].

    By the crossings along z, computed in float64: vertices [v, 3] in the unit frame and triangles
    [f, 3] of a surface that is not "open". Cell i is centred at (i + 0.5)/R - 0.5. The columns are
    moved by 0.0002 of a cell, off the lattice. What is outside of the grid's cube is not looked at.
    Where the triangles all face one way, out or in, a cell is inside if the surface winds around it
    at all, so closed parts may overlap; where not, if an odd number of crossings lies below it.
    """
    corners = ((np.asarray(vertices, np.float64) + 0.5) * resolution - 0.5)[triangles]  # [f, 3, 3]
    flat = corners[..., :2] - SHIFT  # [f, 3, 2], cell centres at whole numbers
    low = np.clip(np.ceil(flat.min(axis=1)), 0, resolution).astype(np.int64)  # [f, 2]
    high = np.clip(np.floor(flat.max(axis=1)), -1, resolution - 1).astype(np.int64)
    sides = np.maximum(high - low + 1, 0)  # columns that the box of each triangle holds
    counts = sides.prod(axis=1)  # [f]
    ends = counts.cumsum()
    starts = ends - counts
    crossings = np.zeros((2, resolution, resolution, resolution + 1), np.int64)  # facing -z, +z
    batches = np.searchsorted(ends, np.arange(BATCH, counts.sum(), BATCH))
    for batch in np.split(np.arange(len(counts)), batches):
        triangle = np.repeat(batch, counts[batch])  # [n]
        first = np.repeat(starts[batch] - starts[batch[:1]], counts[batch])  # [n]
        index = np.arange(len(triangle)) - first
        i, j = low[triangle].T + np.divmod(index, sides[triangle, 1])
        a, b, c = (flat[triangle, corner] - np.stack([i, j], axis=1) for corner in range(3))
        weights = np.stack([_cross(b, c), _cross(c, a), _cross(a, b)], axis=1)  # [n, 3]
        up = (weights > 0).all(axis=1).astype(np.int64)
        hit = (up > 0) | (weights < 0).all(axis=1)
        weights = weights[hit] / weights[hit].sum(axis=1, keepdims=True)
        heights = (weights * corners[triangle[hit], :, 2]).sum(axis=1)
        above = np.clip(np.ceil(heights), 0, resolution).astype(np.int64)  # first cell past each
        np.add.at(crossings, (up[hit], i[hit], j[hit], above), 1)
    downward, upward = crossings.cumsum(axis=3)
    winding = downward - upward  # [R, R, R + 1]
    if winding[..., -1].any():  # a column that is entered more often than left, or less
        winding = (downward + upward) % 2
    return winding[..., :-1] != 0


def _edges(triangles: np.ndarray) -> str:
    """The condition by how many triangles share each edge."""
    pairs = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1).astype(np.int64)
    keys = pairs[:, 0] * (int(pairs.max(initial=0)) + 1) + pairs[:, 1]
    counts = np.unique(keys, return_counts=True)[1]
    if not len(counts) or (counts % 2).any():
        return "open"
    return "closed" if (counts == 2).all() else "non-manifold"


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
