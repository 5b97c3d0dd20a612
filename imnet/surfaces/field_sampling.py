"""The values of a field on a lattice, evaluated coarse to fine where its surface is.

The lattice is the original's: the cell centres `(i + 0.5)/D*2 - 1` of D³ cells, in a border of
zeros. Coarse levels are every s-th point of it, so every sample is one of the final grid.
"""

import warnings
from collections.abc import Callable

import numpy as np

from imnet.data.lattice import coordinates
from imnet.surfaces.blocks import KNOWN, Blocks
from imnet.surfaces.coarse_to_fine import refined
from imnet.surfaces.prediction import Heights, steepest

# Points [m, 3] in [-1, 1] → values [m]. A field that is flat because it is clipped may have two
# more members: `unsquashed`, points [m, 3] → values [m] before the clipping, and `squash`, which
# clips values of any shape: field(points) = squash(unsquashed(points)). `squash` never falls and
# keeps 0.
Field = Callable[[np.ndarray], np.ndarray]

COARSE_POINTS = 32  # the first level has at least so many points along an axis


def sample_field(
    field: Field,
    resolution: int,
    level: float = 0.5,
    dense: bool = False,
    *,
    stride: int | None = None,
    batch_size: int = 32768,
) -> np.ndarray:
    """Values of the field at the D³ cell centres, [D, D, D] float32, evaluated where it matters.

    dense: evaluate every point. The other arguments, and what can be missed: `sample_blocks`. A
    point that was not evaluated has a value on the right side of the level.
    """
    if not dense:
        return sample_blocks(field, resolution, level, stride, batch_size).grid()
    _check(level, 1)
    samples = _Samples(field, resolution, batch_size)
    grid = samples.every(1)
    samples.warn()
    return grid


def sample_blocks(
    field: Field,
    resolution: int,
    level: float = 0.5,
    stride: int | None = None,
    batch_size: int = 32768,
) -> Blocks:
    """Values of the field at the D³ cell centres, evaluated and kept where the surface is.

    field: callable, points [m, 3] float32 in [-1, 1] → values [m], inside above `level`.
    resolution: D. batch_size: the most points in one call.
    stride: spacing of the first samples, a power of two, by default the largest that leaves 32
        points along an axis (8 at 256³); 2 if the samples at that spacing hold only two values.
        Half of it takes up to 8 times the first samples and misses less; 1 is dense.

    Both ends of every edge of the lattice that the surface crosses are evaluated; other points may
    be guessed, on the right side of the level. A first sample is guessed, too, if one of every
    second ones beside it is so far from the level that not even the steepest slope between any of
    those leads there. Of a clipped field, which levels off far from its surface, it is the slope
    around that sample.

    What can be missed: a detached part of the surface (a floating piece, a closed cavity) that
    contains no sample of the first level and that no sample announces. Announced means that from
    some corner of a cell the logit of the value (the value itself if the level is not in (0, 1)),
    continued through the cell with the slope that leads up to that corner, would reach the level,
    or that two evaluated points in line lead over the level to the next one.
    A smooth field announces parts thinner than the spacing, unless it is 0 or 1 to the last bit
    already beside them. A clipped field that has unsquashed values (see Field) announces by these,
    if clipping keeps the level. A field of bare 0 and 1 announces nothing; with its stride of 2,
    parts that hold a block of 2³ points are certain. Points of one side that are neighbours along
    the axes are found together or not at all.

    NaN counts as outside, with a warning. Raises ValueError if the level is not above the border's
    zeros or the stride is no power of two.
    """
    first = stride or 1
    while stride is None and resolution // (2 * first) >= COARSE_POINTS:
        first *= 2
    _check(level, first)
    # The same points are inside before and after the clipping, where it keeps the level.
    clipped = hasattr(field, "unsquashed") and _keeps(field.squash, level)
    samples = _Samples(field.unsquashed if clipped else field, resolution, batch_size)
    heights = Heights(level, linear=clipped or not level < 1)
    blocks = _first_level(samples, first, heights)
    if stride is None and first > 2 and _is_bare(blocks):
        first = 2
        blocks = _first_level(samples, first, heights)
    while first > 1:
        blocks, first = refined(blocks, first, heights, samples), first // 2
    samples.warn()
    if clipped:
        blocks.values = field.squash(blocks.values)
    return blocks


class _Samples:
    """Evaluates a field at points of the lattice; counts where it is NaN, which is made 0."""

    def __init__(self, field: Field, resolution: int, batch_size: int):
        self.field, self.resolution, self.batch_size, self.nans = field, resolution, batch_size, 0

    def __call__(self, indices: np.ndarray) -> np.ndarray:
        """Return the values [m] float32 at the lattice points [m, 3]."""
        values = np.empty(len(indices), np.float32)
        for start in range(0, len(indices), self.batch_size):
            part = slice(start, start + self.batch_size)
            points = coordinates(indices[part], self.resolution)
            values[part] = np.reshape(self.field(points), -1)
        missing = np.isnan(values)
        self.nans += int(missing.sum())
        values[missing] = 0
        return values

    def every(self, stride: int) -> np.ndarray:
        """Return the values [c, c, c] of every `stride`-th point along each axis."""
        count = -(-self.resolution // stride)
        values = np.empty(count**3, np.float32)
        for start in range(0, len(values), self.batch_size):
            part = np.arange(start, min(start + self.batch_size, len(values)))
            points = np.stack(np.unravel_index(part, (count,) * 3), axis=1)
            values[part] = self(points * stride)
        return values.reshape((count,) * 3)

    def warn(self) -> None:
        if self.nans:
            message = f"the field is NaN at {self.nans} points: taken as outside"
            warnings.warn(message, stacklevel=4)


def _first_level(samples: _Samples, stride: int, heights: Heights) -> Blocks:
    """Every `stride`-th point; those that cannot be on the other side are only guessed."""
    coarser = 2 * stride
    if stride == 1 or samples.resolution // coarser < COARSE_POINTS // 2:
        return Blocks.of(samples.every(stride), heights.highest)
    values = samples.every(coarser)
    reach = steepest(heights.of(values)) if _crossed(values, heights.level) else np.inf
    blocks = Blocks.of(values, heights.highest)
    return refined(blocks, coarser, heights, samples, reach)


def _crossed(values: np.ndarray, level: float) -> bool:
    """Whether some values are inside and some are not, so that there is a slope at the surface."""
    inside = values > level
    return bool(inside.any() and not inside.all())


def _is_bare(blocks: Blocks) -> bool:
    """Whether all samples are one of two values: then none tells how near the surface is."""
    values = blocks.values[blocks.states == KNOWN]
    return not ((values > values.min()) & (values < values.max())).any()


def _check(level: float, stride: int) -> None:
    """Raise ValueError if the level is not above the border's zeros or no stride halves to 1."""
    if not level > 0:
        raise ValueError(f"level must be above 0, the value outside of the grid, not {level}")
    if stride < 1 or stride & (stride - 1):
        raise ValueError(f"stride must be a power of two, not {stride}")


def _keeps(squash: Callable[[np.ndarray], np.ndarray], level: float) -> bool:
    """Whether clipping leaves a value at the level as it is."""
    value = np.array([level], np.float32)
    return bool(np.asarray(squash(value)) == value)
