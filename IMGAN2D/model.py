"""The networks of pictures: autoencoder, VAE, WGAN and DCGAN, each with either decoder.

Pictures are [n, R, R], R 28 or 64, with values 0 outside and 1 inside the letter. The paper's
supplementary material describes these networks; their code was never released.
"""

import imnet.networks  # noqa: F401  # first, because it starts TensorFlow quietly

# isort: split
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from IMGAN2D.glyphs import LetterBatch, NoisyBatch, PlayBatch, normal, some_pixels
from IMGAN2D.ops import (
    STRIDES,
    CNNDecoder,
    PictureEncoder,
    chosen_values,
    cross_entropy,
    divergence,
    pixel_centres,
    values_of,
)
from imnet.data.batches import Batch, epoch_rng, whole_batches
from imnet.networks.adam import Adam
from imnet.networks.checkpoints import newest_checkpoint
from imnet.networks.decoder import ORIGINAL, ImplicitDecoder
from imnet.networks.latent_gan import PENALTY_WEIGHT, ZGAN, two_steps
from imnet.networks.layers import graph
from imnet.networks.network import Network
from imnet.networks.norms import NORMS, BatchNorm, calibrate_if_few

PLANE = replace(ORIGINAL, point_dim=2)  # the layout of the decoder

TensorShapes = Mapping[str, tuple[int, ...]]  # of a checkpoint's tensors, by name


