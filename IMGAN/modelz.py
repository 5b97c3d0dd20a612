"""ZGAN, the latent GAN: a WGAN-GP on the autoencoder's codes (paper section 3, "IM-GAN")."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import tensorflow as tf

from imnet.adam import Adam
from imnet.checkpoints import (
    assign,
    find_checkpoint,
    read_checkpoint,
    variable_name,
    write_checkpoint,
)
from imnet.decoder import LEAK, leaky_relu, linear_variables
from imnet.errors import UserError

PENALTY_WEIGHT = 10.0
NOISE_DEVIATION = 0.2


class Perceptron(tf.Module):
    """Two hidden layers with leaky ReLU and a linear one; without the original's activation."""

    def __init__(self, scope: str, letter: str, widths: list[int], rng: np.random.Generator):
        super().__init__()
        self.layers = [
            linear_variables(f"{scope}/{letter}_{i + 1}_lin", rows, columns, rng)
            for i, (rows, columns) in enumerate(pairwise(widths))
        ]

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        for matrix, bias in self.layers[:-1]:
            x = leaky_relu(tf.matmul(x, matrix) + bias)
        matrix, bias = self.layers[-1]
        return tf.matmul(x, matrix) + bias


class ZGAN:
    """Generator of codes from noise, and its critic. Arrays in, arrays out."""

    name = "ZGAN.model"
    checkpoints_kept = 20

    def __init__(
        self,
        z_dim: int = 128,
        width: int = 2048,
        learning_rate: float = 5e-5,
        beta1: float = 0.5,
        seed: int = 0,
    ):
        """Make a new GAN for codes of z_dim with hidden layers of `width`."""
        rng = np.random.default_rng(seed)
        self.z_dim, self.width = z_dim, width
        self.generator = Perceptron("generator", "g", [z_dim, width, width, z_dim], rng)
        self.discriminator = Perceptron("discriminator", "d", [z_dim, width, width, 1], rng)
        of_critic = [variable for layer in self.discriminator.layers for variable in layer]
        of_generator = self.generator.trainable_variables
        self.critic_optimizer = Adam(of_critic, learning_rate, beta1)
        self.generator_optimizer = Adam(of_generator, learning_rate, beta1, suffix="_1")
        self.rng = rng

    @classmethod
    def from_checkpoint(
        cls, path: str | Path, learning_rate: float = 5e-5, beta1: float = 0.5
    ) -> "ZGAN":
        """Load a GAN from a folder (its newest checkpoint) or a prefix; widths are read from it.

        Raises:
            UserError: no checkpoint, a damaged one, or one of another network.
        """
        prefix = find_checkpoint(path, cls.name)
        tensors = read_checkpoint(prefix)
        if "generator/g_1_lin/Matrix" not in tensors:
            raise UserError(f"checkpoint {prefix} has no generator: it is not a latent GAN's")
        z_dim, width = tensors["generator/g_1_lin/Matrix"].shape
        zgan = cls(z_dim, width, learning_rate, beta1)
        assign(zgan._weights(), tensors, str(prefix))
        state = zgan._optimizer_state()
        if all(variable_name(variable) in tensors for variable in state):
            assign(state, tensors, str(prefix))
        return zgan

    def save(self, folder: str | Path, step: int) -> Path:
        """Write the checkpoint `ZGAN.model-<step>` with the state of both optimisers."""
        variables = [*self._weights(), *self._optimizer_state()]
        tensors = {variable_name(variable): variable.numpy() for variable in variables}
        return write_checkpoint(folder, self.name, step, tensors, self.checkpoints_kept)

    def _weights(self) -> list[tf.Variable]:
        return [*self.generator.variables, *self.discriminator.variables]

    def _optimizer_state(self) -> list[tf.Variable]:
        return [*self.critic_optimizer.state(), *self.generator_optimizer.state()]

    def generate(self, noise: np.ndarray) -> np.ndarray:
        """Give codes [n, z_dim] float32 in 0..1 for noise [n, z_dim] of normal(0, 0.2)."""
        return self._generate(tf.constant(noise, tf.float32)).numpy()

    @tf.function(reduce_retracing=True)
    def _generate(self, noise: tf.Tensor) -> tf.Tensor:
        return tf.sigmoid(self.generator(noise))

    def critic(self, codes: np.ndarray) -> np.ndarray:
        """Give the critic's values [n] float32 of codes [n, z_dim]; real codes are driven low."""
        return self._critic(tf.constant(codes, tf.float32)).numpy()

    @tf.function(reduce_retracing=True)
    def _critic(self, codes: tf.Tensor) -> tf.Tensor:
        return self.discriminator(codes)[:, 0]

    def train_step(
        self, codes: np.ndarray, noise: np.ndarray, epsilon: float | None = None
    ) -> tuple[float, float]:
        """Take one critic step, then one generator step with the same noise.

        Args:
            codes: [n, z_dim] real codes.
            noise: [n, z_dim].
            epsilon: the place between real (1) and fake (0) codes of the gradient penalty, one
                for the whole batch; drawn uniformly if None.

        Returns:
            (critic loss, generator loss), the generator's after the critic's step.
        """
        if epsilon is None:
            epsilon = self.rng.uniform()
        arguments = (tf.constant(a, tf.float32) for a in (codes, noise, epsilon))
        critic_loss, generator_loss = self._train_step(*arguments)
        return float(critic_loss), float(generator_loss)

    @tf.function(reduce_retracing=True)
    def _train_step(
        self, real: tf.Tensor, noise: tf.Tensor, epsilon: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        # The critic's step does not move the generator: its codes, computed once, serve both.
        with tf.GradientTape() as generator_tape:
            fake = tf.sigmoid(self.generator(noise))
        critic_loss, gradients = critic_gradients(self.discriminator, real, fake, epsilon)
        self.critic_optimizer.apply(gradients)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fake)
            generator_loss = tf.reduce_mean(self.discriminator(fake))
        of_fake = tape.gradient(generator_loss, fake)
        of_generator = self.generator_optimizer.variables
        self.generator_optimizer.apply(generator_tape.gradient(fake, of_generator, of_fake))
        return critic_loss, generator_loss


