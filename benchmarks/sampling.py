"""How fast the binvox sampler is on the bundled furniture, start-up and files included."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import point_sampling

FOLDER = Path(point_sampling.__file__).parent


def seconds_of(count: int, workers: int, runs: int) -> float:
    """The least wall time of the real script on the first `count` bundled shapes, in seconds."""
    paths = sorted((FOLDER / "furniture").rglob("*.binvox"))[:count]
    times = []
    with tempfile.TemporaryDirectory() as folder:
        shapes = Path(folder) / "shapes"
        for path in paths:
            target = shapes / path.relative_to(FOLDER)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
        command = [sys.executable, FOLDER / "vox2pointvaluepair_from_binvox.py"]
        command += ["--input", shapes, "--output", Path(folder) / "x.hdf5"]
        for _ in range(runs):
            began = time.perf_counter()
            subprocess.run([*command, "--workers", str(workers)], check=True, capture_output=True)
            times.append(time.perf_counter() - began)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, os.cpu_count()])
    parser.add_argument("--runs", type=int, default=3, help="the fastest of so many is taken")
    parser.add_argument("--json", type=Path, help="also write the table to this file")
    options = parser.parse_args()

    rows = []
    print(f"{'shapes':>6} {'workers':>7} {'seconds':>8} {'ms/shape':>9}")
    for count in (3, 95):
        for workers in options.workers:
            seconds = seconds_of(count, workers, options.runs)
            rows.append(
                {
                    "shapes": count,
                    "workers": workers,
                    "seconds": seconds,
                    "ms_per_shape": 1000 * seconds / count,
                }
            )
            print(f"{count:6} {workers:7} {seconds:8.2f} {1000 * seconds / count:9.1f}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
