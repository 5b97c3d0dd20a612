"""The viewer while somebody drags: meshes a second, milliseconds to finer ones, memory.

A page without a browser moves the slider of a walk through the shipped chairs, 30 times a second,
and counts the meshes that come. Then it rests until the mesh is at 256³. The matrix product that
other benchmarks compare with does not matter here.
"""

import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

from timing import run_benchmark

from imnet.base.flags import option
from imnet_viewer.app import serve
from imnet_viewer.loading import load_models
from imnet_viewer.options import ModelOptions
from imnet_viewer.recording.client import Page


@dataclass(frozen=True)
class Options:
    moves: int = option(500, "of the slider", least=1)
    rests: int = option(5, "how often to wait for 256³", least=1)
    finest: int = option(256, "grid to wait for", least=1)
    shapes: int = option(10, "chairs to load", least=1)


MOVES_A_SECOND = 30
WARM_UP = 50  # moves before anything is measured


def memory() -> float:
    """Return the megabytes that the process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def drag(page: Page, moves: int) -> float:
    """Move the slider there and back; return the meshes a second that came."""
    began, meshes = time.perf_counter(), page.meshes
    for i in range(moves):
        page.set("Across", 0.5 - 0.5 * math.cos(i * math.tau / 97))
        time.sleep(max(began + (i + 1) / MOVES_A_SECOND - time.perf_counter(), 0))
    return (page.meshes - meshes) / (time.perf_counter() - began)


def rest(page: Page, finest: int, place: float) -> float:
    """Move once; return the seconds until the mesh is on the finest grid."""
    page.set("Across", 1 - place)
    time.sleep(0.1)
    page.set("Across", place)
    began = time.perf_counter()
    page.wait(lambda: f"{finest}³ ·" not in page.text())
    page.wait(lambda: f"{finest}³ ·" in page.text())
    return time.perf_counter() - began


def measure(moves: int, rests: int, finest: int, shapes: int) -> list[dict]:
    """Return the one row."""
    models = load_models(ModelOptions(shapes=shapes))
    server = serve(models, "127.0.0.1", 0, 64, finest)
    try:
        with Page(server.get_port()) as page:
            page.vertices()
            drag(page, WARM_UP)
            rest(page, finest, 0.5)
            before = memory()
            rate = drag(page, moves)
            after = memory()
            waits = [rest(page, finest, (i + 1) / (rests + 2)) for i in range(rests)]
    finally:
        server.stop()
    return [
        {
            "moves": moves,
            "meshes a second at 64³": rate,
            f"seconds to {finest}³": min(waits),
            "memory before (MB)": before,
            "memory after (MB)": after,
        }
    ]


if __name__ == "__main__":
    run_benchmark(measure, __doc__, Options)
