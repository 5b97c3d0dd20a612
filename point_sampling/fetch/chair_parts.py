"""Plates, rods and shells, and the 64³ grids of chairs that are made of them.

Lengths are in metres; y points up and -z to the front, as in our grids.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.surfaces.solid import max_pool

FINE = 2 * VOXEL_RESOLUTION  # of the grid that parts are sampled in
_THINNEST = 0.6  # least radius of a rod and half thickness of a plate, in voxels of it


class Part(NamedTuple):
    """A part: the corners of its box [2, 3], and whether points [..., 3] are in it.

    `inside` also gets the least radius that can be seen.
    """

    box: np.ndarray
    inside: Callable[[np.ndarray, float], np.ndarray]


def rod(*path: tuple[float, float, float], radius: float, end: float | None = None) -> Part:
    """Return a round rod along corners; it tapers to the radius `end`."""
    points = np.array(path, float)
    radii = np.linspace(radius, radius if end is None else end, len(points))

    def inside(place: np.ndarray, least: float) -> np.ndarray:
        found = np.zeros(place.shape[:-1], bool)
        for a, b, r, s in zip(points, points[1:], radii, radii[1:], strict=False):
            along = np.clip((place - a) @ (b - a) / max((b - a) @ (b - a), 1e-12), 0, 1)
            away = place - a - along[..., None] * (b - a)
            found |= (away**2).sum(-1) <= np.maximum(r + along * (s - r), least) ** 2
        return found

    margin = radii.max() + 0.01
    return Part(np.array([points.min(axis=0) - margin, points.max(axis=0) + margin]), inside)


def plate(
    centre: tuple[float, float, float],
    size: tuple[float, float, float],
    *,
    tilt: float = np.pi / 2,
    turn: float = 0,
    power: float = 6,
    bend: float = 0,
    crown: float = 0,
) -> Part:
    """Return a plate of a width, a length and a thickness.

    It lies with a `tilt` of π/2; with 0 it stands upright, its width along x. `turn` is about y.
    `power` is of its outline: 2 is an ellipse, 10 nearly a rectangle. `bend` lifts its long sides,
    `crown` thins its edges as those of a cushion.
    """
    half = np.array(size) / 2
    v = np.array([0, np.cos(tilt), np.sin(tilt)])
    axes = np.stack([[1, 0, 0], v, np.cross([1, 0, 0], v)])
    cos, sin = np.cos(turn), np.sin(turn)
    axes = axes @ np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]])

    def inside(place: np.ndarray, least: float) -> np.ndarray:
        u, v, w = np.moveaxis((place - centre) @ axes.T, -1, 0)
        u, v = np.abs(u / half[0]), np.abs(v / half[1])
        outline = u**power + v**power
        thick = np.maximum(half[2] * (1 - crown * np.minimum(outline, 1)), least)
        return (outline <= 1) & (np.abs(w + bend * u**2) <= thick)

    reach = np.abs(axes.T) @ (half + np.array([0, 0, abs(bend)])) + 0.01
    return Part(np.array([centre - reach, centre + reach]), inside)


def shell(
    size: tuple[float, float],
    thickness: float,
    heights: tuple[float, float, float],
    *,
    front: float,
    power: float = 2.5,
    flare: float = 0,
    rise: float = 1,
) -> Part:
    """Return a wall around a seat, as of a tub: open to the front of z = `front`.

    Args:
        size: outer width and depth, around x = z = 0.
        thickness: of the wall.
        heights: of its lower edge, its upper edge in front, and its upper edge at the back.
        front: where it ends.
        power: of its outline, as a plate's.
        flare: how much wider it is at the top, as a share.
        rise: 1 lets the upper edge rise evenly to the back, more lets it rise later.
    """
    a, c = size[0] / 2, size[1] / 2
    low, arm, top = heights

    def inside(place: np.ndarray, least: float) -> np.ndarray:
        x, y, z = np.moveaxis(place, -1, 0)
        wide = 1 + flare * np.clip((y - low) / (top - low), 0, 1)
        radius = (np.abs(x / wide / a) ** power + np.abs(z / wide / c) ** power) ** (1 / power)
        edge = arm + (top - arm) * np.clip((z - front) / (c - front), 0, 1) ** rise
        wall = (radius <= 1) & (radius >= 1 - max(thickness, 2 * least) / min(a, c))
        return wall & (y >= low) & (y <= edge) & (z >= front)

    wide = 1 + max(flare, 0)
    first, last = (-a * wide, low, front), (a * wide, max(arm, top), c * wide)
    return Part(np.array([np.subtract(first, 0.01), np.add(last, 0.01)]), inside)


def mirrored(part: Part) -> list[Part]:
    """Return a part and its mirror image in x."""
    box = part.box * [-1, 1, 1]
    other = Part(np.sort(box, axis=0), lambda place, least: part.inside(place * [-1, 1, 1], least))
    return [part, other]


def sample(parts: list[Part]) -> np.ndarray:
    """Sample parts in their common frame, the diagonal of their grid's box 1: bool [64]³."""
    grid, low, high = _filled(parts, *_ends(np.stack([part.box for part in parts])))
    occupied = np.argwhere(grid)
    step = np.linalg.norm(high - low) / FINE
    first = (low + high) / 2 - step * FINE / 2
    low, high = first + occupied.min(axis=0) * step, first + (occupied.max(axis=0) + 1) * step
    return max_pool(_filled(parts, low, high)[0], VOXEL_RESOLUTION)


def _ends(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)


def _filled(
    parts: list[Part], low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sample parts in a cube around a box, as wide as its diagonal: bool [FINE]³; and the box."""
    step = np.linalg.norm(high - low) / FINE
    first = (low + high) / 2 - step * (FINE - 1) / 2
    grid = np.zeros((FINE, FINE, FINE), bool)
    for part in parts:
        ends = np.clip((part.box - first) / step + [[0], [1]], 0, FINE).astype(int)
        axes = [first[a] + step * np.arange(*ends[:, a]) for a in range(3)]
        place = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        grid[tuple(slice(*ends[:, a]) for a in range(3))] |= part.inside(place, _THINNEST * step)
    return grid, low, high
