"""The programs of main.py. Each takes the flags apart and hands on what each function needs."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from IMGAN import gan_codes, reconstruction
from IMGAN.model import KINDS, Autoencoder, decoder_at
from IMGAN.onnx_graphs import onnx_graphs
from IMGAN.options import Options
from IMGAN.training_programs import train_autoencoder, train_latent_gan
from imnet.base.errors import UserError
from imnet.base.lock import only_mesher
from imnet.base.names import counted, listed_names
from imnet.base.progress import progress
from imnet.data.codes import (
    check_codes_target,
    codes_between,
    read_codes,
    write_codes,
)
from imnet.data.dataset import PointValueDataset, check_numbers, numbers_between, own_frames
from imnet.data.hdf5 import write_arrays
from imnet.data.sizes import SAMPLE_RESOLUTION, VOXEL_RESOLUTION
from imnet.networks.latent_gan import ZGAN
from imnet.networks.network import fingerprint, load
from imnet.networks.records import learned_from
from imnet.programs import exporting
from imnet.programs.about import about as about_network
from imnet.programs.mesh_options import MeshSettings
from imnet.programs.outputs import INTERPOLATION, RECONSTRUCTIONS, SAMPLES, Names, Source
from imnet.programs.places import folder_of
from imnet.programs.versions import settle, shipped
from imnet.surfaces.voxelize import axes_to_shapenet

HOME = Path(__file__).parent
FIRST_STEPS = """\
Nothing is trained yet. `./demo.sh` in the folder above shows everything on real chairs, in minutes.
Or make a dataset: `cd ../point_sampling`, `python vox2pointvaluepair_from_binvox.py --input \
furniture/chair --output ../IMGAN/data/chair_vox.hdf5`.
Then train here: `python main.py --help` ends with the commands, from the first to the last."""


def settled(options: Options) -> Options:
    """Fill in the flags that were not given."""

    def places(options: Options) -> list[tuple[Path, tuple[str, str]]]:
        kind = KINDS[options.decoder]
        place = options.start_from or options.autoencoder_dir
        return [(Path(place), (kind.name, kind.port_name))]

    options = replace(options, start_from=shipped(options.start_from, HOME))
    if options.model:
        options = replace(options, decoder=decoder_at(shipped(options.model, HOME)))
    elif options.start_from and options.decoder == "implicit":
        options = replace(options, decoder=decoder_at(options.start_from))
    if options.decoder == "cnn":  # the later versions have none
        options = replace(options, variant="original")
    settled = settle(options, "imgan", places, HOME)
    size = options.sample_vox_size or options.real_size
    gan = shipped(options.gan, HOME)
    return replace(settled, gan=gan, sample_vox_size=None, real_size=size)


def extract_codes(options: Options) -> None:
    """Encode every shape of the training set."""
    dataset, model = _shapes(options, options.training_path), _load_autoencoder(options)
    codes = _codes(model, dataset, None, options)
    write_codes(options.codes_path, codes, fingerprint(model.decoder))
    count = counted(len(dataset), "code")
    print(f"{count} of width {model.z_dim} in {options.codes_path}")


def reconstruct(options: Options) -> int:
    """Write meshes of the shapes start to end - 1, and print how near they come to the voxels."""
    dataset, model = _shapes(options, options.test_path), _load_autoencoder(options)
    numbers = numbers_between(*options.shape_range, len(dataset), dataset.path)
    codes = dict(zip(numbers, _codes(model, dataset, numbers, options), strict=True))
    sources = _sources(dataset, numbers, options.original_frame)
    status = _write(model, codes, RECONSTRUCTIONS, options, sources)
    reconstruction.print_figures(model, codes, dataset.voxels, sources)
    return status


def fit_files(options: Options) -> int:
    """Write meshes of shapes like those of files; list those that are no good."""
    # here: no other program needs the readers of meshes
    from IMGAN.shape_files import fit_shape, read_shape_files, write_fits
    from imnet.networks.completion import are_symmetric
    from imnet.networks.scans import Place

    rotation = axes_to_shapenet(options.up, options.front)
    place = options.scale and Place(options.scale, np.array(options.translate))
    model, seed = _load_autoencoder(options), options.seed
    shapes, skipped = read_shape_files(options.fit, rotation, options.camera, place, seed)
    codes, symmetric = None, False
    if any(shape.scan for shape in shapes):
        decoder, gan = fingerprint(model.decoder), options.gan_dir(model.z_dim)
        codes = gan_codes.known_codes(options.codes_path, decoder, gan, model.z_dim, seed)
        symmetric = are_symmetric(model.decoder, codes)
    fits = []
    for shape in progress(shapes, "fitting", unit="shape"):
        fits.append(fit_shape(model, shape, codes, symmetric, options.level, seed))
        print(f"{shape.name}: {fits[-1].figures}")
        if fits[-1].doubt:
            print(f"warning: {shape.name}: {fits[-1].doubt}: do not trust its mesh")
    settings = _mesh_settings(options, model)
    _save_codes(options, [fit.code for fit in fits])
    with only_mesher(settings.folder):
        made = write_fits(model, shapes, fits, settings)
    for message in skipped:
        print(f"skipped {message}", file=sys.stderr)
    return 2 if skipped else 0 if made else 1


def interpolate_shapes(options: Options) -> int:
    """Write meshes of codes on the straight line between those of two shapes."""
    dataset, model = _shapes(options, options.test_path), _load_autoencoder(options)
    check_numbers("--interpolate", options.interpolate, len(dataset), dataset.path)
    ends = _codes(model, dataset, options.interpolate, options)
    codes = codes_between(*ends, options.steps)
    return _write(model, dict(enumerate(codes)), INTERPOLATION, options)


def about(place: str) -> None:
    """Print what the network in a place is and how it was trained."""
    print("\n".join(about_network(shipped(place, HOME), [*KINDS.values(), ZGAN])))


def export(options: Options) -> None:
    """Write the autoencoder's encoder and decoder for other programs."""
    exporting.export(_load_autoencoder(options), options.export, onnx_graphs)


