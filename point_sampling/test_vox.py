"""Look at one shape of a point-value dataset: projections and meshes of each resolution.

Writes <index>_{vox,16,32,64}_{1,2,3}.png, <index>_{vox,16,32,64}.dae and sheet.png.
"""

import argparse
from pathlib import Path

import h5py
import numpy as np

from imnet.base.errors import UserError, run_program
from imnet.data.hdf5 import open_hdf5
from imnet.pictures.images import max_projections, write_picture
from imnet.pictures.rendering import contact_sheet
from imnet.surfaces.extraction import marching_cubes
from imnet.surfaces.mesh_files import write_mesh
from point_sampling.sampling import QUOTAS


def grids_of(file: h5py.File, index: int) -> dict[str, np.ndarray]:
    """The occupancy grids of one shape: "vox" [64]³, and "16", "32", "64" (and "128" if stored).

    All float32, [R, R, R]. The grid of a resolution holds its own points and nothing else: 1 where
    a point's value is 1, and 0 elsewhere.
    """
    grids = {"vox": file["voxels"][index, ..., 0].astype(np.float32)}
    for resolution in QUOTAS:
        if f"points_{resolution}" not in file:
            continue
        i, j, k = points = file[f"points_{resolution}"][index].T
        if points.max() >= resolution:
            raise UserError(f"points_{resolution} are not voxel indices at {resolution}³")
        grid = np.zeros((resolution,) * 3, np.float32)
        grid[i, j, k] = file[f"values_{resolution}"][index, :, 0]
        grids[str(resolution)] = grid
    return grids


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--dataset", type=Path, required=True, help="the dataset, FILE.hdf5")
    parser.add_argument("--index", type=int, default=0, help="the shape to look at")
    parser.add_argument("--output", type=Path, default=Path("."), help="folder for the files")
    parser.add_argument("--sheet", type=int, default=16, help="shapes on the contact sheet")
    options = parser.parse_args()

    with open_hdf5(options.dataset) as file:
        stored = [key for key in file if key.startswith("points_")]
        missing = {"voxels", *(key.replace("points", "values") for key in stored)} - set(file)
        if missing:
            raise UserError(f"{options.dataset} is no point-value dataset: no {sorted(missing)[0]}")
        count = len(file["voxels"])
        if not 0 <= options.index < count:
            raise UserError(f"--index {options.index}: the dataset has shapes 0 to {count - 1}")
        if options.sheet < 1:
            raise UserError(f"--sheet {options.sheet}: at least one shape is needed")
        grids = grids_of(file, options.index)
        first = file["voxels"][: options.sheet, ..., 0].astype(np.float32)
    for name, grid in grids.items():
        stem = f"{options.index}_{name}"
        for number, picture in enumerate(max_projections(grid), start=1):
            write_picture(options.output / f"{stem}_{number}.png", picture)
        vertices, triangles = marching_cubes(grid)
        if len(triangles):  # a shape too thin to be met by any of these points has no mesh
            write_mesh(options.output / f"{stem}.dae", vertices, triangles)
    labels = [str(index) for index in range(len(first))]
    sheet = contact_sheet([marching_cubes(grid) for grid in first], labels)
    write_picture(options.output / "sheet.png", sheet)
    print(f"{options.output}: shape {options.index} of {count}, and sheet.png of the first shapes")


if __name__ == "__main__":
    run_program(main)
