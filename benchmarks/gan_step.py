"""Time a critic and generator step of the latent GAN against the plain form, at full width.

python benchmarks/gan_step.py [--runs 20] [--json FILE]
"""

import argparse

import numpy as np
import plain
import tensorflow as tf
from timing import alternate, matmul_peak, report

from IMGAN.modelz import ZGAN

BATCH = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20, help="measured runs of each form")
    parser.add_argument("--json", help="also write the table to this file")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    codes = rng.random((BATCH, 128)).astype(np.float32)
    noise = rng.normal(0, 0.2, (BATCH, 128)).astype(np.float32)
    ours, theirs = ZGAN(), ZGAN()
    tensors = [tf.constant(a, tf.float32) for a in (codes, noise, 0.5)]

    def plain_step() -> None:
        critic_loss = plain.critic_step(theirs, *tensors)
        generator_loss = plain.generator_step(theirs, tensors[1])
        float(critic_loss), float(generator_loss)

    forms = {"ours": lambda: ours.train_step(codes, noise, 0.5), "plain": plain_step}
    seconds = alternate(forms, options.runs)
    print(f"tf.matmul: {matmul_peak() / 1e9:.0f} GFLOPS")
    ratio = seconds["ours"] / seconds["plain"]
    report(
        [
            {
                "step": "critic + generator, batch 50",
                "ours (s)": seconds["ours"],
                "plain (s)": seconds["plain"],
                "ours / plain": ratio,
            }
        ],
        options.json,
    )


if __name__ == "__main__":
    main()
