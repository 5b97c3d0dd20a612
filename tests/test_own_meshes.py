"""The README's way from mesh files to figures, typed as it stands there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from imnet.networks.records import read_record
from imnet.surfaces.mesh_list import read_mesh_list
from imnet.surfaces.reading import read_mesh

ROOT = Path(__file__).parents[1]
SECTION = re.compile(r"^## Your own meshes\n.*?^```\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHORT = ["--epoch", "60", "--stop_iou", "0.3", "--iou_interval", "20"]  # in place of minutes


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    """A folder like a fresh clone, and what each command of the section printed there."""
    clone = tmp_path_factory.mktemp("clone")
    for program in ("IMGAN", "point_sampling", "evaluation"):
        (clone / program).mkdir()
        for path in (ROOT / program).iterdir():
            if path.suffix == ".py" or path.name in ("pretrained", "fetch"):
                (clone / program / path.name).symlink_to(path)
    folder, printed = clone, {}
    (block,) = SECTION.findall((ROOT / "README.md").read_text())
    for line in block.splitlines():
        first, *words = shlex.split(line)
        if first == "cd":
            folder = folder / words[0]
            continue
        training = "--train" in words
        done = subprocess.run(
            [sys.executable, *words, *(SHORT if training else [])],
            cwd=folder,
            capture_output=True,
            text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
        printed[words[0] + training * " --train"] = done.stdout
    return clone, printed


def test_every_command_says_what_it_made(typed):
    _, printed = typed
    assert "3 shapes" in printed["vox2pointvaluepair_from_mesh.py"]
    assert "--from_voxels" in printed["test_vox.py"].splitlines()[2]  # of the table
    assert printed["main.py --train"].startswith("recipe few, for 3 shapes: --learning_rate")
    assert re.search(r"^learned: mean IoU 0\.\d+", printed["main.py --train"], re.MULTILINE)
    assert re.search(r"^shape 1, my chair: IoU 0\.[5-9]", printed["main.py"], re.MULTILINE)
    table = printed["evaluation/main.py"]
    assert re.search(r"^my chair .*closed", table, re.MULTILINE) and "lamp" in table
    assert "3 true meshes moved" in table and "their original units" in table


def test_what_was_typed_is_written_down(typed):
    clone, _ = typed
    (run,) = read_record(clone / "IMGAN/checkpoint/my_vox_64")["runs"]
    flags = run["flags"]
    assert flags["recipe"] == "few" and flags["encoder_rate"] == 0.1 and flags["from_voxels"]
    assert flags["start_from"].endswith("pretrained/chairs_64") and flags["epoch"] == 60


def test_the_meshes_lie_on_the_inputs(typed):
    """In millimetres, Z up, far from the origin: the boxes of what is learned agree."""
    clone, _ = typed
    for file, one in read_mesh_list(clone / "IMGAN/samples").items():
        true = read_mesh(clone / f"point_sampling/my_meshes/{one.name}.obj")[0]
        made = read_mesh(clone / f"IMGAN/samples/{file}")[0]
        middle = (made.min(axis=0) + made.max(axis=0)) / 2
        diagonal = np.linalg.norm(np.ptp(true, axis=0))
        off = np.linalg.norm(middle - (true.min(axis=0) + true.max(axis=0)) / 2)
        assert off < 0.15 * diagonal, one.name
