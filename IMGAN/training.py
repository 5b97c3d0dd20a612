"""What training an autoencoder takes beside the Trainer."""

import numpy as np
import tensorflow as tf

from IMGAN.model import Autoencoder
from imnet.base.errors import UserError
from imnet.data.dataset import LARGEST_BATCH, PointValueDataset
from imnet.data.lattice import cell_centres
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.pictures.images import write_projections
from imnet.pictures.rendering import contact_sheet
from imnet.surfaces import Mesh, extract_surface, marching_cubes

SHEET_SHAPES = 8  # of TensorBoard's sheets
HISTOGRAM_SHAPES = 256
TILE = 128  # pixels


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


def show_reconstructions(model: Autoencoder, voxels: np.ndarray) -> None:
    """Show TensorBoard the first shapes of voxels [n, 64, 64, 64, 1], above them the true ones.

    And how the values of the codes of the first few hundred are spread.
    """
    codes = model.encode(voxels[:HISTOGRAM_SHAPES])
    truths = [marching_cubes(v[..., 0]) for v in voxels[:SHEET_SHAPES]]
    show_sheet("reconstructions", truths + code_meshes(model, codes[:SHEET_SHAPES]))
    tf.summary.histogram("codes", codes)


def show_samples(model: Autoencoder | None, codes: np.ndarray, samples: np.ndarray) -> None:
    """Show TensorBoard how training codes and sampled ones [n, z_dim] are spread.

    And the meshes of the first samples, if there is an autoencoder.
    """
    tf.summary.histogram("codes", codes)
    tf.summary.histogram("sampled_codes", samples)
    if model is not None:
        show_sheet("samples", code_meshes(model, samples[:SHEET_SHAPES]))


def code_meshes(model: Autoencoder, codes: np.ndarray) -> list[Mesh]:
    """Mesh the fields of codes [n, z_dim] at 64³."""
    return [extract_surface(model.field(z), VOXEL_RESOLUTION, dense=model.dense) for z in codes]


def show_sheet(name: str, meshes: list[Mesh]) -> None:
    """Show TensorBoard meshes in rows."""
    tf.summary.image(name, contact_sheet(meshes, columns=SHEET_SHAPES, tile=TILE)[None])
