"""IMAE, the autoencoder: a 3D-CNN encoder on 64³ voxels, the implicit decoder on points."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import tensorflow as tf

from IMGAN.ops import NORMS, conv3d
from imnet.adam import Adam
from imnet.checkpoints import find_checkpoint, read_checkpoint, restore, write_variables
from imnet.decoder import ImplicitDecoder, decoder_widths, leaky_relu
from imnet.errors import UserError

VOXEL_RESOLUTION = 64
SHAPES_A_BATCH = 16  # encoding; 2.2 MB of activations a shape at width 32


class VoxelEncoder(tf.Module):
    """Four 4³ convolutions of stride 2 with norm and leaky ReLU, one that is VALID, a sigmoid."""

    def __init__(self, z_dim: int, ef_dim: int, norm: str, rng: np.random.Generator):
        super().__init__()
        widths = [1, ef_dim, 2 * ef_dim, 4 * ef_dim, 8 * ef_dim, z_dim]
        scope, norm_layer = NORMS[norm]
        self.convolutions, self.norms = [], []
        for i, (channels, out) in enumerate(pairwise(widths)):
            limit = (6 / (64 * channels + 64 * out)) ** 0.5  # Glorot uniform
            kernel = rng.uniform(-limit, limit, (4, 4, 4, channels, out)).astype(np.float32)
            name = f"encoder/conv_{i + 1}"
            bias = tf.Variable(np.zeros(out, np.float32), name=f"{name}/bias")
            self.convolutions.append((tf.Variable(kernel, name=f"{name}/Matrix"), bias))
            if i < 4:
                suffix = f"_{i}" if i else ""
                self.norms.append(norm_layer(f"encoder/{scope}{suffix}", out))

    def __call__(self, voxels: tf.Tensor, training: bool) -> tf.Tensor:
        """Give the codes [n, z_dim] of voxels [n, 64, 64, 64, 1] float32."""
        h = voxels
        for (kernel, bias), norm in zip(self.convolutions[:-1], self.norms, strict=True):
            h = leaky_relu(norm(conv3d(h, kernel) + bias, training))
        kernel, bias = self.convolutions[-1]  # 4³ on 4³, VALID: a matrix product
        rows = kernel.shape[0] * kernel.shape[1] * kernel.shape[2] * kernel.shape[3]
        h = tf.matmul(tf.reshape(h, [-1, rows]), tf.reshape(kernel, [rows, -1]))
        return tf.sigmoid(h + bias)


class IMAE:
    """The autoencoder. Arrays in, arrays out; its variables carry the original's names."""

    name = "IMAE.model"
    checkpoints_kept = 10

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
        self.z_dim, self.ef_dim, self.gf_dim, self.norm = z_dim, ef_dim, gf_dim, norm
        self.encoder = VoxelEncoder(z_dim, ef_dim, norm, rng)
        self.decoder = ImplicitDecoder(z_dim, gf_dim, rng)
        self.trainable = [*self.encoder.trainable_variables, *self.decoder.trainable_variables]
        self.optimizer = Adam(self.trainable, learning_rate, beta1)
        # the resolution that the last steps were taken at; Adam's state is of that stage
        self.real_size = tf.Variable(0, trainable=False, name="real_size")

    @classmethod
    def from_checkpoint(
        cls, path: str | Path, learning_rate: float = 5e-5, beta1: float = 0.5
    ) -> "IMAE":
        """Load a model from a folder (its newest checkpoint) or a prefix; widths and norm are read.

        Adam's state is loaded where it is stored, else it starts from zero.

        Raises:
            UserError: no checkpoint, a damaged one, or one of another network.
        """
        prefix = find_checkpoint(path, cls.name)
        tensors = read_checkpoint(prefix)
        try:
            widths = decoder_widths({name: list(t.shape) for name, t in tensors.items()})
            widths["ef_dim"] = tensors["encoder/conv_1/Matrix"].shape[-1]
        except KeyError as error:
            raise UserError(
                f"checkpoint {prefix} has no {error.args[0]}: it is not an autoencoder's"
            ) from error
        norms = [norm for norm, (scope, _) in NORMS.items() if f"encoder/{scope}/beta" in tensors]
        if not norms:
            raise UserError(f"checkpoint {prefix} has no norm that is known: {', '.join(NORMS)}")
        imae = cls(**widths, norm=norms[0], learning_rate=learning_rate, beta1=beta1)
        restore(imae._weights(), imae._training_state(), tensors, str(prefix))
        return imae

    def save(self, folder: str | Path, step: int, optimizer: bool = True) -> Path:
        """Write the checkpoint `IMAE.model-<step>`, with Adam's state or the weights alone."""
        variables = [*self._weights(), *(self._training_state() if optimizer else [])]
        return write_variables(folder, self.name, step, variables, self.checkpoints_kept)

    def _weights(self) -> list[tf.Variable]:
        return [*self.encoder.variables, *self.decoder.variables]

    def _training_state(self) -> list[tf.Variable]:
        return [*self.optimizer.state(), self.real_size]

    def start_stage(self, real_size: int) -> None:
        """Tell the resolution of the steps to come; at a new one Adam starts from zero."""
        if int(self.real_size) != real_size:
            self.optimizer.reset()
            self.real_size.assign(real_size)

    def encode(self, voxels: np.ndarray) -> np.ndarray:
        """Give the codes [n, z_dim] float32 of voxels [n, 64, 64, 64, 1], in inference mode."""
        batches = [
            self._encode(tf.constant(voxels[i : i + SHAPES_A_BATCH])).numpy()
            for i in range(0, len(voxels), SHAPES_A_BATCH)
        ]
        return np.concatenate(batches) if batches else np.empty((0, self.z_dim), np.float32)

    @tf.function(reduce_retracing=True)
    def _encode(self, voxels: tf.Tensor) -> tf.Tensor:
        return self.encoder(tf.cast(voxels, tf.float32), training=False)

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
