"""Latent codes: read from files, and on the way between shapes."""

from itertools import pairwise
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.data.hdf5 import open_hdf5, read_array


def read_codes(path: str | Path, z_dim: int | None = None) -> np.ndarray:
    """Read latent codes `zs` [n, z_dim] as float32.

    Raises:
        UserError: there are none, or they are of another width than z_dim, or no numbers.
    """
    with open_hdf5(path) as file:
        codes = read_array(file, "zs", (None, None)).astype(np.float32)
    if not len(codes):
        raise UserError(f"{path} holds no codes: extract them again, with --ae")
    if z_dim not in (None, codes.shape[1]):
        raise UserError(f"{path} has codes of width {codes.shape[1]}, not {z_dim}")
    if not np.isfinite(codes).all():
        raise UserError(f"{path} has codes that are no numbers: extract them again, with --ae")
    return codes


def codes_between(first: np.ndarray, last: np.ndarray, steps: int) -> np.ndarray:
    """Give `steps` codes [steps, z_dim] evenly from first to last, both included."""
    return np.linspace(first, last, steps, dtype=np.float32)


def codes_along(ends: np.ndarray, steps: int) -> np.ndarray:
    """Give codes [(n - 1) * steps + 1, z_dim] on the lines from each code of ends to the next.

    `ends` [n, z_dim] are among them; there are `steps` from one to the next.
    """
    legs = [codes_between(a, b, steps + 1)[:-1] for a, b in pairwise(ends)]
    return np.concatenate([*legs, ends[-1:]])
