"""The 3D convolution's gradients against TensorFlow's own."""

import numpy as np
import pytest
import tensorflow as tf

from IMGAN.ops import conv3d


@pytest.mark.parametrize("n, d, channels, out", [(1, 8, 1, 32), (2, 8, 3, 5), (3, 4, 8, 16)])
def test_conv3d_equals_tensorflow(n, d, channels, out):
    rng = np.random.default_rng(0)
    x = tf.Variable(rng.normal(size=(n, d, d, d, channels)), dtype=tf.float32)
    kernel = tf.Variable(rng.normal(size=(4, 4, 4, channels, out)), dtype=tf.float32)
    weights = tf.constant(rng.normal(size=(n, d // 2, d // 2, d // 2, out)), tf.float32)

    def value_and_gradients(convolution):
        with tf.GradientTape() as tape:
            y = convolution(x, kernel)
            loss = tf.reduce_sum(y * weights)
        return [y, *tape.gradient(loss, [x, kernel])]

    plain = value_and_gradients(lambda x, k: tf.nn.conv3d(x, k, [1, 2, 2, 2, 1], "SAME"))
    for ours, theirs in zip(value_and_gradients(conv3d), plain, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)
