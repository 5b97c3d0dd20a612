"""The program of `--train`: the image encoder learns the codes that the autoencoder gave."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from imnet.base.errors import UserError
from imnet.data.dataset import PointValueDataset, read_codes, read_views
from imnet.data.hdf5 import write_arrays
from imnet.networks.checkpoints import newest_checkpoint, step_of
from imnet.networks.trainer import (
    Scalars,
    epoch_line,
    epoch_rng,
    epochs_with_progress,
    learning_rate_at,
)
from imnet.pictures.images import write_picture, write_projections
from imnet.surfaces.extraction import sample_field
from IMSVR.crops import CROP, centre_crops, random_crops
from IMSVR.model import IMSVR
from IMSVR.options import Options
from IMSVR.resemblance import CODES_FILE, distances_to_nearest

DEFAULT_WIDTH = 64
PICTURE_RESOLUTION = 64


def train(options: Options) -> None:
    """Train from the newest checkpoint's epoch, else from new weights and the autoencoder."""
    dataset, pixels = PointValueDataset(options.train_path), read_views(options.train_path)
    codes = read_codes(options.codes_path)
    if len(codes) != len(pixels):
        raise UserError(
            f"{options.codes_path} has codes of {len(codes)} shapes, {options.train_path} views of "
            f"{len(pixels)}: make both of the same set (--ae on <dataset>_only_train in IMGAN)"
        )
    views = options.train_views or pixels.shape[1]
    if views > pixels.shape[1]:
        raise UserError(f"--train_views {views}: {options.train_path} has {pixels.shape[1]} views")
    imsvr, start = load_or_make(options, codes.shape[1])
    if start >= options.epoch:
        print(f"nothing to do: trained to epoch {start - 1}, --epoch {options.epoch} is a total")
        return
    scalars = Scalars(options.model_dir)
    began = time.time()
    for epoch in epochs_with_progress(start, options.epoch):
        rate = learning_rate_at(epoch, options.learning_rate, options.half_life)
        imsvr.optimizer.learning_rate.assign(rate)
        losses = []
        rng = epoch_rng(options.seed, epoch)
        for shapes, crops in batches(pixels, options.shapes_per_step, views, rng):
            losses.append(imsvr.train_step(crops, codes[shapes]))
        tqdm.write(epoch_line(epoch, options.epoch, len(codes), len(codes), began, losses))
        scalars.write(epoch, loss=np.mean(losses), learning_rate=rate)
        if epoch % options.save_interval == 0 or epoch + 1 == options.epoch:
            voxels = dataset.voxels[shapes[0], ..., 0]
            write_training_pictures(imsvr, crops[0], voxels, options.sample_dir, epoch)
            imsvr.save(options.model_dir, epoch)
    steps = options.epoch * max(len(codes) // options.shapes_per_step, 1)
    rng = epoch_rng(options.seed, options.epoch)
    cut = (batches(pixels, options.shapes_per_step, views, rng) for _ in range(views))
    if imsvr.calibrate(steps, (crops for epoch in cut for _, crops in epoch)):
        print(f"{steps} steps are few: the batch norms' averages are taken over the training views")
        imsvr.save(options.model_dir, options.epoch - 1)
    write_training_codes(imsvr, pixels, codes, views, options.model_dir)


def load_or_make(options: Options, z_dim: int) -> tuple[IMSVR, int]:
    """Give the model of the newest checkpoint, or a new one, and the epoch it goes on with.

    Raises:
        UserError: the checkpoint, or the autoencoder's, is for codes of another width than z_dim,
            or of another width than is asked for.
    """
    prefix = newest_checkpoint(options.model_dir, IMSVR.name)
    if prefix is None:
        source, start = options.autoencoder_path, 0
        imsvr = IMSVR.from_autoencoder(
            source, options.ef_dim or DEFAULT_WIDTH, beta1=options.beta1, seed=options.seed
        )
    else:
        source, start = prefix, step_of(prefix) + 1
        imsvr = load(options)
    if imsvr.z_dim != z_dim:
        raise UserError(
            f"{source} is for codes of width {imsvr.z_dim}, {options.codes_path} has width {z_dim}"
        )
    return imsvr, start


def load(options: Options) -> IMSVR:
    """Load the newest checkpoint; a width that is asked for and another than its is an error."""
    imsvr = IMSVR.from_checkpoint(options.model_dir, options.learning_rate, options.beta1)
    if options.ef_dim not in (None, imsvr.ef_dim):
        raise UserError(
            f"--ef_dim {options.ef_dim}, but the checkpoint in {options.model_dir} has "
            f"{imsvr.ef_dim}: leave the flag out, or choose another --checkpoint_dir"
        )
    print(f"loaded {newest_checkpoint(options.model_dir, IMSVR.name)}")
    return imsvr


def batches(
    pixels: np.ndarray, size: int, views: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Cut an epoch's batches of min(size, N) shapes, each one step ahead of its use.

    Gives shapes [n] and their crops [n, 128, 128, 1] uint8, in random order; the last, partial
    batch is dropped.
    """
    size = min(size, len(pixels))
    order = rng.permutation(len(pixels))

    def cut() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for i in range(0, len(order) - size + 1, size):
            shapes = order[i : i + size]
            yield shapes, random_crops(pixels, shapes, views, rng)

    kinds = tf.TensorSpec([size], tf.int64), tf.TensorSpec([size, CROP, CROP, 1], tf.uint8)
    return (
        tf.data.Dataset.from_generator(cut, output_signature=kinds).prefetch(1).as_numpy_iterator()
    )


def write_training_pictures(
    imsvr: IMSVR, crop: np.ndarray, voxels: np.ndarray, folder: str, epoch: int
) -> None:
    """Write the crop as `<epoch>_v.png`, and three sides of prediction (`t`) and truth (`i`).

    The crop is [128, 128, 1] uint8, the voxels [64, 64, 64].
    """
    z = imsvr.encode(crop[None])[0]
    field = sample_field(lambda points: imsvr.decode(points, z), PICTURE_RESOLUTION)
    write_projections(folder, str(epoch), "t", field)
    write_projections(folder, str(epoch), "i", voxels)
    write_picture(Path(folder) / f"{epoch}_v.png", crop[..., 0])


def write_training_codes(
    imsvr: IMSVR, pixels: np.ndarray, codes: np.ndarray, views: int, folder: Path
) -> None:
    """Write what `resemblance` compares the codes of pictures with, beside the checkpoints.

    Distances are of views that were kept from training, or of the first where none was.
    """
    kept = pixels[:, -1] if views < pixels.shape[1] else pixels[:, 0]
    predicted = imsvr.encode(centre_crops(kept))
    distances = distances_to_nearest(predicted, codes)
    write_arrays(folder / CODES_FILE, zs=codes, distances=distances)
