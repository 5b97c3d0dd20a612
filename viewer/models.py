"""What the viewer shows: shapes with their codes, and the networks. Arrays in, arrays out."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from IMGAN.gan_codes import KNOWN
from IMGAN.model import Autoencoder
from imnet.base.errors import UserError
from imnet.data.views import centre_crops
from imnet.networks.latent_gan import NOISE_DEVIATION, ZGAN, draw_noise
from imnet_viewer.mixtures import neighbour_noise
from IMSVR.model import IMSVR
from IMSVR.photos import picture_to_view
from IMSVR.picture_files import decode_picture
from IMSVR.resemblance import unlike_training

MOST_PICTURE_BYTES = 2**28  # of a decoded picture: 67 million pixels
NEIGHBOUR_TURN = 0.5  # radians between a sample's noise and its neighbours'


@dataclass(frozen=True)
class Shapes:
    """Shapes by number: names [n], voxels [n, 64, 64, 64, 1] 0 or 1, codes [n, z_dim]."""

    names: list[str]
    voxels: np.ndarray
    codes: np.ndarray


@dataclass(frozen=True)
class Models:
    """The networks and the shapes; None for what is missing.

    Attributes:
        autoencoder: makes fields of codes.
        shapes: that its codes are known of.
        latent_gan: draws codes.
        image_encoder: gives codes of views. Its decoder is the autoencoder's.
        image_encoder_dir: where its checkpoints are, and the codes that it learned.
        missing: attribute → why it is None, in words.
        about: lines on what the autoencoder is and how it was trained.
    """

    autoencoder: Autoencoder
    shapes: Shapes | None
    latent_gan: ZGAN | None
    image_encoder: IMSVR | None
    image_encoder_dir: Path
    missing: dict[str, str]
    about: Sequence[str] = ()

    def draw_noise(self, rng: np.random.Generator) -> np.ndarray:
        """Draw noise [z_dim] for the latent GAN."""
        return draw_noise(rng, 1, self.latent_gan.z_dim)[0]

    def sample(self, noise: np.ndarray) -> np.ndarray:
        """Return codes [n, z_dim] of noise [n, z_dim]."""
        return self.latent_gan.generate(noise)

    def samples(self, count: int, seed: int) -> np.ndarray:
        """Draw codes [count, z_dim], as `python main.py` does with this seed."""
        return self.latent_gan.draw_codes(count, seed)

    def known_codes(self) -> np.ndarray | None:
        """Return codes [n, z_dim]: those of the shapes, and samples; None without any."""
        known = [] if self.shapes is None else [self.shapes.codes]
        known += [] if self.latent_gan is None else [self.samples(KNOWN, seed=0)]
        return np.concatenate(known) if known else None

    def neighbours(self, noise: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        """Return noise [count, z_dim] near some noise [z_dim]."""
        return neighbour_noise(noise, count, NEIGHBOUR_TURN, rng, NOISE_DEVIATION)

    def read_photo(
        self, content: bytes, background: str
    ) -> tuple[np.ndarray, np.ndarray, bool | None]:
        """Return what a picture file shows: view, code, whether it is unlike the training's.

        Args:
            content: of the file.
            background: see `picture_to_view`.

        Returns:
            The view uint8 [137, 137] as the network sees it, the code [z_dim], and whether it is
            far from the codes of the training views (None if these are not known).

        Raises:
            UserError: it is no picture, or too large.
        """
        picture = decode_picture(io.BytesIO(content), "the picture", MOST_PICTURE_BYTES)
        view = picture_to_view(picture, background)
        codes = self.image_encoder.encode(centre_crops(view[None]))
        unlike = unlike_training(codes, self.image_encoder_dir)
        return view, codes[0], None if unlike is None else bool(unlike[0])


def same_decoder(first: Autoencoder, second: IMSVR) -> bool:
    """Whether a code means the same shape to both networks."""
    ours, theirs = first.decoder.variables, second.decoder.variables
    return len(ours) == len(theirs) and all(
        a.shape == b.shape and np.array_equal(a.numpy(), b.numpy())
        for a, b in zip(ours, theirs, strict=True)
    )


def check_latent_gan(zgan: ZGAN, autoencoder: Autoencoder) -> None:
    """Raise UserError if a latent GAN's codes are of another width than the autoencoder's."""
    if zgan.z_dim != autoencoder.z_dim:
        raise UserError(
            f"the latent GAN makes codes of width {zgan.z_dim}, the autoencoder takes "
            f"{autoencoder.z_dim}"
        )
