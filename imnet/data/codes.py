"""Latent codes: read from files, and on the way between shapes."""

from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np

from imnet.base.errors import UserError
from imnet.data.hdf5 import open_hdf5, read_array, write_arrays

KEY = "zs"
DECODER_ATTRIBUTE = "decoder"  # of codes in files of ours: the fingerprint of their decoder


def write_codes(path: str | Path, codes: np.ndarray, decoder: str) -> None:
    """Write latent codes `zs` [n, z_dim] and the fingerprint of their decoder."""
    write_arrays(path, {DECODER_ATTRIBUTE: decoder}, zs=codes)


def decoder_of(path: str | Path) -> str | None:
    """Return the fingerprint of the decoder that a file's codes are of; None if it names none."""
    with open_hdf5(path) as file:
        return file[KEY].attrs.get(DECODER_ATTRIBUTE)


def check_codes_target(flag: str, path: str | Path) -> None:
    """Raise UserError if the file exists and holds anything but codes of samples."""
    if Path(path).is_file():
        of_samples = h5py.is_hdf5(path)
        if of_samples:
            with open_hdf5(path) as file:
                of_samples = set(file) == {KEY} and DECODER_ATTRIBUTE not in file[KEY].attrs
        if not of_samples:
            raise UserError(f"{flag} {path} exists and holds other data: name another file")


def read_codes(path: str | Path, z_dim: int | None = None) -> np.ndarray:
    """Read latent codes `zs` [n, z_dim] as float32.

    Raises:
        UserError: there are none, or they are of another width than z_dim, or no numbers.
    """
    with open_hdf5(path) as file:
        codes = read_array(file, KEY, (None, None)).astype(np.float32)
    if not len(codes):
        raise UserError(f"{path} holds no codes: extract them again")
    if z_dim not in (None, codes.shape[1]):
        raise UserError(f"{path} has codes of width {codes.shape[1]}, not {z_dim}")
    if not np.isfinite(codes).all():
        raise UserError(f"{path} has codes that are no numbers: extract them again")
    return codes


def codes_between(first: np.ndarray, last: np.ndarray, steps: int) -> np.ndarray:
    """Return `steps` codes [steps, z_dim] evenly from first to last, both included."""
    return np.linspace(first, last, steps, dtype=np.float32)


def codes_along(ends: np.ndarray, steps: int) -> np.ndarray:
    """Return codes [(n - 1) * steps + 1, z_dim] on the lines from each code of ends to the next.

    `ends` [n, z_dim] are among them; there are `steps` from one to the next.
    """
    legs = [codes_between(a, b, steps + 1)[:-1] for a, b in pairwise(ends)]
    return np.concatenate([*legs, ends[-1:]])
