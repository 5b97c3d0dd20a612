"""Meshes of codes in the unit frame: quick ones, fine ones, truths, files. No page is needed."""

import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from IMGAN.model import Autoencoder
from imnet.data.hdf5 import write_arrays
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.metrics.fields import iou
from imnet.pictures.images import write_picture
from imnet.pictures.rendering import contact_sheet, render_mesh
from imnet.surfaces import Field, Mesh, extract_surface, marching_cubes, sample_field
from imnet.surfaces.mesh_files import write_mesh

DRAG_STRIDE = 4  # of the first samples: quick, and finds all but thin detached parts
THUMBNAIL_SIZE = 96  # pixels


class Stale(Exception):
    """The mesh in the making is wanted no more."""


def code_mesh(
    autoencoder: Autoencoder,
    code: np.ndarray,
    resolution: int,
    level: float,
    stale: Callable[[], bool] = lambda: False,
    stride: int | None = None,
) -> Mesh:
    """Mesh the field of a code [z_dim]; see `extract_surface`.

    Raises:
        Stale: `stale`, which is asked between batches of points, says so.
    """

    def checked(function: Field) -> Field:
        def call(points: np.ndarray) -> np.ndarray:
            if stale():
                raise Stale
            return function(points)

        return call

    field = autoencoder.field(code)
    values = checked(field)
    if hasattr(field, "unsquashed"):  # it is clipped, see Field
        values.unsquashed, values.squash = checked(field.unsquashed), field.squash
    resolution = autoencoder.only_resolution or resolution
    mesh = extract_surface(values, resolution, level, autoencoder.dense, stride=stride)
    return mesh.in_unit_frame()


def code_iou(autoencoder: Autoencoder, code: np.ndarray, voxels: np.ndarray, level: float) -> float:
    """Return the IoU of a code's field above the level with voxels [64, 64, 64, 1]."""
    grid = sample_field(autoencoder.field(code), VOXEL_RESOLUTION, level, autoencoder.dense)
    return iou(grid > level, voxels[..., 0])


def voxel_mesh(voxels: np.ndarray) -> Mesh:
    """Mesh voxels [64, 64, 64, 1]."""
    return marching_cubes(voxels[..., 0]).in_unit_frame()


def thumbnail(mesh: Mesh) -> np.ndarray:
    """Draw a small picture [96, 96, 3] uint8 of a mesh."""
    return render_mesh(*mesh, THUMBNAIL_SIZE)


def mesh_file(mesh: Mesh, suffix: str) -> bytes:
    """Return the content of a mesh file, in the unit frame. `suffix` is one of MESH_FORMATS."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"shape{suffix}"
        write_mesh(path, *mesh)
        return path.read_bytes()


def collection_file(codes: list[np.ndarray], meshes: list[Mesh], suffix: str) -> bytes:
    """Return a zip file of n codes [z_dim] and their meshes.

    It holds codes.hdf5 (`zs` [n, z_dim], which `python main.py --codes` takes), mesh files
    `<number><suffix>` in the unit frame, and sheet.png.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_arrays(folder / "codes.hdf5", zs=np.stack(codes))
        write_picture(
            folder / "sheet.png", contact_sheet(meshes, [str(i) for i in range(len(meshes))])
        )
        for i, mesh in enumerate(meshes):
            if not mesh.empty:
                write_mesh(folder / f"{i}{suffix}", *mesh)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            for path in sorted(folder.iterdir()):
                file.write(path, path.name)
        return archive.getvalue()
