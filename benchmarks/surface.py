"""The mesh of a real chair in a full-width decoder, coarse to fine.

Plain: the same decoder and marching cubes, every point of the grid evaluated. Then coarse to fine
alone, each resolution in a process of its own for the sake of its peak memory. The network is
trained first, for minutes; --checkpoint keeps it, or names another one.
"""

import re
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from flops import decoder_flops
from overfit import chair, load_or_overfit
from timing import comparison, in_turn, run_benchmark

from IMGAN.model import IMAE
from imnet.base.flags import option
from imnet.surfaces import cube_blocks, marching_cubes, sample_blocks, sample_field


@dataclass(frozen=True)
class Options:
    runs: int = option(1, "measured runs of each form", least=1)
    resolutions: tuple[int, ...] = option((128, 256), "grids to mesh both ways", least=1)
    alone: tuple[int, ...] = option(
        (64, 128, 256, 512, 1024), "grids to mesh coarse to fine only", least=1
    )
    checkpoint: str = option("", "folder of a trained network, or where to save the new one")


class TimedField:
    """The field of the chair; counts its queries and the seconds spent in the decoder."""

    def __init__(self, imae: IMAE):
        self.imae, self.code = imae, imae.encode(chair()[None, ..., None])[0]
        imae.decode(np.zeros((1, 3), np.float32), self.code)  # traced, not to be timed
        self.reset()

    def reset(self) -> None:
        self.queries, self.seconds = 0, 0.0

    def __call__(self, points: np.ndarray) -> np.ndarray:
        began = time.perf_counter()
        values = self.imae.decode(points, self.code)
        self.seconds += time.perf_counter() - began
        self.queries += len(points)
        return values


def mesh(field: TimedField, resolution: int, dense: bool) -> dict:
    """Extract the surface; return the seconds and what a row says of them."""
    field.reset()
    began = time.perf_counter()
    if dense:
        values = sample_field(field, resolution, dense=True)
    else:
        values = sample_blocks(field, resolution)
    sampled = time.perf_counter()
    found = marching_cubes(values) if dense else cube_blocks(values, 0.5)
    ended = time.perf_counter()
    total = ended - began
    return {
        "seconds": total,
        "vertices": len(found.vertices),
        "queries": field.queries,
        "a vertex": field.queries / len(found.vertices),
        "in decoder": field.seconds / total,
        "choosing points": (sampled - began - field.seconds) / total,
        "marching cubes": (ended - sampled) / total,
    }


def mesh_alone(folder: Path, resolution: int, runs: int) -> dict:
    """Return the row of a resolution, meshed coarse to fine in this process, new for it."""
    row = compare(IMAE.from_checkpoint(folder), resolution, runs, dense=False)
    # not ru_maxrss, which a new process takes over from the one that started it
    kilobytes = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]
    return {**row, "peak memory (GB)": int(kilobytes) * 1024 / 1e9}


def compare(imae: IMAE, resolution: int, runs: int, dense: bool) -> dict:
    """Mesh coarse to fine and, if asked to, densely; return the row of the resolution."""
    field, found = TimedField(imae), []
    forms = {"ours": lambda: found.append(mesh(field, resolution, dense=False))}
    if dense:
        forms["plain"] = lambda: mesh(field, resolution, dense=True)
    seconds, peak = in_turn(forms, runs, warm_up=False)
    best = min(found, key=lambda result: result["seconds"])
    flops = decoder_flops(imae) * best["queries"]
    del best["seconds"]
    return {"grid": f"{resolution}³", **comparison(seconds, peak, flops), **best}


def measure(runs: int, resolutions: list[int], alone: list[int], checkpoint: str) -> list[dict]:
    """Return a row for each resolution that is meshed both ways, then for each that is alone."""
    with TemporaryDirectory() as temporary:
        folder = Path(checkpoint or temporary)
        imae = load_or_overfit(folder)
        rows = [compare(imae, resolution, runs, dense=True) for resolution in resolutions]
        for resolution in alone:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                rows.append(pool.submit(mesh_alone, folder, resolution, runs).result())
    return rows


if __name__ == "__main__":
    run_benchmark(measure, __doc__, Options)
