"""Batches: what a training step takes, in an order that seed and epoch decide."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import ClassVar, TypeVar

import numpy as np

Item = TypeVar("Item")


@dataclass(frozen=True)
class Batch:
    """The arrays of one training step.

    Each kind adds its arrays as fields, named as the network's step takes them, those of its
    encoder first.
    """

    step: ClassVar[str] = "train_step"  # the network's method that takes the arrays

    numbers: np.ndarray  # [s] of its shapes, in their dataset

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name, without those that are None."""
        named = ((field.name, getattr(self, field.name)) for field in fields(self)[1:])
        return {name: array for name, array in named if array is not None}

    @property
    def inputs(self) -> np.ndarray:
        """What the network's encoder takes, [s, ...]."""
        return next(iter(self.arrays.values()))

    def __repr__(self) -> str:
        arrays = (
            f"{name} {np.asarray(array).dtype}{list(np.shape(array))}"
            for name, array in self.arrays.items()
        )
        return f"{type(self).__name__}(numbers {self.numbers.tolist()}, {', '.join(arrays)})"


@dataclass(frozen=True, repr=False)
class VoxelBatch(Batch):
    """Shapes alone."""

    voxels: np.ndarray  # [s, 64, 64, 64, 1] uint8


@dataclass(frozen=True, repr=False)
class PointBatch(VoxelBatch):
    """Shapes, and their values at some points."""

    points: np.ndarray  # [s, m, 3] float32 in [-1, 1]
    values: np.ndarray  # [s, m, 1] uint8, 1 inside


@dataclass(frozen=True, repr=False)
class CodedPointBatch(Batch):
    """Codes of shapes, which an encoder gave, and the values of the shapes at some points."""

    step = "decoder_step"

    codes: np.ndarray  # [s, z_dim] float32
    points: np.ndarray  # [s, m, 3] float32 in [-1, 1]
    values: np.ndarray  # [s, m, 1] uint8, 1 inside


def with_codes(batches: Iterator[PointBatch], codes: np.ndarray) -> Iterator[CodedPointBatch]:
    """Yield the batches with the codes [n, z_dim] of all shapes in place of their voxels."""
    for batch in batches:
        numbers = batch.numbers
        yield CodedPointBatch(numbers, codes[numbers], batch.points, batch.values)


def epoch_rng(seed: int, epoch: int) -> np.random.Generator:
    """The source of every random draw of an epoch; a resumed run repeats an uninterrupted one."""
    return np.random.default_rng([seed, epoch])


def whole_batches(rng: np.random.Generator, count: int, size: int) -> Iterator[np.ndarray]:
    """Yield the numbers 0 to count - 1 in a random order, min(size, count) at a time.

    A partial last batch is dropped.
    """
    size, order = min(size, count), rng.permutation(count)
    for i in range(0, count - size + 1, size):
        yield order[i : i + size]


def one_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Yield the items, each made in another thread while the one before it is used."""
    end = object()
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(next, items, end)
        while (item := following.result()) is not end:
            following = pool.submit(next, items, end)
            yield item
