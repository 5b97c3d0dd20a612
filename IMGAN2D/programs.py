"""The programs of main.py. Each takes the flags apart and hands on what each function needs."""

from pathlib import Path

import numpy as np

from IMGAN2D.drawings import write_interpolation, write_letters
from IMGAN2D.model import KINDS, Autoencoder, PictureNetwork
from IMGAN2D.options import ENCODING, LATENT_GAN, Options
from imnet.base.errors import UserError
from imnet.base.lock import only_mesher
from imnet.data.codes import codes_between
from imnet.data.dataset import check_numbers
from imnet.data.letters import read_letters
from imnet.metrics.fields import iou, mean_field_error
from imnet.networks.latent_gan import ZGAN, code_batches
from imnet.networks.network import Network, load, load_or_make
from imnet.networks.trainer import Trainer
from imnet.pictures.images import ink_sheet, write_picture
from imnet.programs.about import about as about_network
from imnet.programs.runs import trainer_of

LETTERS_A_STEP = 50
PICTURED = 16  # letters of a picture of the training


def train(options: Options) -> None:
    """Train the network that is meant."""
    (train_latent_gan if options.kind == LATENT_GAN else train_pictures)(options)


def train_pictures(options: Options) -> None:
    """Train from the newest checkpoint's epoch, else from new weights."""
    kind, letters = KINDS[options.kind], read_letters(options.dataset_path)
    resolution = letters.shape[1]
    if (options.pixels_per_step or 0) > resolution**2:
        raise UserError(f"--pixels_per_step: a letter has only {resolution**2}")
    asked = {name: size for name, size in options.sizes.items() if size is not None}
    network, start = load_or_make(
        kind,
        options.folder(options.kind),
        options.sizes,
        lambda: kind(options.decoder, resolution, **asked, **options.adam, seed=options.seed),
        **options.adam,
    )
    _check_resolution(network, letters, options.dataset_path)
    usual = 1 if kind.one_picture_a_step and options.decoder == "implicit" else LETTERS_A_STEP
    size = options.letters_per_step or usual

    _trainer(options, len(letters), start).train(
        network,
        lambda epoch: network.batches(letters, options.seed, epoch, size, options.pixels_per_step),
        lambda epoch, _: write_picture(
            Path(options.sample_dir) / f"{options.kind}_{epoch}.png",
            _progress(network, letters[:PICTURED], options.seed),
        ),
        calibration_epochs=1,
    )


def _trainer(options: Options, letters: int, start: int) -> Trainer:
    folder, every = options.folder(options.kind), options.save_interval
    return trainer_of(
        options, folder, options.dataset_path, letters, start, options.epoch, save_interval=every
    )


def _progress(network: PictureNetwork, letters: np.ndarray, seed: int) -> np.ndarray:
    """Draw letters above what is made of them, or as many samples."""
    if network.codes_of_pictures:
        drawn = [letters / 255, network.draw(network.encode(letters))]
    else:
        drawn = [network.draw(network.draw_codes(len(letters), seed))]
    return ink_sheet(np.concatenate(drawn), columns=len(letters))


def train_latent_gan(options: Options) -> None:
    """Train on the codes of the autoencoder of the same dataset and decoder."""
    letters, network = read_letters(options.dataset_path), _load(options, "ae")
    _check_resolution(network, letters, options.dataset_path)
    codes = network.encode(letters)
    asked = {"width": options.width} if options.width else {}
    gan, start = load_or_make(
        ZGAN,
        options.folder(LATENT_GAN),
        asked,
        lambda: ZGAN(network.z_dim, **asked, **options.adam, seed=options.seed),
        **options.adam,
    )
    _check_widths(gan, network, options)

    def write_samples(epoch: int, _: object) -> None:
        drawn = network.draw(gan.draw_codes(PICTURED, options.seed))
        write_picture(Path(options.sample_dir) / f"{LATENT_GAN}_{epoch}.png", ink_sheet(drawn))

    _trainer(options, len(codes), start).train(
        gan, lambda epoch: code_batches(codes, options.seed, epoch), write_samples
    )


