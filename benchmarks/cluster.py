"""Sampling and views on this machine's processes and on a Dask cluster; what 43,800 shapes take.

Needs `pip install distributed`. The shapes are the bundled ones, over and over. The time of a shape
is what each one after the first adds. Eight workers are projected: they share a shape's work, which
is its time in one process. What they do not share, the schedule and the one file, is measured with
shapes of zeros on eight workers here; it is less where each worker has a core of its own.
"""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np

import point_sampling
from imnet.base.errors import UserError
from imnet.base.flags import option
from imnet.data.sizes import VOXEL_RESOLUTION
from point_sampling.build import layout_of
from point_sampling.original import QUOTAS
from point_sampling.parts import build

FOLDER = Path(point_sampling.__file__).parent
SHAPES = 43800  # of the 13 classes, for training and test
PROJECTED = 8  # workers, a core each
LAYOUT = layout_of({r: quota for r, quota in QUOTAS.items() if r <= VOXEL_RESOLUTION})
PROGRAMS = {
    "sampling": ["vox2pointvaluepair_from_binvox.py"],
    "views": ["render_views.py", "--views", "24"],
}


@dataclass(frozen=True)
class Options:
    sampling: int = option(1000, "shapes that are sampled", least=2)
    views: int = option(60, "shapes that are rendered, 24 views each", least=2)
    workers: tuple[int, ...] = option(
        (1, os.cpu_count()), "processes, and workers of the cluster", least=1
    )
    zeros: int = option(3000, "shapes of zeros", least=2)


def measure(workers: list[int], zeros: int, **shapes: int) -> list[dict]:
    """Return a row for each program and number of workers, and one for the projected workers."""
    with tempfile.TemporaryDirectory() as folder, dask_cluster(PROJECTED) as address:
        unshared = added_by_a_shape(lambda count: build_zeros(Path(folder), count, address), zeros)
    rows = []
    for name, count in shapes.items():
        times = {
            (pool, number): program_time(PROGRAMS[name], count, number, pool == "Dask")
            for pool in ("processes", "Dask")
            for number in sorted({1, *workers})
        }
        rows += [row(name, *key, seconds) for key, seconds in times.items()]
        alone = times["processes", 1]
        rows.append(row(name, "Dask, projected", PROJECTED, alone / PROJECTED + unshared))
    return rows


def row(program: str, pool: str, workers: int, seconds: float) -> dict:
    """Return the cells of a row; `seconds` is the time of a shape."""
    return {
        "program": program,
        "pool": pool,
        "workers": workers,
        "a shape (ms)": 1e3 * seconds,
        f"{SHAPES} shapes (hours)": seconds * SHAPES / 3600,
    }


def program_time(program: list[str], count: int, workers: int, on_dask: bool) -> float:
    """Return the seconds that a program adds for each of `count` shapes."""
    command = [sys.executable, FOLDER / program[0], *program[1:]]
    with tempfile.TemporaryDirectory() as folder:
        for number in (1, count):
            link_shapes(Path(folder, str(number)), number)
        with dask_cluster(workers) if on_dask else contextlib.nullcontext() as address:
            where = ["--dask", address] if on_dask else ["--processes", str(workers)]

            def run(number: int) -> None:
                places = ["--input", str(number), "--output", f"{number}.hdf5"]
                done = subprocess.run(
                    [*command, *places, *where], cwd=folder, capture_output=True, text=True
                )
                if done.returncode:
                    raise UserError(f"{program[0]} fails: {done.stderr}")

            return added_by_a_shape(run, count)


def added_by_a_shape(run: Callable[[int], None], count: int) -> float:
    """Return the seconds that each shape after the first adds to run(number of shapes)."""
    run(1)  # the workers import what they need
    seconds = []
    for number in (1, count):
        began = time.perf_counter()
        run(number)
        seconds.append(time.perf_counter() - began)
    return (seconds[1] - seconds[0]) / (count - 1)


def link_shapes(folder: Path, count: int) -> None:
    """Link `count` files to the bundled shapes, over and over."""
    folder.mkdir()
    sources = cycle(sorted((FOLDER / "furniture").rglob("*.binvox")))
    for number, source in zip(range(count), sources, strict=False):
        (folder / f"{number}.binvox").symlink_to(source)


def build_zeros(folder: Path, count: int, address: str) -> None:
    """Build a point-value dataset of zeros on a cluster."""
    file = folder / "file"
    file.touch()
    with contextlib.redirect_stdout(io.StringIO()):
        build(
            [(str(number), file) for number in range(count)],
            zeros_of_a_shape,
            LAYOUT,
            folder / "zeros.hdf5",
            settings={},
            workers=address,
        )


def zeros_of_a_shape(*_: object) -> tuple[dict[str, np.ndarray], None]:
    """Return arrays of the size that a sampler gives, and no note."""
    return {key: np.zeros(shape, dtype) for key, (shape, dtype) in LAYOUT.items()}, None


@contextlib.contextmanager
def dask_cluster(workers: int) -> Iterator[str]:
    """Yield the address of a scheduler with so many workers of one thread each, on this machine."""
    try:
        from distributed import LocalCluster
    except ImportError:
        raise UserError("this needs the package distributed: pip install distributed") from None
    with LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster.scheduler_address


if __name__ == "__main__":
    from timing import run_benchmark  # here: the cluster's workers need no TensorFlow

    run_benchmark(measure, __doc__, Options)
