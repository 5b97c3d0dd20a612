"""Write a dataset of the authors' size and layout, for measuring: `synthetic_set.py --help`.

Its shapes are a few hundred random ones, repeated. The arrays have the chunks that h5py chooses by
itself, as the authors' have, which span many shapes; or one a shape, as our samplers write them.
"""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from imnet.base.errors import run_program
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.base.progress import progress
from imnet.data.hdf5 import new_hdf5
from imnet.data.rows import BLOCK_BYTES, rows_at_once
from imnet.data.sizes import VIEW_SIZE
from point_sampling.original import point_value_pairs


@dataclass(frozen=True, kw_only=True)
class Flags:
    """What the dataset is like."""

    output: Path = option(REQUIRED, "the dataset, X.hdf5")
    shapes: int = option(40000, "shapes; the authors' 13 classes have 35,000 for training", least=1)
    different: int = option(200, "different shapes among them", least=1)
    views: int = option(0, "views of each shape; the authors' have 24", least=0)
    gzip: int = option(4, "level of the compression", least=0, most=9)
    chunks: str = option("authors", "the layout", choices=("authors", "shape"))


def main() -> None:
    """Write the dataset."""
    flags = parse_flags(Flags, __doc__)
    rng = np.random.default_rng(0)
    samples = [random_shape(rng, flags.views) for _ in range(min(flags.different, flags.shapes))]
    with new_hdf5(flags.output) as file:
        for key, array in samples[0].items():
            shape = array.shape
            data = file.create_dataset(
                key,
                (flags.shapes, *shape),
                np.uint8,
                chunks=True if flags.chunks == "authors" else (1, *shape),
                compression="gzip",
                compression_opts=flags.gzip,
            )
            write_repeated(data, [sample[key] for sample in samples])


def random_shape(rng: np.random.Generator, views: int) -> dict[str, np.ndarray]:
    """Make the arrays of a shape of six boxes: voxels, points and values, pixels if wanted."""
    grid = np.zeros((64, 64, 64), bool)
    for low, high in zip(rng.integers(4, 36, (6, 3)), rng.integers(2, 24, (6, 3)), strict=True):
        grid[tuple(slice(a, a + b) for a, b in zip(low, high, strict=True))] = True
    pairs, _ = point_value_pairs(grid, rng)
    arrays = {"voxels": grid[..., None].astype(np.uint8), **pairs}
    if views:
        pixels = np.full((views, VIEW_SIZE, VIEW_SIZE), 255, np.uint8)
        for view in pixels:
            top, left = rng.integers(10, 60, 2)
            view[top : top + 60, left : left + 60] = rng.integers(40, 220, (60, 60))
        arrays["pixels"] = pixels
    return arrays


def write_repeated(data: h5py.Dataset, samples: list[np.ndarray]) -> None:
    """Fill an array with the samples over and over, some chunks at a time."""
    count = len(data)
    step = rows_at_once(data, BLOCK_BYTES)
    name = f"{data.name[1:]}, chunks {data.chunks}"
    with progress(doing=name, unit="shape", total=count) as bar:
        for start in range(0, count, step):
            numbers = np.arange(start, min(start + step, count)) % len(samples)
            data[start : start + len(numbers)] = np.stack([samples[n] for n in numbers])
            bar.update(len(numbers))


if __name__ == "__main__":
    run_program(main)
