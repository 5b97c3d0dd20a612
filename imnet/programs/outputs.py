"""What the programs hand over: meshes, their projections, a contact sheet, points."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from tqdm import tqdm

from imnet.base.errors import UserError
from imnet.data.hdf5 import write_arrays
from imnet.pictures.images import write_picture, write_projections
from imnet.pictures.rendering import contact_sheet
from imnet.programs.mesh_options import MeshOptions
from imnet.surfaces import Field, Mesh, largest_part, marching_cubes, sample_field
from imnet.surfaces.mesh_files import write_mesh, write_surface_points
from imnet.surfaces.refinement import refine_vertices
from imnet.surfaces.triangles import sample_surface

CLOUD_POINTS = 2048


@dataclass(frozen=True, kw_only=True)
class MeshSettings(MeshOptions):
    """How fields become files."""

    folder: Path
    resolution: int

    @classmethod
    def of(cls, wanted: MeshOptions, folder: Path, resolution: int) -> "MeshSettings":
        """Give the settings that a program's flags ask for.

        Raises:
            UserError: the first samples would be no more than one.
        """
        if wanted.stride is not None and wanted.stride >= resolution:
            raise UserError(f"--stride {wanted.stride}: must be below the resolution {resolution}")
        flags = {flag.name: getattr(wanted, flag.name) for flag in fields(MeshOptions)}
        return cls(folder=folder, resolution=resolution, **flags)

    def in_units(self, mesh: Mesh) -> Mesh:
        """Give a mesh in array units in the units of the files."""
        return mesh.in_unit_frame() if self.units == "unit" else mesh


def write_shapes(
    fields: dict[int, Field], prefix: str, pictures: str, settings: MeshSettings
) -> dict[int, Mesh]:
    """Write for each numbered field its mesh and three projections, and one contact sheet of all.

    Files in the folder: `<prefix><t>.<format>`, `<pictures><t>_1t.png`, `_2t`, `_3t`,
    `<prefix>_sheet.png`. An empty field gets projections and a warning, but no mesh file.

    Args:
        fields: number t → field.
        prefix: of the mesh files.
        pictures: of the projections.
        settings: folder, resolution and format.

    Returns:
        t → mesh.
    """
    meshes = {}
    for t, field in tqdm(fields.items(), desc="meshes", unit="mesh", disable=None):
        meshes[t], grid = write_field(field, f"{prefix}{t}", settings)
        write_projections(settings.folder, f"{pictures}{t}", "t", np.pad(grid, 1))
    sheet = settings.folder / f"{prefix}_sheet.png"
    write_picture(sheet, contact_sheet(list(meshes.values()), [str(t) for t in meshes]))
    print(f"{len(meshes)} shapes at {settings.resolution}³ in {settings.folder}, all on {sheet}")
    return meshes


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
        tqdm.write(f"warning: {name}: {message}")
    if settings.refine:
        mesh = Mesh(refine_vertices(field, *mesh, resolution, level), mesh.triangles, resolution)
    path = settings.folder / f"{name}.{settings.mesh_format}"
    if mesh.empty:
        path.unlink(missing_ok=True)
    else:
        write_mesh(path, *settings.in_units(mesh))
    return mesh, grid


def point_cloud(vertices: np.ndarray, dim: int, rng: np.random.Generator) -> np.ndarray:
    """Give 2048 points [2048, 3] of a mesh, as the original does it.

    The vertices [v, 3] in array units, shuffled, centred by `(v - dim/2 - 0.5) / dim`, and
    repeated cyclically if there are too few. Zeros where there are none.
    """
    if not len(vertices):
        return np.zeros((CLOUD_POINTS, 3), np.float32)
    shuffled = rng.permutation(vertices)[np.arange(CLOUD_POINTS) % len(vertices)]
    return ((shuffled - dim / 2 - 0.5) / dim).astype(np.float32)


def write_point_clouds(path: Path, meshes: Iterable[tuple], dim: int, seed: int) -> None:
    """Write `points` [n, 2048, 3] of the meshes to an HDF5 file."""
    rng = np.random.default_rng(seed)
    write_arrays(path, points=np.stack([point_cloud(v, dim, rng) for v, _ in meshes]))
    print(f"point clouds in {path}")


def write_points_on_surfaces(
    path: Path, meshes: dict[int, Mesh], prefix: str, count: int, settings: MeshSettings, seed: int
) -> None:
    """Write `count` points on each mesh, uniform by area, with the normals of its triangles.

    `<prefix><t>_points.ply` in the folder of the meshes, and all in the HDF5 file `path`: `points`
    and `normals` [n, count, 3] float32, zeros where there is no surface. In the units of the mesh
    files; the points of mesh t depend on the mesh, the seed and t alone.
    """
    points, normals = np.zeros((2, len(meshes), count, 3), np.float32)
    for i, (t, mesh) in enumerate(meshes.items()):
        ply = settings.folder / f"{prefix}{t}_points.ply"
        if mesh.empty:
            ply.unlink(missing_ok=True)
            print(f"warning: {prefix}{t}: no surface, zeros in {path}")
            continue
        rng = np.random.default_rng((seed, t))
        points[i], normals[i] = sample_surface(*settings.in_units(mesh), count, rng)
        write_surface_points(ply, points[i], normals[i])
    write_arrays(path, points=points, normals=normals)
    print(f"{count} surface points of each shape in {path}")
