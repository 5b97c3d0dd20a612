# PYTHON_ARGCOMPLETE_OK
"""Make pictures of one letter in many fonts, out of a Debian package or a folder of fonts.

OUTPUT/A_28.hdf5 and A_64.hdf5 hold `pixels` [n, 28, 28] and [n, 64, 64] uint8, 255 inside the
letter. A.csv lists font, package and licence of each; A.png shows all of them; A_ATTRIBUTION.md
names the packages.

Each letter is scaled so that the larger side of its bounding box is 7/8 of the picture, and centred
by that box. Near-duplicates are dropped, and letters that resemble no other: fonts of symbols.
"""

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageFont

from imnet.base.errors import UserError, run_program
from imnet.base.files import write_csv, written_whole
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.base.parallel import WorkerFlags, Workers, sorted_results
from imnet.data.hdf5 import write_arrays
from imnet.data.letters import bounding_box
from imnet.data.sizes import LETTER_SIDES
from imnet.pictures.images import ink_sheet, write_picture
from point_sampling.fetch.debian import unpack
from point_sampling.fetch.fonts import AENIGMA, TEXLIVE, Font, attribution, find_fonts

CANVAS = 448  # of the drawing, a multiple of both resolutions
LARGER_SIDE = CANVAS * 7 // 8
ABSENT = "\U0010fffd"  # no font has a glyph for it: shows what a font draws for a missing one


@dataclass(frozen=True, kw_only=True)
class Flags(WorkerFlags):
    output: Path = option(REQUIRED, "folder for the files")
    letter: str = option("A", "the letter")
    source: str | None = option(None, f"the Debian package ({TEXLIVE})", choices=(TEXLIVE, AENIGMA))
    package: Path | None = option(
        None, "the .deb file, or a folder of its files; without it, fetched with apt-get download"
    )
    input: Path | None = option(None, "a folder of your own fonts, in place of a package")
    binary: bool = option(False, "binarised, 0 or 255; without it, antialiased")
    near_duplicate: float = option(
        0.92, "drop a letter whose IoU with a kept one is so much", above=0
    )
    least_likeness: float = option(
        0.6,
        "drop a letter whose best IoU with one of another package is below this",
        least=0,
        most=1,
    )
    count: int | None = option(None, "keep so many, drawn at random", least=1)
    held_out: float | None = option(
        None, "keep this share of the packages from A_train_64.hdf5, in A_test_64.hdf5", above=0,
        most=0.9,
    )  # fmt: skip
    seed: int = option(0, "of the random choices", least=0)

    def __post_init__(self) -> None:
        """Raise UserError for values that cannot be or contradict each other."""
        if len(self.letter) != 1 or self.letter.isspace() or self.letter in "/\\":
            raise UserError(f"--letter {self.letter!r}: give one letter")
        if self.input is not None and (self.package or self.source):
            raise UserError(
                "--input is a folder in place of a package: leave out --package and --source"
            )


def draw(path: Path, letter: str) -> np.ndarray:
    """Draw a letter of a font, scaled and centred, uint8 [CANVAS, CANVAS], 255 inside.

    Raises UserError if the font is broken or has no such letter.
    """
    try:
        font = ImageFont.truetype(str(path), CANVAS, layout_engine=ImageFont.Layout.BASIC)
        mask, missing = (_mask(font, text) for text in (letter, ABSENT))
    except (OSError, ValueError, MemoryError, Image.DecompressionBombError) as error:
        raise UserError(f"{path.name} cannot be read: {error}") from error
    if mask is None or (missing is not None and np.array_equal(mask, missing)):
        raise UserError(f"{path.name} has no {letter}")
    scale = LARGER_SIDE / max(mask.shape)
    height, width = (max(round(side * scale), 1) for side in mask.shape)
    mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
    top, left = (CANVAS - height) // 2, (CANVAS - width) // 2
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    canvas[top : top + height, left : left + width] = mask
    return canvas


def _mask(font: ImageFont.FreeTypeFont, text: str) -> np.ndarray | None:
    """The coverage uint8 [h, w] within the bounding box of a text; None if nothing is drawn."""
    mask = font.getmask(text)
    if not all(mask.size):
        return None
    pixels = np.array(mask, np.uint8).reshape(mask.size[::-1])
    box = bounding_box(pixels)
    return None if box is None else pixels[box]


def _pictures(letter: str, binary: bool, name: str, path: Path) -> list[np.ndarray]:
    """The letter at each of LETTER_SIDES."""
    canvas = draw(path, letter)
    pictures = [cv2.resize(canvas, (r, r), interpolation=cv2.INTER_AREA) for r in LETTER_SIDES]
    return [np.where(p > 127, 255, 0).astype(np.uint8) if binary else p for p in pictures]


