"""Environments of other packages, which are compared with ours and are no requirements of it."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from imnet.base.errors import UserError


def python_with(folder: Path, packages: Sequence[str]) -> Path:
    """Make an environment of pip's `packages` if it is missing; return its Python.

    Raises UserError if it cannot be made.
    """
    python = folder.absolute() / "bin/python"
    if not python.exists():
        for command in (
            [sys.executable, "-m", "venv", folder],
            [python, "-m", "pip", "install", "--quiet", *packages],
        ):
            if subprocess.run(command).returncode:
                raise UserError(f"--environment {folder} cannot be made")
    return python
