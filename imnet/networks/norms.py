"""The norms of the three versions' encoders, under the original's variable names."""

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
import tensorflow as tf

from imnet.networks.distribution import replicas, sum_over_replicas
from imnet.networks.layers import zeros

FORGOTTEN = 1e-4  # weight of the averages' first values below which they do no harm


class BatchNorm(tf.Module):
    """Batch norm over all axes but the last.

    In training it normalises with the batch's own biased moments and moves the averages in the
    same step. In inference it uses the averages. TF1 has two kernels: the fused one, used for
    pictures, moves `moving_variance` with the unbiased variance n / (n - 1); the other does not.
    """

    def __init__(
        self,
        scope: str,
        channels: int,
        unbiased: bool,
        decay: float = 0.999,
        epsilon: float = 1e-5,
    ):
        super().__init__()
        self.unbiased, self.decay, self.epsilon = unbiased, decay, epsilon
        ones = np.ones(channels, np.float32)
        self.beta = zeros(f"{scope}/beta", channels)
        self.gamma = tf.Variable(ones, name=f"{scope}/gamma")
        self.moving_mean = tf.Variable(0 * ones, trainable=False, name=f"{scope}/moving_mean")
        self.moving_variance = tf.Variable(ones, trainable=False, name=f"{scope}/moving_variance")

    def __call__(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        """Normalise x [..., channels]."""
        if not training:
            moments = self.moving_mean, self.moving_variance
            return tf.nn.batch_normalization(x, *moments, self.beta, self.gamma, self.epsilon)
        if replicas() > 1 and not tf.distribute.in_cross_replica_context():
            return self._over_replicas(x)
        none = tf.zeros([0])
        pixels = tf.reshape(x, [tf.shape(x)[0], -1, 1, x.shape[-1]])  # the kernel takes 4 axes only
        y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=pixels, scale=self.gamma, offset=self.beta, mean=none, variance=none,
            epsilon=self.epsilon,
        )  # fmt: skip
        if not self.unbiased:
            n = tf.cast(tf.size(x) // x.shape[-1], tf.float32)
            variance *= (n - 1) / n
        self._move_averages(mean, variance)
        return tf.reshape(y, tf.shape(x))

    def _over_replicas(self, x: tf.Tensor) -> tf.Tensor:
        """Normalise in training with the moments of all devices' parts of the batch."""
        axes = list(range(len(x.shape) - 1))
        (n,) = sum_over_replicas([tf.cast(tf.size(x) // x.shape[-1], tf.float32)])
        (total,) = sum_over_replicas([tf.reduce_sum(x, axes)])
        mean = total / n
        (squares,) = sum_over_replicas([tf.reduce_sum(tf.square(x - mean), axes)])
        variance = squares / n
        self._move_averages(mean, variance * n / (n - 1) if self.unbiased else variance)
        return tf.nn.batch_normalization(x, mean, variance, self.beta, self.gamma, self.epsilon)

    def _move_averages(self, mean: tf.Tensor, variance: tf.Tensor) -> None:
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign_sub((1 - self.decay) * (moving - value))


class InstanceNorm(tf.Module):
    """Normalisation over each shape's own positions, in training and inference alike."""

    epsilon = 1e-6

    def __init__(self, scope: str, channels: int):
        super().__init__()
        self.beta = zeros(f"{scope}/beta", channels)
        self.gamma = tf.Variable(np.ones(channels, np.float32), name=f"{scope}/gamma")

    def __call__(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        """Normalise x [n, ..., channels]."""
        del training  # the same in both
        mean, variance = tf.nn.moments(x, list(range(1, len(x.shape) - 1)), keepdims=True)
        return tf.nn.batch_normalization(x, mean, variance, self.beta, self.gamma, self.epsilon)


class PlainInstanceNorm(tf.Module):
    """The PyTorch port's instance norm, which has no weights."""

    epsilon = 1e-5

    def __init__(self, scope: str, channels: int):
        super().__init__()

    def __call__(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        """Normalise x [n, ..., channels]."""
        del training  # the same in both
        centred = x - mean_of_positions(x)
        variance = mean_of_positions(tf.square(centred))
        return centred * tf.math.rsqrt(variance + self.epsilon)


def mean_of_positions(x: tf.Tensor) -> tf.Tensor:
    """Return the mean [n, 1, ..., channels] of x [n, ..., channels] over all positions.

    Axis by axis: one sum over all 32³ positions would lose a digit, and the codes with it.
    """
    for axis in range(len(x.shape) - 2, 0, -1):
        x = tf.reduce_mean(x, axis, keepdims=True)
    return x


# the voxel encoder's norms: scope in the original's checkpoints, layer
NORMS = {
    "batch": ("BatchNorm", partial(BatchNorm, unbiased=False)),
    "instance": ("InstanceNorm", InstanceNorm),
    "plain_instance": ("", PlainInstanceNorm),
}


def calibrate_if_few(
    norms: Iterable[BatchNorm],
    steps: int,
    forward: Callable[[tf.Tensor], object],
    batches: Iterable[np.ndarray],
) -> bool:
    """Set the averages of batch norms to those over `batches`, and leave the weights as they are.

    A training of few steps does not forget the averages' first values: decay^steps of them remain
    ("precise" batch norm, Wu & Johnson 2021).

    Args:
        norms: of the network.
        steps: how long it was trained; after enough of them nothing is done.
        forward: runs the network in training mode on a batch.
        batches: of inputs.

    Returns:
        Whether anything was done.
    """
    norms = list(norms)
    if all(norm.decay**steps <= FORGOTTEN for norm in norms):
        return False
    decay = norms[0].decay
    averages = [average for norm in norms for average in (norm.moving_mean, norm.moving_variance)]
    for average in averages:
        average.assign(tf.zeros_like(average))
    weight = 1.0  # of those zeros
    for batch in batches:
        forward(tf.constant(batch))
        weight *= decay
    for average in averages:
        average.assign(average / (1 - weight))
    return True
