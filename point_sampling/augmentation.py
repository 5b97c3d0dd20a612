"""Augmentation: warped copies of a training shape. They are an addition of ours.

The k-th copy of the shape `name` is called `name~k`, and the name alone decides the warp: the
samplers and render_views.py make the same copy of it.
"""

import hashlib
import os
from typing import NamedTuple

import numpy as np

from imnet.surfaces.voxelize import normalise

PIECES = 4  # of equal length that each axis is cut into; a warp gives them other lengths
LENGTH_SIGMA = 0.35  # of the lengths' log-normal factors
SIZE_SIGMA = 0.18  # of the sizes' along the axes
_LONGEST_EDGE = 1 / 16  # of triangles that are warped, in diagonals of the shape


class Warp(NamedTuple):
    """How a copy differs from its shape.

    `knots` [3, PIECES + 1] are, for each axis, where the ends of the pieces go, 0 and 1 being the
    ends of the bounding box. `sizes` [3] are factors of the box's sides before its diagonal is
    scaled back to 1.
    """

    knots: np.ndarray
    sizes: np.ndarray
    mirrored: bool


def generator_of(name: str) -> np.random.Generator:
    """Return the source of the random numbers that a name decides."""
    digest = hashlib.sha256(os.fsencode(name)).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def draw_warp(name: str) -> Warp:
    """Draw the warp of the copy of this name.

    Shapes that are symmetric in x stay so.
    """
    random = generator_of(name)
    lengths = np.exp(random.normal(0, LENGTH_SIGMA, (3, PIECES)))
    lengths[0] += lengths[0, ::-1]
    lengths /= lengths.sum(axis=1, keepdims=True)
    knots = np.concatenate([np.zeros((3, 1)), lengths.cumsum(axis=1)], axis=1)
    return Warp(knots, np.exp(random.normal(0, SIZE_SIGMA, 3)), bool(random.random() < 0.5))


def warp_grid(grid: np.ndarray, warp: Warp) -> np.ndarray:
    """Warp an occupancy grid: bool [R]³, not empty → bool [R]³."""
    occupied = np.argwhere(grid)
    low, high = occupied.min(axis=0), occupied.max(axis=0) + 1
    source, inside = unwarp(high - low, len(grid), warp)
    index = low[:, None] + np.floor(source * (high - low)[:, None]).astype(int)
    index = np.clip(index, low[:, None], high[:, None] - 1)
    return pool_halves(look_up(grid, index, inside), warp)


def unwarp(size: np.ndarray, resolution: int, warp: Warp) -> tuple[np.ndarray, np.ndarray]:
    """Return where in a shape's bounding box the half voxels of its copy's grid come from.

    `size` [3] is the box's. Returns, for each axis, 0 .. 1 from end to end of the box, float
    [3, 2 R], and which half voxels are inside the copy's box, bool [3, 2 R].
    """
    sides = size / resolution * warp.sizes
    sides = np.minimum(sides / np.linalg.norm(sides), 1 - 2 / resolution)  # of the copy
    centres = (np.arange(2 * resolution) + 0.5) / (2 * resolution) - 0.5
    place = centres / sides[:, None] + 0.5  # 0 .. 1 in the copy's box
    even = np.linspace(0, 1, PIECES + 1)
    source = [np.interp(place[axis], warp.knots[axis], even) for axis in range(3)]
    return np.stack(source), (place >= 0) & (place < 1)


def look_up(grid: np.ndarray, index: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Look up a grid bool [R]³ at indices [3, n] of its axes, empty outside: bool [n]³."""
    found = np.zeros([index.shape[1]] * 3, bool)
    for axis in range(3):
        grid = np.take(grid, index[axis, inside[axis]], axis)
    first = inside.argmax(axis=1)  # what is inside is without a gap
    found[tuple(slice(n, n + size) for n, size in zip(first, grid.shape, strict=True))] = grid
    return found


def pool_halves(halves: np.ndarray, warp: Warp) -> np.ndarray:
    """Make voxels of half voxels, bool [2 R]³ → bool [R]³, and mirror them if the warp does.

    A voxel is occupied if 3 of its 8 halves are: a plate or a rod of one voxel mostly stays whole,
    even where it becomes thinner.
    """
    counts = halves.view(np.uint8)
    counts = counts[0::2] + counts[1::2]
    counts = counts[:, 0::2] + counts[:, 1::2]
    counts = counts[..., 0::2] + counts[..., 1::2]
    warped = counts >= 3
    return np.ascontiguousarray(warped[::-1] if warp.mirrored else warped)


def warp_triangles(triangles: np.ndarray, warp: Warp, name: str) -> np.ndarray:
    """Warp a mesh: [f, 3, 3] in any units → [g, 3, 3] in [-0.5, 0.5]³ with the diagonal 1.

    Long triangles are cut first, because a warp bends them. `name` is for messages. Raises
    UserError as `normalise` does.
    """
    triangles = split_long(normalise(triangles, name), _LONGEST_EDGE)
    low, high = triangles.min(axis=(0, 1)), triangles.max(axis=(0, 1))
    sides = high - low
    place = (triangles - low) / np.where(sides > 0, sides, 1)  # 0 .. 1 in the box
    even = np.linspace(0, 1, PIECES + 1)
    place = np.stack([np.interp(place[..., a], even, warp.knots[a]) for a in range(3)], -1)
    if warp.mirrored:
        place[..., 0] = 1 - place[..., 0]
    return normalise(place * sides * warp.sizes, name)


def split_long(triangles: np.ndarray, longest: float) -> np.ndarray:
    """Halve triangles [f, 3, 3] at their longest edge until none is longer than `longest`."""
    done = []
    while len(triangles):
        lengths = np.linalg.norm(triangles[:, [1, 2, 0]] - triangles, axis=2)  # 0→1, 1→2, 2→0
        long = lengths.max(axis=1) > longest
        done.append(triangles[~long])
        triangles, first = triangles[long], lengths[long].argmax(axis=1)
        order = (first[:, None] + np.arange(3)) % 3
        a, b, c = np.take_along_axis(triangles, order[..., None], axis=1).transpose(1, 0, 2)
        middle = (a + b) / 2
        triangles = np.concatenate([np.stack([a, middle, c], 1), np.stack([middle, b, c], 1)])
    return np.concatenate(done)
