"""Short forms of kills.py and disks.py."""

import random
from pathlib import Path

import numpy as np
from cases import CASES, contents, damaged, difference, prepare, run
from kills import kill_once


def test_a_killed_sampling_and_its_repetition(tmp_path):
    """One program of kills.py, the one that needs no TensorFlow."""
    before, whole = tmp_path / "before", tmp_path / "whole"
    prepare(before, shapes=3)
    prepare(whole, shapes=3)
    assert run(CASES["sampling"], whole).returncode == 0
    arrays = contents(whole)
    assert arrays["data/x.hdf5: voxels"].shape[0] == 3
    outcome = kill_once(
        CASES["sampling"], before, arrays, tmp_path / "killed", 0.5, random.Random(3)
    )
    assert outcome == {"kills": 1, "resumed": 1, "equal": 1, "lost": 0}


def test_what_differs_and_what_is_damaged_is_found(tmp_path):
    one = {"a": np.arange(3), "b": b"x"}
    assert difference(one, dict(one)) is None
    assert difference(one, {"a": np.arange(3)}) == "b is in one only"
    assert difference(one, {**one, "a": np.array([0, 1, 3])}) == "a"
    assert damaged(tmp_path) is None
    Path(tmp_path, "x.hdf5").write_bytes(b"torn")
    assert "x.hdf5" in damaged(tmp_path) or "signature" in damaged(tmp_path)
