"""The plain forms that ours are measured against: what one would write first."""

import imnet.networks  # noqa: F401  # first, because it starts TensorFlow as the programs do

# isort: split
from collections.abc import Callable
from functools import wraps

import numpy as np
import tensorflow as tf

from IMGAN.model import IMAE
from IMGAN.modelz import PENALTY_WEIGHT, ZGAN
from imnet.networks.layers import leaky_relu
from imnet.networks.network import Network
from IMSVR.model import IMSVR
from IMSVR.ops import NormedConvolution

POINTS_A_BATCH = 32768


def graph_of_step(step: Callable[..., tf.Tensor]) -> Callable[..., tf.Tensor]:
    """A step of a network as a graph, which makes no variables: Adam's are made before."""
    graph = tf.function(step)

    @wraps(step)
    def take(network: Network, *arrays: tf.Tensor) -> tf.Tensor:
        for optimizer in network.optimizers:
            optimizer.state()
        return graph(network, *arrays)

    return take


def encode(imae: IMAE, voxels: tf.Tensor, training: bool) -> tf.Tensor:
    """The encoder with `tf.nn.conv3d` and its own gradients: codes [n, z_dim]."""
    h = voxels
    encoder = imae.encoder
    for (kernel, bias), norm in zip(encoder.convolutions[:-1], encoder.norms, strict=True):
        h = tf.nn.conv3d(h, kernel, [1, 2, 2, 2, 1], "SAME")
        h = leaky_relu(norm(h if bias is None else h + bias, training))
    kernel, bias = encoder.convolutions[-1]
    h = tf.nn.conv3d(h, kernel, [1, 1, 1, 1, 1], "VALID") + bias
    return tf.sigmoid(tf.reshape(h, [-1, imae.z_dim]))


