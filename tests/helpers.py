"""What several test files share: running the samplers, and a simple shape."""

import subprocess
import sys
from pathlib import Path

import numpy as np

import point_sampling

FOLDER = Path(point_sampling.__file__).parent


def run(script, *arguments, **options):
    """Run a program of point_sampling as a user does."""
    command = [sys.executable, f"{script}.py", *map(str, arguments)]
    return subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, **options)


def sample(folder, output, *arguments, source="binvox", **options):
    """Run the sampler of a source on a folder."""
    flags = ["--input", folder, "--output", output, *arguments]
    return run(f"vox2pointvaluepair_from_{source}", *flags, **options)


def block(size):
    """A solid grid [64]³ with a block of size³: 29 exceeds the quota at 32³, 50 at 64³ too."""
    grid = np.zeros((64, 64, 64), bool)
    start = 31 - size // 2
    grid[start : start + size, start : start + size, start : start + size] = True
    return grid
