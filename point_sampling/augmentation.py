"""Augmentation: warped copies of a training shape. They are an addition of ours.

The k-th copy of the shape `name` is called `name~k`, and the name alone decides the warp: the
samplers and render_views.py make the same copy of it.
"""

import hashlib
import os
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from imnet.base.errors import UserError
from imnet.surfaces.voxelize import normalise

PIECES = 4  # of equal length that each axis is cut into; a warp gives them other lengths
LENGTH_SIGMA = 0.35  # of the lengths' log-normal factors
SIZE_SIGMA = 0.18  # of the sizes' along the axes
_LONGEST_EDGE = 1 / 16  # of triangles that are warped, in diagonals of the shape
_MARK = re.compile(r"(.+)~[1-9][0-9]*")


class Warp(NamedTuple):
    """How a copy differs from its shape.

    `knots` [3, PIECES + 1] are, for each axis, where the ends of the pieces go, 0 and 1 being the
    ends of the bounding box. `sizes` [3] are factors of the box's sides before its diagonal is
    scaled back to 1.
    """

    knots: np.ndarray
    sizes: np.ndarray
    mirrored: bool


def original_of(name: str) -> str:
    """Return the shape that a copy is made of; the name itself if it is no copy's."""
    mark = _MARK.fullmatch(name)
    return mark[1] if mark else name


def with_copies(shapes: list[tuple[str, Path]], count: int) -> list[tuple[str, Path]]:
    """Add `count` copies of each shape to (name, path) of some shapes.

    Raises UserError if the name of a shape looks like that of a warped copy.
    """
    for name, path in shapes:
        if count and original_of(name) != name:
            raise UserError(
                f"--augment: {name} in {path} is named like a warped copy already: rename it"
            )
    copies = [(f"{name}~{k}", path) for name, path in shapes for k in range(1, count + 1)]
    return shapes + copies


def draw_warp(name: str) -> Warp:
    """Draw the warp of the copy of this name.

    Shapes that are symmetric in x stay so.
    """
    digest = hashlib.sha256(os.fsencode(name)).digest()
    random = np.random.default_rng(int.from_bytes(digest[:8], "little"))
    lengths = np.exp(random.normal(0, LENGTH_SIGMA, (3, PIECES)))
    lengths[0] += lengths[0, ::-1]
    lengths /= lengths.sum(axis=1, keepdims=True)
    knots = np.concatenate([np.zeros((3, 1)), lengths.cumsum(axis=1)], axis=1)
    return Warp(knots, np.exp(random.normal(0, SIZE_SIGMA, 3)), bool(random.random() < 0.5))


def warp_grid(grid: np.ndarray, warp: Warp) -> np.ndarray:
    """Warp an occupancy grid: bool [R]³, not empty → bool [R]³.

    The grid is looked up at the centres of half voxels. A voxel is occupied if 3 of its 8 are: a
    plate or a rod of one voxel mostly stays whole, even where it becomes thinner.
    """
    resolution = len(grid)
    occupied = np.argwhere(grid)
    low, high = occupied.min(axis=0), occupied.max(axis=0) + 1
    sides = (high - low) / resolution * warp.sizes
    sides = np.minimum(sides / np.linalg.norm(sides), 1 - 2 / resolution)  # of the copy
    centres = (np.arange(2 * resolution) + 0.5) / (2 * resolution) - 0.5
    counts = grid.astype(np.uint8)
    for axis in range(3):
        place = centres / sides[axis] + 0.5  # 0 .. 1 in the copy's box
        source = np.interp(place, warp.knots[axis], np.linspace(0, 1, PIECES + 1))
        index = low[axis] + np.floor(source * (high[axis] - low[axis])).astype(int)
        halves = np.take(counts, np.clip(index, low[axis], high[axis] - 1), axis)  # [.., 2 R, ..]
        halves = np.moveaxis(halves, axis, 0)
        halves[(place < 0) | (place >= 1)] = 0
        counts = np.moveaxis(halves[0::2] + halves[1::2], 0, axis)
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
