"""A training step of the autoencoder.

Plain: `tf.nn.conv3d` with TensorFlow's own gradients, the code tiled to every point. With
`--precision bfloat16` ours has its products in bfloat16, and so has the peak; our step in float32
is measured too.
"""

from dataclasses import dataclass

import numpy as np
import plain
import tensorflow as tf
from flops import train_step_flops
from timing import comparison, in_turn, run_benchmark

from IMGAN.model import IMAE
from imnet.base.flags import option

POINTS_A_STEP = {  # by the resolution of the stage
    "original": {16: 4096, 32: 8192, 64: 16384},
    "improved": {16: 4096, 32: 4096, 64: 16384},
    "pytorch": {16: 4096, 32: 4096, 64: 4096},
}


@dataclass(frozen=True)
class Options:
    runs: int = option(5, "measured runs of each form", least=1)
    variant: str = option("original", "original, improved or pytorch")
    resolutions: tuple[int, ...] = option((16, 32, 64), "stages of the training", least=1)
    shapes: int = option(1, "shapes in a step", least=1)
    precision: str = option("float32", "of our products: float32 or bfloat16")
    z_dim: int = option(128, "width of the code; the later versions' is 256", least=1)
    ef_dim: int = option(32, "width of the encoder", least=1)
    gf_dim: int = option(128, "width of the decoder", least=1)


def measure(
    runs: int, variant: str, resolutions: list[int], shapes: int, precision: str, **widths: int
) -> list[dict]:
    """Return a row for each stage."""
    rng = np.random.default_rng(0)
    voxels = (rng.random((shapes, 64, 64, 64, 1)) > 0.5).astype(np.float32)
    rows = []
    for resolution in resolutions:
        count = POINTS_A_STEP[variant][resolution]
        points = rng.uniform(-1, 1, (shapes, count, 3)).astype(np.float32)
        values = (rng.random((shapes, count)) > 0.5).astype(np.float32)
        ours, in_float32, theirs = (IMAE(**widths, variant=variant) for _ in range(3))
        ours.precision = precision
        tensors = [tf.constant(a) for a in (voxels, points, values)]
        forms = {
            "ours": lambda m=ours, p=points, v=values: m.train_step(voxels, p, v),
            "plain": lambda m=theirs, t=tensors: float(plain.train_step(m, *t)),
        }
        if precision != "float32":
            forms["float32"] = lambda m=in_float32, p=points, v=values: m.train_step(voxels, p, v)
        seconds, peak = in_turn(forms, runs, dtype=tf.as_dtype(precision))
        flops = shapes * train_step_flops(ours, count)
        step = {"step at": f"{resolution}³", "shapes": shapes, "points": count}
        rows.append({**step, **comparison(seconds, peak, flops)})
        if precision != "float32":
            rows[-1]["ours in float32 (s)"] = seconds["float32"]
            rows[-1]["float32 / ours"] = seconds["float32"] / seconds["ours"]
    return rows


if __name__ == "__main__":
    run_benchmark(measure, __doc__, Options)
