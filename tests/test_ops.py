"""The 3D convolutions and their gradients against TensorFlow's own."""

import numpy as np
import pytest
import tensorflow as tf

from IMGAN.ops import conv3d, conv3d_transpose


def value_and_gradients(convolution, x, kernel, weights):
    with tf.GradientTape() as tape:
        y = convolution(x, kernel)
        loss = tf.reduce_sum(y * weights)
    return [y, *tape.gradient(loss, [x, kernel])]


@pytest.mark.parametrize("n, d, channels, out", [(1, 8, 1, 32), (2, 8, 3, 5), (3, 4, 8, 16)])
def test_conv3d_equals_tensorflow(n, d, channels, out):
    rng = np.random.default_rng(0)
    x = tf.Variable(rng.normal(size=(n, d, d, d, channels)), dtype=tf.float32)
    kernel = tf.Variable(rng.normal(size=(4, 4, 4, channels, out)), dtype=tf.float32)
    weights = tf.constant(rng.normal(size=(n, d // 2, d // 2, d // 2, out)), tf.float32)

    def plain(x, kernel):
        return tf.nn.conv3d(x, kernel, [1, 2, 2, 2, 1], "SAME")

    theirs = value_and_gradients(plain, x, kernel, weights)
    for ours, other in zip(value_and_gradients(conv3d, x, kernel, weights), theirs, strict=True):
        np.testing.assert_allclose(ours, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("n, h, channels, out", [(1, 4, 32, 1), (2, 4, 5, 3), (3, 2, 16, 8)])
def test_conv3d_transpose_equals_tensorflow(n, h, channels, out):
    rng = np.random.default_rng(0)
    x = tf.Variable(rng.normal(size=(n, h, h, h, channels)), dtype=tf.float32)
    kernel = tf.Variable(rng.normal(size=(4, 4, 4, out, channels)), dtype=tf.float32)
    weights = tf.constant(rng.normal(size=(n, 2 * h, 2 * h, 2 * h, out)), tf.float32)

    def plain(x, kernel):
        return tf.nn.conv3d_transpose(x, kernel, (n, *[2 * h] * 3, out), 2, "SAME")

    theirs = value_and_gradients(plain, x, kernel, weights)
    ours = value_and_gradients(conv3d_transpose, x, kernel, weights)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-4)
