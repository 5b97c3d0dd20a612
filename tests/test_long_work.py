"""What long work says in a log, where no terminal draws its bar."""

import os
import subprocess
import sys

import pytest

from imnet.base import progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still unless a test moves it."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_line_now_and_then(clock, capsys):
    for _ in progress.progress(range(10), "meshes", unit="mesh"):
        clock[0] += 12
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "meshes: 3/10,  0.08 mesh/s, 00:36 so far, 01:24 left",
        "meshes: 6/10,  0.08 mesh/s, 01:12 so far, 00:48 left",
        "meshes: 9/10,  0.08 mesh/s, 01:48 so far, 00:12 left",
    ]


def test_short_work_says_nothing(clock, capsys):
    with progress.progress(unit="shape", total=4) as bar:
        for _ in range(4):
            clock[0] += 5
            bar.update()
    assert capsys.readouterr().err == ""


def test_the_time_left():
    assert progress.time_left(60, 0.25) == "03:00"
    assert progress.time_left(7200, 0.5) == "2:00:00"


API = """
import imnet
from IMGAN.model import IMAE
from IMSVR.model import IMSVR
from IMGAN.modelz import ZGAN
print(imnet.__version__)
"""


def test_the_networks_are_imported_in_silence():
    environment = {name: v for name, v in os.environ.items() if not name.startswith("TF_")}
    command = [sys.executable, "-c", API]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("1.")
