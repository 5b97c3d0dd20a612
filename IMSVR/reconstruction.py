"""The programs without `--train`: shapes from the views of a set, or from pictures."""

import sys
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from imnet.base.errors import UserError
from imnet.data.dataset import PointValueDataset, read_codes, read_views
from imnet.metrics.fields import iou
from imnet.pictures.images import write_picture
from imnet.pictures.rendering import render_mesh, tile_pictures
from imnet.programs.outputs import MeshSettings, write_field
from imnet.surfaces.extraction import marching_cubes, sample_field
from IMSVR.crops import centre_crops
from IMSVR.model import IMSVR
from IMSVR.options import Options
from IMSVR.photos import find_pictures, picture_to_view, read_picture
from IMSVR.resemblance import unlike_training
from IMSVR.training import load

TILE = 192  # pixels a picture of the sheet
FIGURES_AT = 64


def reconstruct_set(options: Options) -> None:
    """Write meshes of shapes of the set, from one view each, and how near they come."""
    dataset, pixels = PointValueDataset(options.set_path), read_views(options.set_path)
    numbers = range(len(pixels)) if options.all else range(len(pixels))[options.start : options.end]
    if not numbers:
        raise UserError(f"--start {options.start}: {options.set_path} has {len(pixels)} shapes")
    views = chosen_views(pixels, numbers, options)
    imsvr = load(options)
    codes = imsvr.encode(centre_crops(views))
    truths = [marching_cubes(dataset.voxels[t, ..., 0]) for t in numbers]
    write_results(imsvr, [str(t) for t in numbers], views, codes, truths, options)
    known = None
    if options.split == "train" and options.codes_path.is_file():
        known = read_codes(options.codes_path)[list(numbers)]
    print_figures(imsvr, codes, dataset.voxels[list(numbers)], known, options.level)


def chosen_views(pixels: np.ndarray, numbers: range | list[int], options: Options) -> np.ndarray:
    """Give view `--view` [n, 137, 137] of the numbered shapes."""
    if options.view >= pixels.shape[1]:
        raise UserError(
            f"--view {options.view}: the shapes have the views 0..{pixels.shape[1] - 1}"
        )
    return pixels[list(numbers), options.view]


def print_figures(
    imsvr: IMSVR, codes: np.ndarray, voxels: np.ndarray, known: np.ndarray | None, level: float
) -> None:
    """Print mean IoUs at 64³ with the voxels, and with the autoencoder's own shapes if known.

    Codes and known codes [n, z_dim], voxels [n, 64, 64, 64, 1]; both fields are cut at the level.
    """

    def occupancy(z: np.ndarray) -> np.ndarray:
        return sample_field(lambda points: imsvr.decode(points, z), FIGURES_AT, level) > level

    shapes = [occupancy(z) for z in codes]
    with_voxels = np.mean([iou(s, v[..., 0]) for s, v in zip(shapes, voxels, strict=True)])
    print(f"mean of {len(codes)} at {FIGURES_AT}³: IoU with the voxels {with_voxels:.4f}")
    if known is not None:
        with_own = np.mean([iou(s, occupancy(z)) for s, z in zip(shapes, known, strict=True)])
        print(f"IoU with the autoencoder's own reconstructions {with_own:.4f}")


def interpolate(options: Options) -> None:
    """Write meshes of codes on the straight line between those of two shapes' views."""
    pixels = read_views(options.set_path)
    for i in options.interpolate:
        if not 0 <= i < len(pixels):
            raise UserError(
                f"--interpolate {i}: {options.set_path} has the shapes 0..{len(pixels) - 1}"
            )
    imsvr = load(options)
    ends = imsvr.encode(centre_crops(chosen_views(pixels, options.interpolate, options)))
    codes = np.linspace(*ends, options.steps, dtype=np.float32)
    names = [f"interpolation{step}" for step in range(options.steps)]
    write_results(imsvr, names, None, codes, None, options)


def reconstruct_pictures(options: Options) -> int:
    """Write a mesh of each picture; list those that are no good, and return the exit status."""
    names, views, skipped = [], [], []
    for path in find_pictures(options.image):
        try:
            view = picture_to_view(read_picture(path), options.background)
        except UserError as error:
            message = str(error)
            skipped.append(message if message.startswith(str(path)) else f"{path}: {message}")
            continue
        same = sum(name == path.stem or name.startswith(f"{path.stem}_") for name in names)
        names.append(f"{path.stem}_{same + 1}" if path.stem in names else path.stem)
        views.append(view)
    if not views:
        raise UserError(f"none of the pictures is good: {skipped[0]}")
    imsvr = load(options)
    views = np.stack(views)  # [n, 137, 137]
    codes = imsvr.encode(centre_crops(views))
    write_results(imsvr, names, views, codes, None, options)
    unlike = unlike_training(codes, options.model_dir)
    for name in np.array(names)[unlike] if unlike is not None else []:
        print(f"warning: {name} is unlike the training views: do not trust its mesh")
    for message in skipped:
        print(f"skipped {message}", file=sys.stderr)
    return 2 if skipped else 0


def write_results(
    imsvr: IMSVR,
    names: list[str],
    views: np.ndarray | None,
    codes: np.ndarray,
    truths: list[tuple] | None,
    options: Options,
) -> None:
    """Write `out/<name>.<format>`, `image/<name>.png` and `out_sheet.png` below sample_dir.

    In the sheet, for each shape: the view, the mesh from two sides, the true shape from both.

    Args:
        imsvr: the model.
        names: of the n shapes.
        views: [n, 137, 137] uint8, or None.
        codes: [n, z_dim].
        truths: n meshes (vertices, triangles), or None.
        options: folder, resolution, format and so on.
    """
    folder = Path(options.sample_dir)
    settings = MeshSettings.of(options, folder / "out", options.resolution)
    tiles = []
    for i, name in enumerate(tqdm(names, desc="meshes", unit="mesh", disable=None)):
        mesh, _ = write_field(lambda p, z=codes[i]: imsvr.decode(p, z), name, settings)
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
    print(f"{len(names)} meshes at {options.resolution}³ in {settings.folder}, all on {sheet}")


def from_two_sides(mesh: tuple[np.ndarray, np.ndarray]) -> list[np.ndarray]:
    """Pictures [TILE, TILE, 3] of a mesh (vertices, triangles) from the front and from behind."""
    vertices, triangles = mesh
    return [render_mesh(vertices * side, triangles, TILE) for side in ((1, 1, 1), (-1, 1, -1))]
