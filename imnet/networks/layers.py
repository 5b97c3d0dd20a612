"""Layers that every network here is made of."""

import numpy as np
import tensorflow as tf

LEAK = 0.02


def leaky_relu(x: tf.Tensor) -> tf.Tensor:
    """max(x, 0.02 x), the activation of every network here."""
    return tf.nn.leaky_relu(x, LEAK)


def linear_variables(
    scope: str,
    rows: int,
    columns: int,
    rng: np.random.Generator,
    deviation: float | np.ndarray = 0.02,
    mean: float = 0.0,
) -> tuple[tf.Variable, tf.Variable]:
    """Make `<scope>/Matrix` [rows, columns], normal(mean, deviation), and `<scope>/bias`, zeros."""
    matrix = rng.normal(mean, deviation, (rows, columns)).astype(np.float32)
    return tf.Variable(matrix, name=f"{scope}/Matrix"), zeros(f"{scope}/bias", columns)


def zeros(name: str, channels: int) -> tf.Variable:
    """Make a variable [channels] of zeros."""
    return tf.Variable(np.zeros(channels, np.float32), name=name)


def valid_convolution(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Convolve x [n, *size, channels] with a kernel [*size, channels, out] of its size: [n, out].

    Such a VALID convolution has one position: it is a matrix product.
    """
    rows = int(np.prod(kernel.shape[:-1]))
    return tf.matmul(tf.reshape(x, [-1, rows]), tf.reshape(kernel, [rows, -1]))
