"""Files of one shape each, and codes fitted to them: grids, meshes, scans of a part."""

import re
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import numpy as np

from IMGAN.model import IMAE
from imnet.base.errors import UserError, one_line, say_once
from imnet.base.names import counted
from imnet.data.lattice import cell_centres
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.metrics.fields import iou
from imnet.networks.completion import complete
from imnet.networks.scans import Place, Scan
from imnet.pictures.images import write_maxima, write_picture
from imnet.pictures.rendering import largest_extent, render_mesh, tile_pictures
from imnet.programs.mesh_options import MeshSettings
from imnet.programs.outputs import SHEET_SHAPES, say_written, write_field
from imnet.surfaces import Mesh, extract_surface, marching_cubes
from imnet.surfaces.binvox import read_place, read_voxels
from imnet.surfaces.clouds import (
    check_cloud,
    chosen_points,
    cloud_normals,
    distances_to,
    dots,
    facing,
)
from imnet.surfaces.mesh_files import write_mesh
from imnet.surfaces.reading import CLOUD_SUFFIXES, MESH_SUFFIXES, read_cloud, read_mesh
from imnet.surfaces.solid import fill_interior, max_pool
from imnet.surfaces.voxelize import box_of, voxelize

BINVOX = ".binvox"
SHAPE_SUFFIXES = tuple(dict.fromkeys((BINVOX, *MESH_SUFFIXES, *CLOUD_SUFFIXES)))
PLACED = "placed"  # folder of the meshes in the files' own units
TILE = 192  # pixels of a picture of the sheet
POINTS = 8192  # of a cloud that are used
NEAR = 1 / 32  # two voxels, in diagonals of the shape: a point so near is explained
DOT, DOTS = 0.012, 3  # the size of a point that is shown, and which of them are
LEAST_SHARE, LEAST_IOU = 0.85, 0.5  # below, a fit is not to be trusted


@dataclass(frozen=True)
class ShapeFile:
    """What a file holds, its axes turned to ShapeNet's: `voxels` bool [64, 64, 64] or a `scan`.

    `place` is where the shape is in the file's own units, None where that is to be found;
    `rotation` [3, 3] has turned the axes.
    """

    name: str
    voxels: np.ndarray | None
    scan: Scan | None
    place: Place | None
    rotation: np.ndarray = field(default_factory=lambda: np.eye(3))


@dataclass(frozen=True)
class Fit:
    """A code [z_dim] fitted to a file, the place of its shape, and how near it comes.

    `figures` is a line; `doubt` says why the fit is not to be trusted, if it is not.
    """

    code: np.ndarray
    place: Place
    figures: str
    doubt: str | None


def read_shape_files(
    paths: tuple[str, ...],
    rotation: np.ndarray,
    camera: tuple[float, ...] | None,
    place: Place | None,
    seed: int,
) -> tuple[list[ShapeFile], list[str]]:
    """Read files of one shape each.

    Args:
        paths: binvox of 64³, meshes, point clouds.
        rotation: [3, 3], turns their axes to ShapeNet's.
        camera: where the clouds were seen from, in their own coordinates, if that is known.
        place: of the clouds' shapes, in their own coordinates, if that is known.
        seed: decides which of many points are used.

    Returns:
        Shapes, named by their files without suffix, with _2, _3 ... where a name is taken; and one
        line for each file that was skipped.

    Raises:
        UserError: no file is good.
    """
    shapes: list[ShapeFile] = []
    skipped, taken = [], set()
    for path in map(Path, paths):
        stem = name = " ".join(re.split(r"[\r\n]+", path.stem))
        numbers = count(2)
        while name in taken:
            name = f"{stem}_{next(numbers)}"
        try:
            shapes.append(_read(name, path, rotation, camera, place, seed))
        except UserError as error:
            skipped.append(one_line(error))
            continue
        taken.add(name)
    if not shapes:
        raise UserError(skipped[0] if len(paths) == 1 else f"no file is good: {skipped[0]}")
    return shapes, skipped


def _read(
    name: str,
    path: Path,
    rotation: np.ndarray,
    camera: tuple[float, ...] | None,
    place: Place | None,
    seed: int,
) -> ShapeFile:
    """Read one file, see `read_shape_files`. Raises UserError with its path."""
    suffix = path.suffix.lower()
    if suffix not in SHAPE_SUFFIXES:
        raise UserError(f"{path}: a file of {' '.join(SHAPE_SUFFIXES)} is wanted")
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    if suffix == BINVOX:
        voxels = read_voxels(path)
        if not voxels.any():
            raise UserError(f"{path} is empty: no voxel is occupied")
        return ShapeFile(name, fill_interior(voxels), None, Place(*read_place(path)))
    if suffix in MESH_SUFFIXES:
        vertices, faces = read_mesh(path)
        if len(faces):
            triangles = vertices[faces] @ rotation.T
            centre, diagonal = box_of(triangles, str(path))
            voxels = max_pool(voxelize(triangles, str(path)), VOXEL_RESOLUTION)
            return ShapeFile(name, voxels, None, Place(diagonal, centre), rotation)
        if suffix not in CLOUD_SUFFIXES:
            raise UserError(f"{path} has no faces")
    scan = _scan(path, rotation, camera, seed)
    if place is not None:
        place = Place(place.scale, rotation @ place.centre)
    return ShapeFile(name, None, scan, place, rotation)


