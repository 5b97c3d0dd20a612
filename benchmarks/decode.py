"""The decoder at the points of one shape.

Plain: the code tiled to every point and concatenated to each layer, 32768 points a batch.
"""

from dataclasses import dataclass

import numpy as np
import plain
from flops import decoder_flops
from timing import comparison, in_turn, run_benchmark

from IMGAN.model import IMAE
from imnet.base.flags import option


@dataclass(frozen=True)
class Options:
    runs: int = option(10, "measured runs of each form", least=1)
    points: tuple[int, ...] = option((8192, 32768, 131072), "numbers of points", least=1)
    variant: str = option("original", "original, improved or pytorch")
    z_dim: int = option(128, "width of the code; the later versions' is 256", least=1)
    gf_dim: int = option(128, "width of the decoder", least=1)


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
    run_benchmark(measure, __doc__, Options)
