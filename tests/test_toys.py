"""Whether a picture holds one letter, on the ways of all networks."""

import json
import sys

import numpy as np
import pytest

from IMGAN2D.model import KINDS, Autoencoder
from imnet.base.errors import UserError
from imnet.data.hdf5 import write_arrays
from imnet_evaluation.paper import toys
from imnet_evaluation.paper.toys import find_ends, holds_one_letter

LETTER = np.array([[1, 1, 1, 1], [1, 0, 0, 1], [1, 1, 1, 1], [1, 0, 0, 1], [1, 0, 0, 1]], bool)


def picture(*places):
    values = np.zeros((20, 20))
    for top, left in places:
        values[top : top + 5, left : left + 4] = LETTER
    return values


def test_one_letter_at_any_place():
    assert holds_one_letter(picture((0, 0)), LETTER)
    assert holds_one_letter(picture((15, 16)), LETTER)
    assert not holds_one_letter(picture(), LETTER)
    assert not holds_one_letter(picture((0, 0), (10, 10)), LETTER)
    assert not holds_one_letter(0.5 * picture((3, 3)), LETTER)  # faded


def test_least_iou():
    values = picture((3, 3))
    values[3, 7] = 1  # 14 pixels of 15 in common
    assert holds_one_letter(values, LETTER)
    values[3, 8] = 1  # 14 of 16
    assert not holds_one_letter(values, LETTER)


def test_ends_are_in_one_column():
    positions = np.array([(row, column) for column in (2, 0, 1) for row in (5, 9)])
    ends = find_ends(positions, (5, 9), 2)
    assert positions[ends].tolist() == [[[5, 0], [9, 0]], [[5, 2], [9, 2]]]
    with pytest.raises(UserError, match="--rows 6"):
        find_ends(positions, (6, 9), 2)


def test_ways_of_every_kind_of_network(tmp_path, monkeypatch, capsys):
    pixels = np.zeros((4, 28, 28), np.uint8)
    for i, picture in enumerate(pixels):
        picture[3 * i : 3 * i + 9, 5:9] = 255
    toys_file = tmp_path / "x.hdf5"
    write_arrays(toys_file, pixels=pixels, positions=np.array([(3 * i, 5) for i in range(4)]))
    for kind in KINDS.values():
        folder = tmp_path / kind.model
        kind("cnn", 28, z_dim=3, ef_dim=1).save(folder, 0)
        words = f"x --checkpoint {folder} --toys {toys_file} --rows 0 9 --pairs 1 --steps 4"
        files = f"--json {folder}/x.json --figure {folder}/x.png"
        monkeypatch.setattr(sys, "argv", [*words.split(), *files.split()])
        toys.main()
        assert json.loads((folder / "x.json").read_text())["frames"] == 2
        assert "of 2 frames between two ends" in capsys.readouterr().out
        assert (folder / "x.png").is_file()
    Autoencoder("cnn", 64, z_dim=3, ef_dim=1).save(tmp_path / "other", 0)
    monkeypatch.setattr(sys, "argv", ["x", "--checkpoint", f"{tmp_path}/other", *words.split()[3:]])
    with pytest.raises(UserError, match=r"letters of 64², .* has 28²"):
        toys.main()
