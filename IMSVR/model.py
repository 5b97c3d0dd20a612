"""IMSVR: an image encoder that learns the autoencoder's codes, and its decoder, frozen."""

import imnet.networks  # noqa: F401  # first, because it starts TensorFlow quietly

# isort: split
from collections.abc import Mapping
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from imnet.data.sizes import DECODER_WIDTH, IMAGE_ENCODER_WIDTH
from imnet.networks.adam import Adam
from imnet.networks.checkpoints import assign, find_checkpoint, read_checkpoint
from imnet.networks.decoder import ImplicitDecoder
from imnet.networks.layers import leaky_relu, valid_convolution, zeros
from imnet.networks.network import Network, sizes_in
from imnet.networks.variants import VARIANTS, Variant, marks, variant_of
from imnet.surfaces import Field
from IMSVR.ops import NormedConvolution, ResNetBlock, kernel_variable

AUTOENCODER = "IMAE.model", "IM_AE.model"  # names of its checkpoints, ours and the port's


class ImageEncoder(tf.Module):
    """A ResNet of 18 layers on views of 128x128 (paper, supplementary material)."""

    def __init__(self, z_dim: int, ef_dim: int, variant: Variant, rng: np.random.Generator):
        super().__init__()
        numbers = count()

        def convolution(scope: str, shape: tuple[int, ...], stride: int) -> NormedConvolution:
            number = next(numbers)  # the original numbers its norms in the order of creation
            norm = variant.image_norm(
                f"encoder/BatchNorm{f'_{number}' if number else ''}", shape[-1]
            )
            kernel = kernel_variable(scope, shape, rng, variant.glorot)
            return NormedConvolution(kernel, stride, norm, variant.symmetric)

        widths = [ef_dim * factor for factor in (1, 1, 1, 2, 2, 4, 4, 8, 8)]
        last = widths[-1]
        self.first = convolution("encoder/conv0", (7, 7, 1, ef_dim), 2)
        self.blocks = [
            ResNetBlock(f"encoder/conv{i + 1}", channels, out, convolution)
            for i, (channels, out) in enumerate(pairwise(widths))
        ]
        self.last = convolution("encoder/conv9", (4, 4, last, last), 2)
        self.kernel = kernel_variable("encoder/conv10", (4, 4, last, z_dim), rng, variant.glorot)
        self.bias = zeros("encoder/conv10/bias", z_dim)
        if variant.glorot:  # PyTorch's own first biases
            limit = (16 * last) ** -0.5
            self.bias.assign(rng.uniform(-limit, limit, z_dim))

    def __call__(self, views: tf.Tensor, training: bool) -> tf.Tensor:
        """Return the codes [n, z_dim] of views [n, 128, 128, 1], see IMSVR."""
        h = leaky_relu(self.first(1 - in_unit_range(views), training))
        for block in self.blocks:
            h = block(h, training)
        h = leaky_relu(self.last(h, training))  # [n, 4, 4, 8e]
        return tf.sigmoid(valid_convolution(h, self.kernel) + self.bias)


class IMSVR(Network):
    """Single-view reconstruction. Its variables carry the original's names.

    Views are grey pictures [n, 128, 128, 1]: float32 from 0, black, to 1, the white background;
    or uint8 from 0 to 255, which the network divides by 255 itself.
    """

    name, port_name = "IMSVR.model", "IM_SVR.model"

    def __init__(
        self,
        z_dim: int | None = None,
        ef_dim: int = IMAGE_ENCODER_WIDTH,
        gf_dim: int = DECODER_WIDTH,
        variant: str = "original",
        learning_rate: float = 5e-5,
        beta1: float = 0.5,
        seed: int = 0,
    ):
        """Make a new model of the authors' widths, its decoder at random too; see IMAE."""
        kind = VARIANTS[variant]
        rng = np.random.default_rng(seed)
        self.variant = variant
        self.z_dim, self.ef_dim, self.gf_dim = z_dim or kind.z_dim, ef_dim, gf_dim
        self.encoder = ImageEncoder(self.z_dim, ef_dim, kind, rng)
        self.decoder = ImplicitDecoder(self.z_dim, gf_dim, rng, kind.layout)
        optimizer = Adam(self.encoder.trainable_variables, learning_rate, beta1)
        # The decoder is frozen.
        self._assemble([self.encoder, self.decoder], [optimizer], marks=marks(variant))

    @classmethod
    def sizes(cls, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
        """Read variant and widths off the shapes of a checkpoint's tensors."""
        decoder = decoder_sizes(shapes)
        if "encoder/conv0/Matrix" not in shapes:
            raise KeyError("image encoder")
        return {**decoder, "ef_dim": shapes["encoder/conv0/Matrix"][-1]}

    @classmethod
    def from_autoencoder(cls, path: str | Path, **arguments: Any) -> "IMSVR":
        """Make a new image encoder for the decoder of an autoencoder's checkpoint.

        Args:
            path: a folder (its newest checkpoint) or a prefix; only the decoder is read.
            arguments: ef_dim, learning_rate, beta1, seed as in __init__.

        Raises:
            UserError: no checkpoint, a damaged one, or one without a decoder.
        """
        prefix = find_checkpoint(path, *AUTOENCODER)
        tensors = read_checkpoint(prefix)
        imsvr = cls(**sizes_in(tensors, prefix, decoder_sizes), **arguments)
        assign(imsvr.decoder.variables, tensors, str(prefix))
        return imsvr

    def field(self, z: np.ndarray) -> Field:
        """Return the field of a code z [z_dim]: points [m, 3] in [-1, 1] to values [m] float32."""
        return self.decoder.field(z)

    def decode(self, points: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return the field's values [m] float32 for code z [z_dim] at points [m, 3] in [-1, 1]."""
        return self.decoder.evaluate(points, z)

    def forward(self, views: tf.Tensor) -> tf.Tensor:
        """Return the codes [n, z_dim] of views [n, 128, 128, 1], in training mode."""
        return self.encoder(views, training=True)

    def loss(self, views: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """mean((z - prediction)²) for codes z [n, z_dim] of what the views show."""
        return tf.reduce_mean(tf.square(z - self.forward(views)))

    def train_step(self, views: np.ndarray, z: np.ndarray) -> float:
        """Take one Adam step on the image encoder; return the loss before it.

        Args:
            views: [n, 128, 128, 1]; the original's n is 64.
            z: [n, z_dim], the autoencoder's codes of the shapes they show.
        """
        return self._take_step(views=tf.constant(views), z=tf.constant(z, tf.float32))


def decoder_sizes(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """Read variant, z_dim and gf_dim off the shapes of a checkpoint's tensors."""
    variant = variant_of(shapes)
    return {"variant": variant, **VARIANTS[variant].layout.widths(shapes)}


def in_unit_range(views: tf.Tensor) -> tf.Tensor:
    """Return views as float32 in 0..1: uint8 divided by 255, others as they are."""
    scale = 255 if views.dtype == tf.uint8 else 1
    return tf.cast(views, tf.float32) / scale
