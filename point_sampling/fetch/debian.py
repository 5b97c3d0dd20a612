"""Debian packages of 3D models: fetched and unpacked, not installed."""

import csv
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imnet.base.errors import UserError
from imnet.base.flags import REQUIRED, option
from imnet.base.parallel import WorkerFlags, Workers, sorted_results


@dataclass(frozen=True, kw_only=True)
class PackageFlags(WorkerFlags):
    """The flags of the programs that make shapes out of a package."""

    output: Path = option(REQUIRED, "folder for the .binvox files")
    package: Path | None = option(
        None, "the .deb file, or a folder of its files; without it, fetched with apt-get download"
    )


def read_selection(path: Path) -> list[dict[str, str]]:
    """Read the list of a package's models, a CSV file with a heading."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def make_shapes(
    work: Callable[[str, Any], None], shapes: dict[str, Any], workers: Workers
) -> list[str]:
    """Run `work(name, item)` for all shapes by name; return the names of those made, sorted.

    Those that cannot be made are listed on stderr. Raises UserError if none can be made.
    """
    made, _ = sorted_results(work, sorted(shapes.items()), workers)
    if not made:
        raise UserError("no shape could be made")
    return list(made)


def unpack(name: str, package: Path | None, folder: Path) -> Path:
    """Return a folder that holds a package's files: `package` itself, or unpacked into `folder`.

    Without `package`, it is fetched from the Debian or Ubuntu archive that apt is set up for.
    Raises UserError if it is missing or cannot be fetched or unpacked.
    """
    if package is not None and package.is_dir():
        return package
    if package is None:
        _run("apt-get", "download", name, cwd=folder, name=name)
        package = next(folder.glob(f"{name}*.deb"))
    elif not package.is_file():
        raise UserError(f"--package {package}: no such file or folder")
    _run("dpkg-deb", "--extract", str(package.absolute()), "unpacked", cwd=folder, name=name)
    return folder / "unpacked"


def _run(*command: str, cwd: Path, name: str) -> None:
    program = " ".join(command[:2])
    if shutil.which(command[0]) is None:
        raise UserError(
            f"{command[0]} is missing (it comes with Debian and Ubuntu): "
            f"unpack {name} yourself and name the folder of its files with --package"
        )
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        raise UserError(f"{program} failed: {lines[-1]}")
