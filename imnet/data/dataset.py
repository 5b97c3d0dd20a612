"""Point-value datasets in HDF5; formats.md has the layout."""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from math import inf
from pathlib import Path

import h5py
import numpy as np

from imnet.base.errors import UserError
from imnet.data.batches import PointBatch, VoxelBatch, epoch_rng
from imnet.data.checks import GRID_ATTRIBUTE, Occupancies, as_indices, grid_of
from imnet.data.hdf5 import find_array, holdings, open_hdf5, read_rows
from imnet.data.lattice import coordinates
from imnet.data.rows import largest, load_rows
from imnet.data.sizes import FRAMES, VOXEL_RESOLUTION

LARGEST_BATCH = 16384  # points in a step, the original's bound


class PointValueDataset:
    """Shapes by number: voxels, and points with values at one resolution, all uint8.

    `grid` is the grid that the points count on: the resolution, or 256 in the datasets of the
    authors' later versions. `bytes` is what the arrays take in memory, 0 if they stay in the file.
    """

    def __init__(
        self,
        path: str | Path,
        resolution: int | None = None,
        memory: float = inf,
        shuffled: bool = True,
    ):
        """Open `path`; the points of `resolution` too if one is given.

        Arguments `memory` and `shuffled` as in `load_rows`.

        Raises:
            UserError: the file is missing, is not HDF5, lacks what is wanted, or its numbers are
                no occupancies or no indices.
        """
        self.path, self.resolution = Path(path), resolution
        with open_hdf5(self.path) as file:
            stored = sorted(int(key[7:]) for key in file if re.fullmatch(r"points_\d+", key))
            if resolution is not None and not stored:
                raise UserError(_without_points(self.path, file))
            if resolution is not None and resolution not in stored:
                raise UserError(
                    f"{path} has no points_{resolution}; it holds the resolutions "
                    f"{', '.join(map(str, stored))}: choose one of them"
                )
            voxels = find_array(file, "voxels", (None, *[VOXEL_RESOLUTION] * 3, 1))
            if not len(voxels):
                raise UserError(f"{path} holds no shapes: make it again with point_sampling")
            arrays = [(voxels, Occupancies(f"{path}: voxels"))]
            if resolution is not None:
                key, values_key = f"points_{resolution}", f"values_{resolution}"
                points, name = find_array(file, key, (len(voxels), None, 3)), f"{path}: {key}"
                values = find_array(file, values_key, (*points.shape[:2], 1))
                arrays += [
                    (points, partial(as_indices, resolution=resolution, name=name)),
                    (values, Occupancies(f"{path}: {values_key}")),
                ]
            rows, self.bytes = load_rows(arrays, memory, shuffled)
            self.voxels = rows[0]
            if resolution is not None:
                _, self._points, self._values = rows
                stated = points.attrs.get(GRID_ATTRIBUTE)
                self.grid = grid_of(largest(self._points), resolution, name, stated)

    def __len__(self) -> int:
        return len(self.voxels)

    @property
    def points_a_shape(self) -> int:
        """How many points are stored for each shape."""
        return self._points.shape[1]

    def cells(self, i: int) -> np.ndarray:
        """Cells [m, 3] uint8 of the grid of `resolution` that hold shape i's points."""
        return self._points[i] // (self.grid // self.resolution)

    def points(self, i: int, chosen: slice | np.ndarray = slice(None)) -> np.ndarray:
        """Coordinates [m, 3] float32 in [-1, 1] of shape i's points, all or the chosen ones."""
        return coordinates(self._points[i, chosen], self.grid)

    def values(self, i: int, chosen: slice | np.ndarray = slice(None)) -> np.ndarray:
        """Values [m, 1] uint8, 1 inside, of shape i's points, all or the chosen ones."""
        return self._values[i, chosen]

    def batches(
        self, seed: int, epoch: int, shapes_a_step: int, points_a_step: int | None = None
    ) -> Iterator[VoxelBatch]:
        """Yield each shape once, in a random order, as the original does.

        Args:
            seed, epoch: decide every draw.
            shapes_a_step: shapes of a batch; the last one may have fewer.
            points_a_step: take so many of a shape's points at random, in one batch. None takes all
                points in their order, in batches of at most 16384.

        Returns:
            Batches of voxels and, if the dataset was opened at a resolution, points and values.
        """
        rng = epoch_rng(seed, epoch)
        order = rng.permutation(len(self))
        for i in range(0, len(order), shapes_a_step):
            shapes = np.sort(order[i : i + shapes_a_step])
            voxels = self.voxels[shapes]
            if self.resolution is None:
                yield VoxelBatch(shapes, voxels)
                continue
            for chosen in self._choices(len(shapes), points_a_step, rng):
                pairs = list(zip(shapes, chosen, strict=True))
                points = np.stack([self.points(s, c) for s, c in pairs])  # [s, m, 3]
                values = np.stack([self.values(s, c) for s, c in pairs])  # [s, m, 1]
                yield PointBatch(shapes, voxels, points, values)

    def _choices(
        self, shapes: int, points: int | None, rng: np.random.Generator
    ) -> list[list[slice | np.ndarray]]:
        """Return the steps on some shapes: for each step, for each shape, which points it takes."""
        stored = self.points_a_shape
        if points is not None:
            return [[rng.choice(stored, points, replace=False) for _ in range(shapes)]]
        size = min(stored, LARGEST_BATCH)
        return [[slice(i, i + size)] * shapes for i in range(0, stored, size)]


def own_frames(path: str | Path) -> np.ndarray | None:
    """Return the frames [n, 3, 4] float64 of a dataset's shapes, or None where it has none.

    A frame takes the unit frame, [-0.5, 0.5]³, to the units, axes and place of the mesh that the
    shape was sampled from: a point (x, y, z) is at `frame @ (x, y, z, 1)`.

    Raises:
        UserError: the file cannot be read, or has other numbers there.
    """
    with open_hdf5(path) as file:
        if FRAMES not in file:
            return None
        return read_rows(find_array(file, FRAMES, (len(file["voxels"]), 3, 4))).astype(np.float64)


def _without_points(path: Path, file: h5py.File) -> str:
    """Say what a file without points holds, and how to make them."""
    holds = f"{path} has no points; it holds {holdings(file)}"
    if "voxels" not in file:
        return f"{holds}: make a dataset with point_sampling"
    return f"{holds}: make a dataset of it with vox2pointvaluepair_from_binvox.py, `input` {path}"


def numbers_between(start: int, end: int, count: int, path: str | Path) -> list[int]:
    """Return the numbers start to end - 1 that `count` shapes have. UserError if there is none."""
    numbers = list(range(start, min(end, count)))
    if not numbers:
        raise UserError(f"`start` {start}: {path} has {count} shapes")
    return numbers


def check_numbers(
    flag: str, numbers: Iterable[int], count: int, path: str | Path, what: str = "shapes"
) -> None:
    """Raise UserError for the first number of a flag that none of `count` shapes has."""
    for number in numbers:
        if not 0 <= number < count:
            raise UserError(f"{flag} {number}: {path} has the {what} 0..{count - 1}")
