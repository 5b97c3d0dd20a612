"""A short form of kills.py."""

from pathlib import Path

import numpy as np
from cases import CASES, contents, damaged, difference, prepare, run
from kills import kill_once

from imnet.pictures.images import write_picture


def test_a_killed_sampling_and_its_repetition(tmp_path):
    """One program of kills.py, the one that needs no TensorFlow, killed after its first shape."""
    before, whole = tmp_path / "before", tmp_path / "whole"
    prepare(before, shapes=12)
    prepare(whole, shapes=12)
    assert run(CASES["sampling"], whole).returncode == 0
    arrays = contents(whole)
    assert arrays["data/x.hdf5: voxels"].shape[0] == 12

    def has_a_shape(folder, _):
        return any(folder.glob("data/x.hdf5.parts/*.part"))

    outcome = kill_once(CASES["sampling"], before, arrays, tmp_path / "killed", has_a_shape)
    assert outcome == {"kills": 1, "resumed": 1, "equal": 1, "lost": 0}


def test_what_differs_and_what_is_damaged_is_found(tmp_path):
    one = {"a": np.arange(3), "b": b"x"}
    assert difference(one, dict(one)) is None
    assert difference(one, {"a": np.arange(3)}) == "b is in one only"
    assert difference(one, {**one, "a": np.array([0, 1, 3])}) == "a"
    assert damaged(tmp_path) is None
    Path(tmp_path, "x.hdf5").write_bytes(b"torn")
    assert "x.hdf5" in damaged(tmp_path) or "signature" in damaged(tmp_path)
    Path(tmp_path, "x.hdf5").unlink()
    Path(tmp_path, "a.ply").write_bytes(b"who")
    assert damaged(tmp_path, {"a.ply": b"old"}, {"a.ply": b"whole"}).startswith("a.ply is neither")
    assert damaged(tmp_path, {"a.ply": b"old"}, {"a.ply": b"who"}) is None
    write_picture(tmp_path / "a.png", np.zeros((2, 2), np.uint8))
    assert damaged(tmp_path, {"a.png": b"of another epoch"}) is None
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[:-1])
    assert damaged(tmp_path) == "a.png is cut short"
