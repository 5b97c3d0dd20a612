"""Variants: warps of grids and meshes, and what the programs make of them."""

import h5py
import numpy as np
import pytest
from helpers import run, sample

from imnet.base.errors import UserError
from imnet.base.names import read_names, write_names
from imnet.surfaces.binvox import write_binvox
from imnet.surfaces.solid import max_pool
from imnet.surfaces.triangles import areas
from imnet.surfaces.voxelize import voxelize
from point_sampling.augmentation import (
    PIECES,
    Warp,
    draw_warp,
    split_long,
    warp_grid,
    warp_triangles,
)
from point_sampling.sources import find_shapes
from point_sampling.splits import choose_sides
from point_sampling.variant_names import original_of

EVEN = np.tile(np.linspace(0, 1, PIECES + 1), (3, 1))


def box(low, high):
    """A solid box [64]³."""
    grid = np.zeros((64, 64, 64), bool)
    grid[tuple(map(slice, low, high))] = True
    return grid


def bounds(grid):
    occupied = np.argwhere(grid)
    return occupied.min(axis=0).tolist(), (occupied.max(axis=0) + 1).tolist()


def box_mesh(low, high):
    """The 12 triangles of a box."""
    corners = np.array([[(low, high)[n >> a & 1][a] for a in range(3)] for n in range(8)], float)
    sides = [(0, 1, 3, 2), (4, 5, 7, 6), (0, 1, 5, 4), (2, 3, 7, 6), (0, 2, 6, 4), (1, 3, 7, 5)]
    return corners[[half for a, b, c, d in sides for half in ((a, b, c), (a, c, d))]]


# a seat on four legs, with a back at +z and one arm at +x, in any units
PARTS = [
    *[((x, 0, z), (x + 1, 8, z + 1)) for x in (0, 7) for z in (0, 7)],
    ((0, 8, 0), (8, 9.5, 8)),
    ((0, 8, 6.5), (8, 18, 8)),
    ((7, 12, 1), (8, 13, 8)),
]
CHAIR = np.concatenate([box_mesh(*part) for part in PARTS])


def test_names():
    assert [original_of(n) for n in ("a~1", "a/b~12", "a~1~2")] == ["a", "a/b", "a~1"]
    assert [original_of(n) for n in ("a", "~1", "a~0", "a~01", "a~", "a~b", "a~1\n")] == [
        *("a", "~1", "a~0", "a~01", "a~", "a~b", "a~1\n")
    ]


def test_the_name_decides_the_warp():
    warps = [draw_warp(f"chair~{k}") for k in range(1, 200)]
    again = draw_warp("chair~7")
    assert all(np.array_equal(a, b) for a, b in zip(warps[6], again, strict=True))
    knots = np.stack([warp.knots for warp in warps])
    assert (np.diff(knots) > 0).all() and (knots[..., 0] == 0).all()
    assert knots[..., -1] == pytest.approx(1)
    assert knots[:, 0] == pytest.approx(1 - knots[:, 0, ::-1])  # symmetric in x
    assert 60 < sum(warp.mirrored for warp in warps) < 140
    logarithms = np.log([warp.sizes for warp in warps])
    assert logarithms.std() == pytest.approx(0.18, abs=0.02)


def test_a_grid_is_scaled_to_the_diagonal_1():
    grid = box([8, 16, 24], [56, 48, 40])  # 48 x 32 x 16; the diagonal is 59.9
    for factors in ([1, 1, 1], [1, 2, 1], [1, 1, 0.25]):
        wanted = np.array([48, 32, 16]) * factors
        wanted = np.minimum(wanted / np.linalg.norm(wanted) * 64, 62)
        warped = warp_grid(grid, Warp(EVEN, np.array(factors), False))
        first, last = bounds(warped)
        assert np.subtract(last, first) == pytest.approx(wanted, abs=1.5)
        assert np.add(last, first) / 2 == pytest.approx([32, 32, 32], abs=0.5)
        assert warped.sum() > 0.98 * np.prod(np.subtract(last, first))  # but for some edges


