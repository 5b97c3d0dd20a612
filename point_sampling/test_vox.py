# PYTHON_ARGCOMPLETE_OK
"""Look at one shape of a point-value dataset: projections and meshes of each resolution.

Writes <index>_{vox,16,32,64}_{1,2,3}.png, <index>_{vox,16,32,64}.dae and sheet.png. With --look, of
the first shapes: look.png, each at 64³, 32³ and 16³, and what may be wrong with it, in words.
"""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from imnet.base.errors import UserError, run_program
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.base.names import counted, names_of
from imnet.data.checks import GRID_ATTRIBUTE, as_indices, as_occupancy, points_grid
from imnet.data.dataset import check_numbers, own_frames
from imnet.data.hdf5 import open_hdf5, read_rows
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.data.voxel_points import next_to_surface
from imnet.pictures.images import max_projections, write_picture
from imnet.pictures.rendering import contact_sheet
from imnet.surfaces import Mesh, marching_cubes
from imnet.surfaces.mesh_files import write_mesh
from imnet.surfaces.reading import MESH_SUFFIXES, read_mesh
from point_sampling.looks import oddities, tiles
from point_sampling.make_svr_dataset import check_points
from point_sampling.original import QUOTAS
from point_sampling.sources import find_shapes


@dataclass(frozen=True, kw_only=True)
class Flags:
    dataset: Path = option(REQUIRED, "the dataset, FILE.hdf5")
    index: int = option(0, "the shape to look at")
    output: Path = option(Path("."), "folder for the files")
    sheet: int = option(16, "shapes on the contact sheet", least=1)
    look: bool = option(
        False, "instead: each of the first shapes at three resolutions, and warnings in words"
    )
    meshes: Path | None = option(
        None, "with --look: folder of the meshes that were sampled, which are shown and compared"
    )

    def __post_init__(self) -> None:
        """Raise UserError for flags that contradict each other."""
        if self.meshes is not None and not self.look:
            raise UserError("--meshes is of --look: add it")


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
        cells = cells_of(file, resolution, index)
        grid = np.zeros((resolution,) * 3, np.float32)
        grid[tuple(cells.T)] = _occupancy(file[f"values_{resolution}"], index)
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


def _occupancy(data: h5py.Dataset, rows: int | slice) -> np.ndarray:
    """Read the values of some shapes as float32, without their last axis, which is 1 long."""
    name = f"{data.file.filename}: {data.name[1:]}"
    return as_occupancy(read_rows(data, rows), name)[..., 0].astype(np.float32)


def look(options: Flags) -> None:
    """Draw the first shapes as they will be learned, and say what may be wrong with them.

    Raises:
        UserError: there are meshes, and the dataset does not know where they stood.
    """
    frames = own_frames(options.dataset)
    if options.meshes is not None and frames is None:
        raise UserError(
            f"--meshes: {options.dataset} does not say where its meshes stood: sample them again"
        )
    meshes = dict(find_shapes(options.meshes, MESH_SUFFIXES)) if options.meshes else {}
    shown, labels = [], []
    with open_hdf5(options.dataset) as file:
        check_points(file)
        names = names_of(options.dataset, len(file["voxels"]))[: options.sheet]
        for index, name in enumerate(names):
            voxels = _occupancy(file["voxels"], index) > 0
            mesh = mesh_of(name, meshes, frames[index]) if meshes else None
            found = oddities(voxels, share_seen(file, index, voxels), mesh)
            print(f"{index} {name}: {'; '.join(found) or 'nothing odd'}")
            shown += tiles(voxels, mesh)
            labels += (
                [f"{index} {name}", "64", "32", "16"] if meshes else [f"{index} {name}", "32", "16"]
            )
    sheet = contact_sheet(shown, labels, columns=len(shown) // len(names))
    write_picture(options.output / "look.png", sheet)
    print(f"{options.output / 'look.png'}: {counted(len(names), 'shape')}")


def main() -> None:
    options = parse_flags(Flags, __doc__)
    if options.look:
        return look(options)
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
