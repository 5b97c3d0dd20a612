"""From the samples at one spacing to those at half of it.

1. Heights above the level are interpolated in the cells that the surface crosses, and in those that
   are suspicious of hiding some. Doubtful and suspicious points are evaluated.
2. The two ends of every lattice edge that leads from one side to the other are evaluated, until no
   such edge has an end that is only guessed. So are points that two known ones in line announce.

Inside points that are neighbours are then all found as soon as one of them is, and so are outside
points: what is guessed wrong can only be a whole set of neighbours, none of them evaluated.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from imnet.base.parallel import in_threads
from imnet.surfaces.blocks import (
    EDGE,
    FAR,
    INSIDE,
    KNOWN,
    NEAR,
    NONE,
    OUTSIDE,
    Blocks,
    points_in,
)
from imnet.surfaces.prediction import (
    CORNERS,
    Heights,
    doubled,
    doubtful,
    far_samples,
    local_slopes,
    mixed_cells,
    points_of,
    suspicious_cells,
    suspicious_points,
    whole_cells,
)

Samples = Callable[[np.ndarray], np.ndarray]  # lattice points [m, 3] → values [m]

DOUBTFUL = 0.5  # a guessed height below this part of the slope beside it says nothing of the side
LEAST_SLOPE = 0.25  # of the steepest one: a field that seems level may rise between samples
MARGIN = 2  # points around a block that what lies between its points depends on
CENTRE = (slice(None), *(slice(2, 2 + 2 * EDGE),) * 3)  # of 19³ points, those of the block
CENTRE_SAMPLES = (slice(None), *(slice(MARGIN, MARGIN + EDGE),) * 3)  # of 12³
CHILDREN = np.array(CORNERS)
NO_POINTS = np.zeros((0, 3), np.int64)
SIDES = np.concatenate([np.eye(3, dtype=np.int64), -np.eye(3, dtype=np.int64)])


def refined(
    coarse: Blocks, stride: int, heights: Heights, samples: Samples, reach: float | None = None
) -> Blocks:
    """Return every `stride`/2-th point of the lattice, made of every `stride`-th one.

    reach: if given, every point is evaluated that lies within this slope, in heights from sample to
        sample; else those of cells that the surface crosses or that are suspicious of hiding some.
    """
    spacing = stride // 2
    count = -(-samples.resolution // spacing)
    fine = Blocks(count, heights.highest, _index_between(coarse.index, -(-count // EDGE)))
    levels = heights.of(coarse.values)
    levels[: INSIDE + 1] = levels[coarse.states == NONE] = np.nan  # no sample

    def look(parents: np.ndarray, slots: np.ndarray) -> tuple[np.ndarray, ...]:
        """Of the children of blocks: which are all alike, and their sides; what the others are."""
        children = (2 * parents[:, None] + CHILDREN).reshape(-1, 3)
        values, near, known, wanted = map(
            _split, _between(coarse, levels, slots, heights, stride, reach)
        )
        exists, within = (children < fine.size).all(axis=1), fine.in_lattice(children)
        own = exists & (near & within).any(axis=(1, 2, 3))
        alike = exists & ~own
        inside = (values[alike] > heights.level).any(axis=(1, 2, 3), where=within[alike])
        states = np.select([~within, known, near], [NONE, KNOWN, NEAR], FAR).astype(np.uint8)
        values *= within
        owned = (array[own] for array in (children, values, states, wanted & within & ~known))
        return children[alike], inside, *owned

    parts = list(zip(*coarse.each_window(look, MARGIN), strict=True))
    if not parts:
        return fine
    alike, inside, places, values, states, wanted = map(np.concatenate, parts)
    fine.index[tuple(alike.T + 1)] = np.where(inside, INSIDE, OUTSIDE)
    fine.add(places, values, states)
    points = points_in(places, wanted)
    del parts, wanted, values, states
    _evaluate(fine, points, samples, spacing)
    _follow(fine, heights, samples, spacing)
    return fine


def _index_between(index: np.ndarray, size: int) -> np.ndarray:
    """The index [size, size, size] of blocks at half the spacing, in which all own ones are new."""
    for axis in range(3):
        index = np.repeat(index.take(range(1, index.shape[axis] - 1), axis), 2, axis)
    return index[:size, :size, :size]


def _between(
    coarse: Blocks,
    levels: np.ndarray,
    slots: np.ndarray,
    heights: Heights,
    stride: int,
    reach: float | None,
) -> tuple[np.ndarray, ...]:
    """Look at m blocks with their margin, slots [m, 12, 12, 12], and at what lies between.

    `levels` are the heights of all samples of `coarse`, NaN where there is none.

    Returns four arrays [m, 16, 16, 16] of the points at half the spacing: values, and which points
    are near the surface, known, and to be evaluated.
    """
    states, values = coarse.states.ravel()[slots], coarse.values.ravel()[slots]
    inside, around = values > heights.level, levels.ravel()[slots]
    inner = (slice(None), *(slice(1, -1),) * 3)
    guesses = doubled(around[inner])  # [m, 19, 19, 19]
    known = np.zeros(guesses.shape, bool)
    samples = (slice(None), *(slice(None, None, 2),) * 3)
    known[samples] = states[inner] == KNOWN
    if reach is None:
        mixed = mixed_cells(inside[inner])  # [m, 9, 9, 9]
        suspicious = whole_cells(states[inner] != FAR)
        suspicious &= suspicious_cells(around, inside, 1 - 1 / stride)
        looked_at = mixed | suspicious
        near, some = points_of(looked_at), looked_at.any(axis=(1, 2, 3))
        wanted = near.copy()
        wanted[some] &= suspicious_points(around[some], inside[some], 1 - 1 / stride)
        open_ = np.zeros(near.shape, bool)
        open_[CENTRE] = (near & ~known & ~wanted)[CENTRE]
        wanted |= doubtful(guesses, open_, DOUBTFUL)
    else:
        near = np.ones(guesses.shape, bool)
        slopes = reach
        if heights.linear:  # a clipped field levels off far from its surface
            slopes = np.maximum(local_slopes(around), LEAST_SLOPE * reach)
        wanted = ~far_samples(around[inner], slopes)
    guesses, near, known, wanted = (array[CENTRE] for array in (guesses, near, known, wanted))
    between = heights.values(guesses)
    alike = np.isnan(guesses)  # between points of shared blocks, which have a side, but no heights
    between[alike] = heights.highest * _repeated(inside[inner])[CENTRE][alike]
    between[samples] = values[CENTRE_SAMPLES]
    return between, near, known, wanted


def _repeated(points: np.ndarray) -> np.ndarray:
    """For points [m, n, n, n] the array [m, 2n - 1, 2n - 1, 2n - 1] in which each fills a cell."""
    for axis in (1, 2, 3):
        points = np.repeat(points, 2, axis)
    return points[:, :-1, :-1, :-1]


def _split(points: np.ndarray) -> np.ndarray:
    """Points [m, 16, 16, 16] of m blocks → [8m, 8, 8, 8] of their children."""
    points = points.reshape(-1, 2, EDGE, 2, EDGE, 2, EDGE)
    return points.transpose(0, 1, 3, 5, 2, 4, 6).reshape(-1, EDGE, EDGE, EDGE)


def _evaluate(blocks: Blocks, points: np.ndarray, samples: Samples, spacing: int) -> None:
    """Evaluate the points [m, 3]."""
    values = samples(points * spacing)
    blocks.own(points)
    slots = blocks.slots(points)
    blocks.values.ravel()[slots], blocks.states.ravel()[slots] = values, KNOWN


def _follow(blocks: Blocks, heights: Heights, samples: Samples, spacing: int) -> None:
    """Evaluate both ends of every edge that leads from one side to the other.

    Then evaluate what two known points in line announce on the other side, and follow that too.
    """
    ends = blocks.each_window(partial(_ends, blocks, heights.level), 1)
    _follow_from(np.concatenate([NO_POINTS, *ends]), blocks, heights, samples, spacing)
    look = partial(_announced, blocks, heights)

    def of_part(part: slice) -> np.ndarray:
        return look(points_in(blocks.places[part], blocks.states[part] == KNOWN))

    announced = in_threads(of_part, blocks.parts())
    front = np.concatenate([NO_POINTS, *announced])
    while len(front):
        front = _each_once(front, blocks.count)
        new = _follow_from(front, blocks, heights, samples, spacing)
        beside = (new[:, None] + np.concatenate([SIDES, 0 * SIDES[:1]])).reshape(-1, 3)
        front = look(beside[blocks.states.ravel()[blocks.slots(beside)] == KNOWN])


def _follow_from(
    front: np.ndarray, blocks: Blocks, heights: Heights, samples: Samples, spacing: int
) -> np.ndarray:
    """Evaluate points [m, 3] and the ends of crossed edges that come of it; return all new ones."""
    new = [front[blocks.states.ravel()[blocks.slots(front)] < KNOWN]]
    _evaluate(blocks, new[0], samples, spacing)
    while len(front):  # only an edge beside a new point may have an end that is not evaluated
        front = _each_once(_other_ends(front, blocks, heights.level), blocks.count)
        _evaluate(blocks, front, samples, spacing)
        new.append(front)
    return np.concatenate(new)


def _other_ends(points: np.ndarray, blocks: Blocks, level: float) -> np.ndarray:
    """The neighbours of points [m, 3] that are guessed and on the other side, [n, 3]."""
    inside, found = blocks.values.ravel()[blocks.slots(points)] > level, []
    for step in SIDES:
        beside = points + step
        slots = blocks.slots(beside)
        other = (blocks.values.ravel()[slots] > level) != inside
        found.append(beside[other & (blocks.states.ravel()[slots] < KNOWN)])
    return np.concatenate(found)


def _announced(blocks: Blocks, heights: Heights, points: np.ndarray) -> np.ndarray:
    """The guessed points [n, 3] to which one of the known points [m, 3] and one behind it lead."""
    found, values, states = [], blocks.values.ravel(), blocks.states.ravel()
    here = heights.of(values[blocks.slots(points)])
    for step in SIDES:
        ahead = blocks.slots(points + step)
        guessed = np.flatnonzero(states[ahead] < KNOWN)
        behind = blocks.slots(points[guessed] - step)
        known = states[behind] == KNOWN
        guessed, behind = guessed[known], behind[known]
        reached = 2 * here[guessed] - heights.of(values[behind]) > 0
        other = reached != (values[ahead[guessed]] > heights.level)
        found.append(points[guessed[other]] + step)
    return np.concatenate(found)


def _ends(blocks: Blocks, level: float, part: np.ndarray, slots: np.ndarray) -> np.ndarray:
    """The points [m, 3] of blocks with a margin of 1 that have a neighbour on the other side."""
    inside = blocks.values.ravel()[slots] > level  # [m, 10, 10, 10]
    centre = (slice(None), *(slice(1, -1),) * 3)
    ends = np.zeros(inside[centre].shape, bool)
    for step in SIDES:
        beside = (slice(None), *(slice(1 + s, 1 + s + EDGE) for s in step))
        ends |= inside[beside] != inside[centre]
    ends &= blocks.states.ravel()[slots[centre]] != NONE
    return points_in(part, ends)


def _each_once(points: np.ndarray, count: int) -> np.ndarray:
    """The points [m, 3] of a lattice, each once."""
    flat = np.unique(np.ravel_multi_index(tuple(points.T), (count,) * 3))
    return np.stack(np.unravel_index(flat, (count,) * 3), axis=1)
