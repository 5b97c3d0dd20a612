"""What the programs hand over: meshes, their projections, a contact sheet, points."""

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from imnet.base.files import MESH_FORMATS
from imnet.base.names import counted
from imnet.base.progress import progress, say
from imnet.data.sizes import CLOUD_POINTS
from imnet.pictures.images import write_maxima, write_picture
from imnet.pictures.rendering import contact_sheet
from imnet.programs.mesh_options import MeshSettings
from imnet.surfaces import (
    Blocks,
    Field,
    Mesh,
    cube_blocks,
    largest_part,
    marching_cubes,
    sample_blocks,
    sample_field,
)
from imnet.surfaces.mesh_files import write_mesh, write_surface_points
from imnet.surfaces.mesh_list import Listed, write_mesh_list
from imnet.surfaces.refinement import refine_vertices
from imnet.surfaces.triangles import sample_surface

SHEET_SHAPES = 128  # on a contact sheet, at most: the meshes of all may be more than memory holds


class Names(NamedTuple):
    """What the files of numbered shapes are called."""

    meshes: str  # <meshes><t>.<format>, <meshes>_sheet.png
    pictures: str  # <pictures><t>_1t.png, _2t, _3t
    points: str  # <dataset>_<points>.hdf5


class Source(NamedTuple):
    """What a shape was sampled from."""

    name: str = ""  # of the shape; empty if it has none
    frame: np.ndarray | None = None  # [3, 4], to the units of its mesh, see `own_frame`

    def label(self, t: int, between: str = " ") -> str:
        """Return the number t of the shape, and its name if it has one."""
        return f"{t}{between}{self.name}" if self.name else str(t)


SAMPLES = Names("out", "", "im_gan_sample")  # the original's
RECONSTRUCTIONS = Names(*["reconstruction"] * 3)
INTERPOLATION = Names(*["interpolation"] * 3)


def write_shapes(
    fields: dict[int, Field],
    names: Names,
    settings: MeshSettings,
    sources: Mapping[int, Source] | None = None,
) -> Iterator[tuple[int, Mesh]]:
    """Write for each numbered field its mesh and three projections; a contact sheet and names.csv.

    Yields t and mesh of each when it is written; sheet and names.csv are written at the end.

    An empty field gets projections and a warning, but no mesh file.

    Args:
        fields: number t → field.
        names: of the files.
        settings: folder, resolution and format.
        sources: number t → what the shape was sampled from; none are known without it.
    """
    shown, listed, made = {}, [], 0
    sources = sources or {}
    for t, field in progress(fields.items(), "meshes", unit="mesh"):
        source, name = sources.get(t, Source()), f"{names.meshes}{t}"
        mesh, maxima = write_field(field, name, settings, source.frame)
        file = f"{name}.{settings.format}"
        listed.append(
            Listed(file, t, source.name, settings.units, settings.resolution, source.frame)
        )
        write_maxima(settings.folder, f"{names.pictures}{t}", "t", maxima)
        made += not mesh.empty
        if len(shown) < SHEET_SHAPES:
            shown[t] = mesh
        yield t, mesh
    sheet = settings.folder / f"{names.meshes}_sheet.png"
    labels = [sources.get(t, Source()).label(t) for t in shown]
    write_picture(sheet, contact_sheet(list(shown.values()), labels))
    write_mesh_list(settings.folder, listed)
    written = [f"{names.meshes}{t}" for t in fields]
    say_written(written, made, sheet, settings, rf"{names.meshes}\d+")


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
    present = settings.folder.glob("*") if settings.folder.is_dir() else []
    ours = {f"{name}.{settings.format}" for name in wanted}
    old = [path.name for path in present if path.suffix in MESH_FORMATS and path.name not in ours]
    old = [name for name in old if re.fullmatch(others, Path(name).stem)]
    if old:
        old.sort(key=lambda name: re.sub(r"\d+", lambda number: number[0].zfill(9), name))
        which = old[0] if len(old) == 1 else f"{old[0]} to {old[-1]}"
        print(f"note: {settings.folder} also holds {len(old)} of another run: {which}")


def write_field(
    field: Field, name: str, settings: MeshSettings, frame: np.ndarray | None = None
) -> tuple[Mesh, list[np.ndarray]]:
    """Write the mesh `<name>.<format>` of a field; print what is odd about it.

    A field without a surface gets no file, and one that is there is removed. `frame` as in
    `MeshSettings.in_units`.

    Returns:
        The mesh, and the greatest values along axis 0, 1, 2 in a border of zeros, three
        [D+2, D+2]. Only `dense` and `keep_largest` hold a grid of the values.
    """
    resolution, level = settings.resolution, settings.level
    with warnings.catch_warnings(record=True) as caught:  # that the field is NaN
        warnings.simplefilter("always")
        if settings.dense:
            values = sample_field(field, resolution, level, dense=True)
        else:
            values = sample_blocks(field, resolution, level, settings.stride)
    odd = [str(warning.message) for warning in caught]
    if settings.keep_largest:
        values = largest_part(values if settings.dense else values.grid(), level)
    if isinstance(values, Blocks):
        mesh, maxima, least = cube_blocks(values, level), values.maxima(), values.least()
    else:
        mesh, least = marching_cubes(values, level), values.min()
        maxima = [values.max(axis=axis) for axis in range(3)]
    del values  # what is to come needs no more of it
    if mesh.empty:
        odd.append(f"the field is nowhere above {level}: no surface")
    elif least > level:
        odd.append(f"the field is everywhere above {level}: a cube, no surface")
    for message in odd:
        say(f"warning: {name}: {message}")
    if settings.refine:
        mesh = Mesh(refine_vertices(field, *mesh, resolution, level), mesh.triangles, resolution)
    path = settings.folder / f"{name}.{settings.format}"
    if mesh.empty:
        path.unlink(missing_ok=True)
    else:
        write_mesh(path, *settings.in_units(mesh, frame))
    return mesh, [np.pad(picture, 1) for picture in maxima]


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
    mesh: Mesh,
    name: str,
    count: int,
    settings: MeshSettings,
    rng: np.random.Generator,
    frame: np.ndarray | None = None,
) -> np.ndarray:
    """Write `count` points on a mesh, uniform by area, as `<name>_points.ply`.

    The file has the normals of the triangles too, and the units of the mesh files.

    Returns:
        Points and normals [2, count, 3] float32, zeros where there is no surface.
    """
    ply = settings.folder / f"{name}_points.ply"
    if mesh.empty:
        ply.unlink(missing_ok=True)
        say(f"warning: {name}: no surface, its points are zeros")
        return np.zeros((2, count, 3), np.float32)
    in_units = settings.in_units(mesh, frame)
    points = np.array(sample_surface(*in_units, count, rng), np.float32)
    write_surface_points(ply, *points)
    return points
