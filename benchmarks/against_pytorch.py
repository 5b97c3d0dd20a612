"""Our autoencoder beside the PyTorch port's network, written anew in PyTorch, taking turns.

    python benchmarks/against_pytorch.py --environment ~/pytorch

PyTorch is installed in an environment of its own. Both have the same weights, and must give the
same codes, values, loss and vertices before anything is timed. With --compiled the port's network
is measured under torch.compile too, which needs a C++ compiler. On one core:
TF_NUM_INTRAOP_THREADS=1 OMP_NUM_THREADS=1 in front.
"""

import json
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import scipy
from overfit import chair
from timing import in_turn, run_benchmark

import IMGAN
from IMGAN.model import IMAE
from imnet.base.errors import UserError
from imnet.base.flags import REQUIRED, option
from imnet.programs.exporting import write_port_weights
from imnet.surfaces import extract_surface
from imnet_evaluation.paper.environments import python_with

PACKAGES = ("torch==2.13.0", "numpy==2.4.6", "PyMCubes==0.1.6")
SHIPPED = Path(IMGAN.__file__).parent / "pretrained/furniture_vox256_ae_64"
SHAPES, POINTS = 8, 16384
TASKS = {  # work → the port's task, its arguments
    "step 1 x 4096": ("step", {"shapes": 1, "points": 4096}),
    "step 1 x 16384": ("step", {"shapes": 1, "points": 16384}),
    "step 4 x 4096": ("step", {"shapes": 4, "points": 4096}),
    "decode 32768": ("decode", {"points": 32768}),
    "encode 8": ("encode", {"shapes": SHAPES}),
    "mesh at 256³": ("mesh", {}),
}
TOLERANCE = 1e-5  # of codes, values and losses: sums of float32 in another order
CELL_TOLERANCE = 0.05  # of vertices, in cells: the same, divided by the slope of the field


@dataclass(frozen=True)
class Options:
    environment: Path = option(REQUIRED, "folder of PyTorch's environment; made if missing")
    runs: int = option(4, "measured runs of each", least=1)
    works: tuple[str, ...] = option(tuple(TASKS), "what to measure", choices=tuple(TASKS))
    compiled: bool = option(False, "also under torch.compile")
    mesh: Path = option(SHIPPED, "network of the PyTorch variant to mesh a bundled chair with")


class Port:
    """The process of the port's network."""

    def __init__(self, python: Path, folder: Path, *words: str):
        program = Path(__file__).with_name("port_in_torch.py")
        command = [python, program, folder, *words]
        self.folder, pipes = folder, {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(command, text=True, **pipes)

    def __call__(self, work: str) -> np.ndarray:
        """Do a work; return its result."""
        task, arguments = TASKS[work]
        print(json.dumps({"do": task, "with": arguments}), file=self.process.stdin, flush=True)
        if not self.process.stdout.readline():
            raise UserError(f"{work}: PyTorch's process has ended")
        return np.load(self.folder / "result.npy")


def ours(imae: IMAE, meshed: IMAE, arrays: dict[str, np.ndarray], work: str) -> np.ndarray:
    """Do a work as `Port` does."""
    task, given = TASKS[work]
    points = 2 * arrays["points"]  # the port's are in [-0.5, 0.5]
    voxels = arrays["voxels"][:, 0, ..., None]
    if task == "step":
        shapes, at = slice(given["shapes"]), slice(given["points"])
        of_points = points[shapes, at], arrays["values"][shapes, at]
        return np.array(imae.train_step(voxels[shapes], *of_points))
    if task == "decode":
        return imae.decode(points.reshape(-1, 3)[: given["points"]], arrays["z"])
    if task == "encode":
        return imae.encode(voxels[: given["shapes"]])
    code = meshed.encode(arrays["chair"][:, 0, ..., None])[0]
    return extract_surface(meshed.field(code), 256).vertices


def difference(work: str, a: np.ndarray, b: np.ndarray) -> float:
    """Return the largest difference of two results; of a mesh, from a vertex to the nearest.

    Raises UserError if it is no rounding.
    """
    found, meshed = np.inf, TASKS[work][0] == "mesh"
    if a.shape == b.shape and meshed:
        trees = scipy.spatial.cKDTree(a), scipy.spatial.cKDTree(b)
        found = max(trees[0].query(b)[0].max(), trees[1].query(a)[0].max())
    elif a.shape == b.shape:
        found = float(np.abs(a - b).max())
    if found > (CELL_TOLERANCE if meshed else TOLERANCE):
        raise UserError(f"{work}: the two do not give the same result")
    return found


def measure(
    environment: Path, runs: int, works: list[str], compiled: bool, mesh: Path
) -> list[dict]:
    """Return a row for each work."""
    python = python_with(environment, PACKAGES)
    rng = np.random.default_rng(0)
    arrays = {
        "voxels": (rng.random((SHAPES, 1, 64, 64, 64)) > 0.5).astype(np.uint8),
        "points": rng.uniform(-0.5, 0.5, (SHAPES, POINTS, 3)).astype(np.float32),
        "values": (rng.random((SHAPES, POINTS)) > 0.5).astype(np.float32),
        "z": rng.random(256).astype(np.float32),
        "chair": chair()[None, None].astype(np.uint8),
    }
    # At a rate of 0 a step takes as long, and the weights of both stay the same.
    imae, meshed = IMAE(variant="pytorch", learning_rate=0.0), IMAE.from_checkpoint(mesh)
    for matrix, _ in imae.decoder.layers:  # He's scale: with the port's all values are near zero
        matrix.assign(matrix * ((2 / matrix.shape[0]) ** 0.5 / 0.02))
    with tempfile.TemporaryDirectory() as place:
        folders = [Path(place, name) for name in ("port", *(["compiled"] if compiled else []))]
        for folder in folders:
            folder.mkdir()
            np.savez(folder / "arrays.npz", **arrays)
            write_port_weights(imae, folder / "step.pth")
            write_port_weights(meshed, folder / "mesh.pth")
        ports = {f.name: Port(python, f, *([f.name] if f.name != "port" else [])) for f in folders}
        return [row(work, partial(ours, imae, meshed, arrays), ports, runs) for work in works]


def row(
    work: str,
    our: Callable[[str], np.ndarray],
    ports: dict[str, Callable[[str], np.ndarray]],
    runs: int,
) -> dict:
    """Compare the results of a work, then measure it; return a row."""
    forms = {name: partial(form, work) for name, form in {"ours": our, **ports}.items()}
    first, *others = (form() for form in forms.values())
    largest = max(difference(work, first, other) for other in others)
    seconds, peak = in_turn(forms, runs, warm_up=False)
    ratios = {f"{name} / ours": seconds[name] / seconds["ours"] for name in ports}
    spent = {f"{name} (s)": value for name, value in seconds.items()}
    known = {"matmul peak (GFLOPS)": peak / 1e9, "difference": largest}
    return {"work": work, **ratios, **spent, **known}


if __name__ == "__main__":
    run_benchmark(measure, __doc__, Options)
