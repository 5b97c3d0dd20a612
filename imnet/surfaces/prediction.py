"""What samples at one spacing tell of the points between them.

Arrays of points end in three axes [.., n, n, n], those of their cells in [.., n - 1, n - 1, n - 1].
NaN is a height that is not known; it takes part in nothing.
"""

from collections.abc import Iterable
from functools import reduce
from itertools import product

import numpy as np
import scipy

CORNERS = list(product((0, 1), repeat=3))  # of a cell, as offsets from its lowest one
AXES = range(-3, 0)


class Heights:
    """How far above the level values are: in logits, where the level is a probability.

    Along a line the logits of a decoder are nearly straight, its values are nearly a step.
    """

    def __init__(self, level: float, linear: bool):
        """Heights above `level`. `linear`: simply the differences from it."""
        self.level, self.linear = level, linear
        self.highest = 2 * level if linear else 1.0  # a value that is surely inside

    def of(self, values: np.ndarray) -> np.ndarray:
        """Return the heights of values of any shape, float32."""
        if self.linear:
            return values - np.float32(self.level)
        # float32 holds tiny values, and so how far outside is; near 1 it has no more than 24 bits.
        values = np.clip(values.astype(np.float64), 1e-37, 1 - 2**-24)
        return (scipy.special.logit(values) - scipy.special.logit(self.level)).astype(np.float32)

    def values(self, heights: np.ndarray) -> np.ndarray:
        """Return the values that have these heights, float32."""
        if self.linear:
            return heights + np.float32(self.level)
        return scipy.special.expit(heights + np.float32(scipy.special.logit(self.level)))


def steepest(heights: np.ndarray) -> float:
    """The steepest slope in heights [n, n, n], from one point to the next."""
    low = (slice(len(heights) - 1),) * 3
    slopes = [np.diff(heights, axis=axis)[low] for axis in AXES]
    return float(np.sqrt(reduce(np.add, (slope**2 for slope in slopes))).max())


def along(axis: int, part: slice) -> tuple:
    """The index of a part of one of the last three axes."""
    return (..., *(part if a == axis else slice(None) for a in AXES))


def halves(axis: int) -> tuple[tuple, tuple]:
    """The indices of all but the last and of all but the first along one of the last three axes."""
    return along(axis, slice(None, -1)), along(axis, slice(1, None))


def mixed_cells(inside: np.ndarray) -> np.ndarray:
    """Which cells have corners on both sides, of points `inside` or not."""
    some = every = inside
    for low, high in map(halves, AXES):
        some = some[low] | some[high]
        every = every[low] & every[high]
    return some & ~every


def whole_cells(points: np.ndarray) -> np.ndarray:
    """Which cells have all their corners among the `points`."""
    for low, high in map(halves, AXES):
        points = points[low] & points[high]
    return points


def suspicious_cells(heights: np.ndarray, inside: np.ndarray, reach: float) -> np.ndarray:
    """Which cells may hide some of the other side, if all their corners are on one.

    From each corner the height is continued diagonally through the cell, along each axis with the
    slope that leads up to the corner from outside the cell (where it rises towards the level).
    `reach` is how far, in cells. Heights and `inside` have a margin: [.., n + 3, n + 3, n + 3] for
    n³ cells.
    """
    sign = np.where(inside, np.float32(-1), np.float32(1))  # the level is upwards
    sides, inner = [], (..., *(slice(1, -1),) * 3)
    for axis in AXES:
        low, high = halves(axis)
        slopes, signs = heights[high] - heights[low], sign[inner]
        before, after = (slopes[_inner_but(axis, part)] for part in (slice(-1), slice(1, None)))
        # towards lower and towards higher cells: from the corner that is a cell's high, its low end
        sides.append([reach * np.fmax(s * signs, 0) for s in (before, -after)])
    found: np.ndarray | bool = False
    start = (heights * sign)[inner]
    n = start.shape[-1] - 1
    for end in CORNERS:
        place = (..., *(slice(e, e + n) for e in end))
        reached = start[place]
        for e, side in zip(end, sides, strict=True):
            reached = reached + side[e][place]
        found = found | (reached > 0)
    return found


def _inner_but(axis: int, part: slice) -> tuple:
    """The index of all but the ends of the last three axes, but along one of them a part."""
    return (..., *(part if a == axis else slice(1, -1) for a in AXES))


def suspicious_points(heights: np.ndarray, inside: np.ndarray, reach: float) -> np.ndarray:
    """Which points between samples of one side may be on the other: the same, point by point.

    Heights and `inside` with a margin, [.., n + 2, n + 2, n + 2] for n³ points; the result is
    [.., 2n - 1, 2n - 1, 2n - 1], samples and what lies between them.
    """
    n = heights.shape[-1] - 2
    found = np.zeros((*heights.shape[:-3], *(2 * n - 1,) * 3), bool)
    for between in CORNERS[1:]:
        axes = [axis for axis in AXES if between[axis]]
        ends = [
            end for end in CORNERS if all(b or not e for e, b in zip(end, between, strict=True))
        ]
        place = (..., *(slice(b, None, 2) for b in between))
        found[place] = _reached(heights, inside, ends, axes, reach)
    return found