def sample(options: Options) -> int:
    """Write meshes of codes drawn from the generator, or read from `--codes`."""
    if not (options.model or options.training_path.is_file() or options.autoencoder_dir.is_dir()):
        print(FIRST_STEPS)
    model = _load_autoencoder(options)
    return _write(model, _sampled_codes(options, model, options.samples), SAMPLES, options)


def interpolate_samples(options: Options) -> int:
    """Write meshes between I and J of `--codes`, or of the samples that `sample` draws."""
    model = _load_autoencoder(options)
    numbered = _sampled_codes(options, model, max(*options.interpolate, 0) + 1)
    ends = gan_codes.pick(numbered, options.interpolate, options.codes)
    codes = codes_between(*ends, options.steps)
    return _write(model, dict(enumerate(codes)), INTERPOLATION, options)


def _shapes(options: Options, path: Path) -> PointValueDataset:
    """Return the shapes of a dataset, to be read in their order."""
    return PointValueDataset(path, memory=options.memory_bytes, shuffled=False)


def _sources(
    dataset: PointValueDataset, numbers: Sequence[int], original_frame: bool
) -> dict[int, Source]:
    """Return what shapes were sampled from. UserError if their original frame is not stored."""
    names, frames = listed_names(dataset.path, len(dataset)), own_frames(dataset.path)
    if original_frame and frames is None:
        raise UserError(
            f"--original_frame: {dataset.path} does not say where its shapes stood: sample their "
            "meshes again"
        )
    return {
        t: Source(names[t] if names else "", None if frames is None else frames[t]) for t in numbers
    }


def _codes(
    model: Autoencoder, dataset: PointValueDataset, numbers: Sequence[int] | None, options: Options
) -> np.ndarray:
    """Return the codes of shapes by their numbers, or of all: the encoder's, or fitted ones."""
    voxels, chosen = dataset.voxels, None if numbers is None else list(numbers)
    if options.fit is None:
        return model.encode(voxels, chosen)
    return model.fit(voxels if chosen is None else voxels[chosen], seed=options.seed)


def _load_autoencoder(options: Options) -> Autoencoder:
    return load(KINDS[options.decoder], options.autoencoder_dir, options.sizes)


def _sampled_codes(options: Options, model: Autoencoder, count: int) -> dict[int, np.ndarray]:
    """Return numbered codes [z_dim]: those of `--codes`, or `count` new ones of the latent GAN."""
    if not options.codes:
        folder = options.gan_dir(model.z_dim)
        if options.whole:
            drawn = gan_codes.draw_whole(folder, count, options.seed, model, options.level)
        else:
            drawn = gan_codes.draw_codes(folder, model.z_dim, count, options.seed)
        if not learned_from(folder_of(folder), fingerprint(model.decoder)):
            print(
                f"warning: the latent GAN in {folder} learned codes of another autoencoder than "
                f"{options.autoencoder_dir}: its samples mean other shapes here; train it on codes "
                "that --ae extracts"
            )
        return dict(enumerate(drawn))
    codes = dict(enumerate(read_codes(options.codes, model.z_dim)))
    return gan_codes.kept(codes, Path(options.sample_dir)) if options.kept else codes


def _write(
    model: Autoencoder,
    codes: dict[int, np.ndarray],
    names: Names,
    options: Options,
    sources: Mapping[int, Source] | None = None,
) -> int:
    """Write the meshes of numbered codes, and what else the flags ask for.

    Returns the exit status: 1 if no field has a surface.
    """
    settings = _mesh_settings(options, model)
    _save_codes(options, list(codes.values()))
    with only_mesher(settings.folder):
        made = reconstruction.write_meshes(
            {t: model.field(z) for t, z in codes.items()},
            names,
            settings,
            options.dataset,
            sources or {},
            point_clouds=options.point_clouds,
            surface_points=options.surface_points,
            seed=options.seed,
        )
    return 0 if made else 1


def _mesh_settings(options: Options, model: Autoencoder) -> MeshSettings:
    """Return how fields become files."""
    usual = model.only_resolution or (VOXEL_RESOLUTION if options.ae else SAMPLE_RESOLUTION)
    resolution, own = options.resolution or usual, options.original_frame
    return options.settings(Path(options.sample_dir), resolution, model.dense, own)


def _save_codes(options: Options, codes: list[np.ndarray]) -> None:
    """Write codes, each [z_dim], to the file of `--save_codes`, if one is named."""
    if options.save_codes:
        check_codes_target("--save_codes", options.save_codes)
        write_arrays(options.save_codes, zs=np.stack(codes))
        print(f"codes in {options.save_codes}")


OF_AUTOENCODER = {  # by `Options.mode`
    "train": train_autoencoder,
    "": extract_codes,
    "getz": extract_codes,
    "reconstruct": reconstruct,
    "interpolate": interpolate_shapes,
    "fit": fit_files,
    "export": export,
}
OF_LATENT_GAN = {"train": train_latent_gan, "": sample, "interpolate": interpolate_samples}
