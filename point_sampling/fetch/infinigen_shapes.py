"""Shapes of infinigen's generators, which run in a Python environment of their own."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.surfaces.binvox import write_binvox
from imnet.surfaces.solid import max_pool
from imnet.surfaces.voxelize import axes_to_shapenet, voxelize

FACTORIES = {  # infinigen's, of each kind
    "chair": "ChairFactory",
    "office_chair": "OfficeChairFactory",
    "bar_chair": "BarChairFactory",
    "arm_chair": "ArmChairFactory",
    "sofa": "SofaFactory",
    "dining_table": "TableDiningFactory",
    "coffee_table": "CoffeeTableFactory",
    "side_table": "SideTableFactory",
    "cocktail_table": "TableCocktailFactory",
}
FRONTS = {"chair": "+x", "sofa": "+x", "table": "-y"}  # the long side of a table is x
GENERATOR = "infinigen==1.15.5"
_SCRIPT = Path(__file__).with_name("procedural_shapes.py")
MARK = "infinigen-environment"  # a file that says what an environment is for
PYTHON = "3.11"  # bpy 4.2 is made for no other
_PACKAGES = [
    *("bpy==4.2.0", "numpy<2", "scipy", "shapely<=2.0.5", "trimesh<3.23", "python-fcl", "rtree"),
    *("opencv-python-headless==4.8.1.78", "scikit-image", "scikit-learn", "imageio", "OpenEXR"),
    *("matplotlib", "pandas", "networkx", "geomdl", "coacd"),
    *("gin-config", "tqdm", "psutil", "submitit"),
]


def make_environment(folder: Path) -> Path:
    """Return the Python of infinigen's environment in `folder`, after making that if it is missing.

    Raises UserError if something else is there, if there is no Python 3.11, if pip fails, or if
    infinigen does not start.
    """
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    check = "from importlib.metadata import version; version('bpy'), version('infinigen')"
    if not python.exists() or subprocess.run([python, "-c", check], capture_output=True).returncode:
        _install(folder, python)
    started = subprocess.run([python, _SCRIPT], stdin=subprocess.DEVNULL, capture_output=True)
    if started.returncode:
        raise UserError(f"--environment {folder}: infinigen does not start: {_last_line(started)}")
    return python


def _install(folder: Path, python: Path) -> None:
    ours = (folder / MARK).exists()
    if not ours and folder.exists() and (folder.is_file() or any(folder.iterdir())):
        raise UserError(
            f"--environment {folder} holds something else, without infinigen: name another folder"
        )
    own = f"{sys.version_info[0]}.{sys.version_info[1]}" == PYTHON
    base = sys.executable if own else shutil.which(f"python{PYTHON}")
    if base is None:
        raise UserError(
            f"infinigen needs Python {PYTHON}, and there is no python{PYTHON}: install it, or "
            "name an environment that has infinigen with --environment"
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    print(f"installing infinigen and Blender (2.2 GB) in {folder}: a few minutes", file=sys.stderr)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in (
        [base, "-m", "venv", folder],
        [*pip, "--only-binary", ":all:", *_PACKAGES],
        [*pip, "--no-deps", GENERATOR],  # pip finds no versions of all that it asks for
    ):
        done = subprocess.run(command, capture_output=True)
        if done.returncode:
            raise UserError(f"--environment {folder} cannot be made: {_last_line(done)}")


def _last_line(done: subprocess.CompletedProcess) -> str:
    """Return the last line that a process wrote, on stderr if it wrote there."""
    lines = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"status {done.returncode}"


class Generator:
    """A process in infinigen's environment that makes meshes, one after the other."""

    def __init__(self, python: Path):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        # stderr is Blender's chatter
        self._process = subprocess.Popen([python, _SCRIPT], stderr=subprocess.DEVNULL, **pipes)

    def triangles(self, factory: str, seed: int) -> np.ndarray:
        """Make the object of a factory and a seed: float32 [f, 3, 3], z up.

        Raises UserError if the generator fails or ends.
        """
        try:
            self._process.stdin.write(f"{factory} {seed}\n".encode())
            self._process.stdin.flush()
            size, _, reason = self._process.stdout.readline().decode().strip().partition(" ")
            data = self._process.stdout.read(int(size))
            if len(data) != int(size):
                raise ValueError("cut short")
        except (BrokenPipeError, ValueError):
            data, reason = b"", "the generator has ended"
            _generator.cache_clear()  # the next shape starts another
        if not data:
            raise UserError(f"{factory} {seed}: {reason}")
        return np.frombuffer(data, np.float32).reshape(-1, 3, 3)


@cache
def _generator(python: Path) -> Generator:
    return Generator(python)


def make_shape(python: Path, output: Path, name: str, seed: int) -> None:
    """Write `<output>/<name>.binvox`, name being KIND_SEED, unless it is there."""
    path = output / f"{name}.binvox"
    if not path.exists():
        kind = name.rsplit("_", 1)[0]
        triangles = _generator(python).triangles(FACTORIES[kind], seed)
        rotation = axes_to_shapenet("+z", FRONTS[kind.rsplit("_", 1)[-1]])
        grid = voxelize(triangles @ rotation.T, name)
        write_binvox(path, max_pool(grid, VOXEL_RESOLUTION))
