"""A training step of the autoencoder on one shape.

Plain: `tf.nn.conv3d` with TensorFlow's own gradients, the code tiled to every point.
"""

import numpy as np
import plain
import tensorflow as tf
from flops import train_step_flops
from timing import comparison, in_turn, run_benchmark

from IMGAN.model import IMAE

POINTS_A_STEP = {16: 4096, 32: 8192, 64: 16384}  # by the resolution of the stage
FLAGS = {
    "runs": (5, "measured runs of each form"),
    "resolutions": (tuple(POINTS_A_STEP), "stages of the training"),
    "z_dim": (128, "width of the code"),
    "ef_dim": (32, "width of the encoder"),
    "gf_dim": (128, "width of the decoder"),
}


def measure(runs: int, resolutions: list[int], **widths: int) -> list[dict]:
    """Give a row for each stage."""
    rng = np.random.default_rng(0)
    voxels = (rng.random((1, 64, 64, 64, 1)) > 0.5).astype(np.float32)
    rows = []
    for resolution in resolutions:
        count = POINTS_A_STEP[resolution]
        points = rng.uniform(-1, 1, (count, 3)).astype(np.float32)
        values = (rng.random((count, 1)) > 0.5).astype(np.float32)
        ours, theirs = IMAE(**widths), IMAE(**widths)
        tensors = [tf.constant(a) for a in (voxels, points, values[:, 0])]
        forms = {
            "ours": lambda m=ours, p=points, v=values: m.train_step(voxels, p, v),
            "plain": lambda m=theirs, t=tensors: float(plain.train_step(m, *t)),
        }
        seconds, peak = in_turn(forms, runs)
        flops = train_step_flops(ours, count)
        rows.append(
            {"step at": f"{resolution}³", "points": count, **comparison(seconds, peak, flops)}
        )
    return rows


if __name__ == "__main__":
    run_benchmark(measure, __doc__, FLAGS)