def _scan(path: Path, rotation: np.ndarray, camera: tuple[float, ...] | None, seed: int) -> Scan:
    """Read the points of a cloud that are used, and their normals."""
    points, normals = read_cloud(path)
    finite = np.isfinite(points).all(axis=1)
    if not finite.all():
        left = f"{counted(np.count_nonzero(~finite), 'point')} of {len(points)}"
        say_once(f"{path}: {left} without finite coordinates left out")
        points, normals = points[finite], normals[finite[: len(normals)]]
    check_cloud(points, str(path))
    some = chosen_points(points, POINTS, seed)
    points, normals = points[some], normals[some] if len(normals) else normals
    normals, oriented = cloud_normals(points, normals)
    if camera is not None:
        normals, oriented = facing(points, normals, np.array(camera)), True
    elif not oriented:
        say_once(f"{path} has no normals: they are estimated, and which side is outside, too")
    camera = None if camera is None else rotation @ camera
    return Scan(points @ rotation.T, normals @ rotation.T, oriented, camera)


def fit_shape(
    model: IMAE, shape: ShapeFile, codes: np.ndarray, symmetric: bool, level: float, seed: int
) -> Fit:
    """Fit a code to what a file holds.

    Args:
        model: the autoencoder.
        shape: what the file holds.
        codes: [n, z_dim] of other shapes, see `complete`.
        symmetric: whether shapes look the same mirrored in x.
        level: of the surface.
        seed: decides which points count.
    """
    if shape.scan is None:
        voxels = shape.voxels[None, ..., None].astype(np.uint8)
        (code,) = model.fit(voxels, seed=seed)
        found = iou(model.decode(cell_centres(VOXEL_RESOLUTION), code) > level, voxels.ravel() > 0)
        doubt = None if found >= LEAST_IOU else f"its IoU is below {LEAST_IOU}"
        return Fit(code, shape.place, f"IoU {found:.4f}", doubt)
    done = complete(model.decoder, shape.scan, codes, shape.place, symmetric=symmetric, seed=seed)
    mesh = extract_surface(model.field(done.code), VOXEL_RESOLUTION, level).in_unit_frame()
    if mesh.empty:
        return Fit(done.code, done.place, "no surface", "it has no surface")
    points = (shape.scan.points - done.place.centre) / done.place.scale
    distances = distances_to(mesh, points, np.random.default_rng(seed))
    share = np.mean(distances <= NEAR)
    figures = (
        f"{share:.1%} of the points within {NEAR:.3f} of the surface, mean distance "
        f"{distances.mean():.4f}, in diagonals of the shape"
    )
    if shape.place is None:
        centre = " ".join(f"{number:.6g}" for number in done.place.centre @ shape.rotation)
        figures += f"; found: scale {done.place.scale:.6g}, centre {centre}"
    doubt = None if share >= LEAST_SHARE else f"{1 - share:.0%} of the points are not on it"
    return Fit(done.code, done.place, figures, doubt)


def observed_mesh(shape: ShapeFile, place: Place) -> Mesh:
    """What a file holds as a mesh in the unit frame, to be shown: its voxels, or dots."""
    if shape.scan is None:
        return marching_cubes(shape.voxels.astype(np.float32)).in_unit_frame()
    return dots((shape.scan.points[::DOTS] - place.centre) / place.scale, DOT)


def write_fits(
    model: IMAE, shapes: list[ShapeFile], fits: list[Fit], settings: MeshSettings
) -> int:
    """Write the mesh, three projections and the placed mesh of each fit, and a sheet of all.

    Files in the folder: `<name>.<format>`, `<name>_1t.png`, `_2t`, `_3t`; `placed/<name>.<format>`,
    the mesh in the file's own units, axes and place; `fit_sheet.png`: for each, what was seen and
    the result, from two sides. Returns how many meshes there are.
    """
    tiles, labels, made = [], [], 0
    for shape, fit in zip(shapes, fits, strict=True):
        mesh, maxima = write_field(model.field(fit.code), shape.name, settings)
        write_maxima(settings.folder, shape.name, "t", maxima)
        mesh = mesh.in_unit_frame()
        placed = settings.folder / PLACED / f"{shape.name}.{settings.format}"
        placed.unlink(missing_ok=True)
        if not mesh.empty:
            made += 1
            vertices = mesh.vertices * fit.place.scale + fit.place.centre
            write_mesh(placed, vertices @ shape.rotation, mesh.triangles)
        if len(labels) < 2 * SHEET_SHAPES:
            tiles += pictures_of([observed_mesh(shape, fit.place), mesh])
            labels += [shape.name, "", "fitted", ""]
    sheet = settings.folder / "fit_sheet.png"
    write_picture(sheet, tile_pictures(tiles, labels, 4))
    say_written([shape.name for shape in shapes], made, sheet, settings)
    print(f"in the units, axes and place of the files: {settings.folder / PLACED}")
    return made


def pictures_of(meshes: list[Mesh]) -> list[np.ndarray]:
    """Pictures of meshes of one shape, at one scale, each from the front and from behind."""
    extent = largest_extent(meshes)
    sides = ((1, 1, 1), (-1, 1, -1))
    return [
        render_mesh(mesh.vertices * side, mesh.triangles, TILE, extent=extent)
        for mesh in meshes
        for side in sides
    ]
