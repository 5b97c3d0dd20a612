# PYTHON_ARGCOMPLETE_OK
"""Draw the way between shapes through an autoencoder's codes, as a moving GIF or a row in a PNG.

A GIF runs there and back, or round and round if the last shape is the first.

python evaluation/walk.py --checkpoint FOLDER --dataset FILE.hdf5 --shapes 0 3 7 --output WALK.gif
"""

from dataclasses import dataclass
from pathlib import Path

from imnet.base.errors import UserError, run_program
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.data.codes import codes_along
from imnet.data.dataset import PointValueDataset, check_numbers
from imnet.pictures.gifs import there_and_back, write_gif
from imnet.pictures.images import write_picture
from imnet.pictures.rendering import contact_sheet, largest_extent, render_mesh
from imnet_evaluation.checkpoint import check_resolution, load_autoencoder
from imnet_evaluation.drawing import decode_surfaces


@dataclass(frozen=True, kw_only=True)
class Flags:
    checkpoint: Path = option(REQUIRED, "of an autoencoder")
    dataset: Path = option(REQUIRED, "its shapes, FILE.hdf5")
    shapes: tuple[int, ...] = option(REQUIRED, "their numbers")
    output: Path = option(REQUIRED, "FILE.gif or FILE.png")
    steps: int = option(8, "from one shape to the next", least=1)
    resolution: int = option(64, "grid of the surfaces", least=4)
    size: int = option(256, "pixels of a frame or tile", least=16)

    def __post_init__(self) -> None:
        """Raise UserError for values that cannot be."""
        if self.output.suffix.lower() not in (".gif", ".png"):
            raise UserError(f"--output {self.output}: name a file .gif or .png")
        if len(self.shapes) < 2:
            raise UserError("--shapes: give two or more numbers")


def main() -> None:
    options = parse_flags(Flags, __doc__.splitlines()[0])
    voxels = PointValueDataset(options.dataset).voxels
    check_numbers("--shapes", options.shapes, len(voxels), options.dataset)
    model = load_autoencoder(options.checkpoint)
    check_resolution(model, options.resolution)
    codes = codes_along(model.encode(voxels[list(options.shapes)]), options.steps)
    meshes = decode_surfaces(model, codes, options.resolution)
    if options.output.suffix.lower() == ".png":
        write_picture(options.output, contact_sheet(meshes, columns=len(meshes), tile=options.size))
    else:
        extent = largest_extent(meshes)
        frames = [render_mesh(*mesh, options.size, extent=extent) for mesh in meshes]
        closed = options.shapes[0] == options.shapes[-1]
        write_gif(options.output, frames[:-1] if closed else there_and_back(frames))
    print(f"{options.output}: {len(meshes)} surfaces at {options.resolution}³")


if __name__ == "__main__":
    run_program(main)
