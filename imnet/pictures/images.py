"""Plain pictures: projections of grids, histograms of codes, PNG files."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from imnet.base.errors import UserError
from imnet.base.files import written_whole

CODE_BINS = 64


def max_projections(grid: np.ndarray) -> list[np.ndarray]:
    """The maxima of a grid [a, b, c] over axis 0, 1, 2 as grey pictures uint8: clip(v*256, 0, 255).

    The grid holds floats in 0..1 or occupancies 0/1 of any dtype.
    """
    return [_projection(grid.max(axis=axis)) for axis in range(3)]


def _projection(maxima: np.ndarray) -> np.ndarray:
    return _grey(maxima.astype(np.float32) * 256)


def write_projections(folder: str | Path, name: str, letter: str, grid: np.ndarray) -> None:
    """Write the max-projections of a grid as `<name>_1<letter>.png`, `_2..`, `_3..`."""
    write_maxima(folder, name, letter, [grid.max(axis=axis) for axis in range(3)])


def write_maxima(folder: str | Path, name: str, letter: str, maxima: Sequence[np.ndarray]) -> None:
    """Write the maxima of a grid over axis 0, 1, 2 as `write_projections` does."""
    for axis, values in enumerate(maxima, 1):
        write_picture(Path(folder) / f"{name}_{axis}{letter}.png", _projection(values))


def code_histogram(codes: np.ndarray) -> np.ndarray:
    """How the values of each code component are spread, uint8 [64, z], from codes [n, z] in 0..1.

    Component c of a code falls into bin int(value*63.9999) of column c, bin 0 in row 0;
    counts times 256/50, clipped at 255: a bin that holds 50 codes is white.
    """
    counts = np.zeros((CODE_BINS, codes.shape[1]), np.int64)
    bins = (codes * (CODE_BINS - 0.0001)).astype(np.int64)  # [n, z]
    np.add.at(counts, (bins, np.arange(codes.shape[1])), 1)
    return _grey(counts * (256 / 50))


def ink_sheet(values: np.ndarray, columns: int = 16, gap: int = 2) -> np.ndarray:
    """Draw pictures side by side, row by row, as ink on white: uint8 [.., ..].

    Args:
        values: [n, h, w] in 0..1, 1 is ink.
        columns: the most in a row.
        gap: white pixels around each.
    """
    count, height, width = values.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    padded = np.zeros((rows * columns, height + gap, width + gap), np.float32)
    padded[:count, :height, :width] = values
    sheet = padded.reshape(rows, columns, height + gap, width + gap).swapaxes(1, 2)
    sheet = sheet.reshape(rows * (height + gap), columns * (width + gap))
    return 255 - _grey(np.rint(np.pad(sheet, ((gap, 0), (gap, 0))) * 255))


def write_picture(path: str | Path, image: np.ndarray) -> None:
    """Write uint8 grey [h, w] or RGB [h, w, 3] as PNG; whole or not at all, its folder is made.

    Raises UserError if it cannot be written.
    """
    bgr = image[..., ::-1] if image.ndim == 3 else image
    _, data = cv2.imencode(".png", np.ascontiguousarray(bgr))
    try:
        with written_whole(path) as beside:
            beside.write_bytes(data.tobytes())
    except OSError as error:
        raise UserError(f"cannot write the picture {path}: {error.strerror}") from error


def _grey(values: np.ndarray) -> np.ndarray:
    return np.clip(values, 0, 255).astype(np.uint8)