def _reached(
    heights: np.ndarray, inside: np.ndarray, ends: list, axes: range | list, reach: float
) -> np.ndarray:
    """Whether a height, continued along the axes from one of the ends, gets to the level.

    Not where the ends are on different sides.
    """
    found, some, every = False, False, True
    for end in ends:

        def shifted(array: np.ndarray, axis: int = 0, by: int = 0, end: tuple = end) -> np.ndarray:
            """The array at this end of every cell; `by` points further along the axis."""
            start = [1 + e + (by if a == axis else 0) for e, a in zip(end, AXES, strict=True)]
            sizes = [array.shape[a] - 2 - (a in axes) for a in AXES]
            return array[(..., *(slice(s, s + n) for s, n in zip(start, sizes, strict=True)))]

        here, is_inside = shifted(heights), shifted(inside)
        some, every = some | is_inside, every & is_inside
        sign = np.where(is_inside, np.float32(-1), np.float32(1))  # the level is upwards
        reached = here * sign
        for axis in axes:
            behind = shifted(heights, axis, 1 if end[axis] else -1)
            reached = reached + reach * np.fmax((here - behind) * sign, 0)
        found = found | (reached > 0)
    return found & (every | ~some)


def doubled(heights: np.ndarray) -> np.ndarray:
    """Heights [.., 2n - 1, ..] of samples [.., n, ..] and of what lies between them: the means."""
    for axis in AXES:
        low, high = halves(axis)
        shape = list(heights.shape)
        shape[axis] = 2 * shape[axis] - 1
        fine = np.empty(shape, heights.dtype)
        fine[along(axis, slice(None, None, 2))] = heights
        means = (heights[low] + heights[high]) / 2
        unknown = np.isnan(means)  # beside the border: like the one that is known
        means[unknown] = np.fmax(heights[low], heights[high])[unknown]
        fine[along(axis, slice(1, None, 2))] = means
        heights = fine
    return heights


def points_of(cells: np.ndarray) -> np.ndarray:
    """Which points at half the spacing, [.., 2n + 1, ..], belong to cells [.., n, n, n]."""
    points = cells
    for axis in AXES:
        shape = list(points.shape)
        shape[axis] = 2 * shape[axis] + 1
        wider = np.zeros(shape, bool)
        wider[along(axis, slice(1, None, 2))] = points
        wider[along(axis, slice(0, -1, 2))] = points
        wider[along(axis, slice(2, None, 2))] |= points
        points = wider
    return points


def local_slopes(heights: np.ndarray) -> np.ndarray:
    """The steepest slope [.., n, n, n] in the 3³ samples around each of heights [.., n + 2, ..].

    From one point to the next, as `steepest`; the slopes along the three axes need not be of one
    point.
    """
    total = np.float32(0)
    for axis in AXES:
        slope = greatest_differences(heights, (axis,))
        for other in AXES:
            low, high = halves(other)
            slope = np.maximum(slope[low], slope[high])
            slope = np.maximum(slope[low], slope[high])
        total = total + slope**2
    return np.sqrt(total)


def far_samples(heights: np.ndarray, slopes: np.ndarray | float) -> np.ndarray:
    """Which points, [.., 2n - 1, ..], have a side that samples [.., n, n, n] beside them decide.

    That is, one of the samples between which a point lies is higher above the level, or deeper
    below it, than its slope leads on the way to the point. `slopes` are those of all samples.
    """
    steps = np.nan_to_num(np.abs(heights)) / np.maximum(slopes, 1e-30)  # NaN decides nothing
    n = heights.shape[-1]
    far = np.ones((*heights.shape[:-3], *(2 * n - 1,) * 3), bool)
    for between in CORNERS[1:]:
        farthest = steps
        for axis in AXES:
            if between[axis]:
                low, high = halves(axis)
                farthest = np.maximum(farthest[low], farthest[high])
        distance = np.sqrt(sum(between)) / 2
        far[(..., *(slice(b, None, 2) for b in between))] = farthest > distance
    return far


def doubtful(heights: np.ndarray, points: np.ndarray, part: float) -> np.ndarray:
    """Which of the points have heights below a part of the greatest difference from a neighbour.

    Heights and `points` [.., n, n, n]; no point may be at an end of an axis.
    """
    n, flat = heights.shape[-1], heights.ravel()
    chosen = np.flatnonzero(points)  # a fraction of all: looked up one by one
    here, slope = flat[chosen], np.zeros(len(chosen), heights.dtype)
    for step in (n * n, n, 1):
        for beside in (flat[chosen - step], flat[chosen + step]):
            slope = np.fmax(slope, np.abs(beside - here))
    found = np.zeros(heights.size, bool)
    found[chosen] = np.abs(here) <= part * slope
    return found.reshape(heights.shape)


def greatest_differences(heights: np.ndarray, axes: Iterable[int]) -> np.ndarray:
    """The greatest difference of each of the heights from a neighbour along one of the axes."""
    slope = np.zeros(heights.shape, heights.dtype)
    for axis in axes:
        low, high = halves(axis)
        difference = np.abs(heights[high] - heights[low])
        slope[low] = np.fmax(slope[low], difference)
        slope[high] = np.fmax(slope[high], difference)
    return slope
