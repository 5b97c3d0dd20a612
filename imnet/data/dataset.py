"""Point-value datasets and latent codes in HDF5; data-and-coordinates.md has the layout."""

import re
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.data.hdf5 import open_hdf5, read_array
from imnet.data.lattice import coordinates


class PointValueDataset:
    """Shapes by index: voxels, and points with values at one resolution, all uint8 in memory."""

    def __init__(self, path: str | Path, resolution: int | None = None):
        """Read `path`; the points of `resolution` if one is given.

        Raises:
            UserError: the file is missing, is not HDF5, or lacks what is wanted.
        """
        self.path, self.resolution = Path(path), resolution
        with open_hdf5(self.path) as file:
            stored = sorted(int(key[7:]) for key in file if re.fullmatch(r"points_\d+", key))
            if resolution is not None and resolution not in stored:
                raise UserError(
                    f"{path} has no points_{resolution}; it holds the resolutions "
                    f"{', '.join(map(str, stored)) or '(none)'}: choose --real_size among them"
                )
            self.voxels = read_array(file, "voxels", (None, 64, 64, 64, 1))
            if not len(self.voxels):
                raise UserError(f"{path} holds no shapes: make it again with point_sampling")
            if resolution is not None:
                count = len(self.voxels)
                self._points = read_array(file, f"points_{resolution}", (count, None, 3))
                wanted = (count, self._points.shape[1], 1)
                self._values = read_array(file, f"values_{resolution}", wanted)

    def __len__(self) -> int:
        return len(self.voxels)

    @property
    def points_a_shape(self) -> int:
        """How many points are stored for each shape."""
        return self._points.shape[1]

    def point_indices(self, i: int) -> np.ndarray:
        """Voxel indices [m, 3] uint8 of shape i's points."""
        return self._points[i]

    def points(self, i: int, chosen: slice | np.ndarray = slice(None)) -> np.ndarray:
        """Coordinates [m, 3] float32 in [-1, 1] of shape i's points, all or the chosen ones."""
        return coordinates(self._points[i, chosen], self.resolution)

    def values(self, i: int, chosen: slice | np.ndarray = slice(None)) -> np.ndarray:
        """Values [m, 1] uint8, 1 inside, of shape i's points, all or the chosen ones."""
        return self._values[i, chosen]


def read_codes(path: str | Path) -> np.ndarray:
    """Read latent codes `zs` [n, z_dim] as float32."""
    with open_hdf5(path) as file:
        return read_array(file, "zs", (None, None)).astype(np.float32)


def read_views(path: str | Path) -> np.ndarray:
    """Read the views `pixels` [N, V, 137, 137] uint8 of a single-view set.

    Raises:
        UserError: the file is missing, or has no views, or some of another size.
    """
    with open_hdf5(path) as file:
        return read_array(file, "pixels", (None, None, 137, 137))
