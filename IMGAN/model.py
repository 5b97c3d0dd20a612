"""The autoencoders of voxels: IMAE with the implicit decoder, CNNAE with the paper's baseline."""

import imnet.networks  # noqa: F401  # first, because it starts TensorFlow quietly

# isort: split
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from IMGAN.fitting import POINTS, STEPS, fit_voxels
from IMGAN.ops import conv3d, conv3d_transpose
from imnet.data.rows import Rows
from imnet.data.sizes import DECODER_WIDTH, VOXEL_ENCODER_WIDTH, VOXEL_RESOLUTION, Z_DIM
from imnet.networks.adam import Adam
from imnet.networks.checkpoints import newest_checkpoint
from imnet.networks.convolutions import five_convolutions
from imnet.networks.decoder import ImplicitDecoder
from imnet.networks.layers import graph, leaky_relu, product, valid_convolution
from imnet.networks.network import Network
from imnet.networks.norms import NORMS
from imnet.networks.variants import VARIANTS, marks, variant_of
from imnet.surfaces import Field

TensorShapes = Mapping[str, tuple[int, ...]]  # of a checkpoint's tensors, by name


class VoxelEncoder(tf.Module):
    """Four 4³ convolutions of stride 2 with norm and leaky ReLU, one that is VALID, a sigmoid."""

    def __init__(
        self, z_dim: int, ef_dim: int, norm: str, rng: np.random.Generator, biases: bool = True
    ):
        super().__init__()
        widths = [1, ef_dim, 2 * ef_dim, 4 * ef_dim, 8 * ef_dim, z_dim]
        self.convolutions, self.norms = five_convolutions(
            "encoder/conv", widths, norm, rng, biases=biases
        )

    def __call__(self, voxels: tf.Tensor, training: bool) -> tf.Tensor:
        """Return the codes [n, z_dim] of voxels [n, 64, 64, 64, 1] of any number type."""
        h = tf.cast(voxels, tf.float32)
        for (kernel, bias), norm in zip(self.convolutions[:-1], self.norms, strict=True):
            h = product(conv3d, h, kernel)
            h = leaky_relu(norm(h if bias is None else h + bias, training))
        kernel, bias = self.convolutions[-1]
        return tf.sigmoid(valid_convolution(h, kernel) + bias)

    @staticmethod
    def sizes(shapes: TensorShapes) -> dict[str, Any]:
        """Read ef_dim and norm off the shapes of a checkpoint's tensors; KeyError without them."""
        scopes = {scope: norm for norm, (scope, _) in NORMS.items()}
        found = [norm for scope, norm in scopes.items() if f"encoder/{scope}/beta" in shapes]
        if not found and "encoder/conv_1/bias" not in shapes:
            found = ["plain_instance"]
        if not found or "encoder/conv_1/Matrix" not in shapes:
            raise KeyError("voxel encoder with a norm that is known")
        return {"ef_dim": shapes["encoder/conv_1/Matrix"][-1], "norm": found[0]}


class CNNDecoder(tf.Module):
    """The encoder in reverse: 1³ → 4³ (VALID), then stride 2 to 64³; norms, leaky ReLU, sigmoid."""

    def __init__(self, z_dim: int, ef_dim: int, norm: str, rng: np.random.Generator):
        super().__init__()
        widths = [z_dim, 8 * ef_dim, 4 * ef_dim, 2 * ef_dim, ef_dim, 1]
        self.convolutions, self.norms = five_convolutions(
            "decoder/deconv", widths, norm, rng, transposed=True
        )

    def __call__(self, z: tf.Tensor, training: bool) -> tf.Tensor:
        """Return the values [n, 64, 64, 64, 1] in 0..1 of codes z [n, z_dim]."""
        kernel, bias = self.convolutions[0]  # VALID on 1³: a matrix product
        out = kernel.shape[3]
        rows = tf.reshape(kernel, [-1, kernel.shape[4]])
        h = product(partial(tf.matmul, transpose_b=True), z, rows)
        h = tf.reshape(h, [-1, 4, 4, 4, out]) + bias
        for (kernel, bias), norm in zip(self.convolutions[1:], self.norms, strict=True):
            h = product(conv3d_transpose, leaky_relu(norm(h, training)), kernel) + bias
        return tf.sigmoid(h)


