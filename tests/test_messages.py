"""Errors below the programs speak of paths and arguments; the programs add their flags."""

import re
from pathlib import Path

import numpy as np
import pytest

from imnet.base.errors import UserError, with_flags
from imnet.data.codes import read_codes
from imnet.data.dataset import PointValueDataset
from imnet.data.hdf5 import write_arrays

ROOT = Path(__file__).parents[1]


def test_arguments_become_flags():
    assert with_flags("a smaller `learning_rate` than 1") == "a smaller --learning_rate than 1"
    assert with_flags("`python main.py --ae` in `IMGAN`") == "`python main.py --ae` in `IMGAN`"


def test_the_api_names_no_flags(tmp_path):
    write_arrays(tmp_path / "x.hdf5", voxels=np.zeros((1, 64, 64, 64, 1), np.uint8))
    write_arrays(tmp_path / "z.hdf5", zs=np.zeros((0, 4), np.float32))
    for call in (
        lambda: PointValueDataset(tmp_path / "gone.hdf5"),
        lambda: PointValueDataset(tmp_path / "x.hdf5", resolution=16),
        lambda: read_codes(tmp_path / "z.hdf5"),
    ):
        with pytest.raises(UserError) as caught:
            call()
        assert "--" not in str(caught.value) and ".hdf5" in str(caught.value)


def test_no_message_below_the_programs_names_a_flag():
    """Those that parse flags may, in base and programs."""
    for path in (ROOT / "imnet").rglob("*.py"):
        if path.parent.name != "programs" and path.name != "flags.py":
            code = re.sub(r'""".*?"""|#.*', "", path.read_text(), flags=re.DOTALL)
            assert not re.findall(r"[\"' ]--[a-z_]+", code), path
