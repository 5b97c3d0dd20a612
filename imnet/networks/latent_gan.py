"""ZGAN, the latent GAN: a WGAN-GP on an autoencoder's codes (paper section 3, "IM-GAN")."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Protocol

import numpy as np
import tensorflow as tf

from imnet.data.batches import Batch, epoch_rng, whole_batches
from imnet.data.sizes import GAN_WIDTH, Z_DIM
from imnet.networks.adam import Adam
from imnet.networks.devices import on_plain_cpu
from imnet.networks.layers import LEAK, graph, leaky_relu, linear_variables
from imnet.networks.network import Network

PENALTY_WEIGHT = 10.0
NOISE_DEVIATION = 0.2
CODES_A_BATCH = 50
COMPILED_WIDTH = 256


class Perceptron(tf.Module):
    """Two hidden layers with leaky ReLU and a linear one."""

    def __init__(self, scope: str, letter: str, widths: list[int], rng: np.random.Generator):
        super().__init__()
        self.layers = [
            linear_variables(f"{scope}/{letter}_{i + 1}_lin", rows, columns, rng)
            for i, (rows, columns) in enumerate(pairwise(widths))
        ]

    def __call__(
        self, x: tf.Tensor, activation: Callable[[tf.Tensor], tf.Tensor] = leaky_relu
    ) -> tf.Tensor:
        """Return the last layer's output [n, columns] for x [n, rows]."""
        return self.of_parts([x], activation)[0]

    def of_parts(
        self, parts: list[tf.Tensor], activation: Callable[[tf.Tensor], tf.Tensor] = leaky_relu
    ) -> list[tf.Tensor]:
        """Return the outputs [n, columns] for several x [n, rows] at once.

        Each part gets the bias by itself, so that gradients which cancel between two parts cancel
        exactly: Adam would make steps of what rounding leaves.
        """
        for i, (matrix, bias) in enumerate(self.layers):
            products = tf.split(tf.matmul(tf.concat(parts, 0), matrix), len(parts))
            parts = [product + bias for product in products]
            if i + 1 < len(self.layers):
                parts = [activation(part) for part in parts]
        return parts


def piecewise_linear(x: tf.Tensor) -> tf.Tensor:
    """Leaky ReLU as a product with its slope, a constant.

    A second derivative then stops here. TensorFlow's own leaky ReLU has one, all zeros, and takes
    it back through every layer.
    """
    return x * tf.stop_gradient(tf.where(x > 0, 1.0, LEAK))


class Adversaries(Protocol):
    """A generator and its critic, with the losses of both."""

    critic_optimizer: Adam
    generator_optimizer: Adam

    def fake(self, noise: tf.Tensor) -> tf.Tensor:
        """Return what the generator makes of noise."""

    def critic_loss(self, real: tf.Tensor, fake: tf.Tensor, epsilon: tf.Tensor) -> tf.Tensor:
        """Return the critic's loss; epsilon is the place between fake (0) and real (1)."""

    def generator_loss(self, fake: tf.Tensor) -> tf.Tensor:
        """Return the generator's loss."""


