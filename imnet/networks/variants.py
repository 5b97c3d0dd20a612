"""The three public versions of the system, and what differs between their networks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import tensorflow as tf

from imnet.data.sizes import LATER_Z_DIM, Z_DIM
from imnet.networks.checkpoints import MARK
from imnet.networks.decoder import IMPROVED, ORIGINAL, PYTORCH, DecoderLayout
from imnet.networks.norms import BatchNorm


@dataclass(frozen=True)
class Variant:
    """What one version's networks are made of.

    Attributes:
        layout: of the implicit decoder.
        z_dim: width of the codes of a new model.
        line_every: shapes between the autoencoder's lines of progress; None is one an epoch.
        norm: of the voxel encoder of a new model, a key of NORMS.
        biases: whether the voxel encoder's convolutions 1 to 4 have biases.
        image_norm: makes the image encoder's batch norms out of scope and channels.
        glorot: whether the image encoder's kernels start Glorot uniform, not normal(0, 0.02).
        symmetric: whether the image encoder's padding is the same on both sides; SAME of
            TensorFlow, with stride 2, pads less before than behind.
    """

    layout: DecoderLayout
    z_dim: int
    line_every: int | None
    norm: str
    image_norm: Callable[[str, int], BatchNorm]
    biases: bool = True
    glorot: bool = False
    symmetric: bool = False


VARIANTS = {
    "original": Variant(ORIGINAL, Z_DIM, 16, "batch", partial(BatchNorm, unbiased=True)),
    "improved": Variant(
        IMPROVED,
        LATER_Z_DIM,
        1024,
        "instance",
        # TensorFlow 1's fused kernel raises an epsilon of 1e-5 to this.
        partial(BatchNorm, unbiased=True, decay=0.99, epsilon=1.001e-5),
    ),
    "pytorch": Variant(
        PYTORCH,
        LATER_Z_DIM,
        None,
        "plain_instance",
        partial(BatchNorm, unbiased=True, decay=0.9),
        biases=False,
        glorot=True,
        symmetric=True,
    ),
}


def variant_of(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """Return the variant whose names a checkpoint's tensors have."""
    if MARK in shapes:
        return "pytorch"
    return "improved" if "simple_net/h2_lin/Matrix" in shapes else "original"


def marks(variant: str) -> list[tf.Variable]:
    """What a checkpoint holds beside the weights, so that `variant_of` can tell."""
    if variant != "pytorch":
        return []
    return [tf.Variable(1, dtype=tf.int32, trainable=False, name=MARK)]
