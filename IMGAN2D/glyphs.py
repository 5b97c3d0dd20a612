"""Batches of letters."""

from dataclasses import dataclass

import numpy as np

from imnet.data.batches import Batch


@dataclass(frozen=True, repr=False)
class LetterBatch(Batch):
    """What a step of the autoencoder takes."""

    images: np.ndarray  # [s, R, R] uint8, 255 inside
    pixels: np.ndarray | None  # [m] int32 numbers of the pixels that are looked at; None for all


@dataclass(frozen=True, repr=False)
class NoisyBatch(LetterBatch):
    """What a step of the VAE takes."""

    noise: np.ndarray  # [s, z_dim] float32


@dataclass(frozen=True, repr=False)
class PlayBatch(Batch):
    """What a step of generator and critic takes."""

    noise: np.ndarray  # [s, z_dim] float32
    images: np.ndarray  # [s, R, R] uint8, 255 inside
    epsilon: np.ndarray  # [s] float32, the places between fake and real pictures


def some_pixels(
    images: np.ndarray, count: int | None, rng: np.random.Generator
) -> np.ndarray | None:
    """Draw the numbers [count] int32 of pixels of pictures [s, R, R]; None if it is None."""
    if count is None:
        return None
    return rng.choice(images[0].size, count, replace=False).astype(np.int32)


def normal(rng: np.random.Generator, count: int, z_dim: int) -> np.ndarray:
    """Draw normal(0, 1) numbers [count, z_dim] float32."""
    return rng.normal(size=(count, z_dim)).astype(np.float32)
