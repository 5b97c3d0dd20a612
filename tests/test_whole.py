"""--whole: codes whose surface is in one part."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers import run_main

import IMGAN.main as imgan
from IMGAN import gan_codes
from IMGAN.gan_codes import in_one_part_at
from IMGAN.model import IMAE
from imnet.data.codes import read_codes, write_codes
from imnet.networks.latent_gan import ZGAN
from imnet.networks.network import fingerprint

CHAIRS = Path(imgan.__file__).parent / "pretrained/chairs_64"
SMALL = "--resolution", 16, "--save_codes", "z.hdf5"

pytestmark = pytest.mark.usefixtures("small_pictures")


def balls(z):
    """A field of balls about (z, 0, 0) and (-z, 0, 0); their radii differ by z[1]."""
    centre = np.array([z[0], 0, 0], np.float32)

    def field(points):
        one, other = (np.linalg.norm(points - c, axis=1) for c in (centre, -centre))
        return ((one < 0.4) | (other < 0.4 - z[1])).astype(np.float32)

    return field


def test_parts_are_counted_by_their_area():
    codes = np.array([[0, 0], [0.2, 0], [0.5, 0], [0.5, 0.2], [0.5, 0.37], [2, 0]], np.float32)
    expected = [True, True, False, False, True, False]  # a crumb below 1% is none; empty
    assert in_one_part_at(codes, balls).tolist() == expected
    expected[4] = False
    assert in_one_part_at(codes, balls, share=1).tolist() == expected


def test_samples_are_drawn_until_so_many_are_whole(tmp_path, monkeypatch):
    output = run_main(imgan, tmp_path, "x", "--model", CHAIRS, "--samples", 6, "--whole", *SMALL)
    found, drawn = map(int, re.search(r"(\d+) of (\d+) samples drawn", output).groups())
    whole, folder = read_codes(tmp_path / "z.hdf5"), tmp_path / "all"
    folder.mkdir()
    assert len(whole) == 6 <= found < drawn  # not all of the first samples are
    assert in_one_part_at(whole, IMAE.from_checkpoint(CHAIRS).field, share=1).all()
    run_main(imgan, folder, "x", "--model", CHAIRS, "--samples", drawn, *SMALL)
    samples = read_codes(folder / "z.hdf5")
    assert all(np.isclose(samples, z, atol=1e-6).all(1).any() for z in whole)
    monkeypatch.setattr(gan_codes, "MOST_DRAWN", 4)
    none = "--model", CHAIRS, "--samples", 1, "--whole", "--level", 0.9999999
    output = run_main(imgan, tmp_path, "x", *none, status=2)
    assert "--whole: of 4 samples 0" in output


def test_the_latent_gan_learns_from_whole_shapes_alone(tmp_path):
    model = IMAE.from_checkpoint(CHAIRS)
    codes = ZGAN.from_checkpoint(CHAIRS.with_name("chairs_z_64_64")).draw_codes(8, 0)
    whole = in_one_part_at(codes, model.field).sum()
    write_codes(tmp_path / "data/x_z.hdf5", codes, fingerprint(model.decoder))
    shutil.copytree(CHAIRS, tmp_path / "checkpoint/x_64")
    flags = ["--train", "--epoch", 1, "--width", 4, "--whole"]
    output = run_main(imgan, tmp_path, "x", *flags)
    assert f"{whole} of 8 codes have" in output and 0 < whole < 8
    shutil.rmtree(tmp_path / "checkpoint/x_64")
    shutil.rmtree(tmp_path / "checkpoint/x_z_64_64")
    assert "--whole looks at surfaces" in run_main(imgan, tmp_path, "x", *flags, status=2)


@pytest.mark.parametrize("mode", [["--ae"], ["--codes", "z.hdf5"]])
def test_whole_is_of_the_latent_gan(tmp_path, mode):
    assert "--whole means nothing" in run_main(imgan, tmp_path, "x", *mode, "--whole", status=2)
