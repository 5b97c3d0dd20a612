"""Batches of letters."""

from collections.abc import Callable, Iterator

import numpy as np

from imnet.data.batches import Batch, epoch_rng, whole_batches


def batches(
    pixels: np.ndarray,
    seed: int,
    epoch: int,
    size: int,
    arrays: Callable[[np.ndarray, np.random.Generator], dict[str, np.ndarray]],
) -> Iterator[Batch]:
    """Yield an epoch's batches of min(size, n) of the letters [n, R, R]; a partial last is dropped.

    `arrays(letters, rng)` gives the arrays of a step.
    """
    rng = epoch_rng(seed, epoch)
    for letters in whole_batches(rng, len(pixels), size):
        yield Batch(letters, arrays(pixels[letters], rng))
