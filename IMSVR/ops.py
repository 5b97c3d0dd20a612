"""TensorFlow layers that only this folder uses: the 2D convolution and the ResNet block."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from imnet.decoder import leaky_relu

# gives the norm for so many channels; the original numbers its norms in the order of creation
NewNorm = Callable[[int], tf.Module]


def kernel_variable(scope: str, shape: tuple[int, ...], rng: np.random.Generator) -> tf.Variable:
    """Make `<scope>/Matrix` [size, size, channels, out], truncated normal(0, 0.02)."""
    seed = rng.integers(2**31, size=2)
    kernel = tf.random.stateless_truncated_normal(shape, seed, stddev=0.02)
    return tf.Variable(kernel, name=f"{scope}/Matrix")


def conv2d(x: tf.Tensor, kernel: tf.Tensor, stride: int) -> tf.Tensor:
    """Convolve with SAME padding.

    Args:
        x: [n, h, w, channels], h and w divisible by the stride.
        kernel: [size, size, channels, out].
        stride: 1 or 2.

    Returns:
        [n, h/stride, w/stride, out].
    """
    if kernel.shape[0] == 1:  # oneDNN's gradient crashes where such a kernel has few channels
        return tf.tensordot(x[:, ::stride, ::stride], kernel[0, 0], 1)
    return tf.nn.conv2d(x, kernel, stride, "SAME")


class NormedConvolution(tf.Module):
    """A convolution without bias and its norm; without an activation."""

    def __init__(
        self,
        scope: str,
        shape: tuple[int, ...],
        stride: int,
        norm: NewNorm,
        rng: np.random.Generator,
    ):
        super().__init__()
        self.kernel, self.stride = kernel_variable(scope, shape, rng), stride
        self.norm = norm(shape[-1])

    def __call__(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        return self.norm(conv2d(x, self.kernel, self.stride), training)


class ResNetBlock(tf.Module):
    """Two 3x3 convolutions and a shortcut, added before the last activation (He et al. 2016).

    The shortcut is the block's input. Where the block widens, its first convolution has stride 2,
    and so has the shortcut, a normed 1x1 convolution.
    """

    def __init__(
        self, scope: str, channels: int, out: int, norm: NewNorm, rng: np.random.Generator
    ):
        super().__init__()
        stride = 1 if out == channels else 2
        self.first = NormedConvolution(f"{scope}_1", (3, 3, channels, out), stride, norm, rng)
        self.second = NormedConvolution(f"{scope}_2", (3, 3, out, out), 1, norm, rng)
        self.shortcut = None
        if stride == 2:
            self.shortcut = NormedConvolution(f"{scope}_3", (1, 1, channels, out), 2, norm, rng)

    def __call__(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        h = leaky_relu(self.first(x, training))
        h = self.second(h, training)
        return leaky_relu(h + (self.shortcut(x, training) if self.shortcut else x))
