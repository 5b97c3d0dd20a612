"""A training step of the autoencoder of letters, in two dimensions, with both decoders.

At the paper's widths and batches: one letter with the implicit decoder, 50 with the CNN, and all
pixels. There is no plain form.
"""

import numpy as np
from flops import picture_step_flops
from timing import comparison, in_turn, run_benchmark

from IMGAN2D.model import Autoencoder

FLAGS = {
    "runs": (10, "measured runs"),
    "resolutions": ((28, 64), "sides of the pictures"),
    "letters": ((1, 50), "letters in a step, with the implicit decoder and with the CNN"),
    "ef_dim": (16, "width of the convolutions"),
    "gf_dim": (64, "width of the implicit decoder"),
}


def measure(
    runs: int, resolutions: list[int], letters: list[int], ef_dim: int, gf_dim: int
) -> list[dict]:
    """Return a row for each decoder at each resolution."""
    rng = np.random.default_rng(0)
    rows = []
    for decoder, count in zip(("implicit", "cnn"), letters, strict=True):
        for resolution in resolutions:
            network = Autoencoder(decoder, resolution, ef_dim=ef_dim, gf_dim=gf_dim)
            images = rng.integers(0, 256, (count, resolution, resolution)).astype(np.uint8)
            forms = {"ours": lambda n=network, i=images: n.train_step(images=i)}
            seconds, peak = in_turn(forms, runs)
            step = {"decoder": decoder, "pictures": f"{resolution}²", "letters": count}
            flops = picture_step_flops(network, count)
            speed = {"letters a second": count / seconds["ours"]}
            rows.append({**step, **comparison(seconds, peak, flops), **speed})
    return rows


if __name__ == "__main__":
    run_benchmark(measure, __doc__, FLAGS)
