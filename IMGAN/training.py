"""The program `--ae --train`: the training loop of the autoencoders."""

import time

import numpy as np
from tqdm import tqdm

from IMGAN.cnn import CNNAE
from IMGAN.encoder import VOXEL_RESOLUTION, Autoencoder
from IMGAN.model import IMAE
from IMGAN.options import Options
from IMGAN.reconstruction import load_or_make
from imnet.base.errors import UserError
from imnet.data.dataset import PointValueDataset
from imnet.data.lattice import cell_centres
from imnet.networks.trainer import (
    Scalars,
    epoch_line,
    epoch_rng,
    epochs_with_progress,
    learning_rate_at,
)
from imnet.pictures.images import write_projections

LARGEST_BATCH = 16384  # points in a step, the original's bound
LOG_EVERY = 16  # shapes
SHAPES_A_STEP = {"implicit": 1, "cnn": 32}  # the paper's


def train(options: Options) -> None:
    """Train at `real_size` from the newest checkpoint's epoch (else from new weights)."""
    of_points = options.decoder == "implicit"
    dataset = PointValueDataset(options.dataset_path, options.real_size if of_points else None)
    if of_points:
        check_points(dataset, options)
    model, start = load_or_make(options)
    if start >= options.epoch:
        print(f"nothing to do: trained to epoch {start - 1}, --epoch {options.epoch} is a total")
        return
    model.start_stage(options.real_size)
    scalars = Scalars(options.autoencoder_dir)
    began = time.time()
    for epoch in epochs_with_progress(start, options.epoch):
        rate = learning_rate_at(epoch, options.learning_rate, options.half_life)
        model.optimizer.learning_rate.assign(rate)
        losses, last = train_epoch(model, dataset, options, epoch, began)
        scalars.write(epoch, loss=np.mean(losses), learning_rate=rate)
        if (epoch + 1) % (options.save_interval or 1) == 0 or epoch + 1 == options.epoch:
            write_training_pictures(model, dataset, last, options.sample_dir, epoch)
            model.save(options.autoencoder_dir, epoch)
    if not of_points:
        calibrate(model, dataset, options)


def check_points(dataset: PointValueDataset, options: Options) -> None:
    """Raise UserError if `batch_size_input` is not what is stored, or does not make batches."""
    stored, batch = dataset.points_a_shape, batch_of_points(options)
    if options.batch_size_input != stored:
        raise UserError(
            f"--batch_size_input {options.batch_size_input}: {dataset.path} stores {stored} points "
            f"a shape at {dataset.resolution}³; give --batch_size_input {stored}"
        )
    if stored % batch:
        raise UserError(f"{dataset.path}: {stored} points do not divide into batches of {batch}")
    if options.points_per_step is not None and options.points_per_step > stored:
        raise UserError(f"--points_per_step {options.points_per_step}: only {stored} are stored")


def batch_of_points(options: Options) -> int:
    """Give the points of a step in the original's order."""
    return min(options.batch_size_input, LARGEST_BATCH)


def train_epoch(
    model: Autoencoder, dataset: PointValueDataset, options: Options, epoch: int, began: float
) -> tuple[list[float], int]:
    """Train on each shape once, in a random order; give the losses and the last shape's number."""
    rng = epoch_rng(options.seed, epoch)
    order = rng.permutation(len(dataset))
    size = shapes_a_step(options)
    losses = []
    for i in range(0, len(order), size):
        shapes = np.sort(order[i : i + size])
        if options.decoder == "cnn":
            losses.append(model.train_step(dataset.voxels[shapes]))
        else:
            losses += steps_on_points(model, dataset, shapes, options, rng)
        if i % LOG_EVERY < size:
            tqdm.write(epoch_line(epoch, options.epoch, i, len(order), began, losses))
    return losses, int(order[-1])


def shapes_a_step(options: Options) -> int:
    """Give --shapes_per_step, or what the paper has for this decoder."""
    return options.shapes_per_step or SHAPES_A_STEP[options.decoder]


def steps_on_points(
    model: IMAE,
    dataset: PointValueDataset,
    shapes: np.ndarray,
    options: Options,
    rng: np.random.Generator,
) -> list[float]:
    """Take the steps of an epoch on some shapes [s], with their points; give the losses."""
    losses = []
    for chosen in choose_points(dataset.points_a_shape, len(shapes), options, rng):
        pairs = list(zip(shapes, chosen, strict=True))
        points = np.stack([dataset.points(s, c) for s, c in pairs])  # [s, m, 3]
        values = np.stack([dataset.values(s, c) for s, c in pairs])  # [s, m, 1]
        losses.append(model.train_step(dataset.voxels[shapes], points, values))
    return losses


def choose_points(
    stored: int, shapes: int, options: Options, rng: np.random.Generator
) -> list[list[slice | np.ndarray]]:
    """Give the steps on a group of shapes: for each step, for each shape, which points it takes."""
    if options.points_per_step is None:
        batch = batch_of_points(options)
        return [[slice(i, i + batch)] * shapes for i in range(0, stored, batch)]
    return [[rng.choice(stored, options.points_per_step, replace=False) for _ in range(shapes)]]


def write_training_pictures(
    model: Autoencoder, dataset: PointValueDataset, i: int, folder: str, epoch: int
) -> None:
    """Write projections of what shape i was trained on: `_1t` .. `_3t` predicted, `_1i` .. true."""
    field = model.field(model.encode(dataset.voxels[i : i + 1])[0])
    if dataset.resolution is None:
        centres = cell_centres(VOXEL_RESOLUTION)
        grids = np.reshape(field(centres), (VOXEL_RESOLUTION,) * 3), dataset.voxels[i, ..., 0]
    else:
        grids = np.zeros((2, *(dataset.resolution,) * 3), np.float32)
        indices = tuple(dataset.point_indices(i).T)
        grids[0][indices] = field(dataset.points(i))
        grids[1][indices] = dataset.values(i)[:, 0]
    for letter, grid in zip("ti", grids, strict=True):
        write_projections(folder, str(epoch), letter, grid)


def calibrate(model: CNNAE, dataset: PointValueDataset, options: Options) -> None:
    """Take batch norms' averages over the shapes if the training was short, and save the model."""
    size = shapes_a_step(options)
    steps = options.epoch * -(-len(dataset) // size)
    order = epoch_rng(options.seed, options.epoch).permutation(len(dataset))
    batches = (dataset.voxels[np.sort(order[i : i + size])] for i in range(0, len(order), size))
    if model.calibrate(steps, batches):
        print(f"{steps} steps are few: the batch norms' averages are taken over the shapes")
        model.save(options.autoencoder_dir, options.epoch - 1)
