"""What is written of shapes from pictures: meshes, pictures, a sheet, figures."""

from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.metrics.fields import iou
from imnet.pictures.images import write_picture
from imnet.pictures.rendering import render_mesh, tile_pictures
from imnet.programs.outputs import MeshSettings, write_field
from imnet.surfaces import Mesh, sample_field
from IMSVR.model import IMSVR

TILE = 192  # pixels a picture of the sheet


def print_figures(
    imsvr: IMSVR, codes: np.ndarray, voxels: np.ndarray, known: np.ndarray | None, level: float
) -> None:
    """Print mean IoUs at 64³ with the voxels, and with the autoencoder's own shapes if known.

    Codes and known codes [n, z_dim], voxels [n, 64, 64, 64, 1]; both fields are cut at the level.
    """

    def occupancy(z: np.ndarray) -> np.ndarray:
        return sample_field(imsvr.field(z), VOXEL_RESOLUTION, level) > level

    shapes = [occupancy(z) for z in codes]
    with_voxels = np.mean([iou(s, v[..., 0]) for s, v in zip(shapes, voxels, strict=True)])
    print(f"mean of {len(codes)} at {VOXEL_RESOLUTION}³: IoU with the voxels {with_voxels:.4f}")
    if known is not None:
        with_own = np.mean([iou(s, occupancy(z)) for s, z in zip(shapes, known, strict=True)])
        print(f"IoU with the autoencoder's own reconstructions {with_own:.4f}")


def write_results(
    imsvr: IMSVR,
    names: list[str],
    views: np.ndarray | None,
    codes: np.ndarray,
    truths: list[Mesh] | None,
    folder: Path,
    settings: MeshSettings,
) -> None:
    """Write `out/<name>.<format>`, `image/<name>.png` and `out_sheet.png` in a folder.

    In the sheet, for each shape: the view, the mesh from two sides, the true shape from both.

    Args:
        imsvr: the model.
        names: of the n shapes.
        views: [n, 137, 137] uint8, or None.
        codes: [n, z_dim].
        truths: n meshes, or None.
        folder: where to.
        settings: of the meshes.
    """
    tiles = []
    for i, name in enumerate(tqdm(names, desc="meshes", unit="mesh", disable=None)):
        mesh, _ = write_field(imsvr.field(codes[i]), name, settings)
        if views is not None:
            write_picture(folder / "image" / f"{name}.png", views[i])
            tile = cv2.resize(views[i], (TILE, TILE), interpolation=cv2.INTER_CUBIC)
            tiles.append(np.repeat(tile[..., None], 3, axis=2))
        tiles += from_two_sides(mesh)
        if truths is not None:
            tiles += from_two_sides(truths[i])
    tiles_a_shape = len(tiles) // len(names)
    labels = [text for name in names for text in (name, *[""] * (tiles_a_shape - 1))]
    shapes_a_row = max(round((len(names) / 3) ** 0.5), 1)  # a sheet about as wide as high
    sheet = folder / "out_sheet.png"
    write_picture(sheet, tile_pictures(tiles, labels, tiles_a_shape * shapes_a_row))
    print(f"{len(names)} meshes at {settings.resolution}³ in {settings.folder}, all on {sheet}")


def from_two_sides(mesh: Mesh) -> list[np.ndarray]:
    """Pictures [TILE, TILE, 3] of a mesh from the front and from behind."""
    vertices, triangles = mesh
    return [render_mesh(vertices * side, triangles, TILE) for side in ((1, 1, 1), (-1, 1, -1))]
