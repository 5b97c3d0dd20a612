"""The values of a field on a lattice, evaluated coarse to fine.

The lattice is the original's: the cell centres `(i + 0.5)/D*2 - 1` of D³ cells, in a border of
zeros. Coarse levels are every s-th point of it, so every sample is one of the final grid. The finer
level is first predicted by interpolation; then the unevaluated corners of every cell whose corners
differ (a "mixed" cell) are evaluated, until no mixed cell has any. A surface is thus followed
through the faces of cells to its end: only a part that no sample hints at can be lost, never a
piece of one that was found.
"""

import warnings
from collections.abc import Callable

import numpy as np

from imnet.data.lattice import coordinates

# Points [m, 3] in [-1, 1] → values [m]. A field that is flat because it is clipped may have two
# more members: `unsquashed`, points [m, 3] → values [m] before the clipping, and `squash`, which
# clips values of any shape: field(points) = squash(unsquashed(points)). `squash` never falls and
# keeps 0.
Field = Callable[[np.ndarray], np.ndarray]

COARSE_POINTS = 32  # the first level has at least so many points along an axis
SLAB = 32  # planes of the grid that are searched at a time: fits the cache, saves memory
# The corners of a cell, as offsets from its lowest one.
CORNERS = np.array([(a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1)])  # [8, 3]


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

    field: callable, points [m, 3] float32 in [-1, 1] → values [m], inside above `level`.
    resolution: D. dense: evaluate every point. batch_size: the most points in one call.
    stride: spacing of the first samples, a power of two, by default the largest that leaves 32
        points along an axis (8 at 256³); 2 if the samples at that spacing hold only two values.
        Half of it takes 8 times the first samples and misses less; 1 is dense.

    Every corner of a cell that the surface crosses is evaluated; elsewhere the grid holds values
    interpolated from coarser samples on the right side of the level.

    What can be missed: a detached part of the surface (a floating piece, a closed cavity) that
    contains no sample of the first level and that no sample announces. Announced means that from
    some corner of a cell the logit of the value (the value itself if the level is not in (0, 1)),
    continued through the cell with the slope that leads up to that corner, would reach the level.
    A smooth field announces parts thinner than the spacing, unless it is 0 or 1 to the last bit
    already beside them. A clipped field that has unsquashed values (see Field) announces by these,
    if clipping keeps the level. A field of bare 0 and 1 announces nothing; with its stride of 2,
    parts that hold a block of 2³ points are certain. A part that is connected to one found is
    always complete.

    NaN counts as outside, with a warning. Raises ValueError if the level is not above the border's
    zeros or the stride is no power of two.
    """
    if not level > 0:
        raise ValueError(f"level must be above 0, the value outside of the grid, not {level}")
    first = stride or 1
    while stride is None and resolution // (2 * first) >= COARSE_POINTS:
        first *= 2
    # The same points are inside before and after the clipping, where it keeps the level.
    clipped = hasattr(field, "unsquashed") and _keeps(field.squash, level)
    sampled, height = (field.unsquashed, np.subtract) if clipped else (field, _height)
    settings = sampled, resolution, level, batch_size, height
    lattice = _Lattice(*settings, 1 if dense else first)
    if stride is None and lattice.stride > 2 and lattice.is_bare():
        lattice = _Lattice(*settings, 2)
    while lattice.stride > 1:
        lattice.refine()
    if lattice.nans:
        warnings.warn(f"the field is NaN at {lattice.nans} points: taken as outside", stacklevel=2)
    grid = lattice.grid[1:-1, 1:-1, 1:-1]
    if clipped:
        for plane in grid:  # plane by plane: no second array of this size
            plane[:] = field.squash(plane)
    return grid


class _Lattice:
    """Every `stride`-th lattice point in a border of zeros, and which of them are evaluated."""

    def __init__(
        self,
        field: Field,
        resolution: int,
        level: float,
        batch_size: int,
        height: Callable[[np.ndarray, float], np.ndarray],
        stride: int,
    ):
        if stride < 1 or stride & (stride - 1):
            raise ValueError(f"stride must be a power of two, not {stride}")
        self.field, self.resolution, self.level = field, resolution, level
        self.batch_size, self.height, self.stride, self.nans = batch_size, height, stride, 0
        count = -(-resolution // stride)  # points along an axis
        values = np.empty(count**3, np.float32)
        for start in range(0, len(values), batch_size):
            part = np.arange(start, min(start + batch_size, len(values)))
            values[part] = self._values(np.unravel_index(part, (count,) * 3))
        self.grid = np.pad(values.reshape((count,) * 3), 1)  # [count + 2] * 3
        self.known = np.ones(self.grid.shape, bool)

    def is_bare(self) -> bool:
        """Whether all samples are one of two values: then none tells how near the surface is."""
        values = self.grid[1:-1, 1:-1, 1:-1]
        between = (values > values.min()) & (values < values.max())
        return not self.nans and not between.any()

    def refine(self) -> None:
        """Halve the stride: predict new points, evaluate those of suspicious and mixed cells."""
        suspicious = self._suspicious_cells(reach=1 - 1 / self.stride)  # [m, 3]
        self.stride //= 2
        count = -(-self.resolution // self.stride)
        known = np.zeros((count + 2,) * 3, bool)
        known[1:-1:2, 1:-1:2, 1:-1:2] = self.known[1:-1, 1:-1, 1:-1]
        for axis in range(3):
            known.swapaxes(0, axis)[[0, -1]] = True  # the border
        self.grid, self.known = _doubled(self.grid, count), known
        # Fine cells 2c - 1 and 2c make up coarse cell c: their points are 2c - 1 .. 2c + 1.
        steps = np.stack(np.meshgrid(*[np.arange(-1, 2)] * 3, indexing="ij"), -1).reshape(-1, 3)
        points = (2 * suspicious[:, None] + steps).reshape(-1, 3)  # [m * 27, 3]
        points = np.ravel_multi_index(tuple(points.T), known.shape, mode="clip")
        self._evaluate(_unknown(points, self.known))
        self._follow()

    def _suspicious_cells(self, reach: float) -> np.ndarray:
        """Cells [m, 3] (their lowest corners) that lie on one side but may hide some of the other.

        From each corner the height above the level is continued diagonally through the cell, along
        each axis with the slope that leads up to the corner from outside the cell (where it rises
        towards the level). `reach` is how far, in cells: 1 - 1/stride is the last lattice point
        before the opposite corner.
        """
        grid, known, level = self.grid, self.known, self.level
        every = known
        for axis in range(3):
            low, high = _halves(axis)
            every = every[low] & every[high]
        cells = np.argwhere(every)  # [m, 3]
        flat = np.ravel_multi_index(tuple(cells.T), grid.shape)
        steps = _steps(grid)
        corners = flat[:, None] + CORNERS @ steps  # [m, 8]
        inside = grid.ravel()[corners] > level
        alike = inside.all(axis=1) | ~inside.any(axis=1)
        cells, corners, inside = cells[alike], corners[alike], inside[alike, :1]

        # What is not evaluated, and the border, is no sample: NaN, which fmax leaves out.
        height = np.full(grid.shape, np.nan, np.float32)
        height[known] = self.height(grid[known], level)
        for axis in range(3):
            height.swapaxes(0, axis)[[0, -1]] = np.nan
        towards = np.where(inside, -1, 1).astype(np.float32)  # [m, 1], the level is upwards
        heights = height.ravel()[corners] * towards  # [m, 8]
        reached = heights.copy()
        for axis in range(3):
            behind = corners + np.where(CORNERS[:, axis], 1, -1) * steps[axis]
            slope = heights - np.take(height.ravel(), behind, mode="clip") * towards
            reached += reach * np.fmax(slope, 0)
        return cells[np.fmax.reduce(reached, axis=1) > 0]

    def _follow(self) -> None:
        """Evaluate the corners of mixed cells until all of them are known."""
        points = self._unknown_corners()
        grid = self.grid.ravel()
        corners = CORNERS @ _steps(self.grid)  # [8]
        while len(points):
            predicted = grid[points] > self.level
            self._evaluate(points)
            # Only cells around a point that is not on the predicted side can have become mixed.
            flipped = points[predicted != (grid[points] > self.level)]
            cells = np.unique(flipped[:, None] - corners)  # [m]
            around = cells[:, None] + corners  # [m, 8]
            inside = grid[around] > self.level
            mixed = inside.any(axis=1) & ~inside.all(axis=1)
            points = _unknown(around[mixed].ravel(), self.known)

    def _unknown_corners(self) -> np.ndarray:
        """The points (flat indices) that are corners of mixed cells and not evaluated."""
        found = []
        for start in range(1, len(self.grid) - 1, SLAB):
            planes = slice(start, min(start + SLAB, len(self.grid) - 1))
            inside = self.grid[planes.start - 1 : planes.stop + 1] > self.level
            wanted = _corners_of_mixed_cells(inside)[1:-1] & ~self.known[planes]
            found.append(np.flatnonzero(wanted) + start * self.grid[0].size)
        return np.concatenate(found)

    def _evaluate(self, points: np.ndarray) -> None:
        """Evaluate the points [m], flat indices into the bordered grid."""
        for start in range(0, len(points), self.batch_size):
            part = points[start : start + self.batch_size]
            bordered = np.unravel_index(part, self.grid.shape)
            self.grid.ravel()[part] = self._values([axis - 1 for axis in bordered])
            self.known.ravel()[part] = True

    def _values(self, indices) -> np.ndarray:
        """The field at three arrays [m] of indices at this stride."""
        points = coordinates(np.stack(indices, axis=1) * self.stride, self.resolution)  # [m, 3]
        values = np.asarray(self.field(points), np.float32).reshape(-1)
        missing = np.isnan(values)
        self.nans += int(missing.sum())
        return np.where(missing, np.float32(0), values)


def _steps(grid: np.ndarray) -> np.ndarray:
    """How far apart in the flat grid two neighbours along each axis are, [3]."""
    return np.array(grid.strides) // grid.itemsize


def _unknown(points: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The points (flat indices) that are not known, each once."""
    return np.unique(points[~known.ravel()[points]])


