"""An epoch of a dataset that stays in its file, and training steps on it: speed and memory.

Each form runs in a process of its own, whose peak memory is its own. Plain: the dataset in memory.
Make a large dataset by `synthetic_set.py`, for --of views with `--views 24`.
"""

import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from multiprocessing import get_context

import numpy as np
from timing import run_benchmark

from imnet.base.flags import option


@dataclass(frozen=True)
class Options:
    dataset: str = option("synthetic.hdf5", "the dataset")
    of: str = option(
        "points",
        "points: steps of the autoencoder; views: of the image encoder",
        choices=("points", "views"),
    )
    real_size: int = option(64, "resolution of the points", least=1)
    plain: str = option("yes", "no: without the dataset in memory", choices=("yes", "no"))
    batches: int = option(
        1000000, "measure so many batches of the epoch, without training", least=1
    )
    steps: int = option(20, "training steps", least=1)
    z_dim: int = option(128, "width of the code", least=1)
    ef_dim: int = option(0, "width of the encoder; 0: the authors'")
    gf_dim: int = option(128, "width of the decoder", least=1)


def measure(plain: str, **arguments: object) -> list[dict]:
    """Return a row for each form."""
    forms = {"from the file": 0.0} | ({"in memory": float("inf")} if plain == "yes" else {})
    rows = []
    for name, memory in forms.items():
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            rows.append({"form": name, **pool.submit(epoch, memory, **arguments).result()})
    return rows


def epoch(memory: float, of: str, batches: int, steps: int, **settings: object) -> dict:
    """Open the dataset, go through the batches of an epoch, and train on the next epoch's first."""
    from imnet.data.batches import one_ahead

    opening = {"points": open_points, "views": open_views}[of]
    began = time.perf_counter()
    shapes, batches_of, new_network = opening(memory, **settings)
    opened = time.perf_counter()
    seen = sum(1 for _ in islice(batches_of(0), batches))
    read = time.perf_counter()
    peak = peak_memory()

    network = new_network()
    prepared = one_ahead(islice(batches_of(1), steps + 1))
    network.train_step(**next(prepared).arrays)
    trained = time.perf_counter()
    for batch in prepared:
        network.train_step(**batch.arrays)
    ended = time.perf_counter()
    return {
        "shapes": shapes,
        "opening (s)": opened - began,
        "batches": seen,
        "a batch (ms)": 1e3 * (read - opened) / seen,
        "memory after them (GB)": peak,
        "a step (s)": (ended - trained) / steps,
        "peak memory (GB)": peak_memory(),
    }


def open_points(
    memory: float, dataset: str, real_size: int, ef_dim: int, **widths: int
) -> tuple[int, Callable, Callable]:
    """Return the number of shapes, the batches of an epoch, and what makes the network."""
    from IMGAN.model import IMAE
    from imnet.data.dataset import PointValueDataset

    shapes = PointValueDataset(dataset, real_size, memory)
    new = partial(IMAE, ef_dim=ef_dim or 32, **widths)
    return len(shapes), lambda epoch: shapes.batches(0, epoch, 1), new


def open_views(
    memory: float, dataset: str, real_size: int, ef_dim: int, z_dim: int, gf_dim: int
) -> tuple[int, Callable, Callable]:
    """Return what `open_points` gives, for views, 64 in a step, and codes of zeros."""
    from imnet.data.views import ViewDataset
    from IMSVR.model import IMSVR

    del real_size  # of points
    views = ViewDataset(dataset, memory)
    codes, kept = np.zeros((len(views), z_dim), np.float32), views.views_a_shape
    new = partial(IMSVR, z_dim=z_dim, ef_dim=ef_dim or 64, gf_dim=gf_dim)
    return len(views), lambda epoch: views.batches(codes, 0, epoch, 64, kept), new


def peak_memory() -> float:
    """Return the most memory that this process had, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


if __name__ == "__main__":
    run_benchmark(measure, __doc__, Options)
