"""TensorFlow layers that only this folder uses: the 2D convolution and the ResNet block."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from imnet.networks.devices import on_gpu
from imnet.networks.layers import leaky_relu, product

LEAST_CHANNELS = 16  # with fewer, oneDNN's gradient of a 1x1 convolution crashes

# Makes a convolution with its norm out of scope, kernel shape and stride.
NewConvolution = Callable[[str, tuple[int, ...], int], "NormedConvolution"]


def kernel_variable(
    scope: str, shape: tuple[int, ...], rng: np.random.Generator, glorot: bool = False
) -> tf.Variable:
    """Make `<scope>/Matrix` [size, size, channels, out], truncated normal(0, 0.02).

    Glorot uniform if that is asked for.
    """
    if glorot:
        size, _, channels, out = shape
        limit = (6 / (size**2 * (channels + out))) ** 0.5
        kernel = tf.constant(rng.uniform(-limit, limit, shape), tf.float32)
    else:
        seed = rng.integers(2**31, size=2)
        kernel = tf.random.stateless_truncated_normal(shape, seed, stddev=0.02)
    return tf.Variable(kernel, name=f"{scope}/Matrix")


def conv2d(x: tf.Tensor, kernel: tf.Tensor, stride: int, ours: bool | None = None) -> tf.Tensor:
    """Convolve with SAME padding.

    Args:
        x: [n, h, w, channels], h and w even.
        kernel: [size, size, channels, out].
        stride: 1 or 2; 2 where the size is 1.
        ours: whether to use our gradients, by default where there is no GPU.

    Returns:
        [n, h/stride, w/stride, out].
    """
    if ours or (ours is None and not on_gpu()):
        size, _, channels, _ = kernel.shape
        if size == 1 and channels < LEAST_CHANNELS:
            return tf.tensordot(every_second(x), kernel[0, 0], 1)
        if stride == 1:
            return _conv2d_of_stride_1(x, kernel)
    return tf.nn.conv2d(x, kernel, stride, "SAME")


def every_second(x: tf.Tensor) -> tf.Tensor:
    """x[:, ::2, ::2], by way of a reshape: TensorFlow's slices of a stride copy value by value."""
    _, h, w, channels = x.shape
    return tf.reshape(x, [-1, h // 2, 2, w // 2, 2, channels])[:, :, 0, :, 0]


@tf.custom_gradient
def _conv2d_of_stride_1(x: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, object]:
    """The input's gradient is a convolution too, with the kernel turned by 180 degrees.

    TensorFlow's own takes up to three times as long on a CPU where it runs without oneDNN.
    """

    def gradient(dy: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        turned = tf.transpose(kernel[::-1, ::-1], [0, 1, 3, 2])
        of_kernel = tf.raw_ops.Conv2DBackpropFilter(
            input=x,
            filter_sizes=kernel.shape,
            out_backprop=dy,
            strides=[1, 1, 1, 1],
            padding="SAME",
        )
        return tf.nn.conv2d(dy, turned, 1, "SAME"), of_kernel

    return tf.nn.conv2d(x, kernel, 1, "SAME"), gradient


class NormedConvolution(tf.Module):
    """A convolution without bias and its norm; without an activation."""

    def __init__(self, kernel: tf.Variable, stride: int, norm: tf.Module, symmetric: bool = False):
        super().__init__()
        self.kernel, self.stride, self.norm = kernel, stride, norm
        size = kernel.shape[0]
        # Where SAME with stride 2 pads less before than behind.
        self.padding = (size - 1) // 2 if symmetric and stride == 2 and size % 2 else 0

    def __call__(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        """Return [n, h/stride, w/stride, out] for x [n, h, w, channels]."""
        if self.padding:
            side = [self.padding] * 2
            x = tf.pad(x, [[0, 0], side, side, [0, 0]])
            x = product(lambda x, k: tf.nn.conv2d(x, k, self.stride, "VALID"), x, self.kernel)
        else:
            x = product(lambda x, k: conv2d(x, k, self.stride), x, self.kernel)
        return self.norm(x, training)


class ResNetBlock(tf.Module):
    """Two 3x3 convolutions and a shortcut, added before the last activation (He et al. 2016).

    The shortcut is the block's input. Where the block widens, its first convolution has stride 2,
    and so has the shortcut, a normed 1x1 convolution.
    """

    def __init__(self, scope: str, channels: int, out: int, convolution: NewConvolution):
        super().__init__()
        stride = 1 if out == channels else 2
        self.first = convolution(f"{scope}_1", (3, 3, channels, out), stride)
        self.second = convolution(f"{scope}_2", (3, 3, out, out), 1)
        self.shortcut = None
        if stride == 2:
            self.shortcut = convolution(f"{scope}_3", (1, 1, channels, out), 2)

    def __call__(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        """Return [n, h/stride, w/stride, out] for x [n, h, w, channels]."""
        h = leaky_relu(self.first(x, training))
        h = self.second(h, training)
        return leaky_relu(h + (self.shortcut(x, training) if self.shortcut else x))