def two_steps(
    gan: Adversaries, real: tf.Tensor, noise: tf.Tensor, epsilon: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Take the critic's step, then the generator's; return (critic loss, generator loss)."""
    # The critic's step does not move the generator: what it made, computed once, serves both.
    with tf.GradientTape() as generator_tape:
        fake = gan.fake(noise)
    with tf.GradientTape() as critic_tape:
        critic_loss = gan.critic_loss(real, fake, epsilon)
    critic, generator = gan.critic_optimizer.variables, gan.generator_optimizer.variables
    gan.critic_optimizer.apply(critic_tape.gradient(critic_loss, critic))

    with tf.GradientTape() as tape:
        tape.watch(fake)
        generator_loss = gan.generator_loss(fake)
    of_fake = tape.gradient(generator_loss, fake)
    gan.generator_optimizer.apply(generator_tape.gradient(fake, generator, of_fake))
    return critic_loss, generator_loss


class ZGAN(Network):
    """Generator of codes from noise, and its critic."""

    name = "ZGAN.model"
    checkpoints_kept = 20
    loss_names = ("d_loss", "g_loss")

    def __init__(
        self,
        z_dim: int = Z_DIM,
        width: int = GAN_WIDTH,
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
        optimizers = [self.critic_optimizer, self.generator_optimizer]
        self._assemble([self.generator, self.discriminator], optimizers)
        self.rng = rng
        # Where products are not oneDNN's, XLA makes the step nearly twice as fast; a narrow network
        # is trained before it has been compiled.
        compiled = on_plain_cpu() and width >= COMPILED_WIDTH
        self._train_step = graph(partial(two_steps, self), jit_compile=compiled)

    @classmethod
    def sizes(cls, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
        """Read z_dim and width off the shapes of a checkpoint's tensors."""
        if "generator/g_1_lin/Matrix" not in shapes:
            raise KeyError("generator")
        z_dim, width = shapes["generator/g_1_lin/Matrix"]
        return {"z_dim": z_dim, "width": width}

    def generate(self, noise: np.ndarray) -> np.ndarray:
        """Return codes [n, z_dim] float32 in 0..1 for noise [n, z_dim] of normal(0, 0.2)."""
        return self.fake(tf.constant(noise, tf.float32)).numpy()  # once: no graph is traced

    def draw_codes(self, count: int, seed: int) -> np.ndarray:
        """Draw codes [count, z_dim] float32; the first ones depend on seed alone."""
        return self.generate(draw_noise(np.random.default_rng(seed), count, self.z_dim))

    def critic(self, codes: np.ndarray) -> np.ndarray:
        """Return the critic's values [n] float32 of codes [n, z_dim]; real codes are driven low."""
        return self._critic(tf.constant(codes, tf.float32)).numpy()

    @graph(reduce_retracing=True)
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

    def fake(self, noise: tf.Tensor) -> tf.Tensor:
        """Return codes [n, z_dim] of noise [n, z_dim]."""
        return tf.sigmoid(self.generator(noise))

    def generator_loss(self, fake: tf.Tensor) -> tf.Tensor:
        """mean(D(fake)) of codes [n, z_dim]."""
        return tf.reduce_mean(self.discriminator(fake))

    def critic_loss(self, real: tf.Tensor, fake: tf.Tensor, epsilon: tf.Tensor) -> tf.Tensor:
        """mean(D(real)) - mean(D(fake)) + mean((|grad_x D(x)| - 1)² · 10).

        At x = epsilon·real + (1 - epsilon)·fake (Gulrajani et al. 2017, with the original's
        signs), for codes [n, z_dim].
        """
        between = epsilon * real + (1 - epsilon) * fake
        with tf.GradientTape() as tape:
            tape.watch(between)
            of_between = self.discriminator(between, piecewise_linear)
        norm = tf.norm(tape.gradient(of_between, between), axis=1)
        penalty = tf.reduce_mean(tf.square(norm - 1) * PENALTY_WEIGHT)
        of_real, of_fake = self.discriminator.of_parts([real, fake])
        return tf.reduce_mean(of_real) - tf.reduce_mean(of_fake) + penalty

    def line(
        self, epoch: int, end: int, shape: int, shapes: int, seconds: float, losses: list
    ) -> str:
        """Return the original's line of progress: epoch of `end`, the mean losses."""
        d_loss, g_loss = np.mean(losses, axis=0)
        return f"Epoch: [{epoch:2d}/{end:2d}] d_loss: {d_loss:.8f}, g_loss: {g_loss:.8f}"


@dataclass(frozen=True, repr=False)
class CodeBatch(Batch):
    """Codes, and what a step on them draws."""

    codes: np.ndarray  # [n, z_dim] float32, of shapes
    noise: np.ndarray  # [n, z_dim] float32
    epsilon: float  # the place between real and fake codes


def code_batches(codes: np.ndarray, seed: int, epoch: int) -> Iterator[CodeBatch]:
    """Yield an epoch's batches of min(50, n) of the codes [n, z_dim]; a partial last is dropped."""
    rng = epoch_rng(seed, epoch)
    for shapes in whole_batches(rng, len(codes), CODES_A_BATCH):
        noise = draw_noise(rng, len(shapes), codes.shape[1])
        yield CodeBatch(shapes, codes[shapes], noise, rng.uniform())


def draw_noise(rng: np.random.Generator, count: int, z_dim: int) -> np.ndarray:
    """Draw noise [count, z_dim] float32, normal(0, 0.2)."""
    return rng.normal(0, NOISE_DEVIATION, (count, z_dim)).astype(np.float32)
