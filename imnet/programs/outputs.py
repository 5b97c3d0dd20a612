"""What the programs hand over: meshes, their projections, a contact sheet, points."""

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.base.names import counted
from imnet.base.progress import progress, say
from imnet.pictures.images import write_picture, write_projections
from imnet.pictures.rendering import contact_sheet
from imnet.programs.mesh_options import MeshOptions
from imnet.surfaces import Field, Mesh, largest_part, marching_cubes, sample_field
from imnet.surfaces.mesh_files import FORMATS, write_mesh, write_surface_points
from imnet.surfaces.refinement import refine_vertices
from imnet.surfaces.triangles import sample_surface

CLOUD_POINTS = 2048
SHEET_SHAPES = 128  # on a contact sheet, at most: the meshes of all may be more than memory holds


@dataclass(frozen=True, kw_only=True)
class MeshSettings(MeshOptions):
    """How fields become files."""

    folder: Path
    resolution: int

    @classmethod
    def of(cls, wanted: MeshOptions, folder: Path, resolution: int) -> "MeshSettings":
        """Return the settings that a program's flags ask for.

        Raises:
            UserError: the first samples would be no more than one.
        """
        if wanted.stride is not None and wanted.stride >= resolution:
            raise UserError(f"--stride {wanted.stride}: must be below the resolution {resolution}")
        flags = {flag.name: getattr(wanted, flag.name) for flag in fields(MeshOptions)}
        return cls(folder=folder, resolution=resolution, **flags)

    def in_units(self, mesh: Mesh) -> Mesh:
        """Return a mesh in array units in the units of the files."""
        return mesh.in_unit_frame() if self.units == "unit" else mesh


def write_shapes(
    fields: dict[int, Field], prefix: str, pictures: str, settings: MeshSettings
) -> Iterator[tuple[int, Mesh]]:
    """Write for each numbered field its mesh and three projections, and one contact sheet.

    Yields t and mesh of each when it is written; the sheet is written at the end.

    Files in the folder: `<prefix><t>.<format>`, `<pictures><t>_1t.png`, `_2t`, `_3t`,
    `<prefix>_sheet.png`. An empty field gets projections and a warning, but no mesh file.

    Args:
        fields: number t → field.
        prefix: of the mesh files.
        pictures: of the projections.
        settings: folder, resolution and format.
    """
    shown, made = {}, 0
    for t, field in progress(fields.items(), "meshes", unit="mesh"):
        mesh, grid = write_field(field, f"{prefix}{t}", settings)
        write_projections(settings.folder, f"{pictures}{t}", "t", np.pad(grid, 1))
        made += not mesh.empty
        if len(shown) < SHEET_SHAPES:
            shown[t] = mesh
        yield t, mesh
    sheet = settings.folder / f"{prefix}_sheet.png"
    write_picture(sheet, contact_sheet(list(shown.values()), [str(t) for t in shown]))
    say_written([f"{prefix}{t}" for t in fields], made, sheet, settings, rf"{prefix}\d+")


def say_written(
    wanted: Sequence[str], made: int, sheet: Path, settings: MeshSettings, others: str = ".*"
) -> None:
    """Print how many meshes were made, and which of an earlier run lie beside them.

    Args:
        wanted: names of the mesh files without suffix.
        made: how many of them were written: a field without a surface has no file.
        sheet: the contact sheet of the first ones.
        settings: folder, resolution and format.
        others: pattern of the names, without suffix, that meshes of another run have.
    """
    count = len(wanted)
    what = f"{made} of {count} meshes" if made < count else counted(count, "mesh", "meshes")
    shown = "all" if count <= SHEET_SHAPES else f"the first {SHEET_SHAPES}"
    print(f"{what} at {settings.resolution}³ in {settings.folder}, {shown} on {sheet}")
    present = sorted(settings.folder.glob("*")) if settings.folder.is_dir() else []
    ours = {f"{name}.{settings.mesh_format}" for name in wanted}
    old = [path.name for path in present if path.suffix in FORMATS and path.name not in ours]
    old = [name for name in old if re.fullmatch(others, Path(name).stem)]
    if old:
        which = old[0] if len(old) == 1 else f"{old[0]} to {old[-1]}"
        print(f"note: {settings.folder} also holds {len(old)} of another run: {which}")


def write_field(field: Field, name: str, settings: MeshSettings) -> tuple[Mesh, np.ndarray]:
    """Write the mesh `<name>.<format>` of a field; print what is odd about it.

    A field without a surface gets no file, and one that is there is removed.

    Returns:
        The mesh, and the field's values [D, D, D] that it was made of.
    """
    resolution, level = settings.resolution, settings.level
    with warnings.catch_warnings(record=True) as caught:  # that the field is NaN
        warnings.simplefilter("always")
        grid = sample_field(field, resolution, level, settings.dense, stride=settings.stride)
    odd = [str(warning.message) for warning in caught]
    if settings.keep_largest:
        grid = largest_part(grid, level)
    mesh = marching_cubes(grid, level)
    if mesh.empty:
        odd.append(f"the field is nowhere above {level}: no surface")
    elif grid.min() > level:
        odd.append(f"the field is everywhere above {level}: a cube, no surface")
    for message in odd:
        say(f"warning: {name}: {message}")
    if settings.refine:
        mesh = Mesh(refine_vertices(field, *mesh, resolution, level), mesh.triangles, resolution)
    path = settings.folder / f"{name}.{settings.mesh_format}"
    if mesh.empty:
        path.unlink(missing_ok=True)
    else:
        write_mesh(path, *settings.in_units(mesh))
    return mesh, grid


def point_cloud(vertices: np.ndarray, dim: int, rng: np.random.Generator) -> np.ndarray:
    """Return 2048 points [2048, 3] of a mesh, as the original does it.

    The vertices [v, 3] in array units, shuffled, centred by `(v - dim/2 - 0.5) / dim`, and
    repeated cyclically if there are too few. Zeros where there are none.
    """
    if not len(vertices):
        return np.zeros((CLOUD_POINTS, 3), np.float32)
    shuffled = rng.permutation(vertices)[np.arange(CLOUD_POINTS) % len(vertices)]
    return ((shuffled - dim / 2 - 0.5) / dim).astype(np.float32)


def write_points_on_surface(
    mesh: Mesh, t: int, prefix: str, count: int, settings: MeshSettings, seed: int
) -> np.ndarray:
    """Write `count` points on mesh t, uniform by area, as `<prefix><t>_points.ply`.

    The file has the normals of the triangles too, and the units of the mesh files. The points
    depend on the mesh, the seed and t alone.

    Returns:
        Points and normals [2, count, 3] float32, zeros where there is no surface.
    """
    ply = settings.folder / f"{prefix}{t}_points.ply"
    if mesh.empty:
        ply.unlink(missing_ok=True)
        say(f"warning: {prefix}{t}: no surface, its points are zeros")
        return np.zeros((2, count, 3), np.float32)
    rng = np.random.default_rng((seed, t))
    points = np.array(sample_surface(*settings.in_units(mesh), count, rng), np.float32)
    write_surface_points(ply, *points)
    return points
