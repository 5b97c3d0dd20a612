"""Letters out of fonts, and the toy sets."""

import csv
import gzip
import sys

import h5py
import numpy as np
import pytest
from PIL import ImageFont

from imnet.base.errors import UserError
from imnet.data.sizes import LETTER_SIDES
from point_sampling.fetch import get_glyphs, glyph_pictures, make_toys
from point_sampling.fetch.fonts import Font, is_free, texlive_fonts


@pytest.fixture(scope="module")
def font():
    """The one font that Pillow brings."""
    return ImageFont.load_default(10).font_bytes


def run(monkeypatch, program, *arguments):
    monkeypatch.setattr(sys, "argv", ["program.py", *map(str, arguments)])
    program.main()


def glyphs(monkeypatch, folder, *arguments):
    flags = ["--input", folder, "--output", folder / "out", "--processes", 1, *arguments]
    run(monkeypatch, get_glyphs, *flags)
    with h5py.File(folder / "out/A_64.hdf5") as file:
        return file["pixels"][:]


def test_a_folder_of_fonts(tmp_path, font, monkeypatch, capsys):
    for name in ("one.ttf", "deeper/two.ttf"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(font)
    (tmp_path / "broken.otf").write_bytes(font[:100])
    pixels = glyphs(monkeypatch, tmp_path)
    assert pixels.shape == (1, 64, 64) and pixels.dtype == np.uint8  # the same font twice
    inside = pixels[0] > 127
    rows, columns = inside.any(axis=1).nonzero()[0], inside.any(axis=0).nonzero()[0]
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 56  # 7/8
    assert abs(rows[0] + rows[-1] - 63) <= 1 and abs(columns[0] + columns[-1] - 63) <= 1
    assert not inside[rows[-1], 32] and inside[rows[0], 32]  # an A: an apex, feet apart
    assert len(np.unique(pixels)) > 2
    with h5py.File(tmp_path / "out/A_28.hdf5") as file:
        assert file["pixels"].shape == (1, 28, 28)
    with open(tmp_path / "out/A.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["font"] for row in rows] == ["two.ttf"]
    assert "skipped broken.otf: broken.otf cannot" in capsys.readouterr().err
    assert (tmp_path / "out/A.png").is_file()


def test_binary_letters_are_black_and_white(tmp_path, font, monkeypatch):
    (tmp_path / "one.ttf").write_bytes(font)
    pixels = glyphs(monkeypatch, tmp_path, "--binary", "--least_likeness", 0)
    assert set(np.unique(pixels)) == {0, 255}


def test_fonts_without_the_letter(tmp_path, font, monkeypatch, capsys):
    (tmp_path / "one.ttf").write_bytes(font)
    with pytest.raises(UserError, match="none of 1 fonts"):
        glyphs(monkeypatch, tmp_path, "--letter", "\u4e2d")
    assert "one.ttf has no \u4e2d" in capsys.readouterr().err


def test_a_folder_without_fonts(tmp_path, monkeypatch):
    (tmp_path / "letter.txt").write_text("A")
    with pytest.raises(UserError, match="no fonts"):
        glyphs(monkeypatch, tmp_path)
    with pytest.raises(UserError, match="no such folder"):
        run(monkeypatch, get_glyphs, "--input", tmp_path / "gone", "--output", tmp_path)


def test_fonts_of_tex_live_are_free_ones(tmp_path):
    listing = (
        "Licenses for source package\n\n"
        "free: ofl lppl1.3c\ntexmf-dist/fonts/opentype/public/free/*\n"
        "other: other-free\ntexmf-dist/fonts/opentype/public/other/*\n"
    )
    (tmp_path / "Licenses.gz").write_bytes(gzip.compress(listing.encode()))
    for package in ("free", "other", "unlisted"):
        folder = tmp_path / "texmf-dist/fonts/opentype/public" / package
        folder.mkdir(parents=True)
        (folder / f"{package}.otf").touch()
    (found,) = texlive_fonts(tmp_path)
    assert (found.path.name, found.package, found.licence) == ("free.otf", "free", "ofl lppl1.3c")
    assert not is_free("") and not is_free("ofl gpl")


def test_iou_of_pairs():
    pixels = np.zeros((3, 4, 4), np.uint8)
    pixels[0, :2], pixels[1, 1:3] = 255, 255  # a row of four in common, three rows in all
    pixels[2] = 127  # outside
    iou = glyph_pictures.pairwise_iou(pixels)
    np.testing.assert_allclose(iou, [[1, 1 / 3, 0], [1 / 3, 1, 0], [0, 0, 0]], atol=1e-6)


def test_what_is_kept():
    iou = np.array(
        [[1, 0.95, 0.7, 0.1], [0.95, 1, 0.6, 0.1], [0.7, 0.6, 1, 0.9], [0.1, 0.1, 0.9, 1]]
    )
    # 1 is like 0; 3 resembles only one of its own package
    kept = glyph_pictures.choose(iou, ["a", "b", "c", "c"], 0.92, 0.5)
    assert kept.tolist() == [0, 2]
    assert glyph_pictures.choose(iou, ["a"] * 4, 0.92, 0.5).tolist() == [0, 2, 3]


def test_whole_packages_are_held_out():
    fonts = [Font(None, package, "") for package in "aabbccddee"]
    test = glyph_pictures.split(fonts, 0.4, np.random.default_rng(0))
    assert test.sum() == 4 and (test[::2] == test[1::2]).all()


def test_bundled_letters_are_free():
    folder = make_toys.GLYPHS.parent
    with open(folder / "A.csv") as file:
        rows = list(csv.DictReader(file))
    assert all(is_free(row["licence"]) for row in rows)
    attribution = (folder / "A_ATTRIBUTION.md").read_text()
    assert all(f"| [{row['package']}](" in attribution for row in rows)
    for resolution in LETTER_SIDES:
        with h5py.File(folder / f"A_{resolution}.hdf5") as file:
            assert file["pixels"].shape == (len(rows), resolution, resolution)


def test_toy_sets(tmp_path, monkeypatch):
    run(monkeypatch, make_toys, "--output", tmp_path)
    sets = {}
    for path in tmp_path.glob("*.hdf5"):
        with h5py.File(path) as file:
            sets[path.stem] = {key: file[key][:] for key in file}
    assert {name: len(arrays["pixels"]) for name, arrays in sets.items()} == {
        "toy_A": 1295, "toy_A_blur": 1295, "toy_A_gap": 1147, "toy_A_gap_blur": 1147,
    }  # fmt: skip
    sharp, gap = sets["toy_A"], sets["toy_A_gap"]
    letter = sharp["pixels"][0, :29, :27]
    assert set(np.unique(sharp["pixels"])) == {0, 255}
    for i in (0, 700, 1294):
        top, left = sharp["positions"][i]
        assert np.array_equal(sharp["pixels"][i, top : top + 29, left : left + 27], letter)
        assert sharp["pixels"][i].sum() == letter.sum(dtype=int)
    assert set(range(35)) - set(gap["positions"][:, 0].tolist()) == {15, 16, 17, 18}
    blurred = sets["toy_A_blur"]["pixels"][700]
    total = sharp["pixels"][700].sum(dtype=int)
    assert abs(blurred.sum(dtype=int) - total) < 0.02 * total
    assert 0 < blurred[blurred > 0].min() < 50
