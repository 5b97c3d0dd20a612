"""Chairs made of the parts of two: their shapes, their names, and their side of a split."""

import h5py
import numpy as np
import pytest
import scipy
from helpers import run, sample

from imnet.base.errors import UserError
from imnet.base.names import read_names, write_names
from imnet.surfaces.binvox import read_binvox, write_binvox
from point_sampling.exchange import exchange, find_seat
from point_sampling.join_datasets import rows_to_keep
from point_sampling.shape_views import load
from point_sampling.splits import choose_sides, trained_variants, variants_among
from point_sampling.variant_names import lineage_of, originals_of


def chair(seat, top, width, *, arms=False):
    """A chair [64]³: legs up to `seat`, a seat 3 voxels thick, a back up to `top`."""
    grid = np.zeros((64, 64, 64), bool)
    left, right = 32 - width // 2, 32 + width // 2
    for x in (slice(left, left + 2), slice(right - 2, right)):
        for z in (slice(20, 22), slice(42, 44)):
            grid[x, 4:seat, z] = True
        if arms:
            grid[x, seat : seat + 8, 20:44] = True
    grid[left:right, seat - 3 : seat, 20:44] = True
    grid[left:right, seat:top, 42:44] = True
    return grid


# shapes that share no seat, so that what comes of which can be told
CHAIRS = {
    "a": chair(20, 50, 24),
    "b/c": chair(30, 44, 20, arms=True),
    "d": chair(26, 60, 28),
    "e": chair(24, 40, 22, arms=True),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chairs")
    for name, grid in CHAIRS.items():
        write_binvox(folder / f"{name}.binvox", grid)
    return folder


def test_names():
    assert originals_of("a/b~on~c~12") == ["a/b", "c"]
    assert [originals_of(n) for n in ("a", "a~1", "a~b", "a~1~2")] == [
        ["a"],
        ["a"],
        ["a~b"],
        ["a~1"],
    ]
    assert lineage_of("a~1~on~b~2~3") == {"a~1~on~b~2~3", "a~1", "a", "b~2", "b"}


def test_seats_are_found():
    for name, grid in CHAIRS.items():
        seat = find_seat(grid)
        heights = {"a": 20, "b/c": 30, "d": 26, "e": 24}
        assert abs(seat.top - heights[name]) <= 1
        assert seat.high[0] - seat.low[0] == {"a": 24, "b/c": 20, "d": 28, "e": 22}[name]
    with pytest.raises(UserError, match="empty"):
        find_seat(np.zeros((64, 64, 64), bool))


def test_the_upper_part_of_one_is_on_the_lower_part_of_the_other():
    grid = exchange(CHAIRS["e"], CHAIRS["a"], "e~on~a~1")
    assert grid.shape == (64, 64, 64)
    assert scipy.ndimage.label(grid, np.ones((3, 3, 3)))[1] == 1
    low, high = np.argwhere(grid).min(axis=0), np.argwhere(grid).max(axis=0) + 1
    assert np.linalg.norm(high - low) == pytest.approx(64, abs=3)
    seat = find_seat(grid).top
    below, above = grid[:, low[1] + 2 : seat - 6], grid[:, seat + 3 : seat + 5]
    assert scipy.ndimage.label(below)[1] == 4  # the legs
    sides = above[low[0], :, low[2] + 4 : high[2] - 4]
    assert sides.all()  # the arms
    again = exchange(CHAIRS["e"], CHAIRS["a"], "e~on~a~1")
    assert np.array_equal(grid, again)
    other = exchange(CHAIRS["e"], CHAIRS["a"], "e~on~a~2")
    assert not np.array_equal(grid, other)


def test_parts_that_do_not_fit_are_refused():
    wide = chair(20, 50, 60)
    with pytest.raises(UserError, match="differ"):
        exchange(CHAIRS["b/c"], wide, "b~on~w~1")
    gap = CHAIRS["a"].copy()
    gap[:, 24:30] = False  # the back floats
    with pytest.raises(UserError, match="join"):
        exchange(gap, CHAIRS["d"], "g~on~d~1")


def test_the_sampler_adds_them_and_the_views_are_of_the_same(folder, tmp_path):
    points = tmp_path / "points.hdf5"
    flags = ["--augment", 1, "--exchange", 2, "--processes", 1]
    done = sample(folder, points, *flags)
    assert done.returncode == 0, done.stderr
    names = read_names(points.with_suffix(".txt"))
    made = [name for name in names if len(originals_of(name)) == 2]
    assert len(names) == 4 + 4 + 8 and len(made) == 8
    assert sorted(originals_of(name)[0] for name in made) == sorted([*CHAIRS, *CHAIRS])
    with h5py.File(points) as file:
        for name in made:
            upper, lower = (read_binvox(folder / f"{n}.binvox") for n in originals_of(name))
            assert upper.any() and lower.any()
            wanted = exchange(CHAIRS[originals_of(name)[0]], CHAIRS[originals_of(name)[1]], name)
            assert np.array_equal(file["voxels"][names.index(name), ..., 0], wanted)
    first = made[0]
    path = folder / f"{originals_of(first)[0]}.binvox"
    triangles, _ = load(np.eye(3), first, path, copies=True)
    grid = exchange(*(CHAIRS[n] for n in originals_of(first)), first)
    ends = np.argwhere(grid).min(axis=0), np.argwhere(grid).max(axis=0) + 1
    assert triangles.min(axis=(0, 1)) == pytest.approx(ends[0] / 64 - 0.5, abs=1 / 64)
    assert triangles.max(axis=(0, 1)) == pytest.approx(ends[1] / 64 - 0.5, abs=1 / 64)

    plain, again = tmp_path / "plain.hdf5", tmp_path / "again.hdf5"
    assert sample(folder, plain).returncode == 0
    assert sample(plain, again, *flags).returncode == 0  # a dataset is a source like the folder
    assert again.read_bytes() == points.read_bytes()

    views = tmp_path / "views.hdf5"
    done = run("render_views", "--input", folder, "--views", 1, *flags, "--output", views)
    assert done.returncode == 0, done.stderr
    assert read_names(views.with_suffix(".txt")) == names

    # nothing that is made of a test shape trains, whichever part it gave
    variants = variants_among(names)
    for test in CHAIRS:
        kept = [name for name in names if test not in [name, *originals_of(name)]]
        assert 0 < len(kept) < 13
        assert [names[row] for row in rows_to_keep(names, {test})] == kept
        train = [name for name in CHAIRS if name != test]
        assert sorted(train + trained_variants(variants, train, [test])) == kept
    write_names(tmp_path / "test.txt", [test])
    flags = ["--points", points, "--views", views, "--output", tmp_path / "x"]
    done = run("make_svr_dataset", *flags, "--test_names", tmp_path / "test.txt")
    assert (done.returncode, done.stderr) == (0, "")
    for side, wanted in (("train", kept), ("only_train", kept), ("test", [test])):
        assert read_names(tmp_path / f"x_{side}.txt") == wanted
    flags = ["--inputs", points, "--output", tmp_path / "joined.hdf5"]
    assert run("join_datasets", *flags, "--without", tmp_path / "test.txt").returncode == 0
    assert read_names(tmp_path / "joined.txt") == kept
    listed = {"train_names": tmp_path / "x_only_train.txt"}  # as a list that chooses
    assert choose_sides(sorted(CHAIRS), set(), **listed) == (sorted(train), [test])


def test_a_parent_that_is_only_there_as_a_copy():
    names = ["a", "b", "x~1", "a~1", "a~on~b~1", "a~on~x~1", "x~on~b~2", "a~on~gone~1"]
    variants = variants_among(names)
    assert sorted(set(names) - variants.keys()) == ["a", "b", "x~1"]
    assert trained_variants(variants, ["a", "x~1"], ["b"]) == ["a~1", "a~on~x~1"]
    assert trained_variants(variants, ["a", "b"], ["x~1"]) == ["a~1", "a~on~b~1"]


def test_names_and_meshes_that_cannot_be_exchanged(folder, tmp_path):
    write_binvox(tmp_path / "marked" / "a~on~d~1.binvox", CHAIRS["a"])
    done = sample(tmp_path / "marked", tmp_path / "x.hdf5", "--exchange", 1)
    assert done.returncode == 2 and "a~on~d~1" in done.stderr
    (tmp_path / "marked" / "m.obj").write_text("v 0 0 0\n")
    flags = ["--input", tmp_path / "marked", "--exchange", 1, "--output", tmp_path / "v.hdf5"]
    done = run("render_views", *flags)
    assert done.returncode == 2 and "m.obj" in done.stderr
