"""join_datasets.py: the shapes of several datasets in one, without those of a list."""

import h5py
import numpy as np
import pytest
from helpers import block, run, sample

from imnet.surfaces.binvox import write_binvox


@pytest.fixture
def datasets(tmp_path):
    """Two datasets of two shapes each; the first has a warped copy of each."""
    for folder, sizes in (("a", (20, 24)), ("b", (28, 32))):
        for size in sizes:
            path = tmp_path / folder / f"{folder}{size}.binvox"
            path.parent.mkdir(exist_ok=True)
            write_binvox(path, block(size))
    sample(tmp_path / "a", tmp_path / "a.hdf5", "--augment", 1, check=True)
    sample(tmp_path / "b", tmp_path / "b.hdf5", check=True)
    return tmp_path


def join(folder, *flags, status=0):
    inputs = ["--inputs", folder / "a.hdf5", folder / "b.hdf5"]
    done = run("join_datasets", *inputs, "--output", folder / "joined.hdf5", *flags)
    assert done.returncode == status, done.stderr
    return done.stdout + done.stderr


def test_the_shapes_of_both_are_there(datasets):
    assert "6 shapes" in join(datasets)
    names = (datasets / "joined.txt").read_text().split()
    assert names == ["a20", "a20~1", "a24", "a24~1", "b28", "b32"]
    with h5py.File(datasets / "joined.hdf5") as joined:
        for source, first in (("a", 0), ("b", 4)):
            with h5py.File(datasets / f"{source}.hdf5") as file:
                assert joined.keys() == file.keys()
                for key, data in file.items():
                    part = joined[key][first : first + len(data)]
                    np.testing.assert_array_equal(part, data[()], key)


def test_variants_go_with_their_shape(datasets):
    (datasets / "test.txt").write_text("a24\nb28\n")
    join(datasets, "--without", datasets / "test.txt")
    assert (datasets / "joined.txt").read_text().split() == ["a20", "a20~1", "b32"]


def test_what_does_not_go_together_is_refused(datasets):
    done = join(datasets, "--inputs", datasets / "a.hdf5", datasets / "a.hdf5", status=2)
    assert "the shape a20" in done
    sample(datasets / "b", datasets / "b.hdf5", "--improved", check=True)
    assert "sample both alike" in join(datasets, status=2)
    assert not (datasets / "joined.hdf5").exists()
