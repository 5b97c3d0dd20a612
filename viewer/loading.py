"""Finds and loads what the flags name; what is missing is told in words."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

import IMGAN
import IMSVR
import point_sampling
from IMGAN.model import KINDS, Autoencoder, load_autoencoder
from imnet.base.errors import UserError, one_line
from imnet.base.names import names_of, read_names
from imnet.data.dataset import PointValueDataset
from imnet.networks.checkpoints import place_exists
from imnet.networks.latent_gan import ZGAN
from imnet.networks.network import fingerprint
from imnet.networks.records import learned_from
from imnet.programs.about import about
from imnet.programs.places import folder_of, gan_of, name_of
from imnet.programs.versions import VERSIONS
from imnet_viewer.models import Models, Shapes, check_latent_gan, same_decoder
from imnet_viewer.options import ModelOptions
from IMSVR.model import IMSVR as ImageEncoder
from point_sampling.binvox_solids import load as load_binvox

SHIPPED, SHIPPED_ENCODERS = (Path(m.__path__[0]) / "pretrained" for m in (IMGAN, IMSVR))
FURNITURE = Path(point_sampling.__path__[0]) / "furniture"
TRAINING_SHAPES = "training_shapes.txt"  # beside a shipped checkpoint: what it learned from
Thing = TypeVar("Thing")


def load_models(options: ModelOptions) -> Models:
    """Load the networks and shapes that the flags name.

    Raises:
        UserError: there is no autoencoder, or it is damaged.
    """
    name, folder = options.dataset, options.checkpoint_dir or SHIPPED
    encoders = options.image_encoder_dir or options.checkpoint_dir or SHIPPED_ENCODERS
    if options.model is not None:
        name, folder = name_of(options.model), folder_of(options.model).parent
        encoders = options.image_encoder_dir or folder
    place = options.model or _folder(folder, name, "autoencoder")
    autoencoder = load_autoencoder(place)
    gan = options.gan or gan_of(folder, name, autoencoder.z_dim)
    encoder = options.image_encoder or _folder(encoders, name, "image_encoder")
    missing: dict[str, str] = {}

    def attempt(what: str, load: Callable[[], Thing]) -> Thing | None:
        try:
            return load()
        except UserError as error:
            missing[what] = one_line(error)
            return None

    return Models(
        autoencoder,
        attempt("shapes", lambda: load_shapes(autoencoder, folder_of(place), options)),
        attempt("latent_gan", lambda: _load_latent_gan(gan, autoencoder)),
        attempt("image_encoder", lambda: _load_image_encoder(encoder, autoencoder)),
        folder_of(encoder),
        missing,
        about(place, list(KINDS.values())),
    )


def load_shapes(autoencoder: Autoencoder, folder: Path, options: ModelOptions) -> Shapes:
    """Load the first shapes of the dataset, or the bundled ones that the autoencoder learned from.

    `folder` holds the autoencoder's checkpoints.

    Raises:
        UserError: there are none.
    """
    if options.data_dir is not None:
        names, voxels = _dataset_shapes(options.data_dir, options.dataset, options.shapes)
    else:
        names, voxels = _bundled_shapes(folder / TRAINING_SHAPES, options.shapes)
    return Shapes(names, voxels, autoencoder.encode(voxels))


def _folder(folder: Path, name: str, network: str) -> Path:
    """Return the folder of a network's checkpoints, in any of the versions' layouts."""
    templates = [getattr(version, network) for version in VERSIONS.values()]
    places = [Path(t.format(checkpoint_dir=folder, name=name)) for t in templates]
    return next((place for place in places if place.is_dir()), places[0])


def _dataset_shapes(folder: Path, name: str, most: int) -> tuple[list[str], np.ndarray]:
    paths = [folder / f"{name}{ending}.hdf5" for ending in ("", "_train")]
    path = next((path for path in paths if path.is_file()), paths[0])
    dataset = PointValueDataset(path, memory=0, shuffled=False)  # only the first ones are read
    return names_of(path, len(dataset))[:most], dataset.voxels[:most]


def _bundled_shapes(listing: Path, most: int) -> tuple[list[str], np.ndarray]:
    """Read the bundled shapes that a list names, without its copies and what is not bundled."""
    if not listing.is_file():
        raise UserError("no shapes: name the folder of the dataset with --data_dir")
    categories = [FURNITURE, *sorted(p for p in FURNITURE.iterdir() if p.is_dir())]
    candidates = [c / f"{name}.binvox" for name in read_names(listing) for c in categories]
    paths = [path for path in candidates if path.is_file()][:most]
    if not paths:
        raise UserError(f"{listing} names no bundled shape: name a dataset with --data_dir")
    voxels = np.stack([load_binvox(path.stem, path) for path in paths])  # [n, 64, 64, 64]
    return [path.stem for path in paths], voxels[..., None].astype(np.uint8)


def _load_latent_gan(place: Path, autoencoder: Autoencoder) -> ZGAN:
    if not place_exists(place):
        raise UserError(
            f"no latent GAN is trained ({place}). In IMGAN: extract the codes with "
            "`python main.py --ae`, then train it with `python main.py --train`"
        )
    zgan = ZGAN.from_checkpoint(place)
    check_latent_gan(zgan, autoencoder)
    if not learned_from(folder_of(place), fingerprint(autoencoder.decoder)):
        raise UserError(
            f"the latent GAN in {place} belongs to another autoencoder: its codes mean other "
            "shapes here"
        )
    return zgan


def _load_image_encoder(place: Path, autoencoder: Autoencoder) -> ImageEncoder:
    if not place_exists(place):
        raise UserError(
            f"no image encoder is trained ({place}). In IMSVR: `python main.py --train`"
        )
    encoder = ImageEncoder.from_checkpoint(place)
    if not same_decoder(autoencoder, encoder):
        raise UserError(
            f"the image encoder in {place} belongs to another autoencoder: its codes mean other "
            "shapes here"
        )
    return encoder
