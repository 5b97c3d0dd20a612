"""Draw the figures of supplementary_material/results.md out of what experiment.sh trained.

python evaluation/figures.py --folder FOLDER [--output FOLDER]
"""

import argparse
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from tqdm import tqdm

from evaluation.checkpoint import load_autoencoder
from evaluation.results import classes_in
from evaluation.shapes import GRID, Failure, read_mesh, voxel_shape
from imnet.dataset import PointValueDataset
from imnet.errors import run_program
from imnet.files import written_whole
from imnet.meshes import unit_vertices
from imnet.pictures import write_picture
from imnet.rendering import mesh_extent, render_mesh, tile_pictures
from imnet.surface import Field, extract_surface

if TYPE_CHECKING:
    from IMGAN.encoder import Autoencoder

Mesh = tuple[np.ndarray, np.ndarray]
SAMPLES = 8  # of each GAN, the first
HELD_OUT = 8  # shapes, spread evenly over the held-out ones
STEPS = 13  # of an interpolation; its picture shows every second
TILE, FRAME = 176, 256  # pixels
COLOURS = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--folder", type=Path, required=True, help="FOLDER of experiment.sh")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path(__file__).parents[1] / "supplementary_material/figures",
        help="folder of the figures (default: supplementary_material/figures)",
    )
    options = parser.parse_args()
    for name in classes_in(options.folder):
        draw_class(options.folder / name, name, options.output)


def draw_class(folder: Path, name: str, output: Path) -> None:
    """Draw a class's reconstructions of held-out shapes, its interpolations and its samples."""
    trained = folder / "checkpoint"
    cnn = load_autoencoder(str(trained / f"{name}_only_train_cnn_64"))
    implicit = load_autoencoder(str(trained / f"{name}_only_train_64"))

    held_out = PointValueDataset(folder / "data" / f"{name}_test.hdf5").voxels
    chosen = held_out[np.linspace(0, len(held_out) - 1, min(HELD_OUT, len(held_out))).astype(int)]
    rows = {
        "truth": [voxel_mesh(voxels) for voxels in chosen],
        "CNN-AE": reconstructions(cnn, chosen, GRID),
        "IM-AE": reconstructions(implicit, chosen, GRID),
        "IM-AE, 256³": reconstructions(implicit, chosen, 256),
    }
    write_picture(output / f"{name}-held-out.png", draw_rows(rows, TILE))

    training = PointValueDataset(folder / "data" / f"{name}_only_train.hdf5").voxels
    ends = training[[0, len(training) // 2]]
    models = {"CNN-AE": cnn, "IM-AE": implicit}
    rows = {title: between(model, ends, STEPS) for title, model in models.items()}
    write_gif(output / f"{name}-interpolation.gif", rows)
    rows = {title: meshes[::2] for title, meshes in rows.items()}
    write_picture(output / f"{name}-interpolation.png", draw_rows(rows, TILE))

    rows = {
        title: [sample(folder / f"samples/{decoder}-only_train/out{t}.ply") for t in range(SAMPLES)]
        for decoder, title in (("cnn", "CNN-GAN"), ("implicit", "IM-GAN"))
    }
    write_picture(output / f"{name}-samples.png", draw_rows(rows, TILE))
    print(f"{name}: {output}")


def reconstructions(model: "Autoencoder", voxels: np.ndarray, resolution: int) -> list[Mesh]:
    """The meshes that an autoencoder makes of voxels [n, 64, 64, 64, 1]."""
    return [surface(model.field(z), resolution) for z in tqdm(model.encode(voxels), disable=None)]


def between(model: "Autoencoder", ends: np.ndarray, steps: int) -> list[Mesh]:
    """Meshes at 64³ on the straight line between the codes of two shapes [2, 64, 64, 64, 1]."""
    codes = np.linspace(*model.encode(ends), steps, dtype=np.float32)
    return [surface(model.field(z), GRID) for z in codes]


def surface(field: Field, resolution: int) -> Mesh:
    """The surface of a field in the unit frame; empty where there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the picture says that it is empty
        vertices, triangles = extract_surface(field, resolution, dense=resolution == GRID)
    return unit_vertices(vertices, resolution), triangles


def voxel_mesh(voxels: np.ndarray) -> Mesh:
    """The surface of voxels [64, 64, 64, 1] in the unit frame."""
    shape = voxel_shape(voxels)
    return shape.vertices, shape.triangles


def sample(path: Path) -> Mesh:
    """A mesh that IMGAN/main.py wrote; empty where a sample had no surface."""
    try:
        shape = read_mesh(path if path.is_file() else None, "unit", None)
    except Failure:
        return np.zeros((0, 3)), np.zeros((0, 3), np.int64)
    return shape.vertices, shape.triangles


def draw_rows(rows: dict[str, list[Mesh]], size: int) -> np.ndarray:
    """A row of pictures for each entry, its name at the left; every column of one scale."""
    columns = list(zip(*rows.values(), strict=True))
    scales = [max((mesh_extent(v) for v, t in column if len(t)), default=1.0) for column in columns]
    pictures, labels = [], []
    for name, meshes in rows.items():
        for mesh, scale in zip(meshes, scales, strict=True):
            pictures.append(render_mesh(*mesh, size, extent=scale))
            labels.append(name)
    return tile_pictures(pictures, labels, columns=len(columns))


def write_gif(path: Path, rows: dict[str, list[Mesh]]) -> None:
    """Write the rows side by side as frames, forth and back, in an endless GIF."""
    scale = max(mesh_extent(v) for meshes in rows.values() for v, t in meshes if len(t))
    frames = [
        tile_pictures([render_mesh(*mesh, FRAME, extent=scale) for mesh in step], list(rows))
        for step in zip(*rows.values(), strict=True)
    ]
    frames += frames[-2:0:-1]
    images = [Image.fromarray(frame).quantize(COLOURS) for frame in frames]
    with written_whole(path) as beside:
        images[0].save(
            beside, format="GIF", save_all=True, append_images=images[1:], duration=100, loop=0
        )


if __name__ == "__main__":
    run_program(main)
