"""IMSVR: an image encoder that learns the autoencoder's codes, and its decoder, frozen."""

from collections.abc import Iterable
from itertools import count, pairwise
from pathlib import Path

import numpy as np
import tensorflow as tf

from imnet.base.errors import UserError
from imnet.networks.adam import Adam
from imnet.networks.checkpoints import (
    assign,
    find_checkpoint,
    read_checkpoint,
    restore,
    write_variables,
)
from imnet.networks.decoder import ImplicitDecoder, decoder_widths, leaky_relu
from imnet.networks.norms import BatchNorm, calibrate_if_few
from IMSVR.ops import NormedConvolution, ResNetBlock, kernel_variable

VIEW_SIZE = 128  # pixels
VIEWS_A_BATCH = 16  # encoding; 2 MB a view and activation at width 64
AUTOENCODER = "IMAE.model"


class ImageEncoder(tf.Module):
    """A ResNet of 18 layers on views of 128x128 (paper, supplementary material)."""

    def __init__(self, z_dim: int, ef_dim: int, rng: np.random.Generator):
        super().__init__()
        numbers = count()

        def norm(channels: int) -> BatchNorm:
            number = next(numbers)
            suffix = f"_{number}" if number else ""
            return BatchNorm(f"encoder/BatchNorm{suffix}", channels, unbiased=True)

        widths = [ef_dim * factor for factor in (1, 1, 1, 2, 2, 4, 4, 8, 8)]
        last = widths[-1]
        self.first = NormedConvolution("encoder/conv0", (7, 7, 1, ef_dim), 2, norm, rng)
        self.blocks = [
            ResNetBlock(f"encoder/conv{i + 1}", channels, out, norm, rng)
            for i, (channels, out) in enumerate(pairwise(widths))
        ]
        self.last = NormedConvolution("encoder/conv9", (4, 4, last, last), 2, norm, rng)
        self.kernel = kernel_variable("encoder/conv10", (4, 4, last, z_dim), rng)
        self.bias = tf.Variable(np.zeros(z_dim, np.float32), name="encoder/conv10/bias")

    def __call__(self, views: tf.Tensor, training: bool) -> tf.Tensor:
        """Give the codes [n, z_dim] of views [n, 128, 128, 1], 0 black to 1 white."""
        h = leaky_relu(self.first(1 - views, training))
        for block in self.blocks:
            h = block(h, training)
        h = leaky_relu(self.last(h, training))  # [n, 4, 4, 8e]
        rows = int(np.prod(h.shape[1:]))  # conv10 is 4x4 on 4x4, VALID: a matrix product
        h = tf.matmul(tf.reshape(h, [-1, rows]), tf.reshape(self.kernel, [rows, -1]))
        return tf.sigmoid(h + self.bias)


