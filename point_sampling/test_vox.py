# PYTHON_ARGCOMPLETE_OK
"""Look at one shape of a point-value dataset: projections and meshes of each resolution.

Writes <index>_{vox,16,32,64}_{1,2,3}.png, <index>_{vox,16,32,64}.dae and sheet.png.
"""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from imnet.base.errors import run_program
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.data.checks import GRID_ATTRIBUTE, as_indices, as_occupancy, points_grid
from imnet.data.dataset import check_numbers
from imnet.data.hdf5 import open_hdf5, read_rows
from imnet.pictures.images import max_projections, write_picture
from imnet.pictures.rendering import contact_sheet
from imnet.surfaces import marching_cubes
from imnet.surfaces.mesh_files import write_mesh
from point_sampling.make_svr_dataset import check_points
from point_sampling.original import QUOTAS


@dataclass(frozen=True, kw_only=True)
class Flags:
    dataset: Path = option(REQUIRED, "the dataset, FILE.hdf5")
    index: int = option(0, "the shape to look at")
    output: Path = option(Path("."), "folder for the files")
    sheet: int = option(16, "shapes on the contact sheet", least=1)


def grids_of(file: h5py.File, index: int) -> dict[str, np.ndarray]:
    """Read the occupancy grids of one shape: "vox" [64]³, and "16", "32", "64", "128" as stored.

    All are float32 [R, R, R]. The grid of a resolution holds only its own points: it is 1 where a
    point's value is 1, and 0 elsewhere.
    """
    grids = {"vox": _occupancy(file["voxels"], index)}
    for resolution in QUOTAS:
        key = f"points_{resolution}"
        if key not in file:
            continue
        where = f"{file.filename}: {key}"
        points = as_indices(read_rows(file[key], index), resolution, where)  # [m, 3]
        stated = file[key].attrs.get(GRID_ATTRIBUTE)
        cells = points // (points_grid(points[None], resolution, where, stated) // resolution)
        grid = np.zeros((resolution,) * 3, np.float32)
        grid[tuple(cells.T)] = _occupancy(file[f"values_{resolution}"], index)
        grids[str(resolution)] = grid
    return grids


def _occupancy(data: h5py.Dataset, rows: int | slice) -> np.ndarray:
    """Read the values of some shapes as float32, without their last axis, which is 1 long."""
    name = f"{data.file.filename}: {data.name[1:]}"
    return as_occupancy(read_rows(data, rows), name)[..., 0].astype(np.float32)


def main() -> None:
    options = parse_flags(Flags, __doc__)
    with open_hdf5(options.dataset) as file:
        check_points(file)
        count = len(file["voxels"])
        check_numbers("--index", [options.index], count, options.dataset)
        grids = grids_of(file, options.index)
        first = _occupancy(file["voxels"], slice(options.sheet))
    for name, grid in grids.items():
        stem = f"{options.index}_{name}"
        for number, picture in enumerate(max_projections(grid), start=1):
            write_picture(options.output / f"{stem}_{number}.png", picture)
        mesh = marching_cubes(grid)
        if not mesh.empty:  # it is where no point is inside the shape
            write_mesh(options.output / f"{stem}.dae", *mesh)
    labels = [str(index) for index in range(len(first))]
    sheet = contact_sheet([marching_cubes(grid) for grid in first], labels)
    write_picture(options.output / "sheet.png", sheet)
    print(f"{options.output}: shape {options.index} of {count}, and sheet.png of the first shapes")


if __name__ == "__main__":
    run_program(main)
