"""Tell by its code whether a picture is like the pictures that the image encoder learned from."""

from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from imnet.data.hdf5 import open_hdf5, read_array

CODES_FILE = "training_codes.hdf5"  # beside the checkpoints: `zs` [N, z_dim], `distances` [N]


def distances_to_nearest(codes: np.ndarray, training_codes: np.ndarray) -> np.ndarray:
    """Return distances [n] float32 of codes [n, z_dim] to the nearest training code [N, z_dim]."""
    return cKDTree(training_codes).query(codes)[0].astype(np.float32)


def read_resemblance(folder: Path, z_dim: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Read what was stored when training ended: codes [N, z_dim], distances [N].

    Returns None where the checkpoints' folder has no CODES_FILE (the original's).

    Raises:
        UserError: the file cannot be read, or its codes have another width.
    """
    path = folder / CODES_FILE
    if not path.is_file():
        return None
    with open_hdf5(path) as file:
        return read_array(file, "zs", (None, z_dim)), read_array(file, "distances", (None,))


def unlike_training(codes: np.ndarray, folder: Path) -> np.ndarray | None:
    """Return which codes [n, z_dim] are far from all training codes.

    Far is more than 95% of the distances that were stored when training ended.

    Returns:
        bool [n], or None where nothing was stored. Errors as of `read_resemblance`.
    """
    stored = read_resemblance(folder, codes.shape[1])
    if stored is None:
        return None
    training_codes, distances = stored
    return distances_to_nearest(codes, training_codes) > np.quantile(distances, 0.95)
