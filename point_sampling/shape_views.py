"""Views of shapes: of their surfaces, smoothed where they are of voxels."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy

from imnet.base.errors import UserError
from imnet.data.hdf5 import open_hdf5
from imnet.data.lattice import unit_vertices
from imnet.data.sizes import CAMERAS
from imnet.pictures.images import write_picture
from imnet.pictures.rendering import tile_pictures
from imnet.pictures.shapenet_views import PLAIN_LENS, render_views
from imnet.pictures.varied_views import render_varied_views
from imnet.surfaces import marching_cubes
from imnet.surfaces.reading import MESH_SUFFIXES, read_triangles
from imnet.surfaces.triangles import unit_normals
from imnet.surfaces.voxelize import normalise
from point_sampling.augmentation import draw_warp, warp_triangles
from point_sampling.binvox_solids import load_with_remark
from point_sampling.sources import DATASET, load_copy
from point_sampling.variant_names import originals_of

SUFFIXES = (*MESH_SUFFIXES, ".binvox", DATASET)  # of what is rendered
BLUR = 0.7  # sigma in voxels; this and NORMAL_ROUNDS were chosen by looking at real furniture
HOLD = 0.05  # how far from the level the blurred value of a voxel stays, on its own side
NORMAL_ROUNDS = 5  # of averaging normals over neighbouring faces
SHEET_SHAPES, SHEET_VIEWS, SHEET_COLUMNS = 60, 3, 6


def smooth_surface(voxels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the surface of an occupancy grid bool [64]³, its steps smoothed, in [-0.5, 0.5]³.

    Returns triangles [f, 3, 3] and smooth normals [f, 3] for shading. It is the surface of the
    blurred grid, except that each voxel's centre is kept on its own side, so that thin parts stay.
    """
    border = 4  # voxels: where the blur of what touches the grid's border ends
    grid = np.pad(voxels.astype(np.float32), border)
    blurred = scipy.ndimage.gaussian_filter(grid, BLUR)
    held = np.where(grid > 0, np.maximum(blurred, 0.5 + HOLD), np.minimum(blurred, 0.5 - HOLD))
    vertices, faces = marching_cubes(held)
    triangles = unit_vertices(vertices[faces] - border, len(voxels))  # [f, 3, 3]
    return triangles, smooth_normals(triangles, faces)


def smooth_normals(triangles: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Return unit normals [f, 3] of triangles [f, 3, 3], averaged along the surface.

    `faces` [f, 3] are the vertices' numbers: faces that share one are neighbours. The two sides of
    a thin plate are not mixed.
    """
    corner_of = scipy.sparse.csr_matrix(
        (np.ones(faces.size), faces.ravel(), np.arange(0, faces.size + 1, 3))
    )  # [f, v]
    normals = unit_normals(triangles)
    for _ in range(NORMAL_ROUNDS):
        normals = corner_of @ (corner_of.T @ normals)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)
    return normals


def load(
    rotation: np.ndarray, name: str, path: Path, *, copies: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Load a shape in the frame of its voxels: triangles [f, 3, 3] and their normals [f, 3].

    `path` is a mesh file, which `rotation` turns to ShapeNet's axes, or a binvox file, or a dataset
    that has a shape of this name. With `copies`, the name may be that of a warped copy, or of a
    shape made of two.
    """
    if path.suffix.lower() in MESH_SUFFIXES:
        triangles = read_triangles(path) @ rotation.T
        if copies and originals_of(name) != [name]:
            triangles = warp_triangles(triangles, draw_warp(name), str(path))
        triangles = normalise(triangles, str(path))
        return triangles, unit_normals(triangles)
    voxels, _ = load_copy(load_with_remark, name, path) if copies else load_with_remark(name, path)
    if not voxels.any():
        raise UserError(f"{path}: {name} is empty: no voxel is occupied")
    return smooth_surface(voxels)


def render_shape(
    rotation: np.ndarray,
    choose: Callable[..., np.ndarray],
    name: str,
    path: Path,
    random: np.random.Generator,
    *,
    copies: bool = False,
    choose_varied: Callable[..., np.ndarray] | None = None,
) -> tuple[dict[str, np.ndarray], None]:
    """Render the views of one shape: arrays `pixels` and `cameras` by key, and no note.

    Those of the cameras that `choose` gives are plain; those of `choose_varied` follow.
    """
    triangles, normals = load(rotation, name, path, copies=copies)
    vertices = triangles.reshape(-1, 3)
    cameras = choose(vertices, random=random)
    pixels = render_views(triangles, cameras, random, normals)
    if choose_varied:
        varied = choose_varied(vertices, random=random)
        stepped = path.suffix.lower() not in MESH_SUFFIXES
        more = render_varied_views(triangles, varied, random, normals, stepped=stepped)
        lens = np.broadcast_to(np.float32(PLAIN_LENS), (len(cameras), len(PLAIN_LENS)))
        cameras = np.concatenate([np.concatenate([cameras, lens], axis=1), varied])
        pixels = np.concatenate([pixels, more])
    if (pixels == 255).all():
        raise UserError(f"{path} cannot be seen: its faces have no area")
    return {"pixels": pixels, CAMERAS: cameras}, None


def write_sheet(output: Path, names: list[str], _notes: list[None]) -> None:
    """Write OUTPUT.png, a picture of the first views of the first shapes with their names."""
    with open_hdf5(output) as file:
        pixels = file["pixels"][:SHEET_SHAPES, :SHEET_VIEWS]  # [n, v, VIEW_SIZE, VIEW_SIZE]
    strips = np.concatenate(pixels.swapaxes(0, 1), axis=2)  # [n, VIEW_SIZE, v * VIEW_SIZE]
    pictures = list(np.repeat(strips[..., None], 3, axis=3))
    write_picture(output.with_suffix(".png"), tile_pictures(pictures, names, SHEET_COLUMNS))
