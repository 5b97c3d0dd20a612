"""The solids of binvox files, and those that a dataset holds."""

from pathlib import Path

import numpy as np

from imnet.surfaces.binvox import read_voxels
from imnet.surfaces.solid import fill_from_corners, fill_interior
from point_sampling.sources import DATASET, dataset_voxels

OPEN_TO_BORDER = "open to the border of the grid, so left hollow; the original would fill it"


def load(name: str, path: Path) -> np.ndarray:
    """Load the solid shape of a binvox file, or of this name in a dataset: bool [64, 64, 64]."""
    return load_with_remark(name, path)[0]


def load_with_remark(name: str, path: Path) -> tuple[np.ndarray, str | None]:
    """Load a shape as `load` does; remark on it where the original's rule gives another solid.

    The voxels of a dataset are solid already.
    """
    if path.suffix.lower() == DATASET:
        return dataset_voxels(name, path), None
    voxels = read_voxels(path)
    solid = fill_interior(voxels)
    if not any(layers.any() for axis in range(3) for layers in _outermost(voxels, axis)):
        return solid, None  # what is empty at the border is one, and reaches all corners
    same = np.array_equal(solid, fill_interior(voxels, fill_from_corners))
    return solid, None if same else OPEN_TO_BORDER


def _outermost(voxels: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the two outermost layers at both ends of an axis: one each at half the resolution."""
    layers = np.moveaxis(voxels, axis, 0)
    return layers[:2], layers[-2:]
