"""Datasets of letters, as point_sampling/get_glyphs.py and make_toys.py write them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.data.batches import Batch, epoch_rng, whole_batches
from imnet.data.checks import as_pixels
from imnet.data.hdf5 import open_hdf5, read_array

RESOLUTIONS = (28, 64)  # that the networks are made for


def read_letters(path: Path) -> np.ndarray:
    """Read `pixels` uint8 [n, R, R], 255 inside.

    Raises UserError if there are none, or their sides are not among RESOLUTIONS.
    """
    with open_hdf5(path) as file:
        pixels = as_pixels(read_array(file, "pixels", (None, None, None)), f"{path}: pixels")
    count, height, width = pixels.shape
    if not count:
        raise UserError(f"{path} has no letters")
    if height != width or height not in RESOLUTIONS:
        sides = " or ".join(f"{side}x{side}" for side in RESOLUTIONS)
        raise UserError(f"{path} has pictures of {height}x{width}: {sides} is wanted")
    return pixels


def batches(
    pixels: np.ndarray,
    seed: int,
    epoch: int,
    size: int,
    arrays: Callable[[np.ndarray, np.random.Generator], dict[str, np.ndarray]],
) -> Iterator[Batch]:
    """Give an epoch's batches of min(size, n) of the letters [n, R, R]; a partial last is dropped.

    `arrays` gives those of a step, for some letters and the epoch's source of draws.
    """
    rng = epoch_rng(seed, epoch)
    for letters in whole_batches(rng, len(pixels), size):
        yield Batch(letters, arrays(pixels[letters], rng))
