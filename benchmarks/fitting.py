"""Codes fitted to the voxels of a dataset: IoU against seconds, beside gradient descent by Adam.

python benchmarks/fitting.py --model CHECKPOINTS --dataset FILE.hdf5
"""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from IMGAN.fitting import observe
from IMGAN.model import IMAE
from imnet.base.errors import run_program
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.data.dataset import PointValueDataset
from imnet.data.lattice import cell_centres
from imnet.metrics.fields import iou
from imnet.networks.adam import Adam

import tensorflow as tf  # isort: skip  # after the networks, which start it quietly

RATE, LAST = 0.02, 1 / 16  # of Adam: it falls to this share
ADAM_POINTS = 4096  # of a step, chosen anew for each


@dataclass(frozen=True, kw_only=True)
class Flags:
    model: Path = option(REQUIRED, "an autoencoder: a folder, a prefix or a .pth file")
    dataset: Path = option(REQUIRED, "its shapes")
    points: tuple[int, ...] = option((2048, 4096, 16384), "of a fit", least=1)
    steps: tuple[int, ...] = option((12, 24, 48), "of a fit", least=1)
    adam_steps: tuple[int, ...] = option((50, 200), "of Adam", least=1)


def fit_by_adam(model: IMAE, voxels: np.ndarray, steps: int) -> np.ndarray:
    """Return codes [n, z_dim] after steps of Adam down the mean square error."""
    codes, rng = tf.Variable(model.encode(voxels)), np.random.default_rng(0)
    optimizer = Adam([codes], RATE, 0.9)

    @tf.function
    def step(points: tf.Tensor, values: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(model.decoder(points, codes) - values))
        optimizer.apply([tape.gradient(loss, codes)])
        codes.assign(tf.clip_by_value(codes, 0.0, 1.0))

    for number in range(steps):
        optimizer.learning_rate.assign(RATE * LAST ** (number / steps))
        seen = [observe(grid, ADAM_POINTS, rng) for grid in voxels]
        step(*(tf.constant(np.stack(arrays)) for arrays in zip(*seen, strict=True)))
    return codes.numpy()


def main() -> None:
    flags = parse_flags(Flags, __doc__)
    model, voxels = IMAE.from_checkpoint(flags.model), PointValueDataset(flags.dataset).voxels[:]
    centres = cell_centres(64)

    def tell(name: str, codes: np.ndarray, seconds: float) -> None:
        pairs = zip(codes, voxels, strict=True)
        found = [iou(model.decode(centres, z) > 0.5, grid.ravel() != 0) for z, grid in pairs]
        shape = seconds / len(codes)
        print(f"| {name} | {np.mean(found):.3f} | {min(found):.3f} | {shape:.2f} |", flush=True)

    print("| method | mean IoU | least | seconds a shape |\n|---|---|---|---|")
    tell("encoder", model.encode(voxels), 0)
    for count in flags.points:
        model.fit(voxels[:8], points=count, steps=3)  # traced before it is measured
        for steps in flags.steps:
            began = time.perf_counter()
            codes = model.fit(voxels, points=count, steps=steps)
            tell(f"{count} points, {steps} steps", codes, time.perf_counter() - began)
    for steps in flags.adam_steps:
        began = time.perf_counter()
        tell(f"Adam, {steps} steps", fit_by_adam(model, voxels, steps), time.perf_counter() - began)


if __name__ == "__main__":
    run_program(main)