class IMSVR:
    """Single-view reconstruction. Arrays in, arrays out; the variables carry the original's names.

    Views are grey pictures [n, 128, 128, 1]: float32 from 0, black, to 1, the white background;
    or uint8 from 0 to 255, which the network divides by 255 itself.
    """

    name = "IMSVR.model"
    checkpoints_kept = 10

    def __init__(
        self,
        z_dim: int = 128,
        ef_dim: int = 64,
        gf_dim: int = 128,
        learning_rate: float = 5e-5,
        beta1: float = 0.5,
        seed: int = 0,
    ):
        """Make a new model of the original's widths, its decoder at random too."""
        rng = np.random.default_rng(seed)
        self.z_dim, self.ef_dim, self.gf_dim = z_dim, ef_dim, gf_dim
        self.encoder = ImageEncoder(z_dim, ef_dim, rng)
        self.decoder = ImplicitDecoder(z_dim, gf_dim, rng)
        self.trainable = list(self.encoder.trainable_variables)  # the decoder is frozen
        self.optimizer = Adam(self.trainable, learning_rate, beta1)

    @classmethod
    def from_autoencoder(
        cls,
        path: str | Path,
        ef_dim: int = 64,
        learning_rate: float = 5e-5,
        beta1: float = 0.5,
        seed: int = 0,
    ) -> "IMSVR":
        """Make a new image encoder for the decoder of an autoencoder's checkpoint.

        Args:
            path: a folder (its newest checkpoint) or a prefix; only the decoder is read.

        Raises:
            UserError: no checkpoint, a damaged one, or one without a decoder.
        """
        prefix = find_checkpoint(path, AUTOENCODER)
        tensors = read_checkpoint(prefix)
        widths = _decoder_widths(tensors, prefix)
        imsvr = cls(**widths, ef_dim=ef_dim, learning_rate=learning_rate, beta1=beta1, seed=seed)
        assign(imsvr.decoder.variables, tensors, str(prefix))
        return imsvr

    @classmethod
    def from_checkpoint(
        cls, path: str | Path, learning_rate: float = 5e-5, beta1: float = 0.5
    ) -> "IMSVR":
        """Load a model from a folder (its newest checkpoint) or a prefix; widths are read from it.

        Adam's state is loaded where it is stored, else it starts from zero.

        Raises:
            UserError: no checkpoint, a damaged one, or one of another network.
        """
        prefix = find_checkpoint(path, cls.name)
        tensors = read_checkpoint(prefix)
        widths = _decoder_widths(tensors, prefix)
        if "encoder/conv0/Matrix" not in tensors:
            raise UserError(f"checkpoint {prefix} has no image encoder: it is another network's")
        ef_dim = tensors["encoder/conv0/Matrix"].shape[-1]
        imsvr = cls(**widths, ef_dim=ef_dim, learning_rate=learning_rate, beta1=beta1)
        restore(imsvr._weights(), imsvr.optimizer.state(), tensors, str(prefix))
        return imsvr

    def save(self, folder: str | Path, step: int, optimizer: bool = True) -> Path:
        """Write the checkpoint `IMSVR.model-<step>`, with Adam's state or the weights alone."""
        variables = [*self._weights(), *(self.optimizer.state() if optimizer else [])]
        return write_variables(folder, self.name, step, variables, self.checkpoints_kept)

    def _weights(self) -> list[tf.Variable]:
        return [*self.encoder.variables, *self.decoder.variables]

    def encode(self, views: np.ndarray) -> np.ndarray:
        """Give the codes [n, z_dim] float32 of views [n, 128, 128, 1], in inference mode."""
        batches = [
            self._encode(tf.constant(views[i : i + VIEWS_A_BATCH])).numpy()
            for i in range(0, len(views), VIEWS_A_BATCH)
        ]
        return np.concatenate(batches) if batches else np.empty((0, self.z_dim), np.float32)

    @tf.function(reduce_retracing=True)
    def _encode(self, views: tf.Tensor) -> tf.Tensor:
        return self.encoder(in_unit_range(views), training=False)

    def decode(self, points: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Give the field's values [m] float32 for code z [z_dim] at points [m, 3] in [-1, 1]."""
        return self.decoder.evaluate(points, z)

    def train_step(self, views: np.ndarray, z: np.ndarray) -> float:
        """Take one Adam step on the image encoder.

        Args:
            views: [n, 128, 128, 1]; the original's n is 64.
            z: [n, z_dim], the autoencoder's codes of the shapes they show.

        Returns:
            The loss mean((z - prediction)²) before the step.
        """
        return float(self._train_step(tf.constant(views), tf.constant(z, tf.float32)))

    @tf.function
    def _train_step(self, views: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            codes = self.encoder(in_unit_range(views), training=True)
            loss = tf.reduce_mean(tf.square(z - codes))
        self.optimizer.apply(tape.gradient(loss, self.trainable))
        return loss

    def calibrate(self, steps: int, batches: Iterable[np.ndarray]) -> bool:
        """After few `steps`, take batch norms' averages over `batches` of views; say whether."""
        return calibrate_if_few(self.encoder.variables, steps, self._move_averages, batches)

    @tf.function
    def _move_averages(self, views: tf.Tensor) -> None:
        self.encoder(in_unit_range(views), training=True)


def in_unit_range(views: tf.Tensor) -> tf.Tensor:
    """Give views as float32 in 0..1: uint8 divided by 255, others as they are."""
    scale = 255 if views.dtype == tf.uint8 else 1
    return tf.cast(views, tf.float32) / scale


def _decoder_widths(tensors: dict[str, np.ndarray], prefix: Path) -> dict[str, int]:
    try:
        return decoder_widths({name: list(t.shape) for name, t in tensors.items()})
    except KeyError as error:
        raise UserError(f"checkpoint {prefix} has no decoder: it is another network's") from error
