"""Packages of Debian's that hold 3D models: fetched and unpacked, not installed."""

import argparse
import os
import shutil
import subprocess
from pathlib import Path

from imnet.base.errors import UserError


def add_package(parser: argparse.ArgumentParser, name: str, contents: str) -> None:
    """The flags that say where a package's files come from, and how many processes read them."""
    parser.add_argument(
        "--package",
        type=Path,
        help=f"{name}_*.deb, or {contents}; None is fetched with apt-get download",
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")


def unpack(name: str, package: Path | None, folder: Path) -> Path:
    """A folder that holds a package's files: `package` itself, or unpacked from it into `folder`.

    `package` None fetches it from the Debian or Ubuntu archive that apt is set up for. Raises
    UserError if it is missing or cannot be fetched or unpacked.
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
