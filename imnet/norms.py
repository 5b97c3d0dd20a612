"""Batch norm as the original's networks have it, under TF1's variable names."""

import numpy as np
import tensorflow as tf


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
        if training:
            mean, variance = tf.nn.moments(x, list(range(len(x.shape) - 1)))
            self.move(mean, variance, tf.size(x) // x.shape[-1])
        else:
            mean, variance = self.moving_mean, self.moving_variance
        return tf.nn.batch_normalization(x, mean, variance, self.beta, self.gamma, self.epsilon)

    def move(self, mean: tf.Tensor, variance: tf.Tensor, n: tf.Tensor) -> None:
        """Move the averages towards the moments (biased) of a batch of n values a channel."""
        if self.unbiased:
            variance *= tf.cast(n, tf.float32) / tf.cast(n - 1, tf.float32)
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign_sub((1 - self.decay) * (moving - value))
