"""What is written of shapes from pictures: meshes, pictures, a sheet, figures."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from imnet.base.progress import progress
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.data.views import centre_crops
from imnet.metrics.fields import iou
from imnet.pictures.images import write_maxima, write_picture
from imnet.pictures.rendering import render_mesh, tile_pictures
from imnet.programs.mesh_options import MeshSettings
from imnet.programs.outputs import SHEET_SHAPES, say_written, write_field
from imnet.surfaces import Mesh, sample_field
from imnet.surfaces.mesh_list import Listed, write_mesh_list
from IMSVR.fitting import Fitted
from IMSVR.model import IMSVR

VIEWS = "image"  # folder of the views
ALIKE = 0.8  # silhouette IoU below which a fitted shape is unlike its picture
TILE = 192  # pixels a picture of the sheet


def print_figures(
    imsvr: IMSVR,
    codes: np.ndarray,
    voxels: Iterable[np.ndarray],
    known: np.ndarray | None,
    level: float,
) -> None:
    """Print mean IoUs at 64³ with the voxels, and with the autoencoder's own shapes if known.

    Codes and known codes [n, z_dim], voxels n of [64, 64, 64, 1]; both fields are cut at the level.
    """

    def occupancy(z: np.ndarray) -> np.ndarray:
        return sample_field(imsvr.field(z), VOXEL_RESOLUTION, level) > level

    with_voxels, with_own = [], []
    for i, (z, truth) in enumerate(zip(codes, voxels, strict=True)):
        shape = occupancy(z)
        with_voxels.append(iou(shape, truth[..., 0]))
        if known is not None:
            with_own.append(iou(shape, occupancy(known[i])))
    mean = np.mean(with_voxels)
    print(f"mean of {len(codes)} at {VOXEL_RESOLUTION}³: IoU with the voxels {mean:.4f}")
    if with_own:
        print(f"IoU with the autoencoder's own reconstructions {np.mean(with_own):.4f}")


def print_agreement(names: list[str], fits: list[Fitted]) -> None:
    """Print how far fitted shapes agree with their pictures, and which do not."""
    for name, fit in zip(names, fits, strict=True):
        before, after = fit.before.mean(), fit.after.mean()
        print(f"{name}: silhouette IoU {before:.3f}, fitted {after:.3f}")
        if after < ALIKE:
            print(f"warning: {name} is still unlike its picture: do not trust its mesh")


def tiled(views: np.ndarray) -> np.ndarray:
    """Put views [v, 137, 137] side by side as one square picture, a single one as it is."""
    side = math.ceil(len(views) ** 0.5)
    white = np.full_like(views[:1], 255).repeat(side**2 - len(views), axis=0)
    grid = np.concatenate([views, white]).reshape(side, side, *views.shape[1:])
    return grid.swapaxes(1, 2).reshape(side * views.shape[1], -1)


def write_results(
    imsvr: IMSVR,
    names: list[str],
    views: Sequence[np.ndarray] | None,
    codes: np.ndarray,
    truth: Callable[[int], Mesh] | None,
    folder: Path,
    settings: MeshSettings,
    shapes: Mapping[int, str] | None = None,
) -> int:
    """Write `out/<name>.<format>`, `image/<name>.png` and `out_sheet.png` in a folder.

    Of shapes of a set also `out/names.csv`.

    With true shapes also, as the original's test, `<name>_1t.png`, `_2t`, `_3t`, the field from
    three sides, and `<name>_v.png`, the part of the view that the network sees.

    In the sheet, for each of the first shapes: the view, the mesh from two sides, the true shape
    from both.

    Args:
        imsvr: the model.
        names: of the n shapes.
        views: n squares uint8, or None; with true shapes [n, 137, 137].
        codes: [n, z_dim].
        truth: gives the true mesh of shape i of the n, or None.
        folder: where to.
        settings: of the meshes.
        shapes: number in their set → name, empty if it has none, of each of the n; or None.

    Returns:
        How many meshes there are: a field without a surface has none.
    """
    tiles, made = [], 0
    for i, name in enumerate(progress(names, "meshes", unit="mesh")):
        mesh, maxima = write_field(imsvr.field(codes[i]), name, settings)
        if truth is not None:
            write_maxima(folder, name, "t", maxima)
            write_picture(folder / f"{name}_v.png", centre_crops(views[i : i + 1])[0, ..., 0])
        made += not mesh.empty
        if views is not None:
            write_picture(folder / VIEWS / f"{name}.png", views[i])
        if i < SHEET_SHAPES:
            tiles += tiles_of(
                mesh, None if views is None else views[i], None if truth is None else truth(i)
            )
    if shapes:
        files = [f"{name}.{settings.format}" for name in names]
        write_mesh_list(
            settings.folder,
            (
                Listed(file, t, shape, settings.units, settings.resolution)
                for file, (t, shape) in zip(files, shapes.items(), strict=True)
            ),
        )
    shown = names[:SHEET_SHAPES]
    tiles_a_shape = len(tiles) // len(shown)
    labels = [text for name in shown for text in (name, *[""] * (tiles_a_shape - 1))]
    shapes_a_row = max(round((len(shown) / 3) ** 0.5), 1)  # a sheet about as wide as high
    sheet = folder / "out_sheet.png"
    write_picture(sheet, tile_pictures(tiles, labels, tiles_a_shape * shapes_a_row))
    say_written(names, made, sheet, settings)
    return made


def tiles_of(mesh: Mesh, view: np.ndarray | None, truth: Mesh | None) -> list[np.ndarray]:
    """Pictures [TILE, TILE, 3] of a shape in the sheet: its view, the mesh, the true mesh."""
    tiles = []
    if view is not None:
        tile = cv2.resize(view, (TILE, TILE), interpolation=cv2.INTER_CUBIC)
        tiles.append(np.repeat(tile[..., None], 3, axis=2))
    for shown in (mesh, truth):
        if shown is not None:
            tiles += from_two_sides(shown)
    return tiles


def from_two_sides(mesh: Mesh) -> list[np.ndarray]:
    """Pictures [TILE, TILE, 3] of a mesh from the front and from behind."""
    vertices, triangles = mesh
    return [render_mesh(vertices * side, triangles, TILE) for side in ((1, 1, 1), (-1, 1, -1))]
