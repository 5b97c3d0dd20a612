"""Arrays with a row for each shape: in memory where they fit, else read when they are asked for."""

import errno
import os
from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from imnet.base.errors import UserError
from imnet.base.lock import in_turn
from imnet.base.progress import progress
from imnet.data.hdf5 import new_hdf5, open_hdf5, read_rows

Convert = Callable[[np.ndarray], np.ndarray]  # checks rows and gives them as uint8
BLOCK_BYTES = 2**26  # read at once, if the file's chunks allow
_LARGEST_BLOCK = 2**30
_READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)


class StoredRows:
    """The rows of an array in an HDF5 file, indexed like a numpy array of uint8.

    As many rows as a chunk spans are read at once, and kept until others are wanted.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, path: Path, key: str, convert: Convert = np.asarray):
        """Open the file. `convert` checks what is read. UserError if it cannot be opened."""
        self.data, self.convert = open_hdf5(path)[key], convert
        self.file, self.shape = self.data.file, self.data.shape
        self.step = rows_at_once(self.data, 1)
        self.held = -1, np.empty(0)  # first row, and the rows from it on

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> np.ndarray:
        """Return one row or several; more indices choose within each of them.

        Raises:
            UserError: they cannot be read, or hold other numbers than is wanted.
        """
        chosen, *rest = key if isinstance(key, tuple) else (key,)
        if isinstance(chosen, int | np.integer):
            return self._row(range(len(self))[chosen])[tuple(rest)]
        numbers = np.arange(len(self))[chosen]
        rows = [self._row(number)[tuple(rest)] for number in numbers]
        return np.stack(rows) if rows else np.empty((0, *self.shape[1:]), np.uint8)

    def _row(self, number: int) -> np.ndarray:
        start = int(number - number % self.step)
        first, rows = self.held  # both at once: batches are made in a thread of their own
        if first != start:
            rows = self.convert(read_rows(self.data, slice(start, start + self.step)))
            self.held = start, rows
        return rows[number - start]


Rows = np.ndarray | StoredRows


def load_rows(
    arrays: list[tuple[h5py.Dataset, Convert]], memory: float, shuffled: bool
) -> tuple[list[Rows], int]:
    """Return the rows of arrays of one file: in memory if all fit, else from the file or a copy.

    Args:
        arrays: each with what checks its rows and makes them uint8.
        memory: bytes that they may take together.
        shuffled: rows will be wanted in random orders. Arrays that are not read and have no chunk
            a shape are then copied to files beside it, see `by_shape`, and checked on the way.
            Other rows are checked when they are read.

    Returns:
        The rows of each array, and the bytes that they take together.

    Raises:
        UserError: an array cannot be read or is refused; see `by_shape`.
    """
    size = sum(prod(data.shape) for data, _ in arrays)
    if size <= memory:
        return [in_memory(data, convert) for data, convert in arrays], size
    return [_outside_memory(data, convert, shuffled) for data, convert in arrays], 0


def _outside_memory(data: h5py.Dataset, convert: Convert, shuffled: bool) -> StoredRows:
    if shuffled and data.chunks != _chunk_a_shape(data):
        return by_shape(data, convert)
    return StoredRows(Path(data.file.filename), data.name[1:], convert)


def _chunk_a_shape(data: h5py.Dataset) -> tuple[int, ...]:
    return (1, *data.shape[1:])


def rows_at_once(data: h5py.Dataset, size: int) -> int:
    """Return how many rows to read at once: some `size` bytes, and whole chunks where they fit."""
    row = max(prod(data.shape[1:]), 1)
    in_chunk = data.chunks[0] if data.chunks else 1
    rows = in_chunk * max(size // (row * in_chunk), 1)
    return max(min(rows, _LARGEST_BLOCK // row), 1)


def in_memory(data: h5py.Dataset, convert: Convert) -> np.ndarray:
    """Read an array whole. UserError if it cannot be read or `convert` refuses it."""
    array = np.empty(data.shape, np.uint8)
    for rows, block in _checked_blocks(data, convert, "reading"):
        array[rows] = block
    return array


def by_shape(data: h5py.Dataset, convert: Convert) -> StoredRows:
    """Copy an array to a file beside its own, a chunk a shape; return its rows.

    In most other layouts a shape's row costs the decompression of several shapes. The copy is
    `<file>_by_shape/<key>.hdf5`, checked by `convert`; it is used again until the file changes.

    Raises:
        UserError: the array cannot be read, or `convert` refuses it, or nothing can be written
            beside the file.
    """
    source, key = Path(data.file.filename), data.name[1:]
    path = source.with_name(f"{source.stem}_by_shape") / f"{key}.hdf5"
    status = source.stat()
    of_source = {"size": status.st_size, "mtime_ns": status.st_mtime_ns}
    if not _is_of(path, key, of_source):
        try:
            with in_turn(path.parent):
                if not _is_of(path, key, of_source):  # another process may have made it meanwhile
                    for left in path.parent.glob(f".{key}.*"):  # by a killed one
                        left.unlink()
                    _write_by_shape(path, data, key, convert, of_source)
        except OSError as error:
            if error.errno not in _READ_ONLY:
                raise
            raise UserError(
                f"{path.parent} cannot be written: {os.strerror(error.errno)}. Copy {source.name} "
                "to a folder that can, or give it more `memory`"
            ) from error
    return StoredRows(path, key)


def largest(rows: Rows) -> int:
    """Return the largest number of an array, 0 for none. UserError if it cannot be read."""
    if isinstance(rows, np.ndarray):
        return int(rows.max(initial=0))
    if "largest" in rows.data.attrs:  # a copy by `by_shape`
        return int(rows.data.attrs["largest"])
    blocks = _checked_blocks(rows.data, rows.convert, "checking")
    return max((int(block.max(initial=0)) for _, block in blocks), default=0)


def _checked_blocks(
    data: h5py.Dataset, convert: Convert, doing: str
) -> Iterator[tuple[slice, np.ndarray]]:
    """Read an array block by block: which rows, and what `convert` makes of them.

    Shows progress where it takes long.
    """
    step, count = rows_at_once(data, BLOCK_BYTES), len(data)
    name = f"{doing} {Path(data.file.filename).name}: {data.name[1:]}"
    with progress(doing=name, unit="shape", total=count, delay=2) as bar:
        for start in range(0, count, step):
            rows = slice(start, start + step)
            yield rows, convert(read_rows(data, rows))
            bar.update(min(step, count - start))


def _is_of(path: Path, key: str, source: dict[str, int]) -> bool:
    """Whether there is a copy of the source as it is now."""
    if not path.is_file():
        return False
    try:
        with open_hdf5(path) as file:
            return {name: file[key].attrs[name] for name in source} == source
    except (UserError, KeyError):
        return False


def _write_by_shape(
    path: Path, data: h5py.Dataset, key: str, convert: Convert, source: dict[str, int]
) -> None:
    with new_hdf5(path) as file:
        chunks, seen = _chunk_a_shape(data), 0
        copy = file.create_dataset(key, data.shape, np.uint8, chunks=chunks, compression="lzf")
        for rows, block in _checked_blocks(data, convert, "copying"):
            copy[rows] = block
            seen = max(seen, int(block.max(initial=0)))
        copy.attrs.update(**source, largest=seen)
