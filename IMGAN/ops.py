"""TensorFlow layers that only this folder uses: the 3D convolution and its norms."""

import numpy as np
import tensorflow as tf

SHIFTS = tuple((a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1))
# A tap of the 4³ kernel is a shift by whole cells of 2³ voxels and a place within the cell.
TAPS_BY_SHIFT = tuple(
    ((2 * a + i) * 4 + 2 * b + j) * 4 + 2 * c + k for a, b, c in SHIFTS for i, j, k in SHIFTS
)
TAPS_IN_ORDER = tuple(int(i) for i in np.argsort(TAPS_BY_SHIFT))


@tf.custom_gradient
def conv3d(x: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, object]:
    """Convolve with a 4³ kernel, stride 2, SAME padding.

    TensorFlow's own filter gradient takes a hundred times longer than it need on a CPU; ours is
    one matrix product (`kernel_gradient`).

    Args:
        x: [n, d, d, d, channels] with d even.
        kernel: [4, 4, 4, channels, out].

    Returns:
        [n, d/2, d/2, d/2, out].
    """
    strides = [1, 2, 2, 2, 1]

    def gradient(dy: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        dx = tf.nn.conv3d_transpose(dy, kernel, tf.shape(x), strides, "SAME")
        return dx, kernel_gradient(x, dy)

    return tf.nn.conv3d(x, kernel, strides, "SAME"), gradient


def kernel_gradient(x: tf.Tensor, dy: tf.Tensor) -> tf.Tensor:
    """Give the gradient [4, 4, 4, channels, out] of `conv3d` with respect to its kernel.

    Gathered into cells of 2³ voxels, x meets dy under a 2³ kernel of stride 1, whose gradient is
    the product of the one with the eight shifts of the other: whichever is narrower is shifted.
    """
    channels, out = x.shape[-1], dy.shape[-1]
    h = dy.shape[1]
    cells = space_to_depth(x)  # [n, h+1, h+1, h+1, 8*channels]
    if 8 * channels < out or channels == 1:
        shifted = [cells[:, a : a + h, b : b + h, c : c + h] for a, b, c in SHIFTS]
        patches = tf.reshape(tf.concat(shifted, -1), [-1, 64 * channels])
        taps = tf.matmul(patches, tf.reshape(dy, [-1, out]), transpose_a=True)
    else:
        shifted = [
            tf.pad(dy, [[0, 0], [a, 1 - a], [b, 1 - b], [c, 1 - c], [0, 0]]) for a, b, c in SHIFTS
        ]
        patches = tf.reshape(tf.concat(shifted, -1), [-1, 8 * out])
        taps = tf.matmul(tf.reshape(cells, [-1, 8 * channels]), patches, transpose_a=True)
        taps = tf.transpose(tf.reshape(taps, [8 * channels, 8, out]), [1, 0, 2])
    taps = tf.gather(tf.reshape(taps, [64, channels, out]), TAPS_IN_ORDER)
    return tf.reshape(taps, [4, 4, 4, channels, out])


def space_to_depth(x: tf.Tensor) -> tf.Tensor:
    """Pad x [n, d, d, d, c] by one voxel and gather cells of 2³: [n, d/2+1, d/2+1, d/2+1, 8c]."""
    h, channels = x.shape[1] // 2 + 1, x.shape[-1]
    x = tf.pad(x, [[0, 0], [1, 1], [1, 1], [1, 1], [0, 0]])
    x = tf.reshape(x, [-1, h, 2, h, 2, h, 2, channels])
    x = tf.transpose(x, [0, 1, 3, 5, 2, 4, 6, 7])
    return tf.reshape(x, [-1, h, h, h, 8 * channels])


class BatchNorm(tf.Module):
    """Batch norm over all axes but the last; decay 0.999, epsilon 1e-5.

    In training it normalises with the batch's own biased moments and moves the averages in the
    same step; in inference it uses the averages.
    """

    decay, epsilon = 0.999, 1e-5

    def __init__(self, scope: str, channels: int):
        super().__init__()
        ones, zeros = np.ones(channels, np.float32), np.zeros(channels, np.float32)
        self.beta = tf.Variable(zeros, name=f"{scope}/beta")
        self.gamma = tf.Variable(ones, name=f"{scope}/gamma")
        self.moving_mean = tf.Variable(zeros, trainable=False, name=f"{scope}/moving_mean")
        self.moving_variance = tf.Variable(ones, trainable=False, name=f"{scope}/moving_variance")

    def __call__(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        if training:
            mean, variance = tf.nn.moments(x, list(range(len(x.shape) - 1)))
            for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
                moving.assign_sub((1 - self.decay) * (moving - value))
        else:
            mean, variance = self.moving_mean, self.moving_variance
        return tf.nn.batch_normalization(x, mean, variance, self.beta, self.gamma, self.epsilon)


class InstanceNorm(tf.Module):
    """Normalisation over each shape's own positions, in training and inference; epsilon 1e-6."""

    epsilon = 1e-6

    def __init__(self, scope: str, channels: int):
        super().__init__()
        self.beta = tf.Variable(np.zeros(channels, np.float32), name=f"{scope}/beta")
        self.gamma = tf.Variable(np.ones(channels, np.float32), name=f"{scope}/gamma")

    def __call__(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        del training  # the same in both
        mean, variance = tf.nn.moments(x, list(range(1, len(x.shape) - 1)), keepdims=True)
        return tf.nn.batch_normalization(x, mean, variance, self.beta, self.gamma, self.epsilon)


NORMS = {"batch": ("BatchNorm", BatchNorm), "instance": ("InstanceNorm", InstanceNorm)}
