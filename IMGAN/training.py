"""What training an autoencoder takes beside the Trainer."""

import numpy as np

from IMGAN.model import Autoencoder
from imnet.base.errors import UserError
from imnet.data.dataset import LARGEST_BATCH, PointValueDataset
from imnet.data.lattice import cell_centres
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.pictures.images import write_projections


def check_points(
    dataset: PointValueDataset, batch_size_input: int | None, points: int | None
) -> None:
    """Raise UserError if `batch_size_input` is not what is stored, or does not make batches.

    None is as many as are stored. `points` are those of a step, taken at random; None takes all in
    order.
    """
    stored = dataset.points_a_shape
    if batch_size_input not in (None, stored):
        raise UserError(
            f"--batch_size_input {batch_size_input}: {dataset.path} stores {stored} points "
            f"a shape at {dataset.resolution}³; give --batch_size_input {stored}"
        )
    batch = min(stored, LARGEST_BATCH)
    if stored % batch:
        raise UserError(f"{dataset.path}: {stored} points do not divide into batches of {batch}")
    if points is not None and points > stored:
        raise UserError(f"--points_per_step {points}: only {stored} are stored")


def write_pictures(
    model: Autoencoder, dataset: PointValueDataset, i: int, folder: str, epoch: int
) -> None:
    """Write projections of what shape i was trained on: `_1t` .. `_3t` predicted, `_1i` .. true."""
    field = model.field(model.encode(dataset.voxels[i : i + 1])[0])
    if dataset.resolution is None:
        centres = cell_centres(VOXEL_RESOLUTION)
        grids = np.reshape(field(centres), (VOXEL_RESOLUTION,) * 3), dataset.voxels[i, ..., 0]
    else:
        grids = np.zeros((2, *(dataset.resolution,) * 3), np.float32)
        indices = tuple(dataset.cells(i).T)
        grids[0][indices] = field(dataset.points(i))
        grids[1][indices] = dataset.values(i)[:, 0]
    for letter, grid in zip("ti", grids, strict=True):
        write_projections(folder, str(epoch), letter, grid)