class Autoencoder(Network):
    """The encoder of voxels with some decoder of codes."""

    save_offset = 1
    line_every = 16

    learns_from_points: ClassVar[bool]  # or from voxels
    shapes_a_step: ClassVar[int]  # the paper's
    only_resolution: ClassVar[int | None] = None  # of the decoder's grid; None: it takes any points
    calibration_epochs: ClassVar[int] = 0  # after a short training, see Trainer.train

    def _assemble_autoencoder(
        self, norm: str, learning_rate: float, beta1: float, marks: Iterable[tf.Variable] = ()
    ) -> None:
        """Set what is trained and saved."""
        self.norm = norm
        trainable = [*self.encoder.trainable_variables, *self.decoder.trainable_variables]
        # The resolution that the last steps were taken at. Adam's state belongs to that stage.
        self.real_size = tf.Variable(0, trainable=False, name="real_size")
        optimizer = Adam(trainable, learning_rate, beta1)
        self._assemble([self.encoder, self.decoder], [optimizer], [self.real_size], marks)

    def slow_encoder(self, factor: float) -> None:
        """Multiply the encoder's learning rate by a factor; call it before the first step."""
        count = len(self.encoder.trainable_variables)
        self.optimizer.factors[:count] = [factor] * count

    @property
    def dense(self) -> bool:
        """Whether a surface is made of all values.

        A grid decoder has every value already, so the surface search would gain nothing.
        """
        return self.only_resolution is not None

    @abstractmethod
    def field(self, z: np.ndarray) -> Field:
        """Return the field of a code z [z_dim]: points [m, 3] in [-1, 1] to values [m] float32."""

    def start_stage(self, real_size: int) -> None:
        """Tell the resolution of the steps to come. At a new one Adam starts from zero."""
        if self.real_size.numpy() != real_size:
            self.restart_adam()
            self.real_size.assign(real_size)


