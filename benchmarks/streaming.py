"""An epoch of a dataset that stays in its file, and training steps on it: speed and memory.

Each form runs in a process of its own, whose peak memory is its own. Plain: the dataset in memory.
Make a large dataset by `synthetic_set.py`.
"""

import resource
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

from timing import run_benchmark

FLAGS = {
    "dataset": ("synthetic.hdf5", "the dataset"),
    "real_size": (64, "resolution of the points"),
    "plain": ("yes", "no: without the dataset in memory"),
    "batches": (1000000, "measure so many batches of the epoch, without training"),
    "steps": (20, "training steps"),
    "z_dim": (128, "width of the code"),
    "ef_dim": (32, "width of the encoder"),
    "gf_dim": (128, "width of the decoder"),
}


def measure(plain: str, **arguments: object) -> list[dict]:
    """Give a row for each form."""
    forms = {"from the file": 0.0} | ({"in memory": float("inf")} if plain == "yes" else {})
    rows = []
    for name, memory in forms.items():
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            rows.append({"form": name, **pool.submit(epoch, memory, **arguments).result()})
    return rows


def epoch(
    memory: float, dataset: str, real_size: int, batches: int, steps: int, **widths: int
) -> dict:
    """Open the dataset, go through the batches of an epoch, and train on the next epoch's first."""
    from IMGAN.model import IMAE
    from imnet.data.batches import one_ahead
    from imnet.data.dataset import PointValueDataset

    began = time.perf_counter()
    shapes = PointValueDataset(dataset, real_size, memory)
    opened = time.perf_counter()
    seen = sum(1 for _ in islice(shapes.batches(0, 0, 1), batches))
    read = time.perf_counter()
    peak = peak_memory()

    imae = IMAE(**widths)
    prepared = one_ahead(islice(shapes.batches(0, 1, 1), steps + 1))
    imae.train_step(**next(prepared).arrays)
    trained = time.perf_counter()
    for batch in prepared:
        imae.train_step(**batch.arrays)
    ended = time.perf_counter()
    return {
        "shapes": len(shapes),
        "opening (s)": opened - began,
        "batches": seen,
        "a batch (ms)": 1e3 * (read - opened) / seen,
        "memory after them (GB)": peak,
        "a step (s)": (ended - trained) / steps,
        "peak memory (GB)": peak_memory(),
    }


def peak_memory() -> float:
    """Give the most memory that this process had, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


if __name__ == "__main__":
    run_benchmark(measure, __doc__, FLAGS)
