"""Pictures of letters, as point_sampling/fetch/get_glyphs.py and make_toys.py write them."""

from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.data.checks import as_pixels
from imnet.data.hdf5 import open_hdf5, read_array
from imnet.data.sizes import LETTER_SIDES


def bounding_box(pixels: np.ndarray) -> tuple[slice, slice] | None:
    """Return the rows and columns of a picture [h, w] of what is not 0; None if it is empty."""
    rows, columns = (np.flatnonzero(pixels.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def read_letters(path: Path) -> np.ndarray:
    """Read `pixels` uint8 [n, R, R], 255 inside.

    Raises UserError if there are none, or their sides are not among LETTER_SIDES.
    """
    with open_hdf5(path) as file:
        pixels = as_pixels(read_array(file, "pixels", (None, None, None)), f"{path}: pixels")
    count, height, width = pixels.shape
    if not count:
        raise UserError(f"{path} has no letters")
    if height != width or height not in LETTER_SIDES:
        sides = " or ".join(f"{side}x{side}" for side in LETTER_SIDES)
        raise UserError(f"{path} has pictures of {height}x{width}: {sides} is wanted")
    return pixels
