"""Letters against held-out letters, and the tables of results-2d.md."""

import json
import sys

import numpy as np
import pytest

from imnet.base.errors import UserError
from imnet.data.hdf5 import write_arrays
from imnet.pictures.images import ink_sheet, write_picture
from imnet_evaluation.paper import compare_letters, results_2d


def test_pictures_come_back_in_their_order(tmp_path):
    values = np.zeros((12, 4, 4), np.float32)
    for t, picture in enumerate(values):
        picture[t // 4, t % 4] = 1
        write_picture(tmp_path / f"out{t}.png", ink_sheet(picture[None], gap=0))
    write_picture(tmp_path / "out_sheet.png", ink_sheet(values))
    np.testing.assert_array_equal(compare_letters.read_pictures(tmp_path), values)
    pixels = np.zeros((3, 28, 28), np.uint8)
    pixels[:, 0, 0] = 0, 51, 255
    write_arrays(tmp_path / "x.hdf5", pixels=pixels)
    found = compare_letters.read_pictures(tmp_path / "x.hdf5")[:, 0, 0]
    np.testing.assert_allclose(sorted(found), [0, 0.2, 1])


def test_figures_by_hand():
    reference = np.zeros((2, 2, 2))
    reference[1] = 1
    generated = np.stack([reference[0], reference[0], np.full((2, 2), 0.75)])
    figures = compare_letters.letter_figures(generated, reference)
    assert figures["coverage"] == 1  # the third is nearest to the second reference
    assert figures["minimum_matching_distance"] == pytest.approx(0.25**2 / 2)
    # Of the first two: both are alike and like a reference, so it is a tie; so it is for that
    # reference. The other reference is as far from all.
    assert figures["nearest_neighbour_accuracy"] == pytest.approx((0.5 + 0.5 + 0 + 0.5) / 4)


def test_what_cannot_be_compared(tmp_path):
    with pytest.raises(UserError, match=r"no out<t>\.png"):
        compare_letters.read_pictures(tmp_path)
    with pytest.raises(UserError, match="2x2 pictures cannot be compared with 3x3"):
        compare_letters.letter_figures(np.zeros((4, 2, 2)), np.zeros((4, 3, 3)))
    with pytest.raises(UserError, match="1 samples are fewer than the 2 references"):
        compare_letters.letter_figures(np.zeros((1, 2, 2)), np.zeros((2, 2, 2)))
    write_picture(tmp_path / "out0.png", np.zeros((2, 2), np.uint8))
    write_picture(tmp_path / "out1.png", np.zeros((3, 3), np.uint8))
    with pytest.raises(UserError, match=r"out1\.png is of another size"):
        compare_letters.read_pictures(tmp_path)
    (tmp_path / "out1.png").write_text("no picture")
    with pytest.raises(UserError, match=r"out1\.png is no picture"):
        compare_letters.read_pictures(tmp_path)


def test_tables(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (5, 28, 28)).astype(np.uint8)
    for name, some in (("train", pixels), ("test", pixels[:2])):
        write_arrays(tmp_path / f"{name}.hdf5", pixels=some)
    words = "x --generated {0}/train.hdf5 --reference {0}/test.hdf5 --json {0}/figures/{1}.json"
    for name in ("28-training", "28-ae-implicit"):
        monkeypatch.setattr(sys, "argv", words.format(tmp_path, name).split())
        compare_letters.main()
    shares = {"between": 0.9, "ends": 1.0, "frames": 280}
    (tmp_path / "figures/toy_A_gap-ae-cnn.json").write_text(json.dumps(shares))
    (tmp_path / "seconds.csv").write_text(
        "28-ae-implicit,60\n28-ae-implicit,120\ntoy_A_gap-ae-cnn,90\n"
    )
    speed = {"rows": [{"decoder": "cnn", "pictures": "28²", "letters": 50,
                       "letters a second": 1234.0, "share of peak": 0.251}]}  # fmt: skip
    (tmp_path / "speed.json").write_text(json.dumps(speed))
    for name in ("figures/toy_A_gap-ae-cnn.png", "sheets/28-ae-implicit/out_sheet.png"):
        write_picture(tmp_path / name, ink_sheet(pixels / 255))
    document = tmp_path / "results.md"
    document.write_text(
        "".join(f"<!-- {name} -->\n<!-- end -->\n" for name in ("toys", "letters", "speed"))
    )
    words = f"x --folder {tmp_path} --speed {tmp_path}/speed.json --document {document}"
    monkeypatch.setattr(sys, "argv", words.split())
    results_2d.main()
    lines = document.read_text().splitlines()
    assert "| A_gap | AE, CNN | 90% | 100% | 1.5 |" in lines
    assert "| cnn | 28² | 50 | 1234 | 25% |" in lines
    (row,) = (line for line in lines if "IM-GAN" in line)
    assert row.startswith("| 28² | IM-GAN | 5 | 1 | 0 |") and row.endswith("| 3 |")
    assert any(line.startswith("| 28² | the training letters | 5 | 1 | 0 |") for line in lines)
    written = sorted(path.name for path in tmp_path.glob("figures/2d-*"))
    assert written == ["2d-letters-28.png", "2d-toys.png"]
    (tmp_path / "seconds.csv").write_text("")
    monkeypatch.setattr(sys, "argv", f"x --folder {tmp_path / 'nothing'}".split())
    with pytest.raises(UserError, match=r"run evaluation/paper/experiment_2d\.sh"):
        results_2d.main()
