"""The parts of the networks of pictures: encoder, CNN decoder, pixels, terms of the losses."""

from functools import partial

import numpy as np
import tensorflow as tf

from imnet.data.lattice import coordinates
from imnet.networks.convolutions import five_convolutions
from imnet.networks.layers import leaky_relu, product, valid_convolution

STRIDES = {28: (1, 2, 2, 2), 64: (2, 2, 2, 2)}  # resolution → of the convolutions before the last


class PictureEncoder(tf.Module):
    """Four 4² convolutions with norm and leaky ReLU, and one that is VALID: linear outputs."""

    def __init__(
        self,
        scope: str,
        resolution: int,
        outputs: int,
        ef_dim: int,
        norm: str,
        rng: np.random.Generator,
    ):
        super().__init__()
        self.strides = STRIDES[resolution]
        widths = [1, ef_dim, 2 * ef_dim, 4 * ef_dim, 8 * ef_dim, outputs]
        self.convolutions, self.norms = five_convolutions(
            f"{scope}/conv", widths, norm, rng, dimensions=2
        )

    def __call__(self, images: tf.Tensor, training: bool) -> tf.Tensor:
        """Return the outputs [n, outputs] of pictures [n, R, R]."""
        h = images[..., None]
        for (kernel, bias), norm, stride in zip(
            self.convolutions[:-1], self.norms, self.strides, strict=True
        ):
            convolve = partial(tf.nn.conv2d, strides=stride, padding="SAME")
            h = leaky_relu(norm(product(convolve, h, kernel) + bias, training))
        kernel, bias = self.convolutions[-1]
        return valid_convolution(h, kernel) + bias


class CNNDecoder(tf.Module):
    """The encoder in reverse: 1² → 4² (VALID), then the encoder's strides backwards."""

    def __init__(
        self, resolution: int, z_dim: int, ef_dim: int, norm: str, rng: np.random.Generator
    ):
        super().__init__()
        widths = [z_dim, 8 * ef_dim, 4 * ef_dim, 2 * ef_dim, ef_dim, 1]
        self.convolutions, self.norms = five_convolutions(
            "decoder/deconv", widths, norm, rng, transposed=True, dimensions=2
        )
        sides, side = [], resolution
        for stride in STRIDES[resolution]:
            sides.append((side, stride))  # of a deconvolution's output
            side = -(-side // stride)
        self.sides = sides[::-1]

    def __call__(self, z: tf.Tensor, training: bool) -> tf.Tensor:
        """Return the values before the sigmoid, [n, R²], of codes z [n, z_dim]."""
        kernel, bias = self.convolutions[0]  # VALID on 1²: a matrix product
        rows = tf.reshape(kernel, [-1, kernel.shape[3]])
        h = product(partial(tf.matmul, transpose_b=True), z, rows)
        h = tf.reshape(h, [-1, 4, 4, kernel.shape[2]]) + bias
        for (kernel, bias), norm, (side, stride) in zip(
            self.convolutions[1:], self.norms, self.sides, strict=True
        ):
            size = [tf.shape(z)[0], side, side, kernel.shape[2]]
            deconvolve = partial(tf.nn.conv2d_transpose, output_shape=size, strides=stride)
            h = product(deconvolve, leaky_relu(norm(h, training)), kernel) + bias
        return tf.reshape(h, [tf.shape(z)[0], -1])


def pixel_centres(resolution: int) -> np.ndarray:
    """Return the coordinates [R², 2] float32 in [-1, 1] of pixels: down, then to the right."""
    return coordinates(np.indices((resolution, resolution)).reshape(2, -1).T, resolution)


def divergence(mu: tf.Tensor, log_variance: tf.Tensor) -> tf.Tensor:
    """KL divergence [n] of normal(mu, sigma) from normal(0, 1), of [n, z_dim] each, in nats."""
    terms = tf.square(mu) + tf.exp(log_variance) - log_variance - 1
    return tf.reduce_sum(terms, axis=1) / 2


def cross_entropy(logits: tf.Tensor, label: int) -> tf.Tensor:
    """Mean cross entropy of values before the sigmoid with a label, 0 or 1."""
    labels = tf.fill(tf.shape(logits), float(label))
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits))


def values_of(images: tf.Tensor | np.ndarray) -> tf.Tensor:
    """Return pictures as values 0 to 1; uint8 is 0 to 255."""
    images = tf.convert_to_tensor(images)
    return tf.cast(images, tf.float32) / 255 if images.dtype == tf.uint8 else images


def chosen_values(images: tf.Tensor, pixels: tf.Tensor | None) -> tf.Tensor:
    """Return the values [s, m] of the pixels [m] of pictures [s, R, R], of all if None."""
    values = tf.reshape(values_of(images), [tf.shape(images)[0], -1])
    return values if pixels is None else tf.gather(values, pixels, axis=1)
