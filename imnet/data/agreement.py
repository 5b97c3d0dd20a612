"""Whether the voxels and the points of a dataset tell of the same shapes."""

from collections.abc import Iterator
from itertools import permutations, product

import numpy as np

from imnet.base.errors import UserError
from imnet.data.dataset import PointValueDataset
from imnet.data.sizes import VOXEL_RESOLUTION

SHAPES = 4  # that are looked at
LEAST = 0.97  # share of points whose value is that of the voxels; ours have 1, a turned chair 0.9
FITS = 0.99  # share from which on a turn explains the rest
Turn = tuple[tuple[int, ...], tuple[int, ...], bool]  # order of the axes, those reversed, inverted
AS_STORED: Turn = ((0, 1, 2), (), False)


def check_agreement(dataset: PointValueDataset) -> str | None:
    """Compare the values at the points of a few shapes with their voxels, max-pooled.

    Returns:
        What to warn of, or None: too few values are those of the voxels.

    Raises:
        UserError: they are if the voxels are turned or mirrored, or inside out.
    """
    numbers = np.unique(np.linspace(0, len(dataset) - 1, SHAPES).astype(int))
    shapes = [
        (dataset.voxels[i, ..., 0], dataset.cells(i), dataset.values(i)[:, 0]) for i in numbers
    ]
    found = _share(shapes, dataset.resolution, AS_STORED)
    if found >= LEAST:
        return None
    says = (
        f"{dataset.path}: only {found:.0%} of the values_{dataset.resolution} are those of the "
        f"voxels at their points"
    )
    best = max(_turns(), key=lambda turn: _share(shapes, dataset.resolution, turn))
    share = _share(shapes, dataset.resolution, best)
    if share < FITS:
        return f"{says}: the autoencoder encodes other shapes than it decodes"
    raise UserError(f"{says}, and {share:.0%} if {_words(best)}: make the dataset again")


def _turns() -> Iterator[Turn]:
    reversals = [tuple(a for a in range(3) if flags[a]) for flags in product((0, 1), repeat=3)]
    return product(permutations(range(3)), reversals, (False, True))


def _share(shapes: list[tuple[np.ndarray, ...]], resolution: int, turn: Turn) -> float:
    """The share of the values that are those of voxels [64, 64, 64], which are turned first."""
    axes, reversed_axes, inverted = turn
    shares = []
    for voxels, cells, values in shapes:
        voxels = np.flip(voxels.transpose(axes), reversed_axes)
        inside = (values > 0) != inverted
        if resolution > VOXEL_RESOLUTION:  # a voxel that is occupied may have empty cells
            at = voxels[tuple((cells // (resolution // VOXEL_RESOLUTION)).T)] > 0
            shares.append(np.mean(at | ~inside))
            continue
        factor = VOXEL_RESOLUTION // resolution
        blocks = voxels.reshape(*(resolution, factor) * 3)
        shares.append(np.mean((blocks.max(axis=(1, 3, 5)) > 0)[tuple(cells.T)] == inside))
    return float(np.mean(shares))


def _words(turn: Turn) -> str:
    axes, reversed_axes, inverted = turn
    said = ["the values are inverted"] if inverted else []
    if axes != AS_STORED[0]:
        said.append(f"the voxels' axes are in the order {''.join('xyz'[axis] for axis in axes)}")
    if reversed_axes:
        said.append(
            f"the voxels are mirrored along {' and '.join('xyz'[a] for a in reversed_axes)}"
        )
    return " and ".join(said)
