"""Timing in one run: ours and the plain form in turn, beside the machine's matrix product."""

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf


def alternate(programs: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Run the programs in turn, once unmeasured and `runs` times measured; give median seconds."""
    seconds = {name: [] for name in programs}
    for run in range(runs + 1):
        for name, program in programs.items():
            began = time.perf_counter()
            program()
            if run:
                seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(times) for name, times in seconds.items()}


def matmul_peak(rows: int = 4096) -> float:
    """Give the FLOP/s of `tf.matmul` at the decoder's widest product, the best of ten."""
    a, b = tf.random.normal([rows, 2048]), tf.random.normal([2048, 1024])
    best = 0.0
    for _ in range(10):
        began = time.perf_counter()
        tf.matmul(a, b).numpy()
        best = max(best, 2 * rows * 2048 * 1024 / (time.perf_counter() - began))
    return best


def report(rows: list[dict], path: str | None) -> None:
    """Print rows as a table; write them as JSON too if a path is given."""
    cells = [[f"{v:.4g}" if isinstance(v, float) else str(v) for v in row.values()] for row in rows]
    table = [list(rows[0]), *cells]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        print("| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |")
        if line is table[0]:
            print("|" + "|".join("-" * (w + 2) for w in widths) + "|")
    if path:
        Path(path).write_text(json.dumps(rows, indent=1) + "\n")
