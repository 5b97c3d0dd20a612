"""Pictures of one letter in many fonts: drawn, compared, chosen and written."""

from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageFont

from imnet.base.errors import UserError
from imnet.base.files import write_csv
from imnet.base.parallel import Workers, sorted_results
from imnet.data.hdf5 import write_arrays
from imnet.data.letters import bounding_box
from imnet.data.sizes import LETTER_SIDES
from imnet.pictures.images import ink_sheet, write_picture
from point_sampling.fetch.fonts import Font

CANVAS = 448  # of the drawing, a multiple of both resolutions
LARGER_SIDE = CANVAS * 7 // 8
ABSENT = "\U0010fffd"  # no font has a glyph for it: shows what a font draws for a missing one


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