def test_the_pieces_of_a_grid_are_warped():
    """Of a box of 48³ at 8..56, the quarter up to y = 20 becomes a half of the height."""
    grid = box([8, 8, 8], [56, 56, 56])
    grid[:, 20:, :32] = False
    knots = EVEN.copy()
    knots[1] = [0, 0.5, 0.6, 0.7, 1]
    for mirrored in (False, True):
        warped = warp_grid(grid, Warp(knots, np.ones(3), mirrored))
        side = 64 / np.sqrt(3)
        ends = [32 - side / 2, 32 + side / 2]
        assert bounds(warped)[0] == pytest.approx([ends[0]] * 3, abs=1)
        y = np.flatnonzero(warped[32, :, 20])
        assert y.max() + 1 - ends[0] == pytest.approx(side / 2, abs=1)
    half = grid.copy()
    half[32:] = False
    half[8] = True
    half[55] = True
    a, b = (warp_grid(half, Warp(EVEN, np.ones(3), mirrored)) for mirrored in (False, True))
    assert np.array_equal(a, b[::-1]) and not np.array_equal(a, b)


def test_long_triangles_are_halved():
    parts = split_long(CHAIR, 2.5)
    edges = np.linalg.norm(parts[:, [1, 2, 0]] - parts, axis=2)
    assert edges.max() <= 2.5 and len(parts) > 4 * len(CHAIR)
    assert areas(parts).sum() == pytest.approx(areas(CHAIR).sum())
    assert np.array_equal(split_long(CHAIR, 100), CHAIR)


def test_a_mesh_and_its_grid_have_the_same_copies():
    grid = max_pool(voxelize(CHAIR, "chair"), 64)
    for k in range(1, 6):
        warp = draw_warp(f"chair~{k}")
        triangles = warp_triangles(CHAIR, warp, "chair")
        size = np.ptp(triangles, axis=(0, 1))
        assert np.linalg.norm(size) == pytest.approx(1)
        assert size == pytest.approx(
            np.array([8, 18, 8]) * warp.sizes / np.linalg.norm([8, 18, 8] * warp.sizes)
        )
        a, b = max_pool(voxelize(triangles, "chair"), 64), warp_grid(grid, warp)
        assert (a & b).sum() / (a | b).sum() > 0.75  # the parts are 4 voxels thick
    with pytest.raises(UserError, match=r"plate .*zero size"):
        warp_triangles(np.zeros((1, 3, 3)), warp, "plate")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "shapes"
    for name, height in (("a", 30), ("b/c", 40), ("d", 50), ("e", 20), ("f", 10)):
        write_binvox(folder / f"{name}.binvox", box([10, 5, 10], [50, 5 + height, 40]))
    return folder


NAMES = ["a", "b/c", "d", "e", "f"]


def test_samplers_add_warped_copies(folder, tmp_path):
    plain, varied = tmp_path / "plain.hdf5", tmp_path / "varied.hdf5"
    assert sample(folder, plain).returncode == 0
    done = sample(folder, varied, "--augment", 2)
    assert (done.returncode, done.stderr) == (0, "")
    names = read_names(varied.with_suffix(".txt"))
    assert names == sorted(f"{name}{end}" for name in NAMES for end in ("", "~1", "~2"))
    with h5py.File(plain) as one, h5py.File(varied) as other:
        for row, name in enumerate(NAMES):
            there = names.index(name)
            for key in one:
                assert np.array_equal(one[key][row], other[key][there])
            grid = one["voxels"][row, ..., 0] > 0
            for k in (1, 2):
                voxels = other["voxels"][names.index(f"{name}~{k}"), ..., 0]
                assert np.array_equal(voxels, warp_grid(grid, draw_warp(f"{name}~{k}")))

    # a dataset is a source like the folder that it was made of
    again = tmp_path / "again.hdf5"
    assert sample(plain, again, "--augment", 2).returncode == 0
    assert again.read_bytes() == varied.read_bytes()
    assert again.with_suffix(".txt").read_text() == varied.with_suffix(".txt").read_text()
    done = sample(varied, again, "--augment", 2)
    assert done.returncode == 2 and "a~1" in done.stderr


