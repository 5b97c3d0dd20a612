"""CNNAE, the paper's baseline: the encoder of voxels with a decoder of transposed convolutions."""

from collections.abc import Iterable

import numpy as np
import tensorflow as tf

from IMGAN.encoder import VOXEL_RESOLUTION, Autoencoder, VoxelEncoder, five_convolutions
from IMGAN.ops import conv3d_transpose
from imnet.networks.decoder import leaky_relu
from imnet.networks.norms import calibrate_if_few
from imnet.surfaces.extraction import Field


class CNNDecoder(tf.Module):
    """The encoder in reverse: 1³ → 4³ (VALID), then stride 2 to 64³; norms, leaky ReLU, sigmoid."""

    def __init__(self, z_dim: int, ef_dim: int, norm: str, rng: np.random.Generator):
        super().__init__()
        widths = [z_dim, 8 * ef_dim, 4 * ef_dim, 2 * ef_dim, ef_dim, 1]
        self.convolutions, self.norms = five_convolutions(
            "decoder/deconv", widths, norm, rng, transposed=True
        )

    def __call__(self, z: tf.Tensor, training: bool) -> tf.Tensor:
        """Give the values [n, 64, 64, 64, 1] in 0..1 of codes z [n, z_dim]."""
        kernel, bias = self.convolutions[0]  # VALID on 1³: a matrix product
        out = kernel.shape[3]
        h = tf.matmul(z, tf.reshape(kernel, [-1, kernel.shape[4]]), transpose_b=True)
        h = tf.reshape(h, [-1, 4, 4, 4, out]) + bias
        for (kernel, bias), norm in zip(self.convolutions[1:], self.norms, strict=True):
            h = conv3d_transpose(leaky_relu(norm(h, training)), kernel) + bias
        return tf.sigmoid(h)


class CNNAE(Autoencoder):
    """The autoencoder with the CNN decoder (paper section 4, "CNN-AE"; never released)."""

    name = "CNNAE.model"
    only_resolution = VOXEL_RESOLUTION

    def __init__(
        self,
        z_dim: int = 128,
        ef_dim: int = 32,
        norm: str = "batch",
        learning_rate: float = 5e-5,
        beta1: float = 0.5,
        seed: int = 0,
    ):
        """Make a new model; `norm` of encoder and decoder is "batch" or "instance"."""
        rng = np.random.default_rng(seed)
        encoder = VoxelEncoder(z_dim, ef_dim, norm, rng)
        super().__init__(encoder, CNNDecoder(z_dim, ef_dim, norm, rng), learning_rate, beta1)

    @staticmethod
    def widths(shapes: dict[str, list[int]]) -> dict[str, int]:
        """Read z_dim and ef_dim off the shapes of a checkpoint's tensors."""
        return {
            "z_dim": shapes["decoder/deconv_1/Matrix"][-1],
            "ef_dim": shapes["encoder/conv_1/Matrix"][-1],
        }

    def field(self, z: np.ndarray) -> Field:
        """Give the field of a code z [z_dim]: at any point the value of the voxel that holds it."""
        grid = self.decode_grid(z)

        def voxel_at(points: np.ndarray) -> np.ndarray:
            indices = np.floor((points + 1) / 2 * VOXEL_RESOLUTION).astype(np.int64)
            return grid[tuple(np.clip(indices, 0, VOXEL_RESOLUTION - 1).T)]

        return voxel_at

    def decode_grid(self, z: np.ndarray) -> np.ndarray:
        """Give the values [64, 64, 64] float32 of a code z [z_dim], in inference mode."""
        return self._decode(tf.constant(z[None]))[0, ..., 0].numpy()

    @tf.function(reduce_retracing=True)
    def _decode(self, z: tf.Tensor) -> tf.Tensor:
        return self.decoder(z, training=False)

    def train_step(self, voxels: np.ndarray) -> float:
        """Take one Adam step on voxels [n, 64, 64, 64, 1]; the loss before it.

        The loss is mean((voxel - prediction)²) over all voxels.
        """
        return float(self._train_step(tf.constant(voxels)))

    @tf.function(reduce_retracing=True)
    def _train_step(self, voxels: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = self._loss(voxels)
        self.optimizer.apply(tape.gradient(loss, self.trainable))
        return loss

    @tf.function(reduce_retracing=True)
    def _loss(self, voxels: tf.Tensor) -> tf.Tensor:
        voxels = tf.cast(voxels, tf.float32)
        predicted = self.decoder(self.encoder(voxels, training=True), training=True)
        return tf.reduce_mean(tf.square(voxels - predicted))

    def calibrate(self, steps: int, batches: Iterable[np.ndarray]) -> bool:
        """After few `steps`, take batch norms' averages over `batches` of voxels; say whether."""
        return calibrate_if_few(self._weights(), steps, self._loss, batches)