def _doubled(grid: np.ndarray, count: int) -> np.ndarray:
    """A bordered grid at half the stride, `count` points along an axis, new points interpolated."""
    fine = np.zeros((count + 2,) * 3, np.float32)
    for i in range(1, len(grid) - 1):  # plane by plane: no second array of nearly this size
        lines = np.zeros((len(grid), count + 2), np.float32)
        lines[:, 1:-1:2] = grid[i, :, 1:-1]
        _fill_between(lines.T)
        fine[2 * i - 1, 1:-1:2] = lines[1:-1]
        _fill_between(fine[2 * i - 1])
    _fill_between(fine)
    return fine


def _fill_between(fine: np.ndarray) -> None:
    """Set the entries 2, 4 .. of the first axis, but the last entry, to the means beside them."""
    between = fine[2:-1:2]
    np.add(fine[1:-2:2], fine[3::2], out=between)
    between *= 0.5


def _corners_of_mixed_cells(inside: np.ndarray) -> np.ndarray:
    """Which points of `inside` [l, m, n] are corners of a cell whose corners are not all alike."""
    some = every = inside
    for axis in range(3):
        low, high = _halves(axis)
        some = some[low] | some[high]
        every = every[low] & every[high]
    touched = some & ~every  # [l - 1, m - 1, n - 1], the cells
    for axis in range(3):
        width = [(0, 0)] * 3
        width[axis] = (1, 1)
        padded = np.pad(touched, width)
        low, high = _halves(axis)
        touched = padded[low] | padded[high]
    return touched


def _halves(axis: int) -> tuple:
    """Index tuples for all but the last and all but the first entry along an axis."""
    low = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
    high = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
    return low, high


def _keeps(squash: Callable[[np.ndarray], np.ndarray], level: float) -> bool:
    """Whether clipping leaves a value at the level as it is."""
    value = np.array([level], np.float32)
    return bool(np.asarray(squash(value)) == value)


def _height(values: np.ndarray, level: float) -> np.ndarray:
    """How far above the level, in logits where that makes sense."""
    if not 0 < level < 1:
        return values - level
    # float32 holds tiny values, and so how far outside is; near 1 it has no more than 24 bits.
    values = np.clip(values.astype(np.float64), 1e-37, 1 - 2**-24)
    return np.log(values / (1 - values)) - np.log(level / (1 - level))
