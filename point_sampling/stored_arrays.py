"""The arrays of point-value datasets: checked, and copied to another file."""

import re
import zlib
from pathlib import Path

import h5py
import numpy as np

from imnet.base.errors import UserError
from imnet.base.progress import progress
from imnet.data.checks import GRID_ATTRIBUTE, as_indices, as_occupancy, as_pixels
from imnet.data.hdf5 import find_array, new_hdf5, read_rows
from imnet.data.sizes import CAMERAS, FRAMES, VOXEL_RESOLUTION
from point_sampling.parts import create_chunked, write_chunk

KINDS = {CAMERAS: np.float32, FRAMES: np.float64}  # of the arrays that are not uint8
_BATCH = 64  # shapes in memory at once, where chunks cannot be copied as they are


def check_points(file: h5py.File) -> list[str]:
    """Return the keys of a point-value dataset. Raises UserError if it is none."""
    count = len(find_array(file, "voxels", (None, *[VOXEL_RESOLUTION] * 3, 1)))
    keys = ["voxels"]
    for key in [key for key in file if re.fullmatch(r"points_\d+", key)] or ["points_16"]:
        points, values = key, key.replace("points", "values")
        quota = find_array(file, points, (count, None, 3)).shape[1]
        find_array(file, values, (count, quota, 1))
        keys += [points, values]
    return keys


def frames_in(files: list[h5py.File]) -> list[str]:
    """Return the key of the shapes' own frames, in a list, if all files have it; else none.

    Raises UserError if a file has something else under it.
    """
    if not all(FRAMES in file for file in files):
        return []
    for file in files:
        find_array(file, FRAMES, (len(file["voxels"]), 3, 4))
    return [FRAMES]


def check_alike(files: list[h5py.File]) -> list[str]:
    """Return the keys that all files have. Raises UserError if they are of different kinds."""
    kinds = [
        {key: (file[key].shape[1:], file[key].attrs.get(GRID_ATTRIBUTE)) for key in keys}
        for file, keys in zip(files, map(check_points, files), strict=True)
    ]
    for file, kind in zip(files, kinds, strict=True):
        if kind != kinds[0]:
            raise UserError(
                f"{files[0].filename} and {file.filename} hold other points: sample both alike"
            )
    return list(kinds[0])


def write_set(
    path: Path, names: list[str], sources: list[tuple[h5py.Dataset, dict[str, int]]], title: str
) -> None:
    """Write these shapes of all sources to an HDF5 file.

    A source is an array and the row of each name.
    """
    with new_hdf5(path) as file:
        for data, rows in progress(sources, title, unit="array"):
            copy_shapes([(data, [rows[name] for name in names])], file)


def copy_shapes(sources: list[tuple[h5py.Dataset, list[int]]], file: h5py.File) -> None:
    """Copy some shapes of datasets, in this order, to the same key of another file.

    The sources are arrays of that key, with the rows to take of each. All become uint8, but for
    KINDS. Raises UserError if they cannot be read, or are other numbers than the key promises.
    """
    first, count = sources[0][0], sum(len(rows) for _, rows in sources)
    key = first.name[1:]
    dtype = KINDS.get(key, np.uint8)
    target = create_chunked(file, key, count, first.shape[1:], dtype)
    if GRID_ATTRIBUTE in first.attrs:
        target.attrs[GRID_ATTRIBUTE] = first.attrs[GRID_ATTRIBUTE]
    start = 0
    for source, rows in sources:
        _copy_rows(source, rows, target, start)
        start += len(rows)


def _copy_rows(source: h5py.Dataset, rows: list[int], target: h5py.Dataset, start: int) -> None:
    """Copy rows of an array to the rows from `start` of another."""
    alike = ("dtype", "chunks", "compression", "compression_opts")
    alike += ("shuffle", "fletcher32", "scaleoffset")
    if not all(getattr(source, name) == getattr(target, name) for name in alike):
        return _copy_values(source, rows, target, start)
    try:
        _copy_chunks(source, rows, target, start)
    except (OSError, zlib.error) as error:
        raise UserError(
            f"{source.file.filename}: {source.name[1:]} cannot be read: make or copy the file again"
        ) from error


def _copy_chunks(source: h5py.Dataset, rows: list[int], target: h5py.Dataset, start: int) -> None:
    """Copy shapes that are a chunk each as they are, without compressing them again."""
    size = np.prod(source.shape[1:]) * source.dtype.itemsize  # bytes
    for index, row in enumerate(rows, start):
        _, chunk = source.id.read_direct_chunk((row, *[0] * (source.ndim - 1)))
        if len(zlib.decompress(chunk)) != size:  # it has a checksum
            raise OSError(f"chunk {row} is of a wrong size")
        write_chunk(target, index, chunk)


def _copy_values(source: h5py.Dataset, rows: list[int], target: h5py.Dataset, start: int) -> None:
    for done in range(0, len(rows), _BATCH):
        batch = np.array(rows[done : done + _BATCH])
        order = np.argsort(batch)  # h5py reads ascending rows only
        arrays = read_rows(source, batch[order])[np.argsort(order)]
        if source.dtype != target.dtype:
            arrays = as_promised(arrays, source.name[1:], source.file.filename)
        target[start + done : start + done + len(batch)] = arrays


def as_promised(arrays: np.ndarray, key: str, path: str) -> np.ndarray:
    """Return the arrays of a key as they are stored. Raises UserError for other numbers."""
    if key in KINDS:
        return arrays.astype(KINDS[key])
    if key == "pixels":
        return as_pixels(arrays, f"{path}: {key}")
    if key.startswith("points_"):
        return as_indices(arrays, int(key[7:]), f"{path}: {key}")
    return as_occupancy(arrays, f"{path}: {key}")
