"""3D convolutions whose gradients are fast on every CPU."""

import numpy as np
import tensorflow as tf

from imnet.networks.devices import on_plain_cpu

SHIFTS = tuple((a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1))
# A tap of the 4³ kernel is a shift by whole cells of 2³ voxels and a place within the cell.
TAPS_BY_SHIFT = tuple(
    ((2 * a + i) * 4 + 2 * b + j) * 4 + 2 * c + k for a, b, c in SHIFTS for i, j, k in SHIFTS
)
TAPS_IN_ORDER = tuple(int(i) for i in np.argsort(TAPS_BY_SHIFT))


def conv3d(x: tf.Tensor, kernel: tf.Tensor, ours: bool | None = None) -> tf.Tensor:
    """Convolve with a 4³ kernel, stride 2, SAME padding.

    Args:
        x: [n, d, d, d, channels] with d even.
        kernel: [4, 4, 4, channels, out].
        ours: whether to use our gradients, by default where TensorFlow's own are slow: on a CPU
            without oneDNN.

    Returns:
        [n, d/2, d/2, d/2, out].
    """
    if on_plain_cpu() if ours is None else ours:
        return _conv3d(x, kernel)
    return _forward(x, kernel)


def conv3d_transpose(x: tf.Tensor, kernel: tf.Tensor, ours: bool | None = None) -> tf.Tensor:
    """Undo the shape of `conv3d`: a deconvolution with a 4³ kernel, stride 2, SAME padding.

    It is the input gradient of `conv3d`, whose forward pass is in turn its own input gradient.

    Args:
        x: [n, h, h, h, channels].
        kernel: [4, 4, 4, out, channels].
        ours: as in `conv3d`.

    Returns:
        [n, 2h, 2h, 2h, out].
    """
    if on_plain_cpu() if ours is None else ours:
        return _conv3d_transpose(x, kernel)
    size = [tf.shape(x)[0], *[2 * x.shape[1]] * 3, kernel.shape[3]]
    return tf.nn.conv3d_transpose(x, kernel, size, 2, "SAME")


def _forward(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    return tf.nn.conv3d(x, kernel, [1, 2, 2, 2, 1], "SAME")


@tf.custom_gradient
def _conv3d(x: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, object]:
    """`conv3d` with gradients that are a matrix product each.

    Without oneDNN TensorFlow's own take up to a hundred times longer than they need.
    x [n, d, d, d, channels], gathered into cells of 2³ voxels, meets the output under a 2³ kernel
    of stride 1, that is at eight shifts.
    """

    def gradient(dy: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return input_gradient(dy, kernel), kernel_gradient(x, dy)

    return _forward(x, kernel), gradient


@tf.custom_gradient
def _conv3d_transpose(x: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, object]:
    def gradient(dy: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return _forward(dy, kernel), kernel_gradient(dy, x)

    return input_gradient(x, kernel), gradient


def input_gradient(dy: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Return the gradient [n, d, d, d, channels] of `conv3d` with respect to x."""
    channels, out = kernel.shape[-2:]
    taps = tf.gather(tf.reshape(kernel, [64, channels, out]), TAPS_BY_SHIFT)
    taps = tf.transpose(tf.reshape(taps, [8, 8 * channels, out]), [0, 2, 1])
    cells = tf.matmul(at_shifts(dy), tf.reshape(taps, [8 * out, 8 * channels]))
    return depth_to_space(cells, dy.shape[1] + 1)


def kernel_gradient(x: tf.Tensor, dy: tf.Tensor) -> tf.Tensor:
    """Return the gradient [4, 4, 4, channels, out] of `conv3d` with respect to its kernel."""
    channels, out, h = x.shape[-1], dy.shape[-1], dy.shape[1]
    cells = space_to_depth(x)  # [n, h+1, h+1, h+1, 8*channels]
    if channels < out / 8:  # shift the narrower of the two
        patches = [cells[:, a : a + h, b : b + h, c : c + h] for a, b, c in SHIFTS]
        patches = tf.reshape(tf.concat(patches, -1), [-1, 64 * channels])
        taps = tf.matmul(patches, tf.reshape(dy, [-1, out]), transpose_a=True)
    else:
        cells = tf.reshape(cells, [-1, 8 * channels])
        taps = tf.matmul(cells, at_shifts(dy), transpose_a=True)  # [8*channels, 8*out]
        taps = tf.transpose(tf.reshape(taps, [8 * channels, 8, out]), [1, 0, 2])
    taps = tf.gather(tf.reshape(taps, [64, channels, out]), TAPS_IN_ORDER)
    return tf.reshape(taps, [4, 4, 4, channels, out])


def at_shifts(dy: tf.Tensor) -> tf.Tensor:
    """Return dy [n, h, h, h, out] at the eight shifts: [n*(h+1)³, 8*out]."""
    shifted = [
        tf.pad(dy, [[0, 0], [a, 1 - a], [b, 1 - b], [c, 1 - c], [0, 0]]) for a, b, c in SHIFTS
    ]
    return tf.reshape(tf.concat(shifted, -1), [-1, 8 * dy.shape[-1]])


def space_to_depth(x: tf.Tensor) -> tf.Tensor:
    """Pad x [n, d, d, d, c] by one voxel and gather cells of 2³: [n, d/2+1, d/2+1, d/2+1, 8c]."""
    h, channels = x.shape[1] // 2 + 1, x.shape[-1]
    x = tf.pad(x, [[0, 0], [1, 1], [1, 1], [1, 1], [0, 0]])
    x = tf.reshape(x, [-1, h, 2, h, 2, h, 2, channels])
    return tf.reshape(tf.transpose(x, [0, 1, 3, 5, 2, 4, 6, 7]), [-1, h, h, h, 8 * channels])


def depth_to_space(cells: tf.Tensor, h: int) -> tf.Tensor:
    """Undo `space_to_depth`: cells [n*h³, 8c] back to voxels [n, 2h-2, 2h-2, 2h-2, c]."""
    channels = cells.shape[-1] // 8
    x = tf.reshape(cells, [-1, h, h, h, 2, 2, 2, channels])
    x = tf.reshape(tf.transpose(x, [0, 1, 4, 2, 5, 3, 6, 7]), [-1, 2 * h, 2 * h, 2 * h, channels])
    return x[:, 1:-1, 1:-1, 1:-1]