def critic_gradients(
    critic: Perceptron, real: tf.Tensor, fake: tf.Tensor, epsilon: tf.Tensor
) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Give the critic's loss and its gradients, by hand: a third of the matrix products' cost.

    The loss is mean(D(real)) - mean(D(fake)) + mean((|grad_x D(x)| - 1)² · 10) at
    x = epsilon·real + (1 - epsilon)·fake (Gulrajani et al. 2017, with the original's signs).
    D is piecewise linear, so grad_x D(x) is a chain of the same matrices and fixed slopes, and
    the penalty's own gradient a second chain. Hence one product a layer serves all three parts:
    the gradient of a Matrix is its inputs times the signals behind it, where for the rows of x
    the penalty's chain takes the place of the inputs.

    Args:
        critic: its layers are Matrix and bias, three times.
        real, fake: [n, z_dim] codes.
        epsilon: scalar.

    Returns:
        The loss, and the gradients in the order of the critic's variables.
    """
    (w1, b1), (w2, b2), (w3, b3) = critic.layers
    n = tf.shape(real)[0]
    each = 1 / tf.cast(n, tf.float32)
    x = tf.concat([real, fake, epsilon * real + (1 - epsilon) * fake], 0)  # [3n, z_dim]
    before1 = tf.matmul(x, w1) + b1
    h1 = leaky_relu(before1)
    before2 = tf.matmul(h1, w2) + b2
    h2 = leaky_relu(before2)
    slope1, slope2 = (tf.where(before > 0, 1.0, LEAK) for before in (before1, before2))
    of_real, of_fake = (tf.matmul(h2[i * n : (i + 1) * n], w3) + b3 for i in (0, 1))

    weights = tf.repeat([each, -each, 1.0], n)[:, None]  # of each row's D in the signals
    signal2 = weights * slope2 * tf.transpose(w3)  # [3n, width]
    signal1 = slope1 * tf.matmul(signal2, w2, transpose_b=True)  # [3n, width]
    gradient = tf.matmul(signal1[2 * n :], w1, transpose_b=True)  # grad_x D(x) [n, z_dim]
    norm = tf.norm(gradient, axis=1, keepdims=True)
    penalty = tf.reduce_mean(tf.square(norm - 1) * PENALTY_WEIGHT)

    chain0 = 2 * PENALTY_WEIGHT * each * tf.math.divide_no_nan(norm - 1, norm) * gradient
    chain1 = slope1[2 * n :] * tf.matmul(chain0, w1)
    chain2 = slope2[2 * n :] * tf.matmul(chain1, w2)
    inputs = (
        tf.concat([layer[: 2 * n], chain], 0)
        for layer, chain in ((x, chain0), (h1, chain1), (h2, chain2))
    )
    gradients = []
    for layer, signal in zip(inputs, (signal1, signal2, weights), strict=True):
        of_bias = tf.reduce_sum(signal[:n], 0) + tf.reduce_sum(signal[n : 2 * n], 0)
        gradients += [tf.matmul(layer, signal, transpose_a=True), of_bias]
    return tf.reduce_mean(of_real) - tf.reduce_mean(of_fake) + penalty, gradients