class IMAE(Autoencoder):
    """The autoencoder with the implicit decoder. Its variables carry the original's names."""

    name, port_name = "IMAE.model", "IM_AE.model"
    learns_from_points = True
    shapes_a_step = 1
    cross_entropy: bool = False  # whether it is the loss; set it before the first step

    def __init__(
        self,
        z_dim: int | None = None,
        ef_dim: int = VOXEL_ENCODER_WIDTH,
        gf_dim: int = DECODER_WIDTH,
        norm: str | None = None,
        variant: str = "original",
        learning_rate: float = 5e-5,
        beta1: float = 0.5,
        seed: int = 0,
    ):
        """Make a new model of the authors' widths.

        `variant` is "original", "improved" or "pytorch". `norm` is "batch" or "instance"; it and
        z_dim are the variant's by default.
        """
        kind = VARIANTS[variant]
        rng = np.random.default_rng(seed)
        self.variant, self.line_every, norm = variant, kind.line_every, norm or kind.norm
        self.z_dim, self.ef_dim, self.gf_dim = z_dim or kind.z_dim, ef_dim, gf_dim
        self.encoder = VoxelEncoder(self.z_dim, ef_dim, norm, rng, kind.biases)
        self.decoder = ImplicitDecoder(self.z_dim, gf_dim, rng, kind.layout)
        self._assemble_autoencoder(norm, learning_rate, beta1, marks(variant))

    @classmethod
    def sizes(cls, shapes: TensorShapes) -> dict[str, Any]:
        """Read variant, widths and norm off the shapes of a checkpoint's tensors."""
        variant = variant_of(shapes)
        widths = VARIANTS[variant].layout.widths(shapes)
        return {"variant": variant, **widths, **VoxelEncoder.sizes(shapes)}

    def field(self, z: np.ndarray) -> Field:
        """Return the field of a code z [z_dim]: the decoder, at any points."""
        return self.decoder.field(z)

    def decode(self, points: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return the field's values [m] float32 for code z [z_dim] at points [m, 3] in [-1, 1]."""
        return self.decoder.evaluate(points, z)

    def fit(
        self, voxels: Rows, points: int = POINTS, steps: int = STEPS, seed: int = 0
    ) -> np.ndarray:
        """Return codes [n, z_dim] float32 of voxels [n, 64, 64, 64, 1], fitted by the decoder.

        They start from the encoder's; see `fit_voxels`, which has the other arguments.
        """
        return fit_voxels(self.decoder, voxels, self.encode(voxels), points, steps, seed)

    def loss(
        self,
        points: tf.Tensor,
        values: tf.Tensor,
        voxels: tf.Tensor | None = None,
        codes: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """mean((value - prediction)²) over points [s, m, 3] and values [s, m] of s shapes.

        The shapes are given by their voxels, or by codes [s, z_dim]. With `cross_entropy`, its
        mean: where a sigmoid is wrong and nearly flat, it has a slope.
        """
        z = self.encoder(voxels, training=True) if codes is None else codes
        if self.cross_entropy:
            logits = self.decoder.layout.logits(self.decoder.unsquashed(points, z))
            return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(values, logits))
        return tf.reduce_mean(tf.square(values - self.decoder(points, z)))

    def train_step(self, voxels: np.ndarray, points: np.ndarray, values: np.ndarray) -> float:
        """Take one Adam step on encoder and decoder together; return the loss before it.

        Args:
            voxels: [s, 64, 64, 64, 1] occupancy of s shapes; the original's s is 1.
            points: [m, 3] coordinates in [-1, 1] (s = 1), or [s, m, 3].
            values: [m, 1], or [s, m, 1], the field 0 or 1 at the points.
        """
        return self._take_step(voxels=tf.constant(voxels), **_by_shape(len(voxels), points, values))

    def decoder_step(self, codes: np.ndarray, points: np.ndarray, values: np.ndarray) -> float:
        """Take one Adam step on the decoder alone; return the loss before it.

        Arguments as in `train_step`, with the codes [s, z_dim] of the shapes.
        """
        return self._take_step(codes=tf.constant(codes), **_by_shape(len(codes), points, values))


def _by_shape(shapes: int, points: np.ndarray, values: np.ndarray) -> dict[str, tf.Tensor]:
    """Return points [s, m, 3] and values [s, m] of s shapes as tensors."""
    points = tf.reshape(tf.constant(points, tf.float32), [shapes, -1, 3])
    return {"points": points, "values": tf.reshape(tf.cast(values, tf.float32), points.shape[:2])}


class CNNAE(Autoencoder):
    """The autoencoder with the CNN decoder (paper section 4, "CNN-AE"; never released)."""

    name = "CNNAE.model"
    learns_from_points = False
    shapes_a_step = 32
    only_resolution = VOXEL_RESOLUTION
    calibration_epochs = 1

    def __init__(
        self,
        z_dim: int = Z_DIM,
        ef_dim: int = VOXEL_ENCODER_WIDTH,
        norm: str = "batch",
        learning_rate: float = 5e-5,
        beta1: float = 0.5,
        seed: int = 0,
    ):
        """Make a new model; `norm` of encoder and decoder is "batch" or "instance"."""
        rng = np.random.default_rng(seed)
        self.z_dim, self.ef_dim = z_dim, ef_dim
        self.encoder = VoxelEncoder(z_dim, ef_dim, norm, rng)
        self.decoder = CNNDecoder(z_dim, ef_dim, norm, rng)
        self._assemble_autoencoder(norm, learning_rate, beta1)

    @classmethod
    def sizes(cls, shapes: TensorShapes) -> dict[str, Any]:
        """Read z_dim, ef_dim and norm off the shapes of a checkpoint's tensors."""
        return {"z_dim": shapes["decoder/deconv_1/Matrix"][-1], **VoxelEncoder.sizes(shapes)}

    def field(self, z: np.ndarray) -> Field:
        """Return the field of a code z [z_dim]: at any point the value of the voxel around it."""
        grid = self.decode_grid(z)

        def voxel_at(points: np.ndarray) -> np.ndarray:
            indices = np.floor((points + 1) / 2 * VOXEL_RESOLUTION).astype(np.int64)
            return grid[tuple(np.clip(indices, 0, VOXEL_RESOLUTION - 1).T)]

        return voxel_at

    def decode_grid(self, z: np.ndarray) -> np.ndarray:
        """Return the values [64, 64, 64] float32 of a code z [z_dim], in inference mode."""
        return self._decode(tf.constant(z[None]))[0, ..., 0].numpy()

    @graph(reduce_retracing=True)
    def _decode(self, z: tf.Tensor) -> tf.Tensor:
        return self.decoder(z, training=False)

    def forward(self, voxels: tf.Tensor) -> tf.Tensor:
        """Return the values [n, 64, 64, 64, 1] of voxels of that shape, in training mode."""
        return self.decoder(self.encoder(voxels, training=True), training=True)

    def loss(self, voxels: tf.Tensor) -> tf.Tensor:
        """mean((voxel - prediction)²) over all voxels."""
        return tf.reduce_mean(tf.square(tf.cast(voxels, tf.float32) - self.forward(voxels)))

    def train_step(self, voxels: np.ndarray) -> float:
        """Take one Adam step on voxels [n, 64, 64, 64, 1]; return the loss before it."""
        return self._take_step(voxels=tf.constant(voxels))


KINDS = {"implicit": IMAE, "cnn": CNNAE}  # what --decoder chooses from


def decoder_at(path: str | Path) -> str:
    """Return the decoder, a key of KINDS, of the autoencoder in a folder, prefix or `.pth` file.

    "implicit" where there is none.

    Raises:
        UserError: a checkpoint in the folder is not whole.
    """
    path = Path(path)
    for decoder, kind in KINDS.items():
        if path.name.startswith(kind.name) or newest_checkpoint(path, kind.name, kind.port_name):
            return decoder
    return "implicit"


def load_autoencoder(path: str | Path) -> Autoencoder:
    """Load an autoencoder, whichever its decoder, from a folder, a prefix or a `.pth` file.

    Raises:
        UserError: there is none, or it is damaged.
    """
    return KINDS[decoder_at(path)].from_checkpoint(path)
