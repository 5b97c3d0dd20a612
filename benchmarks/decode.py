"""The decoder at the points of one shape.

Plain: the code tiled to every point and concatenated to each layer, 32768 points a batch.
"""

import numpy as np
import plain
from flops import decoder_flops
from timing import comparison, in_turn, run_benchmark

from IMGAN.model import IMAE

FLAGS = {
    "runs": (10, "measured runs of each form"),
    "points": ((8192, 32768, 131072), "numbers of points"),
    "variant": ("original", "original, improved or pytorch"),
    "z_dim": (128, "width of the code; the later versions' is 256"),
    "gf_dim": (128, "width of the decoder"),
}


def measure(runs: int, points: list[int], variant: str, z_dim: int, gf_dim: int) -> list[dict]:
    """Return a row for each number of points."""
    rng = np.random.default_rng(0)
    imae = IMAE(z_dim=z_dim, gf_dim=gf_dim, ef_dim=1, variant=variant)
    z = rng.random(z_dim).astype(np.float32)
    rows = []
    for count in points:
        at = rng.uniform(-1, 1, (count, 3)).astype(np.float32)
        forms = {
            "ours": lambda p=at: imae.decode(p, z),
            "plain": lambda p=at: plain.decode_in_batches(imae, p, z),
        }
        seconds, peak = in_turn(forms, runs)
        flops = decoder_flops(imae) * count
        rows.append({"points": count, **comparison(seconds, peak, flops)})
    return rows


if __name__ == "__main__":
    run_benchmark(measure, __doc__, FLAGS)
