"""Augmentation: chairs made of the parts of two. They are an addition of ours.

`UPPER~on~LOWER~K` is what UPPER has above its seat (back, arms) on the seat and legs of LOWER,
warped as copies are. The name and the grids of the two alone decide the shape.
"""

from typing import NamedTuple

import numpy as np
import scipy

from imnet.base.errors import UserError
from imnet.base.progress import progress
from point_sampling.augmentation import draw_warp, generator_of, look_up, pool_halves, unwarp
from point_sampling.variant_names import ON

SEAT_BAND = 0.25, 0.85  # of a chair's height, in which its seat is
THICKNESS = 2  # voxels of UPPER's seat that come along, so that the parts join
STRETCH = 1.6  # most that UPPER is stretched or shrunk along x and z to fit


class Seat(NamedTuple):
    """The seat of a chair, in voxels: what is below `top` (y) is seat or legs.

    `low` and `high` [2] bound it in x and z.
    """

    top: int
    low: np.ndarray
    high: np.ndarray


def find_seat(grid: np.ndarray) -> Seat:
    """Find the seat of a chair bool [R]³: where most voxels are open to above.

    Raises UserError if there is none.
    """
    heights = np.flatnonzero(grid.any(axis=(0, 2)))
    if not len(heights):
        raise UserError("it is empty: no voxel is occupied")
    open_above = grid & ~np.pad(grid, ((0, 0), (0, 1), (0, 0)))[:, 1:]
    counts = np.convolve(open_above.sum(axis=(0, 2)), np.ones(3), "same")  # seats are not flat
    low, high = np.quantile(heights, SEAT_BAND)
    counts[: int(np.ceil(low))] = counts[int(high) + 1 :] = 0
    top = int(counts.argmax()) + 1
    slab = np.argwhere(grid[:, max(top - 3, 0) : top].any(axis=1))
    if not len(slab):
        raise UserError("it has no seat")
    return Seat(top, slab.min(axis=0), slab.max(axis=0) + 1)


def exchange(upper: np.ndarray, lower: np.ndarray, name: str) -> np.ndarray:
    """Put what `upper` has above its seat on the seat and legs of `lower`: bool [R]³ → bool [R]³.

    `name` decides the warp. Raises UserError if the seats differ too much, or if the parts do not
    join to a shape of one part.
    """
    above, below = find_seat(upper), find_seat(lower)
    stretch = (below.high - below.low) / (above.high - above.low)  # [2]
    if stretch.max() > STRETCH or stretch.min() < 1 / STRETCH:
        raise UserError(f"{name}: the seats differ too much")
    # a point p of LOWER is at (p - start) / scale + origin in UPPER
    scale = np.insert(stretch, 1, np.sqrt(stretch.prod()))
    start = np.array([below.low[0], below.top, below.low[1]])
    origin = np.array([above.low[0], above.top, above.low[1]])
    upper, lower = upper.copy(), lower.copy()
    upper[:, : above.top - THICKNESS] = False
    lower[:, below.top :] = False
    low, high = _bounds(lower)
    upper_low, upper_high = ((b - origin) * scale + start for b in _bounds(upper))
    low, high = np.minimum(low, upper_low), np.maximum(high, upper_high)

    warp = draw_warp(name)
    source, inside = unwarp(high - low, len(lower), warp)
    place = low[:, None] + source * (high - low)[:, None]  # [3, 2 R], in voxels of `lower`
    there = (place - start[:, None]) / scale[:, None] + origin[:, None]  # in those of `upper`
    halves = _part(lower, place, inside) | _part(upper, there, inside)
    shape = pool_halves(halves, warp)
    if scipy.ndimage.label(shape, np.ones((3, 3, 3)))[1] != 1:
        raise UserError(f"{name}: its parts do not join")
    return shape


def exchanged_names(grids: dict[str, np.ndarray], count: int) -> list[str]:
    """Return the names of `count` good shapes for each one as the upper of the two.

    `grids` are bool [R]³ by name. There are fewer where too few pairs fit. Partners come in an
    order that is drawn by the name; each of them comes once before any comes twice.
    """
    names, found = sorted(grids), []
    for upper in progress(names, "exchanged", unit="shape"):
        others = [name for name in names if name != upper]
        order = generator_of(upper).permutation(len(others))
        wanted, k = len(found) + count, 0
        while len(found) < wanted:
            k, before = k + 1, len(found)
            for lower in (others[index] for index in order):
                name = f"{upper}{ON}{lower}~{k}"
                if len(found) < wanted and _joins(grids[upper], grids[lower], name):
                    found.append(name)
            if len(found) == before:
                break
    return found


def _joins(upper: np.ndarray, lower: np.ndarray, name: str) -> bool:
    try:
        exchange(upper, lower, name)
    except UserError:
        return False
    return True


def _bounds(grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    occupied = np.argwhere(grid)
    return occupied.min(axis=0), occupied.max(axis=0) + 1


def _part(grid: np.ndarray, place: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Look up a grid at places [3, n] along its axes, in voxels: bool [n]³."""
    index = np.floor(place).astype(int)
    return look_up(grid, index, inside & (index >= 0) & (index < len(grid)))
