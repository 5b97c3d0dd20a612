"""What a point-value dataset promises of its numbers, and the arrays that other programs wrote."""

import h5py
import numpy as np

from imnet.base.errors import UserError, say_once
from imnet.data.sizes import LATER_GRID

GRID_ATTRIBUTE = "grid"  # of points in files of ours: the grid that they count on
_BLOCK = 64  # shapes in memory at once


class Occupancies:
    """Checks the parts of one array of occupancies, one after another."""

    def __init__(self, name: str):
        """`name` is for messages: the file and the key."""
        self.name, self.inside = name, None

    def __call__(self, array: np.ndarray) -> np.ndarray:
        """Return a part, of any number type, as uint8, 0 outside and 1 inside.

        Where the parts hold 0 and one other number, such as 255, the other number is taken as 1,
        and a note says so.

        Raises:
            UserError: there are more numbers than two.
        """
        if array.dtype == np.uint8 and array.max(initial=0) <= 1:  # the usual case, fast
            inside, others = array, np.ones(array.max(initial=0), np.uint8)
        else:
            inside = array != 0
            others = array[inside]
        if self.inside is None and others.size:
            self.inside = others[0]
        if not (others == self.inside).all():
            low, high = min(array.min(), self.inside), max(array.max(), self.inside)
            raise UserError(f"{self.name} has numbers from {low:g} to {high:g}: 0 and 1 are wanted")
        if self.inside not in (None, 1):
            number = f"{self.inside:g}"
            say_once(f"{self.name} has the numbers 0 and {number}: {number} is taken as 1")
        return inside.astype(np.uint8, copy=False)


def as_occupancy(array: np.ndarray, name: str) -> np.ndarray:
    """Return the occupancies of one array as `Occupancies` does. Raises UserError as it does."""
    return Occupancies(name)(array)


def as_indices(array: np.ndarray, resolution: int, name: str) -> np.ndarray:
    """Return voxel indices of any number type as uint8.

    Raises:
        UserError: they are coordinates, or no indices of the 256³ grid.
    """
    wanted = f"voxel indices 0..{resolution - 1} are wanted"
    return _as_bytes(array, f"{name} has coordinates", f"{name} has numbers", wanted)


def as_pixels(array: np.ndarray, name: str) -> np.ndarray:
    """Return grey values 0..255 of any number type as uint8. Raises UserError for others."""
    fractions = f"{name} has fractions"
    return _as_bytes(array, fractions, f"{name} has numbers", "grey values 0..255 are wanted")


def _as_bytes(array: np.ndarray, fractions: str, numbers: str, wanted: str) -> np.ndarray:
    """Cast whole numbers 0..255; the texts say what the array has otherwise and what is wanted."""
    if array.dtype == np.uint8 or not array.size:
        return array.astype(np.uint8, copy=False)
    low, high = array.min(), array.max()
    if array.dtype.kind == "f" and not (array == np.round(array)).all():
        raise UserError(f"{fractions} from {low:g} to {high:g}: {wanted}")
    if not 0 <= low <= high <= 255:
        raise UserError(f"{numbers} from {low:g} to {high:g}: {wanted}")
    return array.astype(np.uint8)


def points_grid(
    points: np.ndarray | h5py.Dataset, resolution: int, name: str, stated: object = None
) -> int:
    """Return the grid that points [n, m, 3] count on: `resolution`, or 256 (as LATER_GRID says).

    Their coordinates are (p + 0.5) / grid * 2 - 1 in both cases. Of a dataset in a file only a few
    shapes are in memory at once. `stated` is the grid that the array's attribute GRID_ATTRIBUTE
    names; without one (None) the largest index tells.

    Raises:
        UserError: they are coordinates, or indices of neither grid or not of the stated one.
    """
    starts = range(0, len(points), _BLOCK)
    blocks = (as_indices(points[i : i + _BLOCK], resolution, name) for i in starts)
    largest = max((int(block.max(initial=0)) for block in blocks), default=None)
    return grid_of(largest, resolution, name, stated)


def grid_of(largest: int | None, resolution: int, name: str, stated: object = None) -> int:
    """Return the grid of points by their largest index (None: there are no points).

    The other arguments and the errors are those of `points_grid`.
    """
    if stated is not None:
        for grid, least in ((resolution, 0), (LATER_GRID, resolution)):
            if np.array_equal(stated, grid) and (largest is None or least <= largest < grid):
                return grid
        raise UserError(
            f"{name} has the attribute {GRID_ATTRIBUTE} = {stated}, but indices up to {largest}: "
            f"{resolution} for indices 0..{resolution - 1} or {LATER_GRID} is wanted"
        )
    if largest is None or largest < resolution:
        return resolution
    if largest < LATER_GRID // 2:  # the middle, which shapes reach across
        raise UserError(
            f"{name} has the index {largest}: voxel indices 0..{resolution - 1} are wanted, "
            f"or those of the {LATER_GRID}³ grid"
        )
    return LATER_GRID
