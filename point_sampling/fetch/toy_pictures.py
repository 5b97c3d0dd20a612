"""The pictures of the toy sets: one letter at all places."""

import cv2
import numpy as np
import scipy

from imnet.base.errors import UserError
from imnet.data.letters import bounding_box

RESOLUTION = 64
HEIGHT, WIDTH = 29, 27  # of the letter
ROWS, COLUMNS = 35, 37  # places of its top left corner
GAP = range(15, 19)  # the middle four of the rows
BLUR = 1.0  # sigma, pixels


def fit_letter(pixels: np.ndarray) -> np.ndarray:
    """Scale a picture's letter, uint8 [R, R], to HEIGHT x WIDTH and binarise it: bool.

    Raises UserError if the picture is empty.
    """
    box = bounding_box(pixels > 127)
    if box is None:
        raise UserError("the picture of the letter is empty: choose another --row")
    return cv2.resize(pixels[box], (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR) > 127


def place(letter: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Draw a letter bool [h, w] at positions [n, 2], top and left: uint8 [n, 64, 64], 0 or 255."""
    pixels = np.zeros((len(positions), RESOLUTION, RESOLUTION), np.uint8)
    height, width = letter.shape
    for picture, (top, left) in zip(pixels, positions, strict=True):
        picture[top : top + height, left : left + width] = 255 * letter
    return pixels


def toy_sets(letter: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """Make the four sets of a letter bool [h, w]: name → arrays by key."""
    positions = np.indices((ROWS, COLUMNS)).reshape(2, -1).T.astype(np.uint8)  # [1295, 2]
    sharp = place(letter, positions)
    spread = 0, BLUR, BLUR
    blurred = scipy.ndimage.gaussian_filter(sharp.astype(np.float32), spread, mode="constant")
    beside_gap = ~np.isin(positions[:, 0], GAP)
    sets = {}
    for suffix, pixels in (("", sharp), ("_blur", np.rint(blurred).astype(np.uint8))):
        sets[f"toy_A{suffix}"] = {"pixels": pixels, "positions": positions}
        sets[f"toy_A_gap{suffix}"] = {
            "pixels": pixels[beside_gap],
            "positions": positions[beside_gap],
        }
    return sets
