"""The way between shapes as a picture and as a GIF, and what the program refuses."""

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from imnet.data.codes import codes_along

PROGRAM = Path(__file__).parents[1] / "evaluation/walk.py"


def test_codes_along_the_lines():
    ends = np.array([[0, 0], [4, 2], [4, 6]], np.float32)
    np.testing.assert_array_equal(codes_along(ends, 2), [[0, 0], [2, 1], [4, 2], [4, 4], [4, 6]])


@pytest.fixture(scope="module")
def flags(tmp_path_factory):
    """Flags that name a tiny autoencoder, whose field crosses 0.5 smoothly, and three shapes."""
    from IMGAN.model import IMAE

    folder = tmp_path_factory.mktemp("walk")
    model = IMAE(z_dim=4, ef_dim=1, gf_dim=4, norm="instance")
    rng = np.random.default_rng(0)
    for variable in model.decoder.variables:
        variable.assign(rng.normal(size=variable.shape))
    model.encoder.convolutions[-1][0].assign(100 * model.encoder.convolutions[-1][0])
    model.save(folder, 1)
    with h5py.File(folder / "shapes.hdf5", "w") as file:
        voxels = np.zeros((3, 64, 64, 64, 1), np.uint8)
        for i, shape in enumerate(voxels):
            shape[8 : 24 + 16 * i, 8 : 56 - 16 * i] = 1
        file["voxels"] = voxels
    return ["--checkpoint", folder, "--dataset", folder / "shapes.hdf5", "--steps", "2"]


def run(*flags):
    command = [sys.executable, PROGRAM, *flags]
    return subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120)


def test_picture_and_gif(flags, tmp_path):
    common = [*flags, "--resolution", "32", "--size", "32", "--shapes", "0", "2", "1", "--output"]
    done = run(*common, tmp_path / "walk.png")
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "walk.png") as picture:
        assert picture.size == (5 * 32, 32)
    loop = [
        *flags,
        "--resolution",
        "32",
        "--size",
        "32",
        "--shapes",
        "0",
        "2",
        "0",
        "--output",
        tmp_path / "loop.gif",
    ]
    assert run(*loop).returncode == 0
    with Image.open(tmp_path / "loop.gif") as picture:
        assert picture.n_frames == 4
    assert run(*common, tmp_path / "walk.gif").returncode == 0
    with Image.open(tmp_path / "walk.gif") as picture:
        assert picture.n_frames == 8 and picture.size == (32, 32)  # there, and back


@pytest.mark.parametrize(
    "wrong",
    [
        ["--shapes", "0", "--output", "w.gif"],
        ["--shapes", "0", "3", "--output", "w.gif"],
        ["--shapes", "0", "1", "--output", "w.jpg"],
        ["--shapes", "0", "1", "--output", "w.gif", "--resolution", "-1"],
        ["--shapes", "0", "1", "--output", "w.gif", "--size", "0"],
    ],
)
def test_refusals(flags, wrong, tmp_path):
    done = run(*flags, *wrong)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1 and not (tmp_path / "w.gif").exists()