class PictureNetwork(Network):
    """A decoder of codes to pictures, beside what it is trained with."""

    model: ClassVar[str]  # what --model calls it
    coder_scope: ClassVar[str]  # of the variables of its convolutions
    one_picture_a_step: ClassVar[bool] = False  # with the implicit decoder, as in the paper
    usual_z_dim: ClassVar[int] = 100
    codes_of_pictures: ClassVar[bool] = False  # whether it encodes

    def __init__(
        self,
        decoder: str = "implicit",
        resolution: int = 64,
        z_dim: int | None = None,
        ef_dim: int = 16,
        gf_dim: int = 64,
        norm: str = "batch",
        learning_rate: float = 5e-5,
        beta1: float = 0.5,
        seed: int = 0,
    ):
        """Make a new network of the paper's widths.

        `decoder` is "implicit" or "cnn", `norm` of all convolutions "batch" or "instance".
        """
        rng = np.random.default_rng(seed)
        self.kind, self.resolution, self.norm = decoder, resolution, norm
        self.z_dim, self.ef_dim = z_dim or self.usual_z_dim, ef_dim
        self.coder = PictureEncoder(
            self.coder_scope, resolution, self._outputs(), ef_dim, norm, rng
        )
        if decoder == "implicit":
            self.gf_dim = gf_dim
            self.decoder = ImplicitDecoder(self.z_dim, gf_dim, rng, PLANE)
            self.centres = tf.constant(pixel_centres(resolution))
        else:
            self.decoder = CNNDecoder(resolution, self.z_dim, ef_dim, norm, rng)
        mark = tf.Variable(resolution, trainable=False, name=f"resolution_{resolution}")
        optimizers = self._optimizers(learning_rate, beta1)
        self._assemble([self.coder, self.decoder], optimizers, marks=[mark])

    def _outputs(self) -> int:
        """How many outputs the convolutions have."""
        return self.z_dim

    def _optimizers(self, learning_rate: float, beta1: float) -> list[Adam]:
        trainable = [*self.coder.trainable_variables, *self.decoder.trainable_variables]
        return [Adam(trainable, learning_rate, beta1)]

    @classmethod
    def sizes(cls, shapes: TensorShapes) -> dict[str, Any]:
        """Read decoder, resolution, widths and norm off the shapes of a checkpoint's tensors."""
        scope = cls.coder_scope
        norms = [n for n, (s, _) in NORMS.items() if f"{scope}/{s}/beta" in shapes]
        marks = [r for r in STRIDES if f"resolution_{r}" in shapes]
        if not norms or not marks:
            raise KeyError(f"{scope} of pictures")
        sizes = {"norm": norms[0], "resolution": marks[0]}
        sizes["ef_dim"] = shapes[f"{scope}/conv_1/Matrix"][-1]
        if "decoder/deconv_1/Matrix" in shapes:
            return {"decoder": "cnn", "z_dim": shapes["decoder/deconv_1/Matrix"][-1], **sizes}
        return {"decoder": "implicit", **PLANE.widths(shapes), **sizes}

    def unsquashed(
        self, z: tf.Tensor, training: bool, pixels: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Return the values before the sigmoid of codes z [n, z_dim].

        Of the pixels whose numbers [m] are given: [n, m]; else of all: [n, R²], as the CNN decoder
        always gives.
        """
        if self.kind == "cnn":
            return self.decoder(z, training)
        points = self.centres if pixels is None else tf.gather(self.centres, pixels)  # [m, 2]
        return self.decoder.unsquashed(tf.tile(points[None], [tf.shape(z)[0], 1, 1]), z)

    def draw(self, z: np.ndarray, resolution: int | None = None) -> np.ndarray:
        """Return pictures [n, R, R] float32 of codes z [n, z_dim], in inference mode.

        The implicit decoder draws at any resolution, by default the one it was trained at.
        """
        side = resolution or self.resolution
        if self.kind == "cnn":
            if side != self.resolution:
                raise ValueError(f"the CNN decoder draws at {self.resolution}², not at {side}²")
            parts = [self._draw(tf.constant(z[i : i + 64])).numpy() for i in range(0, len(z), 64)]
        else:
            points = pixel_centres(side)
            parts = [self.decoder.evaluate(points, code)[None] for code in z]
        return np.concatenate(parts).reshape(-1, side, side)

    @graph(reduce_retracing=True)
    def _draw(self, z: tf.Tensor) -> tf.Tensor:
        return tf.sigmoid(self.unsquashed(z, training=False))

    def draw_codes(self, count: int, seed: int) -> np.ndarray:
        """Draw codes [count, z_dim] float32, normal(0, 1); the first ones depend on seed alone."""
        return normal(np.random.default_rng(seed), count, self.z_dim)

    def batches(
        self, letters: np.ndarray, seed: int, epoch: int, size: int, pixels: int | None
    ) -> Iterator[Batch]:
        """Yield an epoch's batches of min(size, n) letters; a partial last is dropped.

        Args:
            letters: [n, R, R] uint8, 255 inside.
            seed, epoch: decide every draw.
            size: letters of a batch.
            pixels: how many pixels of each letter to look at, at random; None for all.
        """
        rng = epoch_rng(seed, epoch)
        for numbers in whole_batches(rng, len(letters), size):
            yield self.batch(numbers, letters[numbers], pixels, rng)

    @abstractmethod
    def batch(
        self, numbers: np.ndarray, images: np.ndarray, pixels: int | None, rng: np.random.Generator
    ) -> Batch:
        """Return the numbered pictures [s, R, R] uint8 and what a step on them draws from rng."""


class Autoencoder(PictureNetwork):
    """The autoencoder: codes of pictures through a sigmoid. Loss: mean square of the values."""

    name, model, coder_scope = "AE.model", "ae", "encoder"
    one_picture_a_step, codes_of_pictures = True, True

    def encoder(self, images: tf.Tensor, training: bool) -> tf.Tensor:
        """Return the codes [n, z_dim] of pictures [n, R, R], uint8 or 0 to 1."""
        return tf.sigmoid(self.coder(values_of(images), training))

    def forward(self, images: tf.Tensor) -> tf.Tensor:
        """Return the values before the sigmoid, in training mode."""
        return self.unsquashed(self.encoder(images, training=True), training=True)

    def loss(self, images: tf.Tensor, pixels: tf.Tensor | None = None) -> tf.Tensor:
        """mean((value - prediction)²) over pictures and pixels."""
        z = self.encoder(images, training=True)
        predicted = tf.sigmoid(self.unsquashed(z, True, pixels))
        return tf.reduce_mean(tf.square(chosen_values(images, pixels) - predicted))

    def train_step(self, **arrays: np.ndarray) -> float:
        """Take one Adam step on the arrays of a step; return the loss before it."""
        return self._take_step(**{name: tf.constant(array) for name, array in arrays.items()})

    def batch(
        self, numbers: np.ndarray, images: np.ndarray, pixels: int | None, rng: np.random.Generator
    ) -> Batch:
        return LetterBatch(numbers, images, some_pixels(images, pixels, rng))


class VAE(Autoencoder):
    """The variational autoencoder. The encoder's outputs are mu and log sigma², linear.

    Loss: cross entropy summed over pixels, plus KL divergence from normal(0, 1) (Kingma and
    Welling 2014), mean over pictures.
    """

    name, model = "VAE.model", "vae"
    usual_z_dim = 128

    def _outputs(self) -> int:
        return 2 * self.z_dim

    def encoder(self, images: tf.Tensor, training: bool) -> tf.Tensor:
        """Return the codes mu [n, z_dim] of pictures [n, R, R]."""
        return self.coder(values_of(images), training)[:, : self.z_dim]

    def forward(self, images: tf.Tensor) -> tf.Tensor:
        """Return the values before the sigmoid of drawn codes, in training mode."""
        mu, log_variance = tf.split(self.coder(values_of(images), True), 2, axis=1)
        noise = tf.random.stateless_normal(tf.shape(mu), [0, 0])
        return self.unsquashed(mu + tf.exp(log_variance / 2) * noise, training=True)

    def loss(
        self, images: tf.Tensor, noise: tf.Tensor, pixels: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Cross entropy + KL of a picture, in nats, with codes mu + sigma·noise."""
        mu, log_variance = tf.split(self.coder(values_of(images), True), 2, axis=1)
        z = mu + tf.exp(log_variance / 2) * noise
        values, logits = chosen_values(images, pixels), self.unsquashed(z, True, pixels)
        entropy = tf.nn.sigmoid_cross_entropy_with_logits(values, logits)
        entropy = tf.reduce_mean(entropy) * self.resolution**2  # of all pixels, whatever is chosen
        return entropy + tf.reduce_mean(divergence(mu, log_variance))

    def batch(
        self, numbers: np.ndarray, images: np.ndarray, pixels: int | None, rng: np.random.Generator
    ) -> Batch:
        noise = normal(rng, len(images), self.z_dim)
        return NoisyBatch(numbers, images, some_pixels(images, pixels, rng), noise)


class WGAN(PictureNetwork):
    """The decoder as generator of pictures from noise, and a critic: WGAN-GP (Gulrajani 2017)."""

    name, model, coder_scope = "WGAN.model", "wgan", "discriminator"
    loss_names, line = ZGAN.loss_names, ZGAN.line

    def _outputs(self) -> int:
        return 1

    def _optimizers(self, learning_rate: float, beta1: float) -> list[Adam]:
        self.critic_optimizer = Adam(self.coder.trainable_variables, learning_rate, beta1)
        self.generator_optimizer = Adam(
            self.decoder.trainable_variables, learning_rate, beta1, suffix="_1"
        )
        self._train_step = graph(partial(two_steps, self))
        return [self.critic_optimizer, self.generator_optimizer]

    def critic(self, images: tf.Tensor) -> tf.Tensor:
        """Return the critic's values [n] of pictures [n, R, R], in training mode."""
        return self.coder(images, training=True)[:, 0]

    def fake(self, noise: tf.Tensor) -> tf.Tensor:
        """Return pictures [n, R, R] of noise [n, z_dim], in training mode."""
        side = self.resolution
        return tf.reshape(tf.sigmoid(self.unsquashed(noise, training=True)), [-1, side, side])

    forward = fake

    def calibrate(self, steps: int, batches: Iterable[np.ndarray]) -> bool:
        """As of every network, but only of the generator: the critic is never used in inference."""
        norms = [m for m in self.decoder.submodules if isinstance(m, BatchNorm)]
        return bool(norms) and calibrate_if_few(norms, steps, self._forward, batches)

    def critic_loss(self, real: tf.Tensor, fake: tf.Tensor, epsilon: tf.Tensor) -> tf.Tensor:
        """mean(D(fake)) - mean(D(real)) + mean((|grad_x D(x)| - 1)² · 10).

        At x = epsilon·real + (1 - epsilon)·fake, for pictures [n, R, R] and epsilon [n].
        """
        epsilon = epsilon[:, None, None]
        between = epsilon * real + (1 - epsilon) * fake
        with tf.GradientTape() as tape:
            tape.watch(between)
            of_between = self.critic(between)
        slopes = tape.gradient(of_between, between)
        norm = tf.sqrt(tf.reduce_sum(tf.square(slopes), [1, 2]) + 1e-12)  # no 0: no derivative
        penalty = tf.reduce_mean(tf.square(norm - 1) * PENALTY_WEIGHT)
        return tf.reduce_mean(self.critic(fake)) - tf.reduce_mean(self.critic(real)) + penalty

    def generator_loss(self, fake: tf.Tensor) -> tf.Tensor:
        """-mean(D(fake)) of pictures [n, R, R]."""
        return -tf.reduce_mean(self.critic(fake))

    def train_step(
        self, noise: np.ndarray, images: np.ndarray, epsilon: np.ndarray
    ) -> tuple[float, float]:
        """Take a step of the critic, then one of the generator on the same noise.

        Args:
            noise: [n, z_dim].
            images: [n, R, R] uint8, 255 inside.
            epsilon: [n], the places between fake (0) and real (1) of the gradient penalty.

        Returns:
            (critic loss, generator loss), the generator's after the critic's step.
        """
        losses = self._train_step(values_of(images), tf.constant(noise), tf.constant(epsilon))
        return tuple(float(loss) for loss in losses)

    def batch(
        self, numbers: np.ndarray, images: np.ndarray, pixels: int | None, rng: np.random.Generator
    ) -> Batch:
        del pixels  # it takes all
        epsilon = rng.uniform(size=len(images)).astype(np.float32)
        return PlayBatch(numbers, normal(rng, len(images), self.z_dim), images, epsilon)


class DCGAN(WGAN):
    """The same networks, the discriminator through a sigmoid (Radford et al. 2016)."""

    name, model = "DCGAN.model", "dcgan"

    def critic_loss(self, real: tf.Tensor, fake: tf.Tensor, epsilon: tf.Tensor) -> tf.Tensor:
        """Cross entropy of the discriminator: real pictures to 1, fake ones to 0."""
        del epsilon  # of the WGAN
        to_real, to_fake = self.critic(real), self.critic(fake)
        return cross_entropy(to_real, 1) + cross_entropy(to_fake, 0)

    def generator_loss(self, fake: tf.Tensor) -> tf.Tensor:
        """Cross entropy of fake pictures to 1."""
        return cross_entropy(self.critic(fake), 1)


KINDS = {kind.model: kind for kind in (Autoencoder, VAE, WGAN, DCGAN)}  # what --model names


def load_any(folder: str | Path) -> PictureNetwork:
    """Load the network in a folder, whichever it is. Raises UserError if there is none."""
    for kind in KINDS.values():
        if newest_checkpoint(folder, kind.name) is not None:
            return kind.from_checkpoint(folder)
    return Autoencoder.from_checkpoint(folder)  # its error says what is missing
