# PYTHON_ARGCOMPLETE_OK
"""Measure whether a network of the toy sets moves the letter, or fades one out and another in.

python evaluation/paper/toys.py --checkpoint FOLDER --toys toy_A_gap.hdf5 [--figure ROWS.png]
The codes on the straight line between two positions in one column, on both sides of the gap, are
drawn; of a WGAN, those between two drawn codes. A frame holds one letter if what is above 0.5 is
one component (of 8 neighbours) whose IoU with the letter, at its best place of whole pixels, is 0.9
or more. The ends do not count.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import scipy

from imnet.base.errors import UserError, run_program
from imnet.base.files import write_json
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.data.codes import codes_between
from imnet.data.hdf5 import open_hdf5, read_array
from imnet.data.letters import bounding_box, read_letters
from imnet.pictures.images import ink_sheet, write_picture

if TYPE_CHECKING:
    from IMGAN2D.model import PictureNetwork

LEAST_IOU = 0.9
ROWS_DRAWN = 4  # of the figure


@dataclass(frozen=True, kw_only=True)
class Flags:
    """The flags of this program."""

    checkpoint: Path = option(REQUIRED, "of a network of IMGAN2D, its folder")
    toys: Path = option(REQUIRED, "a set of make_toys.py, FILE.hdf5")
    rows: tuple[int, int] = option(
        (10, 23), "the letter's top row at both ends", nargs=2, metavar="ROW"
    )
    pairs: int = option(20, "columns to interpolate in, evenly spread", least=1)
    steps: int = option(16, "frames of an interpolation, with both ends", least=3)
    figure: Path | None = option(None, "also draw four of the interpolations, FILE.png")
    json: Path | None = option(None, "also write the shares to this file")


def holds_one_letter(values: np.ndarray, letter: np.ndarray) -> bool:
    """Whether a picture [R, R] in 0..1 shows the letter bool [h, w] once and nothing else."""
    inside = values > 0.5
    if scipy.ndimage.label(inside, np.ones((3, 3)))[1] != 1:
        return False
    both = cv2.matchTemplate(
        inside.astype(np.float32), letter.astype(np.float32), cv2.TM_CCORR
    ).max()  # over all places
    return bool(both / (inside.sum() + letter.sum() - both) >= LEAST_IOU)


def find_ends(positions: np.ndarray, rows: tuple[int, int], pairs: int) -> np.ndarray:
    """Return the numbers [pairs, 2] of pictures in both rows, in columns evenly spread.

    `positions` [n, 2] are the letters' top rows and left columns. Raises UserError for a row that
    has no pictures.
    """
    numbers = []
    for row in rows:
        of_row = np.flatnonzero(positions[:, 0] == row)
        if not len(of_row):
            raise UserError(f"--rows {row}: no letter of the set is there")
        of_row = of_row[np.argsort(positions[of_row, 1])]
        numbers.append(of_row[np.linspace(0, len(of_row) - 1, pairs).round().astype(int)])
    return np.stack(numbers, axis=1)


def ends_of_ways(network: "PictureNetwork", pixels: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the codes [n, 2, z_dim] of the pictures whose numbers are ends [n, 2].

    A network that does not encode draws them.
    """
    if network.codes_of_pictures:
        codes = network.encode(pixels[ends.ravel()])
    else:
        codes = network.draw_codes(ends.size, seed=0)
    return codes.reshape(*ends.shape, -1)


def main() -> None:
    options = parse_flags(Flags, __doc__)
    pixels = read_letters(options.toys)
    with open_hdf5(options.toys) as file:
        positions = read_array(file, "positions", (len(pixels), 2))
    ends = find_ends(positions, options.rows, options.pairs)
    box = bounding_box(pixels[0] > 127)
    if box is None:
        raise UserError(f"{options.toys}: the first picture is empty")
    letter = pixels[0][box] > 127
    from IMGAN2D.model import load_any

    network = load_any(options.checkpoint)
    if network.resolution != pixels.shape[1]:
        raise UserError(
            f"{options.checkpoint} is of letters of {network.resolution}², {options.toys} has "
            f"{pixels.shape[1]}²"
        )
    codes = ends_of_ways(network, pixels, ends)
    ways = np.stack([network.draw(codes_between(*pair, options.steps)) for pair in codes])
    held = np.array([[holds_one_letter(frame, letter) for frame in way] for way in ways])
    shares = {
        "between": float(held[:, 1:-1].mean()),
        "ends": float(held[:, [0, -1]].mean()),
        "frames": held[:, 1:-1].size,
    }
    print(
        f"{options.checkpoint}: one letter in {shares['between']:.1%} of {shares['frames']} frames "
        f"between two ends ({shares['ends']:.1%} of the ends)"
    )
    if options.json:
        write_json(options.json, shares)
    if options.figure:
        drawn = ways[np.linspace(0, len(ways) - 1, min(ROWS_DRAWN, len(ways))).astype(int)]
        sheet = ink_sheet(drawn.reshape(-1, *drawn.shape[2:]), columns=options.steps)
        write_picture(options.figure, sheet)


if __name__ == "__main__":
    run_program(main)
