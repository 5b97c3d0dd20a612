"""The latent GAN, which IMGAN2D has too: imnet/networks/latent_gan.py."""

from imnet.networks.latent_gan import PENALTY_WEIGHT, ZGAN, Perceptron

__all__ = ["PENALTY_WEIGHT", "ZGAN", "Perceptron"]