def test_meshes_have_warped_copies(tmp_path):
    lines = [f"v {x} {y} {z}" for x, y, z in CHAIR.reshape(-1, 3)]
    lines += [f"f {n} {n + 1} {n + 2}" for n in range(1, 3 * len(CHAIR), 3)]
    (tmp_path / "meshes").mkdir()
    (tmp_path / "meshes" / "chair.obj").write_text("\n".join(lines))
    output, binvox = tmp_path / "x.hdf5", tmp_path / "binvox"
    flags = ["--augment", 1, "--binvox", binvox]
    assert sample(tmp_path / "meshes", output, *flags, source="mesh").returncode == 0
    assert output.with_suffix(".txt").read_text() == "chair\nchair~1\n"
    assert sorted(path.name for path in binvox.iterdir()) == ["chair.binvox", "chair~1.binvox"]
    with h5py.File(output) as file:
        triangles = warp_triangles(CHAIR, draw_warp("chair~1"), "chair")
        wanted = max_pool(voxelize(triangles, "chair"), 64)
        assert np.array_equal(file["voxels"][1, ..., 0], wanted)
    flags = ["--views", 1, "--augment", 1, "--output", tmp_path / "views.hdf5"]
    assert run("render_views", "--input", tmp_path / "meshes", *flags).returncode == 0
    assert (tmp_path / "views.txt").read_text() == "chair\nchair~1\n"


def test_variants_of_test_shapes_do_not_train(folder, tmp_path):
    points, plain, views, fewer = (tmp_path / f"{n}.hdf5" for n in ("p", "q", "v", "w"))
    assert sample(folder, points, "--augment", 2).returncode == 0
    assert sample(folder, plain).returncode == 0
    for output, count in ((views, 1), (fewer, 0)):
        flags = ["--input", folder, "--views", 1, "--augment", count, "--output", output]
        assert run("render_views", *flags).returncode == 0

    def join(points, views):
        flags = ["--points", points, "--views", views, "--shuffle", 3, "--output", tmp_path / "x"]
        done = run("make_svr_dataset", *flags)
        assert (done.returncode, done.stderr) == (0, "")
        kinds = ("train", "only_train", "test")
        return done.stdout, *(read_names(tmp_path / f"x_{kind}.txt") for kind in kinds)

    _, *sides = join(plain, fewer)  # without copies
    train, test = sides[0], sides[2]
    assert len(train) == 4
    varied = {k: [f"{name}~{n}" for name in train for n in range(1, k + 1)] for k in (0, 1, 2)}
    for source, count in ((views, 1), (fewer, 0)):
        said, *found = join(points, source)
        assert found == [sorted(train + varied[count]), sorted(train + varied[2]), test]
        assert said.endswith("4 training and 1 test shapes, 8 copies of the training shapes\n")
    with h5py.File(tmp_path / "x_only_train.hdf5") as file, h5py.File(points) as source:
        rows = [read_names(points.with_suffix(".txt")).index(name) for name in found[1]]
        assert np.array_equal(file["voxels"][:], source["voxels"][:][rows])

    # what a run wrote is a list for another one, and families are found among originals only
    write_names(tmp_path / "list.txt", found[1])
    assert choose_sides(NAMES, set(), train_names=tmp_path / "list.txt") == (train, test)
    run("find_families", "--dataset", points, "--output", tmp_path / "f.csv", "--iou", "0.01")
    assert "~" not in (tmp_path / "f.csv").read_text()


def test_only_datasets_of_voxels_are_sources(tmp_path):
    (tmp_path / "x.hdf5").write_text("text")
    with pytest.raises(UserError, match="not a whole"):
        find_shapes(tmp_path / "x.hdf5", [".binvox", ".hdf5"])
    with pytest.raises(UserError, match="is a file"):
        find_shapes(tmp_path / "x.hdf5", [".obj"])
    with pytest.raises(UserError, match=r"no \.binvox file"):
        find_shapes(tmp_path, [".binvox", ".hdf5"])