def pairwise_iou(pixels: np.ndarray) -> np.ndarray:
    """Compute the IoU of all pairs of pictures uint8 [n, R, R], inside above 127: float32 [n, n].

    It is 0 for two empty ones.
    """
    inside = (pixels > 127).reshape(len(pixels), -1).astype(np.float32)
    both, sizes = inside @ inside.T, inside.sum(axis=1)
    return both / np.maximum(sizes[:, None] + sizes - both, 1)


def choose(
    iou: np.ndarray, packages: list[str], near_duplicate: float, least_likeness: float
) -> np.ndarray:
    """Return the numbers of the pictures to keep, in order; `iou` is [n, n] of all pairs.

    A picture is dropped whose best IoU with one of another package is below `least_likeness`, and
    one whose IoU with an earlier kept one is `near_duplicate` or more. Where there is one package
    only, the first rule is about all others.
    """
    own = np.unique(packages, return_inverse=True)[1]
    same = own[:, None] == own if own.any() else np.eye(len(own), dtype=bool)
    likeness = np.where(same, 0, iou).max(axis=1)
    kept: list[int] = []
    for i in np.flatnonzero(likeness >= least_likeness):
        if not len(kept) or iou[i, kept].max() < near_duplicate:
            kept.append(int(i))
    return np.array(kept, np.int64)


def split(fonts: list[Font], held_out: float, rng: np.random.Generator) -> np.ndarray:
    """Say of each font whether it is held out, bool [n]: all of a package or none."""
    packages = sorted({font.package for font in fonts})
    if len(packages) < 2:
        raise UserError("--held_out: there is one package only, nothing to hold out")
    count = min(max(round(held_out * len(packages)), 1), len(packages) - 1)
    chosen = {packages[i] for i in rng.permutation(len(packages))[:count]}
    return np.array([font.package in chosen for font in fonts])


def write_glyphs(folder: Path, name: str, pixels: list[np.ndarray], fonts: list[Font]) -> None:
    """Write the pictures [n, R, R] of each resolution, the list and the contact sheet."""
    for resolution, pictures in zip(LETTER_SIDES, pixels, strict=True):
        write_arrays(folder / f"{name}_{resolution}.hdf5", pixels=pictures)
    rows = [(i, font.path.name, font.package, font.licence) for i, font in enumerate(fonts)]
    write_csv(folder / f"{name}.csv", ["row", "font", "package", "licence"], rows)
    write_picture(folder / f"{name}.png", ink_sheet(pixels[-1] / 255, columns=32))
    print(f"{folder}: {len(fonts)} of {name}")


def draw_all(
    folder: Path, fonts: list[Font], letter: str, binary: bool, workers: Workers
) -> tuple[list[Font], list[np.ndarray]]:
    """Draw a letter of all fonts that have it: these, and uint8 [n, R, R] of each resolution.

    The others are listed on stderr. Raises UserError if no font has it.
    """
    named = {str(font.path.relative_to(folder)): font for font in fonts}
    work = partial(_pictures, letter, binary)
    shapes = [(name, font.path) for name, font in sorted(named.items())]
    drawn, _ = sorted_results(work, shapes, workers)
    if not drawn:
        raise UserError(f"{folder}: none of {len(fonts)} fonts has the letter {letter}")
    pixels = [np.stack(of_one) for of_one in zip(*drawn.values(), strict=True)]
    return [named[name] for name in drawn], pixels


def main() -> None:
    options = parse_flags(Flags, __doc__)
    package = None if options.input is not None else options.source or TEXLIVE
    if package is None and not options.input.is_dir():
        raise UserError(f"--input {options.input}: no such folder")
    with tempfile.TemporaryDirectory() as scratch:
        folder = unpack(package, options.package, Path(scratch)) if package else options.input
        fonts = find_fonts(package, folder)
        fonts, pixels = draw_all(folder, fonts, options.letter, options.binary, options.pool)
    iou, packages = pairwise_iou(pixels[-1]), [font.package for font in fonts]
    numbers = choose(iou, packages, options.near_duplicate, options.least_likeness)
    if not len(numbers):
        raise UserError(
            f"no {options.letter} of {len(fonts)} resembles another: try a lower --least_likeness"
        )
    rng = np.random.default_rng(options.seed)
    if options.count is not None and options.count < len(numbers):
        numbers = np.sort(rng.choice(numbers, options.count, replace=False))
    print(f"{len(fonts)} fonts have {options.letter}, {len(numbers)} are kept")
    fonts, pixels = [fonts[i] for i in numbers], [of_one[numbers] for of_one in pixels]
    sides = {options.letter: np.ones(len(fonts), bool)}
    if options.held_out is not None:
        test = split(fonts, options.held_out, rng)
        sides = {f"{options.letter}_train": ~test, f"{options.letter}_test": test}
    for name, chosen in sides.items():
        of_side = [font for font, wanted in zip(fonts, chosen, strict=True) if wanted]
        write_glyphs(options.output, name, [of_one[chosen] for of_one in pixels], of_side)
    text = attribution(options.letter, package, folder, fonts)
    with written_whole(options.output / f"{options.letter}_ATTRIBUTION.md") as beside:
        beside.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run_program(main)
