"""HDF5 files: opened, checked against what is wanted, written whole."""

from pathlib import Path

import h5py
import numpy as np

from imnet.base.errors import UserError
from imnet.base.files import written_whole


def open_hdf5(path: str | Path) -> h5py.File:
    """Open an HDF5 file for reading.

    Raises:
        UserError: it is missing or not HDF5.
    """
    if not Path(path).is_file():
        raise UserError(f"no file {path}: make it, or name another with the flags (see --help)")
    try:
        return h5py.File(path)
    except OSError as error:
        raise UserError(f"{path} is not a whole HDF5 file: make or copy it again") from error


def read_array(file: h5py.File, key: str, shape: tuple[int | None, ...]) -> np.ndarray:
    """Read `key` whole; None in `shape` stands for any length.

    Raises:
        UserError: no such key, another shape, no numbers, or data that cannot be read.
    """
    if key not in file:
        raise UserError(f"{file.filename} has no {key}; it holds {', '.join(file) or 'nothing'}")
    found = getattr(file[key], "shape", None)
    if (
        found is None
        or len(found) != len(shape)
        or any(wanted not in (None, length) for wanted, length in zip(shape, found, strict=True))
    ):
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        raise UserError(f"{file.filename}: {key} is {found}, wanted ({wanted})")
    if file[key].dtype.kind not in "biuf":
        raise UserError(f"{file.filename}: {key} holds {file[key].dtype}, wanted numbers")
    try:
        return file[key][()]
    except OSError as error:
        raise UserError(f"{file.filename}: {key} cannot be read: copy the file again") from error


def write_arrays(path: str | Path, **arrays: np.ndarray) -> None:
    """Write arrays by key to an HDF5 file, gzip level 9, whole or not at all."""
    with written_whole(path) as beside, h5py.File(beside, "w") as file:
        for key, array in arrays.items():
            file.create_dataset(key, data=array, compression="gzip", compression_opts=9)
