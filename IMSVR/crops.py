"""From views of 137 x 137 pixels to the network's 128 x 128."""

import numpy as np

VIEW = 137
CROP = 128
MARGIN = VIEW - CROP  # offsets are 0 .. 9


def centre_crops(views: np.ndarray) -> np.ndarray:
    """The middle [n, 128, 128, 1] of views [n, 137, 137], offset 4."""
    offset = MARGIN // 2
    return views[:, offset : offset + CROP, offset : offset + CROP, None]


def random_crops(
    pixels: np.ndarray, shapes: np.ndarray, views: int, rng: np.random.Generator
) -> np.ndarray:
    """A random view of each shape, cut at random and mirrored half of the time.

    Args:
        pixels: [N, V, 137, 137] uint8.
        shapes: [n] indices of shapes.
        views: how many of the V to choose from, the first ones.
        rng: draws view, offsets (0 .. 9, both ends included) and mirroring.

    Returns:
        [n, 128, 128, 1] uint8.
    """
    crops = np.empty((len(shapes), CROP, CROP, 1), np.uint8)
    for crop, shape in zip(crops, shapes, strict=True):
        top, left = rng.integers(0, MARGIN + 1, 2)
        cut = pixels[shape, rng.integers(views), top : top + CROP, left : left + CROP]
        crop[..., 0] = cut[:, ::-1] if rng.random() < 0.5 else cut
    return crops
