# PYTHON_ARGCOMPLETE_OK
"""Look at one shape of a point-value dataset: projections and meshes of each resolution.

Writes <index>_{vox,16,32,64}_{1,2,3}.png, <index>_{vox,16,32,64}.dae and sheet.png. With --look, of
the first shapes: look.png, each at 64³, 32³ and 16³, and what may be wrong with it, in words.
"""

from dataclasses import dataclass
from pathlib import Path

from imnet.base.errors import UserError, run_program
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.base.names import counted, names_of


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


def look(options: Flags) -> None:
    """Draw the first shapes as they will be learned, and say what may be wrong with them.

    Raises:
        UserError: there are meshes, and the dataset does not know where they stood.
    """
    from imnet.data.dataset import own_frames  # these are not for --help
    from imnet.data.hdf5 import open_hdf5
    from imnet.pictures.images import write_picture
    from imnet.pictures.rendering import contact_sheet
    from imnet.surfaces.reading import MESH_SUFFIXES
    from point_sampling.looks import oddities, tiles
    from point_sampling.sources import find_shapes
    from point_sampling.stored_arrays import check_points
    from point_sampling.stored_grids import mesh_of, occupancy_of, share_seen

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
            voxels = occupancy_of(file["voxels"], index) > 0
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


def draw(options: Flags) -> None:
    """Draw one shape, its meshes, and the first shapes on a sheet."""
    from imnet.data.dataset import check_numbers  # these are not for --help
    from imnet.data.hdf5 import open_hdf5
    from imnet.pictures.images import max_projections, write_picture
    from imnet.pictures.rendering import contact_sheet
    from imnet.surfaces import marching_cubes
    from imnet.surfaces.mesh_files import write_mesh
    from point_sampling.stored_arrays import check_points
    from point_sampling.stored_grids import grids_of, occupancy_of

    with open_hdf5(options.dataset) as file:
        check_points(file)
        count = len(file["voxels"])
        check_numbers("--index", [options.index], count, options.dataset)
        grids = grids_of(file, options.index)
        first = occupancy_of(file["voxels"], slice(options.sheet))
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


def main() -> None:
    options = parse_flags(Flags, __doc__)
    return look(options) if options.look else draw(options)


if __name__ == "__main__":
    run_program(main)
