"""IMAE, the autoencoder: a 3D-CNN encoder on 64³ voxels, the implicit decoder on points."""

import numpy as np
import tensorflow as tf

from IMGAN.encoder import Autoencoder, VoxelEncoder
from imnet.networks.decoder import ImplicitDecoder, decoder_widths
from imnet.surfaces.extraction import Field


class IMAE(Autoencoder):
    """The autoencoder with the implicit decoder; its variables carry the original's names."""

    name = "IMAE.model"

    def __init__(
        self,
        z_dim: int = 128,
        ef_dim: int = 32,
        gf_dim: int = 128,
        norm: str = "batch",
        learning_rate: float = 5e-5,
        beta1: float = 0.5,
        seed: int = 0,
    ):
        """Make a new model of the original's widths; `norm` is "batch" or "instance"."""
        rng = np.random.default_rng(seed)
        encoder = VoxelEncoder(z_dim, ef_dim, norm, rng)
        super().__init__(encoder, ImplicitDecoder(z_dim, gf_dim, rng), learning_rate, beta1)
        self.gf_dim = gf_dim

    @staticmethod
    def widths(shapes: dict[str, list[int]]) -> dict[str, int]:
        """Read z_dim, ef_dim and gf_dim off the shapes of a checkpoint's tensors."""
        return {**decoder_widths(shapes), "ef_dim": shapes["encoder/conv_1/Matrix"][-1]}

    def field(self, z: np.ndarray) -> Field:
        """Give the field of a code z [z_dim]: the decoder, at any points."""
        return lambda points: self.decode(points, z)

    def decode(self, points: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Give the field's values [m] float32 for code z [z_dim] at points [m, 3] in [-1, 1]."""
        return self.decoder.evaluate(points, z)

    def train_step(self, voxels: np.ndarray, points: np.ndarray, values: np.ndarray) -> float:
        """Take one Adam step on encoder and decoder together.

        Args:
            voxels: [s, 64, 64, 64, 1] occupancy of s shapes; the original's s is 1.
            points: [m, 3] coordinates (s = 1), or [s, m, 3].
            values: [m, 1], or [s, m, 1], the field 0 or 1 at the points.

        Returns:
            The loss mean((value - prediction)²) before the step.
        """
        voxels = tf.constant(voxels)
        points = tf.reshape(tf.constant(points, tf.float32), [len(voxels), -1, 3])
        values = tf.reshape(tf.cast(values, tf.float32), points.shape[:2])
        return float(self._train_step(voxels, points, values))

    @tf.function
    def _train_step(self, voxels: tf.Tensor, points: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            z = self.encoder(tf.cast(voxels, tf.float32), training=True)
            loss = tf.reduce_mean(tf.square(values - self.decoder(points, z)))
        self.optimizer.apply(tape.gradient(loss, self.trainable))
        return loss
