"""A training step of the autoencoder of letters, in two dimensions, with both decoders.

At the paper's widths and batches: one letter with the implicit decoder, 50 with the CNN, and all
pixels. There is no plain form.
"""

from dataclasses import dataclass

import numpy as np
from flops import picture_step_flops
from timing import comparison, in_turn, run_benchmark

from IMGAN2D.model import Autoencoder
from imnet.base.flags import option


@dataclass(frozen=True)
class Options:
    runs: int = option(10, "measured runs", least=1)
    resolutions: tuple[int, ...] = option((28, 64), "sides of the pictures", least=1)
    letters: tuple[int, ...] = option(
        (1, 50), "letters in a step, with the implicit decoder and with the CNN", least=1
    )
    ef_dim: int = option(16, "width of the convolutions", least=1)
    gf_dim: int = option(64, "width of the implicit decoder", least=1)


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
    run_benchmark(measure, __doc__, Options)
