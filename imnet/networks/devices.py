"""What depends on the device that TensorFlow computes on."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import tensorflow as tf
from tensorflow.python.framework.test_util import IsMklEnabled

AMPERE = (8, 0)  # compute capability
_plain_graphs = ContextVar("_plain_graphs", default=False)


def on_gpu() -> bool:
    """Whether TensorFlow has a GPU, which it then uses."""
    return bool(tf.config.list_logical_devices("GPU"))


def uses_onednn() -> bool:
    """Whether TensorFlow's products and convolutions on a CPU are oneDNN's."""
    return bool(IsMklEnabled())


def on_plain_cpu() -> bool:
    """Whether TensorFlow computes on a CPU, without oneDNN."""
    return not (_plain_graphs.get() or on_gpu() or uses_onednn())


@contextmanager
def plain_graphs() -> Iterator[None]:
    """Trace the block's graphs as if for another device than a CPU without oneDNN."""
    token = _plain_graphs.set(True)
    try:
        yield
    finally:
        _plain_graphs.reset(token)


def has_bfloat16() -> bool:
    """Whether products in bfloat16 are faster than in float32.

    They are on a GPU from NVIDIA's Ampere on, or by a CPU's own instructions, of which only Linux
    tells.
    """
    if on_gpu():
        gpus = tf.config.list_physical_devices("GPU")
        details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
        return all(of_gpu.get("compute_capability", (0, 0)) >= AMPERE for of_gpu in details)
    cpuinfo = Path("/proc/cpuinfo")
    flags = cpuinfo.read_text() if cpuinfo.is_file() else ""
    return uses_onednn() and re.search(r"\b(avx512|amx)_bf16\b", flags) is not None


def usable_precision(wanted: str) -> str:
    """Return the precision "float32" or "bfloat16" that is wanted; float32 where it is faster, with
    a note."""
    if wanted == "float32" or has_bfloat16():
        return wanted
    print(
        f"{wanted} would be slower here, without avx512_bf16, amx_bf16 (by oneDNN) or "
        "a GPU that has it: training goes on in float32"
    )
    return "float32"


def points_a_batch() -> int:
    """How many points to evaluate at once.

    On a CPU more gains nothing: at width 128 the widest layer takes 32 MB. A GPU needs more to be
    kept busy.
    """
    return 65536 if on_gpu() else 4096
