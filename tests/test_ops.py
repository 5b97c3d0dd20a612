"""Our convolutions and their gradients against TensorFlow's own; both are forced here."""

from functools import partial

import numpy as np
import pytest
import tensorflow as tf

from IMGAN.ops import conv3d, conv3d_transpose
from IMSVR.ops import conv2d


def value_and_gradients(convolution, x, kernel, weights):
    with tf.GradientTape() as tape:
        y = convolution(x, kernel)
        loss = tf.reduce_sum(y * weights)
    return [y, *tape.gradient(loss, [x, kernel])]


@pytest.mark.parametrize("ours", [True, False, None])
@pytest.mark.parametrize("n, d, channels, out", [(1, 8, 1, 32), (2, 8, 3, 5), (3, 4, 8, 16)])
def test_conv3d_equals_tensorflow(n, d, channels, out, ours):
    rng = np.random.default_rng(0)
    x = tf.Variable(rng.normal(size=(n, d, d, d, channels)), dtype=tf.float32)
    kernel = tf.Variable(rng.normal(size=(4, 4, 4, channels, out)), dtype=tf.float32)
    weights = tf.constant(rng.normal(size=(n, d // 2, d // 2, d // 2, out)), tf.float32)

    def plain(x, kernel):
        return tf.nn.conv3d(x, kernel, [1, 2, 2, 2, 1], "SAME")

    theirs = value_and_gradients(plain, x, kernel, weights)
    found = value_and_gradients(partial(conv3d, ours=ours), x, kernel, weights)
    for mine, other in zip(found, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("ours", [True, False, None])
@pytest.mark.parametrize("n, h, channels, out", [(1, 4, 32, 1), (2, 4, 5, 3), (3, 2, 16, 8)])
def test_conv3d_transpose_equals_tensorflow(n, h, channels, out, ours):
    rng = np.random.default_rng(0)
    x = tf.Variable(rng.normal(size=(n, h, h, h, channels)), dtype=tf.float32)
    kernel = tf.Variable(rng.normal(size=(4, 4, 4, out, channels)), dtype=tf.float32)
    weights = tf.constant(rng.normal(size=(n, 2 * h, 2 * h, 2 * h, out)), tf.float32)

    def plain(x, kernel):
        return tf.nn.conv3d_transpose(x, kernel, (n, *[2 * h] * 3, out), 2, "SAME")

    theirs = value_and_gradients(plain, x, kernel, weights)
    found = value_and_gradients(partial(conv3d_transpose, ours=ours), x, kernel, weights)
    for mine, other in zip(found, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("ours", [True, False, None])
@pytest.mark.parametrize(
    "size, stride, channels, out",
    [(3, 1, 5, 4), (3, 1, 16, 32), (3, 2, 4, 8), (1, 2, 16, 32), (7, 2, 1, 8), (4, 2, 8, 8)],
)
def test_conv2d_equals_tensorflow(size, stride, channels, out, ours):
    rng = np.random.default_rng(0)
    x = tf.Variable(rng.normal(size=(3, 8, 8, channels)), dtype=tf.float32)
    kernel = tf.Variable(rng.normal(size=(size, size, channels, out)), dtype=tf.float32)
    weights = tf.constant(rng.normal(size=(3, 8 // stride, 8 // stride, out)), tf.float32)

    def plain(x, kernel):
        return tf.nn.conv2d(x, kernel, stride, "SAME")

    theirs = value_and_gradients(plain, x, kernel, weights)
    found = value_and_gradients(partial(conv2d, stride=stride, ours=ours), x, kernel, weights)
    for mine, other in zip(found, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-4)


def test_a_narrow_1x1_convolution_equals_a_product():
    """TensorFlow's own gradient crashes there, so the product is by hand."""
    rng = np.random.default_rng(0)
    x = tf.Variable(rng.normal(size=(2, 4, 4, 3)), dtype=tf.float32)
    kernel = tf.Variable(rng.normal(size=(1, 1, 3, 5)), dtype=tf.float32)
    weights = rng.normal(size=(2, 2, 2, 5)).astype(np.float32)
    y, of_x, of_kernel = value_and_gradients(partial(conv2d, stride=2), x, kernel, weights)
    seen, matrix = x.numpy()[:, ::2, ::2], kernel.numpy()[0, 0]
    np.testing.assert_allclose(y, seen @ matrix, atol=1e-5)
    expected = np.zeros(x.shape)
    expected[:, ::2, ::2] = weights @ matrix.T
    np.testing.assert_allclose(of_x, expected, atol=1e-5)
    expected = np.einsum("nhwc,nhwo->co", seen, weights)
    np.testing.assert_allclose(of_kernel[0, 0], expected, atol=1e-4)
