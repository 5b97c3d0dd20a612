"""Batch norm as the original's networks have it, under TF1's variable names."""

from collections.abc import Callable, Iterable

import numpy as np
import tensorflow as tf

FORGOTTEN = 1e-4  # the weight at which the averages' first values do no harm any more


class BatchNorm(tf.Module):
    """Batch norm over all axes but the last.

    In training it normalises with the batch's own biased moments and moves the averages in the
    same step; in inference it uses the averages. TF1 has two kernels: the one for pictures, called
    fused, moves `moving_variance` with the unbiased variance n / (n - 1), the other does not.
    """

    decay, epsilon = 0.999, 1e-5

    def __init__(self, scope: str, channels: int, unbiased: bool):
        super().__init__()
        self.unbiased = unbiased
        ones, zeros = np.ones(channels, np.float32), np.zeros(channels, np.float32)
        self.beta = tf.Variable(zeros, name=f"{scope}/beta")
        self.gamma = tf.Variable(ones, name=f"{scope}/gamma")
        self.moving_mean = tf.Variable(zeros, trainable=False, name=f"{scope}/moving_mean")
        self.moving_variance = tf.Variable(ones, trainable=False, name=f"{scope}/moving_variance")

    def __call__(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        """Normalise x [..., channels]."""
        if not training:
            moments = self.moving_mean, self.moving_variance
            return tf.nn.batch_normalization(x, *moments, self.beta, self.gamma, self.epsilon)
        none = tf.zeros([0])
        pixels = tf.reshape(x, [tf.shape(x)[0], -1, 1, x.shape[-1]])  # the kernel takes 4 axes only
        y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=pixels, scale=self.gamma, offset=self.beta, mean=none, variance=none,
            epsilon=self.epsilon,
        )  # fmt: skip
        if not self.unbiased:
            n = tf.cast(tf.size(x) // x.shape[-1], tf.float32)
            variance *= (n - 1) / n
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign_sub((1 - self.decay) * (moving - value))
        return tf.reshape(y, tf.shape(x))


def calibrate_if_few(
    variables: Iterable[tf.Variable],
    steps: int,
    forward: Callable[[tf.Tensor], object],
    batches: Iterable[np.ndarray],
) -> bool:
    """Set batch norms' averages to those over `batches`, the weights as they are.

    For trainings too short to forget the averages' first values, of which 0.999^steps remain
    ("precise" batch norm, Wu & Johnson 2021).

    Args:
        variables: of the network; those that are not trained are the averages.
        steps: that it was trained for; after enough of them nothing is done.
        forward: runs the network in training mode on a batch.

    Returns:
        Whether anything was done.
    """
    averages = [variable for variable in variables if not variable.trainable]
    if not averages or BatchNorm.decay**steps <= FORGOTTEN:
        return False
    for variable in averages:
        variable.assign(tf.zeros_like(variable))
    weight = 1.0  # of those zeros
    for batch in batches:
        forward(tf.constant(batch))
        weight *= BatchNorm.decay
    for variable in averages:
        variable.assign(variable / (1 - weight))
    return True
