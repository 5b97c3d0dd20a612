"""What every benchmark shares: its flags, runs in turn with the matrix product, table and JSON."""

import dataclasses
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import imnet.networks  # noqa: F401  # first, because it starts TensorFlow as the programs do

# isort: split
import tensorflow as tf
from tensorflow.python.framework.test_util import IsMklEnabled

from imnet.base.errors import run_program
from imnet.base.files import written_whole
from imnet.base.flags import option, parse_flags

FEATURES = "avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16"  # that decide the speed
PEAK_ROWS, PEAK_INNER, PEAK_COLUMNS = 4096, 2048, 1024  # the decoder's widest product
PEAK_RUNS = 5  # in a row: a third of a second, as long as what they are compared with


def run_benchmark(measure: Callable[..., list[dict]], description: str, options: type) -> None:
    """Parse the flags `options` and --json, call `measure`, print its rows and write them as JSON.

    `measure` takes the flags by name.
    """
    json_file = ("json", Path | None, option(None, "also write machine and table to this file"))
    kind = dataclasses.make_dataclass("Flags", [json_file], bases=(options,), frozen=True)

    def main() -> None:
        flags = dataclasses.asdict(parse_flags(kind, description))
        path, about = flags.pop("json"), machine()
        print(", ".join(f"{key} {value}" for key, value in about.items()), flush=True)
        rows = measure(**flags)
        print_table(rows)
        if path:
            command = " ".join(["python", *sys.argv])
            result = {"command": command, "machine": about, "rows": rows}
            with written_whole(path) as beside:
                beside.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")

    run_program(main)


def machine() -> dict[str, object]:
    """Describe what the figures were measured on."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    flags = {word for line in lines if line.startswith("flags") for word in line.split()}
    return {
        "CPU": models[0] if models else platform.processor(),
        "features": " ".join(feature for feature in FEATURES if feature in flags),
        "cores": os.cpu_count(),
        "GPUs": len(tf.config.list_physical_devices("GPU")),
        "Python": platform.python_version(),
        "TensorFlow": tf.__version__,
        "oneDNN": "on" if IsMklEnabled() else "off",
    }


def in_turn(
    programs: dict[str, Callable[[], object]],
    runs: int,
    warm_up: bool = True,
    dtype: tf.DType = tf.float32,
) -> tuple[dict[str, float], float]:
    """Run the programs in turn, the matrix product before, between and after them.

    Args:
        programs: each ends only when its result is there.
        runs: how often each is measured.
        warm_up: run each once unmeasured before.
        dtype: of the matrix product.

    Returns:
        The least seconds of each program, and the greatest FLOP/s of the matrix product. Noise
        of the machine only ever adds time, so the least is what the program takes.
    """
    if warm_up:
        for program in programs.values():
            program()
    seconds = dict.fromkeys(programs, float("inf"))
    peak = matmul_peak(dtype)
    for _ in range(runs):
        for name, program in programs.items():
            began = time.perf_counter()
            program()
            seconds[name] = min(seconds[name], time.perf_counter() - began)
            peak = max(peak, matmul_peak(dtype))
    return seconds, peak


def matmul_peak(dtype: tf.DType) -> float:
    """Return the FLOP/s of `tf.matmul` at the decoder's widest product, over a few in a row."""
    a = tf.random.normal([PEAK_ROWS, PEAK_INNER], dtype=dtype)
    b = tf.random.normal([PEAK_INNER, PEAK_COLUMNS], dtype=dtype)
    began = time.perf_counter()
    for _ in range(PEAK_RUNS):
        tf.matmul(a, b).numpy()
    return PEAK_RUNS * 2 * PEAK_ROWS * PEAK_INNER * PEAK_COLUMNS / (time.perf_counter() - began)


def comparison(seconds: dict[str, float], peak: float, flops: float | None = None) -> dict:
    """Return the cells of a row: the ratio, ours, plain, and the share of the peak.

    Args:
        seconds: of "ours" and, where there is one, "plain".
        peak: FLOP/s of the matrix product.
        flops: useful operations of ours; None where its work is not matrix products.
    """
    ours, plain = seconds["ours"], seconds.get("plain")
    return {
        "plain / ours": None if plain is None else plain / ours,
        "ours (s)": ours,
        "plain (s)": plain,
        "matmul peak (GFLOPS)": peak / 1e9,
        "share of peak": None if flops is None else flops / ours / peak,
    }


def print_table(rows: list[dict]) -> None:
    """Print rows as a Markdown table; None is a dash."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = [names] + [[_cell(row.get(name)) for name in names] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        print("| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |")
        if line is names:
            print("|" + "|".join("-" * (w + 2) for w in widths) + "|")


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
