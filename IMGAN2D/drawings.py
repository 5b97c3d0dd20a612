"""What is written of drawn letters: sheets, pictures, outlines, moving pictures."""

import re
from pathlib import Path

import numpy as np
from contourpy import contour_generator

from imnet.base.files import written_whole
from imnet.base.names import counted
from imnet.pictures.gifs import there_and_back, write_gif
from imnet.pictures.images import ink_sheet, write_picture

LEVEL = 0.5
UNITS = 1000  # the side of an SVG's picture
GIF_SIDE = 256  # of a moving picture's frame, in pixels, about


def write_letters(folder: Path, prefix: str, values: np.ndarray, binary: bool, svg: bool) -> None:
    """Write letters [n, R, R] in 0..1 as `<prefix><t>.png`, with outlines `.svg`, and a sheet.

    `binary` pictures are black and white. Letters of an earlier run under the same names go.
    """
    for old in folder.glob(f"{prefix}[0-9]*"):
        if re.fullmatch(rf"{prefix}\d+\.(png|svg)", old.name):
            old.unlink()
    pictures = binarised(values) if binary else values
    for t, (picture, letter) in enumerate(zip(pictures, values, strict=True)):
        write_picture(folder / f"{prefix}{t}.png", ink_sheet(picture[None], gap=0))
        if svg:
            with written_whole(folder / f"{prefix}{t}.svg") as beside:
                beside.write_text(svg_text(outlines(letter)))
    sheet = folder / f"{prefix}_sheet.png"
    columns = int(np.ceil(len(values) ** 0.5))
    write_picture(sheet, ink_sheet(pictures, columns))
    what = counted(len(values), "letter")
    print(f"{what} at {values.shape[1]}² in {folder}, all on {sheet}")


def binarised(values: np.ndarray) -> np.ndarray:
    """Return letters [n, R, R] as 0 and 1, 1 above the level."""
    return (values > LEVEL).astype(np.float32)


def write_interpolation(folder: Path, values: np.ndarray, binary: bool) -> None:
    """Write letters [n, R, R] in 0..1 as a strip `interpolation.png`, and a GIF there and back."""
    values = binarised(values) if binary else values
    write_picture(folder / "interpolation.png", ink_sheet(values, columns=len(values)))
    factor = max(GIF_SIDE // values.shape[1], 1)
    frames = [np.kron(ink_sheet(v[None]), np.ones((factor, factor), np.uint8)) for v in values]
    write_gif(folder / "interpolation.gif", there_and_back(frames))
    print(f"{len(values)} letters on the way: {folder}/interpolation.png and .gif")


def outlines(values: np.ndarray) -> list[np.ndarray]:
    """Find the closed curves [k, 2] where a letter's values [R, R] cross LEVEL.

    Points are (to the right, down) in 0..1 of the picture; the last one is the first again.
    Outside the picture the values are 0.
    """
    padded = np.pad(np.asarray(values, np.float64), 1)
    curves = contour_generator(z=padded).lines(LEVEL)
    return [(curve - 0.5) / len(values) for curve in curves]


def svg_text(curves: list[np.ndarray]) -> str:
    """Write closed curves of `outlines` as an SVG picture, filled by the even-odd rule."""
    paths = (
        "M" + "L".join(f"{x:.2f},{y:.2f}" for x, y in UNITS * curve[:-1]) + "Z" for curve in curves
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {UNITS} {UNITS}">\n'
        f'<path fill-rule="evenodd" d="{" ".join(paths)}"/>\n</svg>\n'
    )
