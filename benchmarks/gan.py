"""A critic's and a generator's step of the latent GAN on 50 codes.

Plain: a tape in a tape for the gradient penalty, and the generator run in both steps.
"""

from dataclasses import dataclass

import numpy as np
import plain
import tensorflow as tf
from flops import gan_step_flops
from timing import comparison, in_turn, run_benchmark

from IMGAN.modelz import ZGAN
from imnet.base.flags import option

BATCH = 50


@dataclass(frozen=True)
class Options:
    runs: int = option(20, "measured runs of each form", least=1)
    z_dim: int = option(128, "width of the code", least=1)
    width: int = option(2048, "width of the hidden layers", least=1)


def measure(runs: int, z_dim: int, width: int) -> list[dict]:
    """Return the one row."""
    rng = np.random.default_rng(0)
    codes = rng.random((BATCH, z_dim)).astype(np.float32)
    noise = rng.normal(0, 0.2, (BATCH, z_dim)).astype(np.float32)
    ours, theirs = ZGAN(z_dim, width), ZGAN(z_dim, width)
    tensors = [tf.constant(a, tf.float32) for a in (codes, noise, 0.5)]

    def plain_steps() -> None:
        float(plain.critic_step(theirs, *tensors))
        float(plain.generator_step(theirs, tensors[1]))

    forms = {"ours": lambda: ours.train_step(codes, noise, 0.5), "plain": plain_steps}
    seconds, peak = in_turn(forms, runs)
    flops = gan_step_flops(ours.generator, ours.discriminator, BATCH)
    return [{"step": f"critic + generator, batch {BATCH}", **comparison(seconds, peak, flops)}]


if __name__ == "__main__":
    run_benchmark(measure, __doc__, Options)