def decode(imae: IMAE, points: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
    """The decoder with codes [s, z_dim] tiled to every point [s, m, 3]: values [s, m]."""
    layout, count = imae.decoder.layout, tf.shape(points)[1]
    codes = tf.tile(z[:, None], [1, count, 1])  # [s, m, z_dim]
    alpha = tf.concat([points * layout.point_scale, codes], 2)
    alpha = tf.reshape(alpha, [-1, alpha.shape[2]])  # [s * m, 3 + z_dim]
    h = alpha[:, :0]
    for (matrix, bias), layer in zip(imae.decoder.layers[:-1], layout.layers, strict=True):
        x = tf.concat([h, alpha], 1) if layer.sees_input else h
        h = leaky_relu(tf.matmul(x, matrix) + bias)
    matrix, bias = imae.decoder.layers[-1]
    return tf.reshape(layout.squash(tf.matmul(h, matrix) + bias), [-1, count])


def encode_one_by_one(imae: IMAE, voxels: np.ndarray) -> np.ndarray:
    """The codes [n, z_dim] of voxels [n, 64, 64, 64, 1], one shape a call."""
    shapes = voxels.astype(np.float32)[:, None]  # [n, 1, 64, 64, 64, 1]
    return np.concatenate([_encode(imae, tf.constant(shape)).numpy() for shape in shapes])


@tf.function
def _encode(imae: IMAE, voxels: tf.Tensor) -> tf.Tensor:
    return encode(imae, voxels, training=False)


def decode_in_batches(imae: IMAE, points: np.ndarray, z: np.ndarray) -> np.ndarray:
    """The values [m] at points [m, 3] for the code z [z_dim]."""
    batches = [points[i : i + POINTS_A_BATCH] for i in range(0, len(points), POINTS_A_BATCH)]
    return np.concatenate([_decode(imae, tf.constant(b), tf.constant(z)).numpy() for b in batches])


@tf.function(reduce_retracing=True)
def _decode(imae: IMAE, points: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
    return decode(imae, points[None], z[None])[0]


@graph_of_step
def train_step(imae: IMAE, voxels: tf.Tensor, points: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    """One step of the autoencoder: voxels [s, 64, 64, 64, 1], points [s, m, 3], values [s, m]."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(values - decode(imae, points, encode(imae, voxels, True))))
    imae.optimizer.apply(tape.gradient(loss, imae.optimizer.variables))
    return loss


@graph_of_step
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


@graph_of_step
def generator_step(zgan: ZGAN, noise: tf.Tensor) -> tf.Tensor:
    """The generator's step."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(zgan.discriminator(tf.sigmoid(zgan.generator(noise))))
    of_generator = zgan.generator.trainable_variables
    zgan.generator_optimizer.apply(tape.gradient(loss, of_generator))
    return loss


def conv2d(x: tf.Tensor, kernel: tf.Tensor, stride: int) -> tf.Tensor:
    """The convolution with TensorFlow's own gradients."""
    return tf.nn.conv2d(x, kernel, stride, "SAME")


def normed(x: tf.Tensor, layer: NormedConvolution) -> tf.Tensor:
    """A convolution of the image encoder and its batch norm, in training."""
    x, norm = conv2d(x, layer.kernel, layer.stride), layer.norm
    mean, variance = tf.nn.moments(x, [0, 1, 2])
    n = tf.cast(tf.size(x) // x.shape[-1], tf.float32)
    norm.moving_mean.assign_sub((1 - norm.decay) * (norm.moving_mean - mean))
    unbiased = variance * n / (n - 1)
    norm.moving_variance.assign_sub((1 - norm.decay) * (norm.moving_variance - unbiased))
    return tf.nn.batch_normalization(x, mean, variance, norm.beta, norm.gamma, norm.epsilon)


@graph_of_step
def image_step(imsvr: IMSVR, views: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
    """One step of the image encoder on views [n, 128, 128, 1] float32 and codes [n, z_dim]."""
    encoder = imsvr.encoder
    with tf.GradientTape() as tape:
        h = leaky_relu(normed(1 - views, encoder.first))
        for block in encoder.blocks:
            shortcut = normed(h, block.shortcut) if block.shortcut else h
            h = leaky_relu(normed(leaky_relu(normed(h, block.first)), block.second) + shortcut)
        h = leaky_relu(normed(h, encoder.last))
        h = tf.nn.conv2d(h, encoder.kernel, 1, "VALID")[:, 0, 0] + encoder.bias
        loss = tf.reduce_mean(tf.square(z - tf.sigmoid(h)))
    imsvr.optimizer.apply(tape.gradient(loss, imsvr.optimizer.variables))
    return loss


def point_value_pairs(grid: np.ndarray, random: np.random.Generator) -> dict[str, np.ndarray]:
    """The points and values of a solid grid, bool [64, 64, 64], at 16³, 32³ and 64³."""
    arrays = {}
    for resolution, quota in ((16, 4096), (32, 8192), (64, 32768)):
        step = 64 // resolution
        voxels = grid.reshape((resolution, step) * 3).max(axis=(1, 3, 5))
        points = list(np.ndindex(voxels.shape)) if step == 4 else near_points(voxels, quota, random)
        arrays[f"points_{resolution}"] = np.array(points, np.uint8)  # [quota, 3]
        arrays[f"values_{resolution}"] = np.array([[voxels[p]] for p in points], np.uint8)
    return arrays


def near_points(voxels: np.ndarray, quota: int, random: np.random.Generator) -> list[tuple]:
    """The voxels near the surface, or one of each block of 2³, filled up at random."""
    resolution, points = len(voxels), []
    for i in range(3, resolution - 3):
        for j in range(3, resolution - 3):
            for k in range(3, resolution - 3):
                window = voxels[i - 3 : i + 4, j - 3 : j + 4, k - 3 : k + 4]
                if window.any() and not window.all():
                    points.append((i, j, k))
    if len(points) >= quota:
        points = []
        for i, j, k in np.ndindex((resolution // 2,) * 3):
            block = [(2 * i + a, 2 * j + b, 2 * k + c) for c, b, a in np.ndindex(2, 2, 2)]
            points.append(next((p for p in block if voxels[p]), block[0]))
    taken = set(points)
    while len(points) < quota:
        point = tuple(random.integers(resolution, size=3).tolist())
        if point not in taken:
            taken.add(point)
            points.append(point)
    return points
