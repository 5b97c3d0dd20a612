"""Chairs of plates, rods and shells, and the bundled sets of more kinds of chairs."""

import sys

import h5py
import numpy as np
import pytest
import scipy
from test_procedural import BUNDLED

from imnet.base.errors import UserError
from imnet.base.files import read_csv
from imnet.base.names import read_names
from imnet.surfaces.binvox import read_binvox
from imnet.surfaces.solid import fill_interior
from point_sampling.fetch import make_chairs
from point_sampling.fetch.chair_parts import mirrored, plate, rod, sample, shell
from point_sampling.fetch.distinct import pairwise_iou
from point_sampling.fetch.infinigen_shapes import FACTORIES
from point_sampling.fetch.make_chairs import KINDS
from point_sampling.splits import NEAR_DUPLICATE, choose_sides


def test_parts_have_their_sizes():
    """The diagonal of the box, 1.3, is the grid's side."""
    box = sample([plate((1, 2, 3), (0.4, 1.2, 0.3), power=100)])  # x, z, y
    sides = np.ptp(np.argwhere(box), axis=0) + 1
    assert sides == pytest.approx(np.array([0.4, 0.3, 1.2]) / 1.3 * 64, abs=2)
    upright = sample([plate((1, 2, 3), (0.4, 1.2, 0.3), tilt=0, power=100)])
    assert np.ptp(np.argwhere(upright), axis=0) + 1 == pytest.approx(sides[[0, 2, 1]], abs=2)
    turned = sample([plate((1, 2, 3), (0.4, 1.2, 0.3), tilt=0, turn=np.pi / 2, power=100)])
    assert np.ptp(np.argwhere(turned), axis=0) + 1 == pytest.approx(sides[[1, 2, 0]], abs=2)
    disc = sample([plate((0, 0, 0), (1, 1, 0.2), power=2)])
    assert disc.any(axis=1).sum() / np.pi == pytest.approx(
        (64 / 2.02**0.5 / 1.01) ** 2 / 4, rel=0.1
    )
    ball = sample([rod((0, 0, 0), (0, 0, 0), radius=1)])
    assert ball.sum() == pytest.approx(4 / 3 * np.pi * (64 / 12**0.5) ** 3, rel=0.1)
    pair = sample(mirrored(rod((1, 0, 0), (1, 1, 0), radius=0.05, end=0.1)))
    assert scipy.ndimage.label(pair)[1] == 2 and np.array_equal(pair, pair[::-1])
    assert pair[:, :15].sum() < pair[:, -25:].sum()  # it is thicker above
    tub = sample([shell((1, 1), 0.1, (0, 0.2, 0.6), front=-0.2)])
    assert not tub[28:36, :, :32].any() and tub[:, :, :20].any()  # open in front and in the middle
    assert np.flatnonzero(tub[:, :, :20].any((0, 2))).max() < np.flatnonzero(tub.any((0, 2))).max()


def make(monkeypatch, *arguments):
    words = ["make_chairs.py", "--processes", "1", *map(str, arguments)]
    monkeypatch.setattr(sys, "argv", words)
    make_chairs.main()


def test_every_kind_is_made(tmp_path, monkeypatch):
    make(monkeypatch, "--output", tmp_path / "new", "--count", len(KINDS), "--seed", 12)
    names = read_names(tmp_path / "new.txt")
    rows = read_csv(tmp_path / "new.csv")[1:]
    assert {name.rpartition("_")[0] for name, _, _, _ in rows} == set(KINDS)
    bundled = read_names(BUNDLED / "chair_kinds.txt")
    with h5py.File(BUNDLED / "chair_kinds.hdf5") as file:
        for name in set(names) & set(bundled):
            grid = read_binvox(tmp_path / "new" / f"{name}.binvox")
            assert scipy.ndimage.label(grid, np.ones((3, 3, 3)))[1] == 1
            there = file["voxels"][bundled.index(name), ..., 0] > 0
            same = fill_interior(grid)
            # at the rim of a part the last bit of a sine decides
            assert (same & there).sum() / (same | there).sum() > 0.99
    assert len(set(names) & set(bundled)) > len(KINDS) / 2
    with pytest.raises(UserError, match=r"only 0 of 10 .* near-duplicate"):
        known = ["--distinct_from", BUNDLED / "chair_kinds.hdf5"]
        make(monkeypatch, "--output", tmp_path / "x", "--count", 1, *known)


@pytest.mark.parametrize(("name", "count"), [("armchair", 100), ("chair_kinds", 360)])
def test_bundled_sets(name, count):
    names, rows = read_names(BUNDLED / f"{name}.txt"), read_csv(BUNDLED / f"{name}.csv")[1:]
    factories = {**FACTORIES, **{kind: kind for kind in KINDS}}
    assert len(names) == count
    assert names == sorted(shape for shape, _, _, dropped in rows if not dropped)
    for shape, factory, seed, _ in rows:
        kind, _, number = shape.rpartition("_")
        assert factories[kind] == factory and int(number) == int(seed)
    with h5py.File(BUNDLED / f"{name}.hdf5") as file:
        voxels = file["voxels"][..., 0]
    assert voxels.shape == (count, 64, 64, 64)
    closest = (pairwise_iou(voxels[::5]) - np.eye(len(voxels[::5]))).max()
    assert closest < NEAR_DUPLICATE
    furniture = {path.stem: path for path in (BUNDLED.parent / "furniture/chair").iterdir()}
    _, test = choose_sides(sorted(furniture), set(), shuffle=0)  # as hold_out.sh splits them
    assert len(test) == 11
    real = np.stack([fill_interior(read_binvox(furniture[name])) for name in test])
    with h5py.File(BUNDLED / "held_out/chair.hdf5") as file:
        held_out = np.concatenate([real, file["voxels"][..., 0]])
    closest = pairwise_iou(voxels, held_out).max()
    assert closest < NEAR_DUPLICATE
