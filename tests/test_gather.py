"""Gathering classes and renderings into the training set of the later versions."""

from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
from helpers import block, run

from imnet.data.dataset import PointValueDataset
from imnet.data.sizes import VIEW_SIZE
from point_sampling.build import build_dataset
from point_sampling.gather import LEFT_OUT
from point_sampling.rendered_classes import read_rendering


def rendering(seed):
    """A picture of 3D-R2N2's kind: colours and alpha, [137, 137, 4]."""
    return np.random.default_rng(seed).integers(0, 256, (VIEW_SIZE, VIEW_SIZE, 4), np.uint8)


def as_view(picture):
    """Its grey, blended on white."""
    grey, alpha = cv2.cvtColor(picture[..., :3], cv2.COLOR_BGR2GRAY), picture[..., 3] / 255
    return np.round(grey * alpha + 255 * (1 - alpha))


def write_class(folder, number, names, **options):
    """The dataset of a class, each shape a block of another size."""
    shapes = [(name, Path(__file__)) for name in names]
    sizes = {name: 4 + 2 * place for place, name in enumerate(names)}
    path = folder / f"{number}_x" / f"{number}_vox256.hdf5"
    load = lambda name, _: (block(sizes[name]), None)  # noqa: E731
    assert build_dataset(shapes, load, path, **{"improved": True, **options}) == 0


def write_pictures(folder, number, names, views=24):
    for name in names:
        for view in range(views):
            path = folder / number / name / "rendering" / f"{view:02}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), rendering(len(name) + view))


@pytest.fixture
def folders(tmp_path):
    """Two classes; a rifle is there that the authors leave out, and a shape without pictures."""
    write_class(tmp_path / "classes", "04", ["a", LEFT_OUT, "bb", "ccc"])
    write_class(tmp_path / "classes", "02", ["d", "ee", "f", "g", "h", "z"])
    write_pictures(tmp_path / "pictures", "04", ["a", LEFT_OUT, "bb", "ccc"])
    write_pictures(tmp_path / "pictures", "02", ["d", "ee", "f", "g", "h"])
    return tmp_path


def gather(folder, *arguments):
    flags = ["--input", folder / "classes", "--renderings", folder / "pictures"]
    return run("gather", *flags, "--output", folder / "all_vox256_img", *arguments)


def test_the_two_sets(folders):
    done = gather(folders)
    assert done.returncode == 2, done.stderr
    line, note = done.stderr.splitlines()
    assert line.startswith("left out 02/z: ") and "renderings" in line
    assert note.startswith(f"note: left out 04/{LEFT_OUT}, ")
    names = {
        "train": ["02/d", "02/ee", "02/f", "02/g", "04/a", "04/bb"],
        "test": ["02/h", "04/ccc"],
    }
    for side, wanted in names.items():
        path = folders / f"all_vox256_img_{side}.hdf5"
        assert path.with_suffix(".txt").read_text().splitlines() == wanted
        assert PointValueDataset(path, 64).grid == 256
        with h5py.File(path) as file:
            assert file["pixels"].shape == (len(wanted), 24, VIEW_SIZE, VIEW_SIZE)
            for row, name in enumerate(wanted):
                number, bare = name.split("/")
                view = as_view(rendering(len(bare) + 23))
                assert np.array_equal(file["pixels"][row, 23], view)
                source = folders / "classes" / f"{number}_x" / f"{number}_vox256.hdf5"
                there = source.with_suffix(".txt").read_text().splitlines().index(bare)
                with h5py.File(source) as points:
                    assert set(file) == {*points, "pixels"}
                    for key in points:
                        assert file[key].dtype == np.uint8
                        assert np.array_equal(file[key][row], points[key][there])


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda p: p.unlink(), "05.png is missing"),
        (lambda p: p.write_bytes(p.read_bytes()[:9000]), "05.png is missing"),
        (lambda p: cv2.imwrite(str(p), rendering(0)[:100]), "05.png is 137x100: 137x137"),
    ],
)
def test_bad_pictures_are_skipped_and_listed(folders, spoil, reason):
    spoil(folders / "pictures" / "02" / "f" / "rendering" / "05.png")
    done = gather(folders, "--processes", 1)
    assert done.returncode == 2
    line = next(line for line in done.stderr.splitlines() if line.startswith("skipped"))
    assert line.startswith("skipped 02/f: ") and reason in line
    names = (folders / "all_vox256_img_train.txt").read_text().splitlines()
    assert names == ["02/d", "02/ee", "02/g", "04/a", "04/bb"]


def test_wrong_sources_are_one_line(folders):
    def refused(reason, *arguments):
        done = gather(folders, *arguments)
        assert done.returncode == 2 and done.stderr.count("\n") == 1 and reason in done.stderr
        assert not list(folders.glob("all_vox*"))

    refused("no such folder", "--renderings", folders / "none")
    refused("no *_vox256.hdf5", "--input", folders / "pictures")
    write_class(folders / "classes" / "more", "02", ["d"])
    refused("same class")
    write_class(folders / "original", "01", ["d"], improved=False)
    refused("with --improved", "--input", folders / "original")


def test_pictures_without_alpha(tmp_path):
    path = tmp_path / "x.png"
    picture = rendering(0)[..., :3]
    cv2.imwrite(str(path), picture)
    assert np.array_equal(read_rendering(path), cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
    cv2.imwrite(str(path), picture[..., 0])
    assert np.array_equal(read_rendering(path), picture[..., 0])
