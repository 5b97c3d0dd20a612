"""The codes of many shapes, as `--ae` extracts them.

Plain: one shape at a time, `tf.nn.conv3d`.
"""

from dataclasses import dataclass

import numpy as np
import plain
from flops import encoder_flops
from timing import comparison, in_turn, run_benchmark

from IMGAN.model import IMAE
from imnet.base.flags import option


@dataclass(frozen=True)
class Options:
    runs: int = option(5, "measured runs of each form", least=1)
    shapes: tuple[int, ...] = option((1, 16, 64), "numbers of shapes", least=1)
    z_dim: int = option(128, "width of the code", least=1)
    ef_dim: int = option(32, "width of the encoder", least=1)


def measure(runs: int, shapes: list[int], z_dim: int, ef_dim: int) -> list[dict]:
    """Return a row for each number of shapes."""
    rng = np.random.default_rng(0)
    imae = IMAE(z_dim=z_dim, ef_dim=ef_dim, gf_dim=1)
    rows = []
    for count in shapes:
        voxels = (rng.random((count, 64, 64, 64, 1)) > 0.5).astype(np.uint8)
        forms = {
            "ours": lambda v=voxels: imae.encode(v),
            "plain": lambda v=voxels: plain.encode_one_by_one(imae, v),
        }
        seconds, peak = in_turn(forms, runs)
        flops = encoder_flops(imae) * count
        rows.append({"shapes": count, **comparison(seconds, peak, flops)})
    return rows


if __name__ == "__main__":
    run_benchmark(measure, __doc__, Options)