def about(options: Options) -> None:
    """Print what a network is and how it was trained."""
    print("\n".join(about_network(options.about, [*KINDS.values(), ZGAN])))


def reconstruct(options: Options) -> None:
    """Draw the dataset's first letters from their codes, and print how near they come."""
    network = _load(options, options.kind)
    letters = read_letters(options.dataset_path)
    _check_resolution(network, letters, options.dataset_path)
    letters = letters[: options.samples]
    codes = network.encode(letters)
    drawn = network.draw(codes)
    overlap = np.mean([iou(*pair) for pair in zip(drawn > 0.5, letters > 127, strict=True)])
    error = mean_field_error(drawn, letters / np.float32(255))
    print(f"mean of {len(letters)}: IoU {overlap:.4f}, mean square error {error:.6f}")
    _write(network, codes, "reconstruction", options)


def sample(options: Options) -> None:
    """Draw new letters."""
    network, codes = _sampled(options, options.samples)
    _write(network, codes, "out", options)


def interpolate(options: Options) -> None:
    """Draw letters of codes on the straight line between two."""
    if options.kind in ENCODING:
        network, letters = _load(options, options.kind), read_letters(options.dataset_path)
        _check_resolution(network, letters, options.dataset_path)
        path = options.dataset_path
        check_numbers("--interpolate", options.interpolate, len(letters), path, "letters")
        ends = network.encode(letters[list(options.interpolate)])
    else:
        if min(options.interpolate) < 0:
            raise UserError(f"--interpolate {min(options.interpolate)}: samples count from 0")
        network, codes = _sampled(options, max(options.interpolate) + 1)
        ends = codes[list(options.interpolate)]
    folder, codes = Path(options.sample_dir), codes_between(*ends, options.steps)
    values = network.draw(codes, options.resolution)
    write_interpolation(folder, values, options.binary)
    if options.svg:
        write_letters(folder, "interpolation", values, options.binary, svg=True)


def _write(network: PictureNetwork, codes: np.ndarray, prefix: str, options: Options) -> None:
    values, folder = network.draw(codes, options.resolution), Path(options.sample_dir)
    with only_mesher(folder):
        write_letters(folder, prefix, values, options.binary, options.svg)


def _load(options: Options, model: str) -> PictureNetwork:
    """Load the network of a model. Raises UserError for flags that it does not fit."""
    network = load(KINDS[model], options.folder(model), options.sizes)
    if network.kind == "cnn" and options.resolution not in (None, network.resolution):
        raise UserError(
            f"--resolution {options.resolution}: the CNN decoder draws at {network.resolution}²"
        )
    return network


def _sampled(options: Options, count: int) -> tuple[PictureNetwork, np.ndarray]:
    """Return a network and `count` drawn codes."""
    if options.kind != LATENT_GAN:
        network = _load(options, options.kind)
        return network, network.draw_codes(count, options.seed)
    network = _load(options, Autoencoder.model)
    gan = load(ZGAN, options.folder(LATENT_GAN), {"width": options.width})
    _check_widths(gan, network, options)
    return network, gan.draw_codes(count, options.seed)


def _check_widths(gan: Network, network: PictureNetwork, options: Options) -> None:
    if gan.z_dim != network.z_dim:
        raise UserError(
            f"{options.folder(LATENT_GAN)} is for codes of width {gan.z_dim}, the autoencoder's "
            f"have {network.z_dim}: train the latent GAN anew in another --checkpoint_dir"
        )


def _check_resolution(network: PictureNetwork, letters: np.ndarray, path: Path) -> None:
    if network.resolution != letters.shape[1]:
        raise UserError(
            f"{path} has letters of {letters.shape[1]}², the checkpoint is of "
            f"{network.resolution}²: name another --dataset or --checkpoint_dir"
        )


PROGRAMS = {  # by `Options.mode`
    "about": about,
    "train": train,
    "reconstruct": reconstruct,
    "interpolate": interpolate,
    "sample": sample,
}
