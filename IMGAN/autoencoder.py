"""The programs of `--ae`: train, extract codes, reconstruct, interpolate."""

import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

from IMGAN.model import IMAE
from IMGAN.options import Options
from imnet.checkpoints import newest_checkpoint, step_of
from imnet.dataset import PointValueDataset, write_arrays
from imnet.errors import UserError
from imnet.metrics import reconstruction_figures
from imnet.pictures import write_projections
from imnet.points import cell_centres
from imnet.results import (
    Field,
    MeshSettings,
    write_point_clouds,
    write_points_on_surfaces,
    write_shapes,
)
from imnet.training import (
    Scalars,
    epoch_line,
    epoch_rng,
    epochs_with_progress,
    learning_rate_at,
)

LARGEST_BATCH = 16384  # points in a step, the original's bound
LOG_EVERY = 16  # shapes
DEFAULT_WIDTHS = {"z_dim": 128, "ef_dim": 32, "gf_dim": 128, "norm": "batch"}
RESOLUTION = 64


def train(options: Options) -> None:
    """Train at `real_size` from the newest checkpoint's epoch (else from new weights)."""
    dataset = PointValueDataset(options.dataset_path, options.real_size)
    batch = batch_of_points(dataset, options)
    imae, start = load_or_make(options)
    if start >= options.epoch:
        print(f"nothing to do: trained to epoch {start - 1}, --epoch {options.epoch} is a total")
        return
    imae.start_stage(options.real_size)
    scalars = Scalars(options.autoencoder_dir)
    began = time.time()
    for epoch in epochs_with_progress(start, options.epoch):
        rate = learning_rate_at(epoch, options.learning_rate, options.half_life)
        imae.optimizer.learning_rate.assign(rate)
        losses, last = train_epoch(imae, dataset, batch, options, epoch, began)
        scalars.write(epoch, loss=np.mean(losses), learning_rate=rate)
        if (epoch + 1) % (options.save_interval or 1) == 0 or epoch + 1 == options.epoch:
            write_training_pictures(imae, dataset, last, options.sample_dir, epoch)
            imae.save(options.autoencoder_dir, epoch)


def batch_of_points(dataset: PointValueDataset, options: Options) -> int:
    """Give the points of a step in the original's order: min(batch_size_input, 16384).

    Raises:
        UserError: `batch_size_input` is not what is stored, or does not divide into batches.
    """
    stored, batch = dataset.points_a_shape, min(options.batch_size_input, LARGEST_BATCH)
    if options.batch_size_input != stored:
        raise UserError(
            f"--batch_size_input {options.batch_size_input}: {dataset.path} stores {stored} points "
            f"a shape at {dataset.resolution}³; give --batch_size_input {stored}"
        )
    if stored % batch:
        raise UserError(f"{dataset.path}: {stored} points do not divide into batches of {batch}")
    if options.points_per_step is not None and options.points_per_step > stored:
        raise UserError(f"--points_per_step {options.points_per_step}: only {stored} are stored")
    return batch


def load_or_make(options: Options) -> tuple[IMAE, int]:
    """Give the model of the newest checkpoint, or a new one, and the epoch it goes on with."""
    prefix = newest_checkpoint(options.autoencoder_dir, IMAE.name)
    if prefix is not None:
        return load(options), step_of(prefix) + 1
    asked = {name: getattr(options, name) or width for name, width in DEFAULT_WIDTHS.items()}
    print(f"new weights: {', '.join(f'{name} {value}' for name, value in asked.items())}")
    return IMAE(**asked, beta1=options.beta1, seed=options.seed), 0


def load(options: Options) -> IMAE:
    """Load the newest checkpoint; a width that is asked for and another than its is an error."""
    imae = IMAE.from_checkpoint(options.autoencoder_dir, options.learning_rate, options.beta1)
    for name in DEFAULT_WIDTHS:
        asked, found = getattr(options, name), getattr(imae, name)
        if asked not in (None, found):
            raise UserError(
                f"--{name} {asked}, but the checkpoint in {options.autoencoder_dir} has {found}: "
                f"leave the flag out, or choose another --checkpoint_dir"
            )
    print(f"loaded {newest_checkpoint(options.autoencoder_dir, IMAE.name)}")
    return imae


def train_epoch(
    imae: IMAE, dataset: PointValueDataset, batch: int, options: Options, epoch: int, began: float
) -> tuple[list[float], int]:
    """Train on each shape once, in a random order; give the losses and the last shape's number."""
    rng = epoch_rng(options.seed, epoch)
    order = rng.permutation(len(dataset))
    losses = []
    for i in range(0, len(order), options.shapes_per_step):
        shapes = np.sort(order[i : i + options.shapes_per_step])
        for chosen in choose_points(dataset.points_a_shape, len(shapes), batch, options, rng):
            pairs = list(zip(shapes, chosen, strict=True))
            points = np.stack([dataset.points(s, c) for s, c in pairs])  # [s, m, 3]
            values = np.stack([dataset.values(s, c) for s, c in pairs])  # [s, m, 1]
            losses.append(imae.train_step(dataset.voxels[shapes], points, values))
        if i % LOG_EVERY < options.shapes_per_step:
            tqdm.write(epoch_line(epoch, options.epoch, i, len(order), began, losses))
    return losses, int(order[-1])


