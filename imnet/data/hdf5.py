"""HDF5 files: opened, held against what is wanted, written whole."""

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np

from imnet.base.errors import UserError
from imnet.base.files import mesh_kind, other_thing, written_whole
from imnet.data.sizes import CAMERAS


def open_hdf5(path: str | Path) -> h5py.File:
    """Open an HDF5 file for reading.

    Raises:
        UserError: it is missing or not HDF5, or another process writes to it.
    """
    if not Path(path).is_file():
        raise UserError(f"no file {path}: make it, or name another")
    try:
        return h5py.File(path)
    except OSError as error:
        raise UserError(f"{path} {_what_it_is(Path(path), error)}") from error


def _what_it_is(path: Path, error: OSError) -> str:
    """Say what a file is that h5py does not open."""
    if error.errno == errno.EAGAIN:
        return "is open for writing in another process: wait until that has ended"
    try:
        with open(path, "rb") as file:
            start = file.read(4096)
    except OSError as reason:
        return f"cannot be read: {reason.strerror}"
    kind = mesh_kind(start)
    other = f"a {kind} file, which the samplers read" if kind else other_thing(start)
    return f"is not a whole HDF5 file: {f'it is {other}' if other else 'make or copy it again'}"


def find_array(file: h5py.File, key: str, shape: tuple[int | None, ...]) -> h5py.Dataset:
    """Find `key` without reading it; None in `shape` stands for any length.

    Raises:
        UserError: no such key, another shape, no numbers, or a compression that cannot be read.
    """
    data, where = file.get(key), f"{file.filename}: {key}"
    if data is None:
        raise UserError(f"{file.filename} has no {key}; it holds {holdings(file)}")
    if not isinstance(data, h5py.Dataset):
        raise UserError(f"{where} is a group, wanted an array")
    found = data.shape
    if (
        found is None
        or len(found) != len(shape)
        or any(wanted not in (None, length) for wanted, length in zip(shape, found, strict=True))
    ):
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        raise UserError(f"{where} is {found}, wanted ({wanted})")
    if data.dtype.kind not in "biuf":
        raise UserError(f"{where} holds {data.dtype}, wanted numbers")
    properties = data.id.get_create_plist()
    for code, _, _, name in map(properties.get_filter, range(properties.get_nfilters())):
        if not h5py.h5z.filter_avail(code):
            kind = name.decode(errors="replace") or f"filter {code}"
            raise UserError(
                f"{where} is compressed by {kind}, which h5py lacks here: "
                "write the file with gzip where it can be read"
            )
    return data


def find_cameras(file: h5py.File, views: tuple[int | None, ...]) -> h5py.Dataset:
    """Find the cameras of views [N, V], three numbers each or six, as formats.md has them.

    Raises UserError as `find_array`.
    """
    found = getattr(file.get(CAMERAS), "shape", ())
    return find_array(file, CAMERAS, (*views, 6 if found[2:] == (6,) else 3))


def holdings(file: h5py.File) -> str:
    """Name the arrays of a file, with those in its groups, for a message about one that lacks."""
    names: list[str] = []
    file.visititems(lambda name, item: names.append(name) if hasattr(item, "dtype") else None)
    more = f" and {len(names) - 20} others" if len(names) > 20 else ""
    note = "; arrays in groups are not used: write them without one"
    inside = any("/" in name for name in names)
    return f"{', '.join(names[:20]) or 'nothing'}{more}{note if inside else ''}"


def read_rows(data: h5py.Dataset, rows: Any = ()) -> np.ndarray:
    """Read some rows of an array, or all of it. Raises UserError if they cannot be read."""
    try:
        return data[rows]
    except OSError as error:
        raise UserError(
            f"{data.file.filename}: {data.name[1:]} cannot be read: make or copy the file again"
        ) from error


def read_array(file: h5py.File, key: str, shape: tuple[int | None, ...]) -> np.ndarray:
    """Read `key` whole; None in `shape` stands for any length. Raises UserError as `find_array`."""
    return read_rows(find_array(file, key, shape))


@contextmanager
def new_hdf5(path: str | Path) -> Iterator[h5py.File]:
    """Yield a new HDF5 file to write to, which is `path` if the block succeeds and nothing else.

    Raises:
        OSError: the disk is full.
    """
    with written_whole(path) as beside, open(beside, "w+b") as raw:
        target = _Target(raw)
        with h5py.File(target, "w") as file:
            yield file
        if target.error is not None:
            raise target.error


class _Target:
    """A file that keeps its first error to itself: HDF5 crashes where closing a file fails."""

    def __init__(self, file: BinaryIO):
        self.file, self.error = file, None

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            try:
                return getattr(self.file, name)(*arguments)
            except OSError as error:
                self.error = self.error or error
                return len(arguments[0]) if name in ("write", "readinto") else 0

        return call


def write_arrays(
    path: str | Path, attributes: Mapping[str, Any] | None = None, **arrays: np.ndarray
) -> None:
    """Write arrays by key to an HDF5 file, gzip level 9, whole or not at all.

    All get the attributes.
    """
    with new_hdf5(path) as file:
        for key, array in arrays.items():
            data = file.create_dataset(key, data=array, compression="gzip", compression_opts=9)
            data.attrs.update(attributes or {})
