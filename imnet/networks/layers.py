"""Layers that every network here is made of."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

import numpy as np
import tensorflow as tf

LEAK = 0.02
# A tf.function. Nothing here branches on a tensor's value: without AutoGraph, which rewrites the
# source of all that is called, the first step comes sooner.
graph = partial(tf.function, autograph=False)
_product_type = ContextVar("_product_type", default=tf.float32)


@contextmanager
def products_in(dtype: tf.DType) -> Iterator[None]:
    """Compute the block's products, and their gradients, in dtype. All else stays float32.

    A tf.function keeps the type that it was traced with.
    """
    token = _product_type.set(dtype)
    try:
        yield
    finally:
        _product_type.reset(token)


def product(
    multiply: Callable[[tf.Tensor, tf.Tensor], tf.Tensor], x: tf.Tensor, weights: tf.Tensor
) -> tf.Tensor:
    """Return multiply(x, weights), a matrix product or a convolution, as float32.

    It computes in the type of `products_in`, by default in float32.
    """
    dtype = _product_type.get()
    return tf.cast(multiply(tf.cast(x, dtype), tf.cast(weights, dtype)), tf.float32)


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
    return product(tf.matmul, tf.reshape(x, [-1, rows]), tf.reshape(kernel, [rows, -1]))