def choose_points(
    stored: int, shapes: int, batch: int, options: Options, rng: np.random.Generator
) -> list[list[slice | np.ndarray]]:
    """Give the steps on a group of shapes: for each step, for each shape, which points it takes."""
    if options.points_per_step is None:
        return [[slice(i, i + batch)] * shapes for i in range(0, stored, batch)]
    return [[rng.choice(stored, options.points_per_step, replace=False) for _ in range(shapes)]]


def write_training_pictures(
    imae: IMAE, dataset: PointValueDataset, i: int, folder: str, epoch: int
) -> None:
    """Write the projections of shape i's points: `_1t` .. `_3t` predicted, `_1i` .. `_3i` true."""
    z = imae.encode(dataset.voxels[i : i + 1])[0]
    predicted = imae.decode(dataset.points(i), z)
    for letter, values in (("t", predicted), ("i", dataset.values(i)[:, 0])):
        grid = np.zeros((dataset.resolution,) * 3, np.float32)
        grid[tuple(dataset.point_indices(i).T)] = values
        write_projections(folder, str(epoch), letter, grid)


def extract_codes(options: Options) -> None:
    """Encode every shape of the dataset into `<data_dir>/<dataset>_z.hdf5`."""
    dataset, imae = PointValueDataset(options.dataset_path), load(options)
    write_arrays(options.codes_path, zs=imae.encode(dataset.voxels))
    print(f"{len(dataset)} codes of width {imae.z_dim} in {options.codes_path}")


def reconstruct(options: Options) -> None:
    """Write meshes of the shapes start to end - 1, and print how near they come to the voxels."""
    dataset, imae = PointValueDataset(options.dataset_path), load(options)
    numbers = range(options.start, min(options.end, len(dataset)))
    if not numbers:
        raise UserError(f"--start {options.start}: {dataset.path} has {len(dataset)} shapes")
    codes = imae.encode(dataset.voxels[options.start : options.end])
    write_codes_and_meshes(imae, dict(zip(numbers, codes, strict=True)), "reconstruction", options)
    centres = cell_centres(RESOLUTION)
    figures = []
    for t, z in zip(numbers, codes, strict=True):
        figures.append(reconstruction_figures(imae.decode(centres, z), dataset.voxels[t]))
        print(f"shape {t}: IoU {figures[-1]['iou']:.4f}")
    mean = {name: np.mean([f[name] for f in figures]) for name in figures[0]}
    print(
        f"mean of {len(figures)} at {RESOLUTION}³: IoU {mean['iou']:.4f}, "
        f"field error {mean['field_error']:.6f}"
    )


def interpolate(options: Options) -> None:
    """Write meshes of codes on the straight line between those of two shapes."""
    dataset, imae = PointValueDataset(options.dataset_path), load(options)
    for i in options.interpolate:
        if not 0 <= i < len(dataset):
            raise UserError(
                f"--interpolate {i}: {dataset.path} has the shapes 0..{len(dataset) - 1}"
            )
    ends = imae.encode(dataset.voxels[list(options.interpolate)])
    codes = codes_between(*ends, options.steps)
    write_codes_and_meshes(imae, dict(enumerate(codes)), "interpolation", options)


def codes_between(first: np.ndarray, last: np.ndarray, steps: int) -> np.ndarray:
    """Give `steps` codes [steps, z_dim] evenly from first to last, both included."""
    return np.linspace(first, last, steps, dtype=np.float32)


def write_codes_and_meshes(
    imae: IMAE, codes: dict[int, np.ndarray], prefix: str, options: Options
) -> None:
    """Write the meshes of numbered codes, and what else the flags ask for."""
    resolution = options.resolution or (RESOLUTION if options.ae else 128)
    folder = Path(options.sample_dir)
    settings = MeshSettings.of(options, folder, resolution)
    if options.save_codes:
        write_arrays(options.save_codes, zs=np.stack(list(codes.values())))
        print(f"codes in {options.save_codes}")
    pictures = "" if prefix == "out" else prefix  # the original's names for samples
    meshes = write_shapes(fields_of(imae, codes), prefix, pictures, settings)
    kind = "im_gan_sample" if prefix == "out" else prefix
    if options.point_clouds:
        path = folder / f"{options.dataset}_{kind}.hdf5"
        write_point_clouds(path, meshes.values(), resolution, options.seed)
    if options.surface_points is not None:
        path = folder / f"{options.dataset}_{kind}_points.hdf5"
        count, seed = options.surface_points, options.seed
        write_points_on_surfaces(path, meshes, prefix, count, settings, seed)


def fields_of(imae: IMAE, codes: dict[int, np.ndarray]) -> dict[int, Field]:
    """Give each numbered code's field."""
    return {t: (lambda points, z=z: imae.decode(points, z)) for t, z in codes.items()}
