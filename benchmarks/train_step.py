"""Time a training step of the autoencoder against the plain form, at full widths.

python benchmarks/train_step.py [--runs 5] [--json FILE]
"""

import argparse

import numpy as np
import plain
import tensorflow as tf
from timing import alternate, matmul_peak, report

from IMGAN.model import IMAE

STAGES = ((16, 4096), (32, 8192), (64, 16384))  # resolution, points a step


def flops(imae: IMAE, points: int) -> float:
    """Multiply-adds of a step counted twice: forward, and two products of that size backward."""
    decoder = sum(int(np.prod(matrix.shape)) for matrix, _ in imae.decoder.layers) * points
    encoder = sum(
        int(np.prod(kernel.shape)) * max(32 // 2**i, 1) ** 3
        for i, (kernel, _) in enumerate(imae.encoder.convolutions[:-1])
    )
    return 6.0 * (decoder + encoder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="measured runs of each form")
    parser.add_argument("--json", help="also write the table to this file")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    voxels = (rng.random((1, 64, 64, 64, 1)) > 0.5).astype(np.float32)
    peak = matmul_peak()
    print(f"tf.matmul: {peak / 1e9:.0f} GFLOPS")
    rows = []
    for resolution, count in STAGES:
        points = rng.uniform(-1, 1, (count, 3)).astype(np.float32)
        values = (rng.random((count, 1)) > 0.5).astype(np.float32)
        ours, theirs = IMAE(), IMAE()
        tensors = [tf.constant(a) for a in (voxels, points, values[:, 0])]
        forms = {
            "ours": lambda m=ours, p=points, v=values: m.train_step(voxels, p, v),
            "plain": lambda m=theirs, t=tensors: float(plain.train_step(m, *t)),
        }
        seconds = alternate(forms, options.runs)
        rows.append(
            {
                "step at": f"{resolution}³",
                "points": count,
                "ours (s)": seconds["ours"],
                "plain (s)": seconds["plain"],
                "ours / plain": seconds["ours"] / seconds["plain"],
                "share of matmul peak": flops(ours, count) / seconds["ours"] / peak,
            }
        )
    report(rows, options.json)


if __name__ == "__main__":
    main()
