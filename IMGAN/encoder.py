"""What the autoencoders share: the 3D-CNN encoder of voxels, Adam's state, checkpoints."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import tensorflow as tf

from IMGAN.ops import NORMS, conv3d
from imnet.base.errors import UserError
from imnet.networks.adam import Adam
from imnet.networks.checkpoints import find_checkpoint, read_checkpoint, restore, write_variables
from imnet.networks.decoder import leaky_relu
from imnet.surfaces.extraction import Field

VOXEL_RESOLUTION = 64
SHAPES_A_BATCH = 16  # encoding; 2.2 MB of activations a shape at width 32


class VoxelEncoder(tf.Module):
    """Four 4³ convolutions of stride 2 with norm and leaky ReLU, one that is VALID, a sigmoid."""

    def __init__(self, z_dim: int, ef_dim: int, norm: str, rng: np.random.Generator):
        super().__init__()
        self.z_dim, self.ef_dim, self.norm = z_dim, ef_dim, norm
        widths = [1, ef_dim, 2 * ef_dim, 4 * ef_dim, 8 * ef_dim, z_dim]
        self.convolutions, self.norms = five_convolutions("encoder/conv", widths, norm, rng)

    def __call__(self, voxels: tf.Tensor, training: bool) -> tf.Tensor:
        """Give the codes [n, z_dim] of voxels [n, 64, 64, 64, 1] float32."""
        h = voxels
        for (kernel, bias), norm in zip(self.convolutions[:-1], self.norms, strict=True):
            h = leaky_relu(norm(conv3d(h, kernel) + bias, training))
        kernel, bias = self.convolutions[-1]  # 4³ on 4³, VALID: a matrix product
        rows = kernel.shape[0] * kernel.shape[1] * kernel.shape[2] * kernel.shape[3]
        h = tf.matmul(tf.reshape(h, [-1, rows]), tf.reshape(kernel, [rows, -1]))
        return tf.sigmoid(h + bias)


def five_convolutions(
    name: str, widths: list[int], norm: str, rng: np.random.Generator, transposed: bool = False
) -> tuple[list[tuple[tf.Variable, tf.Variable]], list[tf.Module]]:
    """Make kernels with biases, `<name>_1` .. `_5`, and the norms of all but the last.

    Kernels are [4, 4, 4, channels, out], Glorot uniform; [4, 4, 4, out, channels] if transposed.
    """
    scope, norm_layer = NORMS[norm]
    convolutions, norms = [], []
    for i, (channels, out) in enumerate(pairwise(widths)):
        limit = (6 / (64 * channels + 64 * out)) ** 0.5
        shape = (4, 4, 4, *((out, channels) if transposed else (channels, out)))
        kernel = rng.uniform(-limit, limit, shape).astype(np.float32)
        bias = tf.Variable(np.zeros(out, np.float32), name=f"{name}_{i + 1}/bias")
        convolutions.append((tf.Variable(kernel, name=f"{name}_{i + 1}/Matrix"), bias))
        if i < 4:
            suffix = f"_{i}" if i else ""
            norms.append(norm_layer(f"{name.partition('/')[0]}/{scope}{suffix}", out))
    return convolutions, norms


class Autoencoder:
    """The encoder with some decoder of codes. Arrays in, arrays out.

    A kind of it says the name of its checkpoints and how its widths are read off them, takes
    training steps and gives the field of a code.
    """

    name: str
    only_resolution: int | None = None  # of the decoder; None: it takes any points
    checkpoints_kept = 10

    def __init__(
        self, encoder: VoxelEncoder, decoder: tf.Module, learning_rate: float, beta1: float
    ):
        self.encoder, self.decoder = encoder, decoder
        self.z_dim, self.ef_dim, self.norm = encoder.z_dim, encoder.ef_dim, encoder.norm
        self.trainable = [*encoder.trainable_variables, *decoder.trainable_variables]
        self.optimizer = Adam(self.trainable, learning_rate, beta1)
        # the resolution that the last steps were taken at; Adam's state is of that stage
        self.real_size = tf.Variable(0, trainable=False, name="real_size")

    @classmethod
    def from_checkpoint(
        cls, path: str | Path, learning_rate: float = 5e-5, beta1: float = 0.5
    ) -> "Autoencoder":
        """Load a model from a folder (its newest checkpoint) or a prefix; widths and norm are read.

        Adam's state is loaded where it is stored, else it starts from zero.

        Raises:
            UserError: no checkpoint, a damaged one, or one of another network.
        """
        prefix = find_checkpoint(path, cls.name)
        tensors = read_checkpoint(prefix)
        try:
            widths = cls.widths({name: list(t.shape) for name, t in tensors.items()})
        except KeyError as error:
            raise UserError(
                f"checkpoint {prefix} has no {error.args[0]}: it is not an autoencoder's"
            ) from error
        norms = [norm for norm, (scope, _) in NORMS.items() if f"encoder/{scope}/beta" in tensors]
        if not norms:
            raise UserError(f"checkpoint {prefix} has no norm that is known: {', '.join(NORMS)}")
        model = cls(**widths, norm=norms[0], learning_rate=learning_rate, beta1=beta1)
        restore(model._weights(), model._training_state(), tensors, str(prefix))
        return model

    @staticmethod
    def widths(shapes: dict[str, list[int]]) -> dict[str, int]:
        """Read the widths off the shapes of a checkpoint's tensors; KeyError without them."""
        raise NotImplementedError

    def field(self, z: np.ndarray) -> Field:
        """Give the field of a code z [z_dim]."""
        raise NotImplementedError

    def save(self, folder: str | Path, step: int, optimizer: bool = True) -> Path:
        """Write the checkpoint `<name>-<step>`, with Adam's state or the weights alone."""
        variables = [*self._weights(), *(self._training_state() if optimizer else [])]
        return write_variables(folder, self.name, step, variables, self.checkpoints_kept)

    @property
    def dense(self) -> bool:
        """Whether a surface takes all values: those of voxels are there, and too rough to guess."""
        return self.only_resolution is not None

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
