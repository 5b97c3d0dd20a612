"""The way between shapes as a picture and as a GIF, and what the program refuses."""

import runpy
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


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the program in this process, which has TensorFlow; return its status and errors."""

    def run(*flags):
        monkeypatch.setattr(sys, "argv", [str(PROGRAM), *map(str, flags)])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(PROGRAM), run_name="__main__")
        return ended.value.code or 0, capsys.readouterr().err

    return run


def test_picture_and_gif(flags, run, tmp_path):
    common = [*flags, "--resolution", "32", "--size", "32", "--output"]
    there, loop = (["--shapes", "0", "2", last] for last in ("1", "0"))
    for name, shapes in (("walk.png", there), ("loop.gif", loop), ("walk.gif", there)):
        status, errors = run(*common, tmp_path / name, *shapes)
        assert status == 0, errors
    with Image.open(tmp_path / "walk.png") as picture:
        assert picture.size == (5 * 32, 32)
    with Image.open(tmp_path / "loop.gif") as picture:
        assert picture.n_frames == 4
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
def test_refusals(flags, run, wrong, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, errors = run(*flags, *wrong)
    assert status == 2 and "Traceback" not in errors
    assert len(errors.strip().splitlines()) == 1 and not list(tmp_path.iterdir())
