"""What several test files share: running programs, and a simple shape."""

import io
import math
import subprocess
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest

import point_sampling
from imnet.base import progress
from imnet.base.errors import run_program

FOLDER = Path(point_sampling.__file__).parent


def run(script, *arguments, **options):
    """Run a program of point_sampling as a user does."""
    command = [sys.executable, f"{script}.py", *map(str, arguments)]
    return subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, **options)


def run_main(program, folder, dataset, *flags, status=0):
    """Run a program's main with its folders in `folder`, in this process, which has TensorFlow.

    Check the status; return stdout + stderr.
    """
    places = ["--data_dir", "data", "--checkpoint_dir", "checkpoint", "--sample_dir", "samples"]
    with (
        pytest.MonkeyPatch.context() as patch,
        io.TextIOWrapper(io.BytesIO()) as stdout,
        io.StringIO() as stderr,
        redirect_stdout(stdout),
        redirect_stderr(stderr),
    ):
        patch.chdir(folder)
        patch.setattr(progress, "LINE_EVERY", math.inf)  # a slow machine would show a line
        patch.setattr(sys, "argv", ["main.py", "--dataset", dataset, *places, *map(str, flags)])
        with pytest.raises(SystemExit) as end:
            run_program(program.main)
        stdout.flush()
        printed, errors = stdout.buffer.getvalue().decode(), stderr.getvalue()
    assert (end.value.code or 0) == status, printed + errors
    assert len(errors.splitlines()) == (1 if status == 2 else 0), errors
    return printed + errors


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


HOLD = """
import sys
from pathlib import Path
from imnet.base import lock
with getattr(lock, sys.argv[1])(Path(sys.argv[2])):
    print(flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(lock, path):
    """Let another process, which is given, hold a lock of imnet.base.lock; kill it at the end."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HOLD, lock, path], **pipes) as process:
        process.stdout.readline()
        yield process
        process.kill()
