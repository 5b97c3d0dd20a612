"""Views of shapes: stored 137 x 137 pixels large, cut to the 128 x 128 that the network takes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from math import inf
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.data.batches import Batch, epoch_rng, whole_batches
from imnet.data.checks import as_pixels
from imnet.data.hdf5 import find_array, open_hdf5
from imnet.data.rows import Rows, load_rows
from imnet.data.sizes import CROP_SIZE, VIEW_SIZE
from imnet.data.view_draws import ORIGINAL, ViewDraws

MARGIN = VIEW_SIZE - CROP_SIZE  # offsets are 0 .. 9
MIDDLE = MARGIN // 2


@dataclass(frozen=True, repr=False)
class ViewBatch(Batch):
    """A view of each shape, and its code."""

    views: np.ndarray  # [n, 128, 128, 1] uint8
    z: np.ndarray  # [n, z_dim] float32


class ViewDataset:
    """The views of shapes; `bytes` is what they take in memory, 0 if they stay in the file."""

    def __init__(self, path: str | Path, memory: float = inf, shuffled: bool = True):
        """Open `pixels` of the HDF5 file `path`. Arguments as in `load_rows`.

        Raises:
            UserError: the file is missing, or has no views, or views of another size or
                with numbers that are no grey values.
        """
        self.path = Path(path)
        with open_hdf5(path) as file:
            wanted = (None, None, VIEW_SIZE, VIEW_SIZE)
            pixels = find_array(file, "pixels", wanted)
            checked = partial(as_pixels, name=f"{path}: pixels")
            (self.pixels,), self.bytes = load_rows([(pixels, checked)], memory, shuffled)
        # [N, V, 137, 137] uint8

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def views_a_shape(self) -> int:
        """How many views are stored for each shape."""
        return self.pixels.shape[1]

    def view(self, numbers: list[int], view: int) -> np.ndarray:
        """Return one view [n, 137, 137] of the numbered shapes; -1 is the last one.

        Raises:
            UserError: there is no such view.
        """
        if view >= self.views_a_shape:
            raise UserError(f"`view` {view}: the shapes have the views 0..{self.views_a_shape - 1}")
        return self.pixels[numbers, view]

    def batches(
        self,
        codes: np.ndarray,
        seed: int,
        epoch: int,
        shapes_a_step: int,
        views: int,
        draws: ViewDraws = ORIGINAL,
    ) -> Iterator[ViewBatch]:
        """Yield an epoch's batches of min(shapes_a_step, N) shapes; a partial last is dropped.

        Args:
            codes: [N, z_dim] of the shapes.
            seed, epoch: decide every draw.
            shapes_a_step: shapes of a batch.
            views: how many views of each shape to choose from, the first ones.
            draws: how to choose and cut them.
        """
        rng = epoch_rng(seed, epoch)
        for shapes in whole_batches(rng, len(self), shapes_a_step):
            crops = draw_crops(self.pixels, shapes, views, rng, draws)
            yield ViewBatch(shapes, crops, codes[shapes])


def centre_crops(views: np.ndarray) -> np.ndarray:
    """Cut the middle [n, 128, 128, 1] out of views [n, 137, 137], at offset 4."""
    return _crops_at(views, MIDDLE, MIDDLE)


def ten_crops(views: np.ndarray) -> Iterator[np.ndarray]:
    """Cut the middle and the corners [n, 128, 128, 1] out of views [n, 137, 137], and mirror each.

    Ten arrays. Training crops and mirrors a view, whose code stays the same (`draw_crops`).
    """
    for top, left in ((MIDDLE, MIDDLE), *product((0, MARGIN), repeat=2)):
        crops = _crops_at(views, top, left)
        yield crops
        yield crops[:, :, ::-1]


def _crops_at(views: np.ndarray, top: int, left: int) -> np.ndarray:
    return views[:, top : top + CROP_SIZE, left : left + CROP_SIZE, None]


def draw_crops(
    pixels: Rows,
    shapes: np.ndarray,
    views: int,
    rng: np.random.Generator,
    draws: ViewDraws = ORIGINAL,
) -> np.ndarray:
    """Take a random view of each shape, and cut it to 128 x 128.

    Args:
        pixels: [N, V, 137, 137] uint8.
        shapes: [n] numbers of shapes.
        views: how many of the V to choose from, the first ones.
        rng: draws view, offsets (0 .. 9, both ends included) and mirroring.
        draws: which of these are random for each shape.

    Returns:
        [n, 128, 128, 1] uint8.
    """
    crops = np.empty((len(shapes), CROP_SIZE, CROP_SIZE, 1), np.uint8)
    shared = rng.integers(views) if draws.one_a_batch else None
    top = left = MIDDLE
    for crop, shape in zip(crops, shapes, strict=True):
        if draws.random_crops:
            top, left = rng.integers(0, MARGIN + 1, 2)
        view = pixels[shape, rng.integers(views) if shared is None else shared]
        cut = view[top : top + CROP_SIZE, left : left + CROP_SIZE]
        crop[..., 0] = cut[:, ::-1] if draws.mirrored and rng.random() < 0.5 else cut
    return crops
