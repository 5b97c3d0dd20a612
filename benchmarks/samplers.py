"""Points of binvox shapes: one shape in memory, then the real script, start-up and files included.

Plain: a Python loop over the voxels that looks at the 7x7x7 window around each. No matrix products,
so no share of their peak.
"""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import plain
from timing import comparison, in_turn, run_benchmark

import point_sampling
from imnet.base.flags import option
from point_sampling.binvox_solids import load
from point_sampling.original import point_value_pairs

FOLDER = Path(point_sampling.__file__).parent


@dataclass(frozen=True)
class Options:
    runs: int = option(3, "measured runs of each form", least=1)
    shapes: tuple[int, ...] = option(
        (3, 95), "numbers of bundled shapes that the script samples", least=1
    )
    workers: tuple[int, ...] = option((1, os.cpu_count()), "processes of the script", least=1)


def measure(runs: int, shapes: list[int], workers: list[int]) -> list[dict]:
    """Return a row for one shape in memory, and one for each run of the script."""
    paths = sorted((FOLDER / "furniture").rglob("*.binvox"))
    grid = load(paths[0].stem, paths[0])
    forms = {
        "ours": lambda: point_value_pairs(grid, np.random.default_rng(0)),
        "plain": lambda: plain.point_value_pairs(grid, np.random.default_rng(0)),
    }
    seconds, peak = in_turn(forms, runs)
    rows = [{"shapes": "1, in memory", "workers": None, **comparison(seconds, peak)}]
    for count in shapes:
        for processes in workers:
            with tempfile.TemporaryDirectory() as folder:
                command = script(paths[:count], Path(folder), processes)
                run = {"ours": lambda c=command: subprocess.run(c, check=True, capture_output=True)}
                seconds, peak = in_turn(run, runs)
            rows.append({"shapes": count, "workers": processes, **comparison(seconds, peak)})
    return rows


def script(paths: list[Path], folder: Path, workers: int) -> list[str | Path]:
    """Copy shapes into a folder; return the command that samples them there."""
    shapes = folder / "shapes"
    for path in paths:
        target = shapes / path.relative_to(FOLDER)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    command = [sys.executable, FOLDER / "vox2pointvaluepair_from_binvox.py", "--input", shapes]
    return [*command, "--output", folder / "x.hdf5", "--processes", str(workers)]


if __name__ == "__main__":
    run_benchmark(measure, __doc__, Options)
