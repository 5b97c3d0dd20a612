"""The five convolutions that encoders and CNN decoders are made of."""

from itertools import pairwise
from math import prod

import numpy as np
import tensorflow as tf

from imnet.networks.layers import zeros
from imnet.networks.norms import NORMS


def five_convolutions(
    name: str,
    widths: list[int],
    norm: str,
    rng: np.random.Generator,
    *,
    biases: bool = True,
    transposed: bool = False,
    dimensions: int = 3,
) -> tuple[list[tuple[tf.Variable, tf.Variable | None]], list[tf.Module]]:
    """Make kernels with biases, `<name>_1` .. `_5`, and the norms of all but the last.

    Kernels are [4, 4, 4, channels, out], Glorot uniform; [4, 4, 4, out, channels] if transposed;
    in two `dimensions` they have one 4 less. Without `biases` only the last one has a bias.
    """
    scope, norm_layer = NORMS[norm]
    convolutions, norms = [], []
    for i, (channels, out) in enumerate(pairwise(widths)):
        size = (4,) * dimensions
        limit = (6 / (prod(size) * (channels + out))) ** 0.5
        shape = (*size, *((out, channels) if transposed else (channels, out)))
        kernel = rng.uniform(-limit, limit, shape).astype(np.float32)
        kernel = tf.Variable(kernel, name=f"{name}_{i + 1}/Matrix")
        bias = zeros(f"{name}_{i + 1}/bias", out) if biases or i == 4 else None
        convolutions.append((kernel, bias))
        if i < 4:
            suffix = f"_{i}" if i else ""
            norms.append(norm_layer(f"{name.partition('/')[0]}/{scope}{suffix}", out))
    return convolutions, norms
