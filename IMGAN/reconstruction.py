"""The programs of `--ae` beside training: extract codes, reconstruct, interpolate."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from IMGAN.cnn import CNNAE
from IMGAN.encoder import VOXEL_RESOLUTION, Autoencoder
from IMGAN.model import IMAE
from IMGAN.options import Options
from imnet.base.errors import UserError
from imnet.data.dataset import PointValueDataset
from imnet.data.hdf5 import write_arrays
from imnet.data.lattice import cell_centres
from imnet.metrics.fields import reconstruction_figures
from imnet.networks.checkpoints import newest_checkpoint, step_of
from imnet.programs.outputs import (
    MeshSettings,
    write_point_clouds,
    write_points_on_surfaces,
    write_shapes,
)

KINDS = {"implicit": IMAE, "cnn": CNNAE}
WIDTHS = ("z_dim", "ef_dim", "gf_dim", "norm")


def load_or_make(options: Options) -> tuple[Autoencoder, int]:
    """Give the model of the newest checkpoint, or a new one, and the epoch it goes on with."""
    kind = KINDS[options.decoder]
    prefix = newest_checkpoint(options.autoencoder_dir, kind.name)
    if prefix is not None:
        return load(options), step_of(prefix) + 1
    asked = {name: getattr(options, name) for name in WIDTHS if getattr(options, name) is not None}
    model = kind(**asked, beta1=options.beta1, seed=options.seed)
    widths = (f"{name} {getattr(model, name)}" for name in WIDTHS if hasattr(model, name))
    print(f"new weights: {', '.join(widths)}")
    return model, 0


def load(options: Options) -> Autoencoder:
    """Load the newest checkpoint; a width that is asked for and another than its is an error."""
    kind, folder = KINDS[options.decoder], options.autoencoder_dir
    model = kind.from_checkpoint(folder, options.learning_rate, options.beta1)
    for name in WIDTHS:
        asked, found = getattr(options, name), getattr(model, name, None)
        if asked not in (None, found):
            raise UserError(
                f"--{name} {asked}, but the checkpoint in {folder} has {found}: "
                f"leave the flag out, or choose another --checkpoint_dir"
            )
    print(f"loaded {newest_checkpoint(folder, kind.name)}")
    return model


def extract_codes(options: Options) -> None:
    """Encode every shape of the dataset into `<data_dir>/<dataset>_z.hdf5`."""
    dataset, model = PointValueDataset(options.dataset_path), load(options)
    write_arrays(options.codes_path, zs=model.encode(dataset.voxels))
    print(f"{len(dataset)} codes of width {model.z_dim} in {options.codes_path}")


def reconstruct(options: Options) -> None:
    """Write meshes of the shapes start to end - 1, and print how near they come to the voxels."""
    dataset, model = PointValueDataset(options.dataset_path), load(options)
    numbers = range(options.start, min(options.end, len(dataset)))
    if not numbers:
        raise UserError(f"--start {options.start}: {dataset.path} has {len(dataset)} shapes")
    codes = model.encode(dataset.voxels[options.start : options.end])
    write_codes_and_meshes(model, dict(zip(numbers, codes, strict=True)), "reconstruction", options)
    centres = cell_centres(VOXEL_RESOLUTION)
    figures = []
    for t, z in zip(numbers, codes, strict=True):
        figures.append(reconstruction_figures(model.field(z)(centres), dataset.voxels[t]))
        print(f"shape {t}: IoU {figures[-1]['iou']:.4f}")
    mean = {name: np.mean([f[name] for f in figures]) for name in figures[0]}
    print(
        f"mean of {len(figures)} at {VOXEL_RESOLUTION}³: IoU {mean['iou']:.4f}, "
        f"field error {mean['field_error']:.6f}"
    )


def interpolate(options: Options) -> None:
    """Write meshes of codes on the straight line between those of two shapes."""
    dataset, model = PointValueDataset(options.dataset_path), load(options)
    for i in options.interpolate:
        if not 0 <= i < len(dataset):
            raise UserError(
                f"--interpolate {i}: {dataset.path} has the shapes 0..{len(dataset) - 1}"
            )
    ends = model.encode(dataset.voxels[list(options.interpolate)])
    codes = codes_between(*ends, options.steps)
    write_codes_and_meshes(model, dict(enumerate(codes)), "interpolation", options)


def codes_between(first: np.ndarray, last: np.ndarray, steps: int) -> np.ndarray:
    """Give `steps` codes [steps, z_dim] evenly from first to last, both included."""
    return np.linspace(first, last, steps, dtype=np.float32)


def write_codes_and_meshes(
    model: Autoencoder, codes: dict[int, np.ndarray], prefix: str, options: Options
) -> None:
    """Write the meshes of numbered codes, and what else the flags ask for."""
    usual = model.only_resolution or (VOXEL_RESOLUTION if options.ae else 128)
    resolution = options.resolution or usual
    folder = Path(options.sample_dir)
    settings = MeshSettings.of(options, folder, resolution)
    settings = replace(settings, dense=settings.dense or model.dense)
    if options.save_codes:
        write_arrays(options.save_codes, zs=np.stack(list(codes.values())))
        print(f"codes in {options.save_codes}")
    pictures = "" if prefix == "out" else prefix  # the original's names for samples
    fields = {t: model.field(z) for t, z in codes.items()}
    meshes = write_shapes(fields, prefix, pictures, settings)
    kind = "im_gan_sample" if prefix == "out" else prefix
    if options.point_clouds:
        path = folder / f"{options.dataset}_{kind}.hdf5"
        write_point_clouds(path, meshes.values(), resolution, options.seed)
    if options.surface_points is not None:
        path = folder / f"{options.dataset}_{kind}_points.hdf5"
        count, seed = options.surface_points, options.seed
        write_points_on_surfaces(path, meshes, prefix, count, settings, seed)
