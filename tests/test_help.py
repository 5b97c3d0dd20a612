"""Every program says what it does without TensorFlow, whose import takes seconds."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROGRAMS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("IMGAN", "IMSVR", "evaluation", "point_sampling", "viewer")
    for path in (ROOT / folder).glob("*.py")
    if "run_program(main)" in path.read_text()
)


def test_the_programs_are_found():
    assert {"IMGAN/main.py", "IMSVR/main.py", "evaluation/main.py"} < set(PROGRAMS)


@pytest.mark.parametrize("program", PROGRAMS)
def test_help(program):
    path = ROOT / program
    done = subprocess.run(
        [sys.executable, "-X", "importtime", path.name, "--help"],
        cwd=path.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and done.stdout.startswith("usage: ")
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert "argparse" in imported and not {"tensorflow", "keras"} & imported
