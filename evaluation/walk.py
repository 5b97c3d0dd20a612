"""Draw the way between shapes through an autoencoder's codes: a moving GIF, or a row in a PNG.

A GIF runs there and back; where the last shape is the first, round and round.

python evaluation/walk.py --checkpoint FOLDER --dataset FILE.hdf5 --shapes 0 3 7 --output WALK.gif
"""

import argparse
from pathlib import Path

import numpy as np

from evaluation.checkpoint import check_resolution, load_autoencoder
from evaluation.drawing import (
    codes_along,
    decode_surfaces,
    there_and_back,
    write_gif,
)
from imnet.base.errors import UserError, run_program
from imnet.data.dataset import PointValueDataset
from imnet.pictures.images import write_picture
from imnet.pictures.rendering import contact_sheet, largest_extent, render_mesh


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--checkpoint", type=Path, required=True, help="of an autoencoder")
    parser.add_argument("--dataset", type=Path, required=True, help="its shapes, FILE.hdf5")
    parser.add_argument("--shapes", type=int, nargs="+", required=True, help="their numbers")
    parser.add_argument("--output", type=Path, required=True, help="FILE.gif or FILE.png")
    parser.add_argument("--steps", type=int, default=8, help="from one shape to the next")
    parser.add_argument("--resolution", type=int, default=64, help="grid of the surfaces")
    parser.add_argument("--size", type=int, default=256, help="pixels of a frame or tile")
    options = parser.parse_args()
    check(options)

    model = load_autoencoder(options.checkpoint)
    check_resolution(model, options.resolution)
    codes = codes_along(model.encode(voxels_of(options)), options.steps)
    meshes = decode_surfaces(model, codes, options.resolution)
    if options.output.suffix.lower() == ".png":
        write_picture(options.output, contact_sheet(meshes, columns=len(meshes), tile=options.size))
    else:
        extent = largest_extent(meshes)
        frames = [render_mesh(*mesh, options.size, extent=extent) for mesh in meshes]
        closed = options.shapes[0] == options.shapes[-1]
        write_gif(options.output, frames[:-1] if closed else there_and_back(frames))
    print(f"{options.output}: {len(meshes)} surfaces at {options.resolution}³")


def check(options: argparse.Namespace) -> None:
    """Raise UserError for values that cannot be."""
    if options.output.suffix.lower() not in (".gif", ".png"):
        raise UserError(f"--output {options.output}: name a file .gif or .png")
    if len(options.shapes) < 2:
        raise UserError("--shapes: give two or more numbers")
    for name, least in (("steps", 1), ("resolution", 4), ("size", 16)):
        if getattr(options, name) < least:
            raise UserError(f"--{name} {getattr(options, name)}: must be at least {least}")


def voxels_of(options: argparse.Namespace) -> np.ndarray:
    """The voxels [n, 64, 64, 64, 1] of --shapes. Raises UserError for a number there is not."""
    voxels = PointValueDataset(options.dataset).voxels
    for number in options.shapes:
        if not 0 <= number < len(voxels):
            raise UserError(
                f"--shapes {number}: {options.dataset} has the shapes 0..{len(voxels) - 1}"
            )
    return voxels[options.shapes]


if __name__ == "__main__":
    run_program(main)
