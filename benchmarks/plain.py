"""The plain forms that ours are measured against: TensorFlow's own gradients, tiled codes."""

import tensorflow as tf

from IMGAN.model import IMAE
from IMGAN.modelz import PENALTY_WEIGHT, ZGAN
from imnet.decoder import leaky_relu


def encode(imae: IMAE, voxels: tf.Tensor) -> tf.Tensor:
    """The encoder in training mode with `tf.nn.conv3d` and its own gradients."""
    h = voxels
    encoder = imae.encoder
    for (kernel, bias), norm in zip(encoder.convolutions[:-1], encoder.norms, strict=True):
        h = leaky_relu(norm(tf.nn.conv3d(h, kernel, [1, 2, 2, 2, 1], "SAME") + bias, True))
    kernel, bias = encoder.convolutions[-1]
    h = tf.nn.conv3d(h, kernel, [1, 1, 1, 1, 1], "VALID") + bias
    return tf.sigmoid(tf.reshape(h, [-1, imae.z_dim]))


def decode(imae: IMAE, points: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
    """The decoder with the code [1, z_dim] tiled to every point [m, 3]: values [m]."""
    alpha = tf.concat([points, tf.tile(z, [len(points), 1])], 1)  # [m, 3 + z_dim]
    h = None
    for matrix, bias in imae.decoder.layers[:-1]:
        x = alpha if h is None else tf.concat([h, alpha], 1)
        h = leaky_relu(tf.matmul(x, matrix) + bias)
    matrix, bias = imae.decoder.layers[-1]
    return tf.sigmoid(tf.matmul(h, matrix) + bias)[:, 0]


@tf.function
def train_step(imae: IMAE, voxels: tf.Tensor, points: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    """One step of the autoencoder on one shape: voxels [1, 64, 64, 64, 1], points [m, 3]."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(values - decode(imae, points, encode(imae, voxels))))
    imae.optimizer.apply(tape.gradient(loss, imae.trainable))
    return loss


@tf.function
def critic_step(zgan: ZGAN, real: tf.Tensor, noise: tf.Tensor, epsilon: tf.Tensor) -> tf.Tensor:
    """The critic's step, with its own run of the generator."""
    of_critic = zgan.discriminator.trainable_variables
    with tf.GradientTape() as tape:
        fake = tf.sigmoid(zgan.generator(noise))
        between = epsilon * real + (1 - epsilon) * fake
        with tf.GradientTape() as inner:
            inner.watch(between)
            of_between = zgan.discriminator(between)
        gradient = inner.gradient(of_between, between)
        norm = tf.sqrt(tf.reduce_sum(tf.square(gradient), axis=1))
        loss = tf.reduce_mean(zgan.discriminator(real)) - tf.reduce_mean(zgan.discriminator(fake))
        loss += tf.reduce_mean(tf.square(norm - 1) * PENALTY_WEIGHT)
    zgan.critic_optimizer.apply(tape.gradient(loss, of_critic))
    return loss


@tf.function
def generator_step(zgan: ZGAN, noise: tf.Tensor) -> tf.Tensor:
    """The generator's step."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(zgan.discriminator(tf.sigmoid(zgan.generator(noise))))
    of_generator = zgan.generator.trainable_variables
    zgan.generator_optimizer.apply(tape.gradient(loss, of_generator))
    return loss
