"""The grids of a dataset's shapes as they are stored, and the meshes that were sampled."""

from pathlib import Path

import h5py
import numpy as np

from imnet.base.errors import UserError
from imnet.data.checks import GRID_ATTRIBUTE, as_indices, as_occupancy, points_grid
from imnet.data.hdf5 import read_rows
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.data.voxel_points import next_to_surface
from imnet.surfaces import Mesh
from imnet.surfaces.reading import read_mesh
from point_sampling.original import QUOTAS


def grids_of(file: h5py.File, index: int) -> dict[str, np.ndarray]:
    """Read the occupancy grids of one shape: "vox" [64]³, and "16", "32", "64", "128" as stored.

    All are float32 [R, R, R]. The grid of a resolution holds only its own points: it is 1 where a
    point's value is 1, and 0 elsewhere.
    """
    grids = {"vox": occupancy_of(file["voxels"], index)}
    for resolution in QUOTAS:
        key = f"points_{resolution}"
        if key not in file:
            continue
        cells = cells_of(file, resolution, index)
        grid = np.zeros((resolution,) * 3, np.float32)
        grid[tuple(cells.T)] = occupancy_of(file[f"values_{resolution}"], index)
        grids[str(resolution)] = grid
    return grids


def cells_of(file: h5py.File, resolution: int, index: int) -> np.ndarray:
    """Read the cells [m, 3] uint8 of a resolution's grid that hold the stored points of a shape."""
    key = f"points_{resolution}"
    where = f"{file.filename}: {key}"
    points = as_indices(read_rows(file[key], index), resolution, where)  # [m, 3]
    stated = file[key].attrs.get(GRID_ATTRIBUTE)
    return points // (points_grid(points[None], resolution, where, stated) // resolution)


def share_seen(file: h5py.File, index: int, voxels: np.ndarray) -> float | None:
    """Return which share of the voxels next to a shape's surface are stored points at 64³."""
    near = next_to_surface(voxels)
    if f"points_{VOXEL_RESOLUTION}" not in file or not len(near):
        return None
    cells = cells_of(file, VOXEL_RESOLUTION, index).astype(np.int64)
    stored = np.ravel_multi_index(tuple(cells.T), voxels.shape)
    return float(np.isin(near, stored).mean())


def mesh_of(name: str, meshes: dict[str, Path], frame: np.ndarray) -> Mesh:
    """Read the mesh that a shape was sampled from into the unit frame.

    Raises:
        UserError: it is not among the meshes, or cannot be read.
    """
    if name not in meshes:
        raise UserError(f"--meshes: there is no {name} among them, which the dataset holds")
    vertices, triangles = read_mesh(meshes[name])
    return Mesh((vertices - frame[:, 3]) @ np.linalg.inv(frame[:, :3]).T, triangles)


def occupancy_of(data: h5py.Dataset, rows: int | slice) -> np.ndarray:
    """Read the values of some shapes as float32, without their last axis, which is 1 long."""
    name = f"{data.file.filename}: {data.name[1:]}"
    return as_occupancy(read_rows(data, rows), name)[..., 0].astype(np.float32)
