"""Lattice values stored in blocks of 8³ points, only where the lattice is not all alike."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from imnet.base.parallel import in_threads

BITS = 3  # the last ones of a point's number are its place in its block
EDGE = 2**BITS  # points along a block's edge
# Blocks that many places share: what is beyond the lattice, and what is far from the surface.
BEYOND, OUTSIDE, INSIDE = range(3)
# States of a point: a guess far from the surface, a guess near it, evaluated, beyond the lattice.
FAR, NEAR, KNOWN, NONE = range(4)
TOGETHER = 256  # blocks that a thread looks at in one go: bounds the memory

Result = TypeVar("Result")


class Blocks:
    """Values of a cubic lattice of `count` points along an axis, which is 0 beyond its ends.

    Attributes:
        values, states: [n, 8, 8, 8] float32 and uint8, of every block.
        places: [n, 3] int32, which block of the lattice each is; its lowest point is 8 times this.
        index: [b + 2, b + 2, b + 2] int32, the number of the block at each place, in a border of
            BEYOND.
    """

    def __init__(self, count: int, inside: float, index: np.ndarray | None = None):
        """Make a lattice of shared blocks: by `index` [b, b, b], by default all OUTSIDE.

        `inside` is the value of the block INSIDE.
        """
        self.count, self.size = count, -(-count // EDGE)
        shared = np.array([0, 0, inside], np.float32).reshape(3, 1, 1, 1)
        self.values = np.broadcast_to(shared, (3, EDGE, EDGE, EDGE)).copy()
        self.states = np.full(self.values.shape, FAR, np.uint8)
        self.states[BEYOND] = NONE
        self.places = np.full((3, 3), -1, np.int32)
        if index is None:
            index = np.full((self.size,) * 3, OUTSIDE, np.int32)
        self.index = np.pad(index, 1, constant_values=BEYOND)

    @classmethod
    def of(cls, grid: np.ndarray, inside: float) -> "Blocks":
        """Return the lattice of values [c, c, c] that are all known."""
        blocks = cls(len(grid), inside)
        places = np.argwhere(blocks.index[1:-1, 1:-1, 1:-1] == OUTSIDE).astype(np.int32)
        side, size = blocks.size * EDGE, blocks.size
        values = np.pad(grid, (0, side - len(grid))).reshape(size, EDGE, size, EDGE, size, EDGE)
        values = values.transpose(0, 2, 4, 1, 3, 5).reshape(-1, EDGE, EDGE, EDGE)
        states = np.where(blocks.in_lattice(places), KNOWN, NONE).astype(np.uint8)
        blocks.add(places, values, states)
        return blocks

    def add(self, places: np.ndarray, values: np.ndarray, states: np.ndarray) -> None:
        """Give n places [n, 3] blocks of their own: values and states [n, 8, 8, 8]."""
        numbers = np.arange(len(places), dtype=np.int32) + len(self.values)
        self.index[tuple(places.T + 1)] = numbers
        self.values = np.concatenate([self.values, values])
        self.states = np.concatenate([self.states, states])
        self.places = np.concatenate([self.places, places])

    def in_lattice(self, places: np.ndarray) -> np.ndarray:
        """Which points of blocks at places [n, 3] are points of the lattice, bool [n, 8, 8, 8]."""
        i, j, k = np.moveaxis(places[:, :, None] * EDGE + np.arange(EDGE) < self.count, 1, 0)
        return i[:, :, None, None] & j[:, None, :, None] & k[:, None, None, :]

    def own(self, points: np.ndarray) -> None:
        """Give the blocks of points [m, 3] values of their own where they are shared."""
        places = points >> BITS
        places = places[self.index[tuple(places.T + 1)] <= INSIDE]
        places = np.unique(places, axis=0).astype(np.int32)
        shared = self.index[tuple(places.T + 1)]
        if len(places):
            states = np.where(self.in_lattice(places), FAR, NONE).astype(np.uint8)
            values = self.values[shared] * (states == FAR)
            self.add(places, values, states)

    def slots(self, points: np.ndarray) -> np.ndarray:
        """Where the points [m, 3], -8 .. count + 7, are in the flat values and states, [m]."""
        block = self.index[tuple((points >> BITS).T + 1)].astype(np.int64)
        return block << 3 * BITS | _in_block(*points.T)

    def each_window(
        self, look: Callable[[np.ndarray, np.ndarray], Result], margin: int
    ) -> Iterator[Result]:
        """Yield `look(places, slots)` of the blocks, a part of them at a time, in order.

        That is places [m, 3] and the slots [m, w, w, w] of the points around each; w is
        8 + 2·margin. Blocks that are shared are left out. Several threads look at once.
        """
        points = np.indices((EDGE + 2 * margin,) * 3) - margin  # [3, w, w, w], of a block at 0
        inner = _in_block(*points)
        neighbour = np.ravel_multi_index(tuple((points >> BITS) + 1), (3, 3, 3))
        beside = np.indices((3, 3, 3)).reshape(3, -1).T  # in the index, which has a border

        def at(part: slice) -> Result:
            places = self.places[part]
            around = (places[:, None] + beside).reshape(-1, 3)
            blocks = self.index[tuple(around.T)].astype(np.int64) << 3 * BITS
            return look(places, blocks.reshape(-1, 27).take(neighbour, axis=1) | inner)

        return in_threads(at, self.parts())

    def parts(self) -> list[slice]:
        """The parts of the blocks, shared ones left out, that are looked at in one go."""
        starts = range(INSIDE + 1, len(self.places), TOGETHER)
        return [slice(start, start + TOGETHER) for start in starts]

    def grid(self) -> np.ndarray:
        """All values, [count, count, count] float32."""
        blocks = self.values[self.index[1:-1, 1:-1, 1:-1]]  # [b, b, b, 8, 8, 8]
        side = self.size * EDGE
        grid = blocks.transpose(0, 3, 1, 4, 2, 5).reshape(side, side, side)
        return np.ascontiguousarray(grid[: self.count, : self.count, : self.count])

    def maxima(self) -> list[np.ndarray]:
        """The greatest values along axis 0, 1, 2: three pictures [count, count] float32."""
        pictures = []
        for axis in range(3):
            faces = self.values.max(axis=1 + axis)  # [n, 8, 8]
            layers = np.moveaxis(self.index[1:-1, 1:-1, 1:-1], axis, 0)
            picture = faces[layers[0]]  # [b, b, 8, 8]
            for layer in layers[1:]:
                np.maximum(picture, faces[layer], out=picture)
            picture = picture.swapaxes(1, 2).reshape(self.size * EDGE, self.size * EDGE)
            pictures.append(picture[: self.count, : self.count])
        return pictures

    def least(self) -> float:
        """The least value of any point of the lattice."""
        beyond = self.states == NONE
        least = self.values.min(axis=(1, 2, 3), where=~beyond, initial=np.inf)  # [n]
        return float(least[self.index[1:-1, 1:-1, 1:-1]].min())


def points_in(places: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The points [m, 3] that are chosen, bool [n, w, w, w], in blocks at places [n, 3]."""
    number, *offset = np.nonzero(chosen)
    return places[number].astype(np.int64) * EDGE + np.stack(offset, axis=1)


def _in_block(i: np.ndarray, j: np.ndarray, k: np.ndarray) -> np.ndarray:
    """The flat place in its block of each point with coordinates i, j, k."""
    i, j, k = (axis & EDGE - 1 for axis in (i, j, k))
    return i << 2 * BITS | j << BITS | k
