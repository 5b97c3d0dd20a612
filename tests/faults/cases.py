"""The programs that the fault tests kill: how each is run, and what it leaves when it is whole."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from imnet.base.errors import UserError
from imnet.networks.checkpoints import read_checkpoint

ROOT = Path(__file__).parents[2]
WIDTHS = "--z_dim 8 --ef_dim 2 --gf_dim 4"
PLACES = "--data_dir data --checkpoint_dir checkpoint --sample_dir samples --dataset x"
PNG_END = b"IEND\xaeB`\x82"
NOT_COMPARED = ("events.out.*", "training.lock")  # curves have times in them


@dataclass(frozen=True)
class Case:
    """A program on the way from shapes to meshes; it needs what those before it made."""

    program: str  # in the project's folder
    flags: str

    def command(self) -> list[str]:
        """Return the command; it runs in the folder of a case."""
        return [sys.executable, str(ROOT / self.program), *self.flags.split()]


CASES = {
    "sampling": Case(
        "point_sampling/vox2pointvaluepair_from_binvox.py",
        "--input shapes --output data/x.hdf5 --processes 2",
    ),
    "views": Case(
        "point_sampling/render_views.py",
        "--input shapes --output views.hdf5 --views 4 --processes 2",
    ),
    "split": Case(
        "point_sampling/make_svr_dataset.py",
        "--points data/x.hdf5 --views views.hdf5 --output data/x",
    ),
    "ae": Case(
        "IMGAN/main.py",
        f"{PLACES} --ae --train --epoch 12 --real_size 16 --batch_size_input 4096 {WIDTHS}",
    ),
    "codes": Case("IMGAN/main.py", f"{PLACES} --ae"),
    "gan": Case("IMGAN/main.py", f"{PLACES} --train --epoch 200 --save_interval 20 --width 256"),
    "meshes": Case(
        "IMGAN/main.py",
        # COLLADA files would hold the time.
        f"{PLACES} --samples 6 --resolution 32 --level 0.01 --mesh_format ply",
    ),
    "ae of svr": Case(
        "IMGAN/main.py",
        f"{PLACES.replace('--dataset x', '--dataset x_only_train')} --ae --train --epoch 2 "
        f"--real_size 16 --batch_size_input 4096 {WIDTHS}",
    ),
    "codes of svr": Case(
        "IMGAN/main.py", f"{PLACES.replace('--dataset x', '--dataset x_only_train')} --ae"
    ),
    "svr": Case("IMSVR/main.py", f"{PLACES} --train --epoch 12 --save_interval 2 --ef_dim 4"),
}
KILLED = ("sampling", "views", "ae", "codes", "gan", "meshes", "svr")


def prepare(folder: Path, shapes: int = 6) -> None:
    """Lay out the shapes that everything is made of."""
    (folder / "shapes").mkdir(parents=True)
    sources = sorted((ROOT / "point_sampling/furniture/chair").rglob("*.binvox"))[:shapes]
    for source in sources:
        shutil.copy2(source, folder / "shapes")


def run(case: Case, folder: Path, **options: object) -> subprocess.CompletedProcess:
    """Run a program to its end."""
    return subprocess.run(
        case.command(), cwd=folder, capture_output=True, text=True, errors="replace", **options
    )


def contents(folder: Path) -> dict[str, object]:
    """Return what every file of a folder holds, by its name: arrays, tensors, or bytes.

    Raises:
        UserError, OSError: a file is damaged.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_dir() or any(path.match(pattern) for pattern in NOT_COMPARED):
            continue
        if path.name.startswith("."):  # unfinished, and left by a killed program
            continue
        if path.suffix == ".hdf5":
            with h5py.File(path) as file:
                found |= {f"{name}: {key}": file[key][()] for key in file}
        elif path.suffix == ".index":
            tensors = read_checkpoint(path.with_suffix(""))
            found |= {f"{name}: {key}": tensor for key, tensor in tensors.items()}
        elif ".data-" not in path.name:
            found[name] = path.read_bytes()
    return found


def difference(one: dict[str, object], other: dict[str, object]) -> str | None:
    """Name the first thing that two folders differ in; None if there is none."""
    for name in sorted(one.keys() | other.keys()):
        if name not in one or name not in other:
            return f"{name} is in one only"
        if not np.array_equal(one[name], other[name]):
            return name
    return None


def damaged(folder: Path, *right: dict[str, object]) -> str | None:
    """Name what a killed program left damaged under its final name; None if there is nothing.

    A file that is read as bytes must hold what it holds in one of the right contents; a picture,
    which may be of an epoch on the way, must have an end.
    """
    try:
        found = contents(folder)
    except (UserError, OSError) as error:
        return str(error)
    for name, value in found.items():
        wanted = [of[name] for of in right if name in of]
        on_the_way = Path(name).name == "checkpoint"  # it names the newest one
        if name.endswith(".png"):
            if not value.endswith(PNG_END):
                return f"{name} is cut short"
        elif isinstance(value, bytes) and wanted and value not in wanted and not on_the_way:
            return f"{name} is neither the old nor the whole file"
    return None
