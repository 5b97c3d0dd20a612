"""Every program says what it does without TensorFlow, whose import takes seconds, and the like."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from IMGAN import options as imgan
from imnet_viewer import options as viewer
from imnet_viewer import page_options as page
from IMSVR import options as imsvr

ROOT = Path(__file__).parent.parent
PROGRAMS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("IMGAN", "IMGAN2D", "IMSVR", "evaluation", "point_sampling", "viewer")
    for path in (ROOT / folder).rglob("*.py")
    if "run_program(main)" in path.read_text()
)


def test_the_programs_are_found():
    assert {"IMGAN/main.py", "IMSVR/main.py", "evaluation/paper/results.py"} < set(PROGRAMS)


HELP = """
import os, runpy, sys

slow, programs = set(sys.argv[1].split()), sys.argv[2:]
for program in programs:
    os.chdir(os.path.dirname(program))
    sys.argv, sys.path[0] = [os.path.basename(program), "--help"], os.path.dirname(program)
    try:
        runpy.run_path(program, run_name="__main__")
    except SystemExit as end:
        assert not end.code, program
    print("\\nhelp of", program)
    assert not slow & set(sys.modules), program
"""
SLOW = {"tensorflow", "keras", "matplotlib", "mcubes", "tensorboard", "trimesh", "viser"}
SLOW |= {"concurrent.futures.process", "multiprocessing.connection", "tqdm"}
SLOW |= {f"scipy.{part}" for part in ("ndimage", "optimize", "sparse", "spatial", "special")}


def test_help_without_what_is_slow_to_import():
    """One program after the other in a process: what one imports all have imported."""
    paths = [str(ROOT / program) for program in PROGRAMS]
    command = [sys.executable, "-c", HELP, " ".join(SLOW), *paths]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("usage: ") == done.stdout.count("help of") == len(PROGRAMS)
    assert "default: 5e-05" in done.stdout


ARRAYS = {"numpy", "h5py", "cv2", "scipy", "PIL"}
NETWORKS = [f"{folder}/main.py" for folder in ("IMGAN", "IMGAN2D", "IMSVR", "viewer")]
SAMPLING = [program for program in PROGRAMS if program.startswith("point_sampling/")]


@pytest.mark.parametrize("program", NETWORKS + SAMPLING)
def test_programs_that_have_no_arrays_in_their_flags(program):
    """NumPy takes longer to import than all else that their --help needs."""
    command = [sys.executable, "-c", HELP, " ".join(ARRAYS), str(ROOT / program)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("options", [imgan, imsvr, viewer, page])
def test_the_examples_parse(options):
    for command in options.EXAMPLES.values():
        options.parse_options(shlex.split(command)[2:])


def test_version():
    command = [sys.executable, "main.py", "--version"]
    done = subprocess.run(command, cwd=ROOT / "IMGAN", capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("implicit-decoder 1.")


def test_tab_completion(tmp_path):
    pytest.importorskip("argcomplete", reason="the optional package argcomplete is not installed")
    line, answer = "main.py --reco", tmp_path / "answer"
    asked = {"_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line))}
    asked |= {"_ARGCOMPLETE_STDOUT_FILENAME": str(answer), "_ARGCOMPLETE_IFS": "\n"}
    subprocess.run([sys.executable, "main.py"], cwd=ROOT / "IMGAN", env={**os.environ, **asked})
    assert answer.read_text().split() == ["--reconstruct"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_shell_finds_that_it_completes(program):
    assert (ROOT / program).read_text().startswith("# PYTHON_ARGCOMPLETE_OK\n")
