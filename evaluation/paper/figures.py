# PYTHON_ARGCOMPLETE_OK
"""Draw the figures of supplementary_material/results.md from what experiment.sh trained.

python evaluation/paper/figures.py --folder FOLDER | --more_data FOLDER [--output FOLDER]
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError, run_program
from imnet.base.flags import option, parse_flags
from imnet.data.codes import codes_along
from imnet.data.dataset import PointValueDataset
from imnet.pictures.gifs import there_and_back, write_gif
from imnet.pictures.images import write_picture
from imnet.pictures.rendering import largest_extent, render_mesh, tile_pictures
from imnet.surfaces import Mesh
from imnet_evaluation.checkpoint import load_autoencoder
from imnet_evaluation.drawing import decode_surfaces, draw_rows
from imnet_evaluation.paper.results import classes_in
from imnet_evaluation.shapes import GRID, Failure, read_mesh, voxel_shape

SAMPLES = 8  # of each GAN, the first
HELD_OUT = 8  # shapes, spread evenly over the held-out ones
STEPS = 12  # of an interpolation; its picture shows every second
TILE, FRAME = 176, 256  # pixels


@dataclass(frozen=True, kw_only=True)
class Flags:
    """The flags of this program."""

    folder: Path | None = option(None, "FOLDER of experiment.sh, on real shapes")
    more_data: Path | None = option(
        None, "FOLDER that has a FOLDER of experiment.sh on chairs for real and for procedural"
    )
    output: Path = option(
        Path(__file__).parents[2] / "supplementary_material/figures", "folder of the figures"
    )


def main() -> None:
    options = parse_flags(Flags, __doc__.splitlines()[0])
    if options.folder is None and options.more_data is None:
        raise UserError("give --folder or --more_data")
    for name in classes_in([options.folder]) if options.folder else ():
        draw_class(options.folder / name, name, options.output)
    if options.more_data:
        draw_more_data(options.more_data, options.output)


def draw_class(folder: Path, name: str, output: Path) -> None:
    """Draw a class's reconstructions of held-out shapes, its interpolations and its samples."""
    trained = folder / "checkpoint"
    cnn = load_autoencoder(str(trained / f"{name}_only_train_cnn_64"))
    implicit = load_autoencoder(str(trained / f"{name}_only_train_64"))

    chosen = held_out_shapes(folder / "data" / f"{name}_test.hdf5")
    rows = {
        "truth": [voxel_mesh(voxels) for voxels in chosen],
        "CNN-AE": decode_surfaces(cnn, cnn.encode(chosen), GRID),
        "IM-AE": decode_surfaces(implicit, implicit.encode(chosen), GRID),
        "IM-AE, 256³": decode_surfaces(implicit, implicit.encode(chosen), 256),
    }
    write_picture(output / f"{name}-held-out.png", draw_rows(rows, TILE))

    training = PointValueDataset(folder / "data" / f"{name}_only_train.hdf5").voxels
    ends = training[[0, len(training) // 2]]
    rows = {
        title: decode_surfaces(model, codes_along(model.encode(ends), STEPS), GRID)
        for title, model in (("CNN-AE", cnn), ("IM-AE", implicit))
    }
    write_gif(output / f"{name}-interpolation.gif", there_and_back(frames_beside(rows)))
    rows = {title: meshes[::2] for title, meshes in rows.items()}
    write_picture(output / f"{name}-interpolation.png", draw_rows(rows, TILE))

    write_picture(output / f"{name}-samples.png", draw_samples(folder / "samples", "only_train"))
    print(f"{name}: {output}")


def draw_more_data(folder: Path, output: Path) -> None:
    """Draw held-out chairs as networks of real chairs alone and of more data give them; samples."""
    chosen = held_out_shapes(folder / "real/chair/data/chair_test.hdf5")
    rows = {"truth": [voxel_mesh(voxels) for voxels in chosen]}
    for data, dataset in (("real", "chair_only_train"), ("procedural", "chair_procedural")):
        for decoder, title in (("_cnn", "CNN-AE"), ("", "IM-AE")):
            model = load_autoencoder(str(folder / data / f"chair/checkpoint/{dataset}{decoder}_64"))
            rows[f"{title}, {data}"] = decode_surfaces(model, model.encode(chosen), GRID)
    write_picture(output / "more-data-held-out.png", draw_rows(rows, TILE))
    samples = draw_samples(folder / "procedural/chair/samples", "procedural_test")
    write_picture(output / "more-data-samples.png", samples)
    print(f"more data: {output}")


def held_out_shapes(path: Path) -> np.ndarray:
    """Choose some of a dataset's shapes, evenly spread: voxels [n, 64, 64, 64, 1]."""
    voxels = PointValueDataset(path).voxels
    return voxels[np.linspace(0, len(voxels) - 1, min(HELD_OUT, len(voxels))).astype(int)]


def draw_samples(folder: Path, side: str) -> np.ndarray:
    """Draw the first samples of both GANs."""
    rows = {
        title: [sample(folder / f"{decoder}-{side}/out{t}.ply") for t in range(SAMPLES)]
        for decoder, title in (("cnn", "CNN-GAN"), ("implicit", "IM-GAN"))
    }
    return draw_rows(rows, TILE)


def frames_beside(rows: dict[str, list[Mesh]]) -> list[np.ndarray]:
    """Draw a frame for each column of the rows: its meshes side by side, all at the same scale."""
    scale = largest_extent([mesh for meshes in rows.values() for mesh in meshes])
    return [
        tile_pictures([render_mesh(*mesh, FRAME, extent=scale) for mesh in step], list(rows))
        for step in zip(*rows.values(), strict=True)
    ]


def voxel_mesh(voxels: np.ndarray) -> Mesh:
    """Return the surface of voxels [64, 64, 64, 1] in the unit frame."""
    shape = voxel_shape(voxels)
    return Mesh(shape.vertices, shape.triangles)


def sample(path: Path) -> Mesh:
    """Read a mesh that IMGAN/main.py wrote; it is empty where a sample had no surface."""
    try:
        shape = read_mesh(path if path.is_file() else None)
    except Failure:
        return Mesh(np.zeros((0, 3)), np.zeros((0, 3), np.int64))
    return Mesh(shape.vertices, shape.triangles)


if __name__ == "__main__":
    run_program(main)
