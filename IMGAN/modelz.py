"""ZGAN, the latent GAN: a WGAN-GP on the autoencoder's codes (paper section 3, "IM-GAN")."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import tensorflow as tf

from imnet.base.errors import UserError
from imnet.networks.adam import Adam
from imnet.networks.checkpoints import find_checkpoint, read_checkpoint, restore, write_variables
from imnet.networks.decoder import LEAK, leaky_relu, linear_variables

PENALTY_WEIGHT = 10.0
NOISE_DEVIATION = 0.2


class Perceptron(tf.Module):
    """Two hidden layers with leaky ReLU and a linear one; without the original's activation.

    Its derivatives are written out: the GAN's step then takes each layer's product once, where
    nested tapes take it for every part of the loss, and never one with a large transposed Matrix,
    which is slow on a CPU without oneDNN.
    """

    def __init__(self, scope: str, letter: str, widths: list[int], rng: np.random.Generator):
        super().__init__()
        self.layers = [
            linear_variables(f"{scope}/{letter}_{i + 1}_lin", rows, columns, rng)
            for i, (rows, columns) in enumerate(pairwise(widths))
        ]

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Give the last layer's output [n, columns] for x [n, rows]."""
        return self.forward(x)[-1]

    def forward(self, x: tf.Tensor) -> tuple[list[tf.Tensor], list[tf.Tensor], tf.Tensor]:
        """Give the input of each layer, the hidden layers' linear outputs, and the output."""
        inputs, linear = [x], []
        for matrix, bias in self.layers[:-1]:
            linear.append(tf.matmul(inputs[-1], matrix) + bias)
            inputs.append(leaky_relu(linear[-1]))
        matrix, bias = self.layers[-1]
        return inputs, linear, tf.matmul(inputs[-1], matrix) + bias

    def signals(self, of_output: tf.Tensor, linear: list[tf.Tensor]) -> list[tf.Tensor]:
        """Give the gradients at the linear output of each layer from that of the last, [n, 1..]."""
        signals = [of_output]
        for (matrix, _), x in zip(self.layers[:0:-1], linear[::-1], strict=True):
            signals.insert(0, leaky_relu_gradient(times_transposed(signals[0], matrix), x))
        return signals


def leaky_relu_gradient(signal: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    """signal times the slope of `leaky_relu` at x."""
    return tf.raw_ops.LeakyReluGrad(gradients=signal, features=x, alpha=LEAK)


def times_transposed(signal: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
    """signal [n, columns] times the transposed matrix [rows, columns], transposing only signal."""
    return tf.transpose(tf.matmul(matrix, tf.transpose(signal)))


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
        of_critic, of_generator = (
            [variable for layer in network.layers for variable in layer]
            for network in (self.discriminator, self.generator)
        )
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
        restore(zgan._weights(), zgan._optimizer_state(), tensors, str(prefix))
        return zgan

    def save(self, folder: str | Path, step: int) -> Path:
        """Write the checkpoint `ZGAN.model-<step>` with the state of both optimisers."""
        variables = [*self._weights(), *self._optimizer_state()]
        return write_variables(folder, self.name, step, variables, self.checkpoints_kept)

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
        inputs, linear, logits = self.generator.forward(noise)
        fake = tf.sigmoid(logits)
        critic_loss, gradients = critic_gradients(self.discriminator, real, fake, epsilon)
        self.critic_optimizer.apply(gradients)

        _, critic_linear, of_fake = self.discriminator.forward(fake)
        each = tf.ones_like(of_fake) / tf.cast(len(of_fake), tf.float32)
        signal = self.discriminator.signals(each, critic_linear)[0]
        of_codes = times_transposed(signal, self.discriminator.layers[0][0])
        signals = self.generator.signals(of_codes * fake * (1 - fake), linear)
        gradients = [
            gradient
            for layer, signal in zip(inputs, signals, strict=True)
            for gradient in (tf.matmul(layer, signal, transpose_a=True), tf.reduce_sum(signal, 0))
        ]
        self.generator_optimizer.apply(gradients)
        return critic_loss, tf.reduce_mean(of_fake)


def critic_gradients(
    critic: Perceptron, real: tf.Tensor, fake: tf.Tensor, epsilon: tf.Tensor
) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Give the critic's loss and its gradients.

    The loss is mean(D(real)) - mean(D(fake)) + mean((|grad_x D(x)| - 1)² · 10) at
    x = epsilon·real + (1 - epsilon)·fake (Gulrajani et al. 2017, with the original's signs).
    D is piecewise linear, so grad_x D(x) is a chain of the same matrices and fixed slopes, and
    the penalty's own gradient a second chain. The gradient of a Matrix is its inputs times the
    signals behind it; for the rows of x the penalty's chain takes the place of the inputs.

    Args:
        critic: D.
        real, fake: [n, z_dim] codes.
        epsilon: scalar.

    Returns:
        The loss, and the gradients in the order of the layers, Matrix and bias.
    """
    n = tf.shape(real)[0]
    each = 1 / tf.cast(n, tf.float32)
    x = tf.concat([real, fake, epsilon * real + (1 - epsilon) * fake], 0)  # [3n, z_dim]
    inputs, linear, output = critic.forward(x)
    of_real, of_fake = output[:n], output[n : 2 * n]
    # the loss's derivatives by D(real) and D(fake); 1 for D(x), whose gradient is wanted itself
    signals = critic.signals(tf.repeat([each, -each, 1.0], n)[:, None], linear)  # [3n, width]
    gradient = times_transposed(signals[0][2 * n :], critic.layers[0][0])  # [n, z_dim]
    norm = tf.norm(gradient, axis=1, keepdims=True)
    penalty = tf.reduce_mean(tf.square(norm - 1) * PENALTY_WEIGHT)

    chain = 2 * PENALTY_WEIGHT * each * tf.math.divide_no_nan(norm - 1, norm) * gradient
    gradients = []
    for i, (matrix, _) in enumerate(critic.layers):
        left = tf.concat([inputs[i][: 2 * n], chain], 0)  # [3n, rows]
        # Real and fake summed apart: the last bias has the gradient 0, and rounding noise in its
        # place would be made into steps by Adam.
        of_bias = tf.reduce_sum(signals[i][:n], 0) + tf.reduce_sum(signals[i][n : 2 * n], 0)
        gradients += [tf.matmul(left, signals[i], transpose_a=True), of_bias]
        if i < len(linear):
            chain = leaky_relu_gradient(tf.matmul(chain, matrix), linear[i][2 * n :])
    return tf.reduce_mean(of_real) - tf.reduce_mean(of_fake) + penalty, gradients
