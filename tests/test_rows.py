"""Arrays that are larger than memory: rows read when they are wanted, checked, written again."""

from functools import partial

import h5py
import numpy as np
import pytest

from imnet.base.errors import UserError
from imnet.base.memory import free_memory
from imnet.data import rows
from imnet.data.checks import GRID_ATTRIBUTE, Occupancies
from imnet.data.dataset import PointValueDataset
from imnet.data.hdf5 import open_hdf5
from imnet.data.rows import StoredRows, by_shape, in_memory, largest

NUMBERS = np.random.default_rng(0).integers(0, 250, (30, 5, 4), np.uint8)
LAYOUTS = {
    "contiguous": {},
    "as_the_authors": {"chunks": (13, 2, 4), "compression": "gzip"},
    "one_a_shape": {"chunks": (1, 5, 4), "compression": "lzf"},
    "one_in_all": {"chunks": (30, 5, 4), "compression": "gzip"},
}


def write(path, array=NUMBERS, layout="as_the_authors"):
    with h5py.File(path, "w") as file:
        file.create_dataset("a", data=array, **LAYOUTS[layout])
    return path


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("block", [1, 100, 2**26])
def test_rows_of_any_layout(tmp_path, layout, block, monkeypatch):
    monkeypatch.setattr(rows, "BLOCK_BYTES", block)
    path = write(tmp_path / "x.hdf5", layout=layout)
    with open_hdf5(path) as file:
        np.testing.assert_array_equal(in_memory(file["a"], np.asarray), NUMBERS)
        copied = by_shape(file["a"], np.asarray)
    assert copied.data.chunks == (1, 5, 4) and copied.data.compression == "lzf"
    assert largest(copied) == NUMBERS.max() == largest(NUMBERS)
    for stored in (StoredRows(path, "a"), copied):
        assert len(stored) == 30 and stored.shape == NUMBERS.shape and stored.dtype == np.uint8
        shuffled = np.array([29, 0, 13, 12, 13])
        keys = [3, -1, np.int64(7), shuffled, shuffled.tolist(), slice(None), slice(10, 15)]
        keys += [slice(0), (5, slice(1, 3)), (5, np.array([4, 0])), (shuffled, -1), (2, ..., 0)]
        for key in keys:
            np.testing.assert_array_equal(stored[key], NUMBERS[key], str(key))
        with pytest.raises(IndexError):
            stored[30]


def test_rows_are_checked_when_they_are_read(tmp_path):
    values = np.zeros((30, 4), np.uint8)
    values[29, 0] = 2
    values[3, 0] = 1
    with h5py.File(tmp_path / "x.hdf5", "w") as file:
        file.create_dataset("a", data=values, chunks=(10, 4))
    stored = StoredRows(tmp_path / "x.hdf5", "a", Occupancies("x: a"))
    assert stored[3].tolist() == [1, 0, 0, 0]
    with pytest.raises(UserError, match="x: a has numbers from 0 to 2: 0 and 1 are wanted"):
        stored[29]


def test_one_number_is_inside_in_all_parts(capsys):
    parts = Occupancies("all parts")
    assert parts(np.zeros((2, 3))).tolist() == [[0] * 3] * 2
    assert parts(np.array([0, 255])).tolist() == [0, 1]
    assert "255 is taken as 1" in capsys.readouterr().err
    with pytest.raises(UserError, match="has numbers from 0 to 255"):
        parts(np.array([0, 1], np.uint8))


def test_a_copy_is_used_again_until_the_file_changes(tmp_path):
    path, calls = write(tmp_path / "x.hdf5"), []

    def convert(block):
        calls.append(len(block))
        return block

    def copied():
        with open_hdf5(path) as file:
            return by_shape(file["a"], convert)

    copied()
    assert calls == [30]
    copied()
    assert calls == [30]
    write(path, 249 - NUMBERS)
    np.testing.assert_array_equal(copied()[:], 249 - NUMBERS)
    (tmp_path / "x_by_shape/a.hdf5").write_bytes(b"torn")
    np.testing.assert_array_equal(copied()[:], 249 - NUMBERS)
    assert calls == [30] * 3


def test_what_is_refused_leaves_no_copy(tmp_path):
    path = write(tmp_path / "x.hdf5")
    with open_hdf5(path) as file, pytest.raises(UserError, match="x has numbers from"):
        by_shape(file["a"], Occupancies("x"))
    assert not list((tmp_path / "x_by_shape").iterdir())


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    path = write(tmp_path / "x.hdf5")
    monkeypatch.setattr(rows, "new_hdf5", refuse)
    with (
        open_hdf5(path) as file,
        pytest.raises(UserError, match=r"x_by_shape cannot be written: Permission denied\. Copy"),
    ):
        by_shape(file["a"], np.asarray)


def test_a_file_that_is_cut_short_while_it_is_read(tmp_path):
    path = write(tmp_path / "x.hdf5", np.random.default_rng(0).integers(0, 255, (30, 5, 40000)))
    stored = StoredRows(path, "a")
    assert stored[0].shape == (5, 40000)
    with open(path, "r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(UserError, match=r"x\.hdf5: a cannot be read: make or copy"):
        stored[29]


def test_the_copy_tells_the_grid(tmp_path):
    """Without the attribute, the largest index of all points."""
    voxels = np.zeros((3, 64, 64, 64, 1), np.uint8)
    points = np.zeros((3, 9, 3), np.uint8)
    points[2, 8] = 200
    values = np.zeros((3, 9, 1), np.uint8)
    with h5py.File(tmp_path / "x.hdf5", "w") as file:
        file["voxels"], file["points_16"], file["values_16"] = voxels, points, values
    for _ in range(2):
        assert PointValueDataset(tmp_path / "x.hdf5", 16, memory=1000).grid == 256
    with h5py.File(tmp_path / "x.hdf5", "a") as file:
        file["points_16"].attrs[GRID_ATTRIBUTE] = 16
    with pytest.raises(UserError, match="has the attribute grid = 16, but indices up to 200"):
        PointValueDataset(tmp_path / "x.hdf5", 16, memory=1000)


def write_by_shape(path, grid=None, voxel=1):
    """Write three shapes as our samplers do: a chunk a shape."""
    voxels, points = np.zeros((3, 64, 64, 64, 1), np.uint8), np.zeros((3, 9, 3), np.uint8)
    voxels[1, 0, 0, :2, 0] = 1, voxel
    points[2, 8] = 200
    arrays = {"voxels": voxels, "points_16": points, "values_16": np.ones((3, 9, 1), np.uint8)}
    with h5py.File(path, "w") as file:
        for key, array in arrays.items():
            file.create_dataset(key, data=array, chunks=(1, *array.shape[1:]), compression="gzip")
        if grid is not None:
            file["points_16"].attrs[GRID_ATTRIBUTE] = grid
    return path


@pytest.mark.parametrize("grid", [None, 256])
def test_a_chunk_a_shape_needs_no_copy(tmp_path, grid):
    path = write_by_shape(tmp_path / "x.hdf5", grid)
    stored, held = PointValueDataset(path, 16, memory=1000), PointValueDataset(path, 16)
    assert stored.grid == held.grid == 256 and stored.bytes == 0 < held.bytes
    batches = [dataset.batches(0, 0, 2, 5) for dataset in (stored, held)]
    for one, other in zip(*batches, strict=True):
        for key, array in one.arrays.items():
            np.testing.assert_array_equal(array, other.arrays[key])
    assert list(tmp_path.iterdir()) == [path]


def test_a_chunk_a_shape_is_checked_as_well(tmp_path):
    path = write_by_shape(tmp_path / "x.hdf5", grid=16)
    with pytest.raises(UserError, match="has the attribute grid = 16, but indices up to 200"):
        PointValueDataset(path, 16, memory=1000)
    path = write_by_shape(tmp_path / "y.hdf5", voxel=2)
    dataset = PointValueDataset(path, 16, memory=1000)
    with pytest.raises(UserError, match="voxels has numbers from 0 to 2: 0 and 1 are wanted"):
        list(dataset.batches(0, 0, 1, 5))


def test_all_arrays_fit_or_none(tmp_path):
    path = write(tmp_path / "x.hdf5")
    with open_hdf5(path) as file:
        load = partial(rows.load_rows, [(file["a"], np.asarray)] * 2, shuffled=False)
        arrays, size = load(2 * NUMBERS.size)
        assert isinstance(arrays[0], np.ndarray) and size == 2 * NUMBERS.size
        arrays, size = load(2 * NUMBERS.size - 1)
        assert all(isinstance(array, StoredRows) for array in arrays) and size == 0


VERSION_1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file", "memory/job")
VERSION_2 = ("memory.max", "memory.current", "inactive_file", "job")


@pytest.mark.parametrize(("line", "names"), [("4:memory:/job", VERSION_1), ("0::/job", VERSION_2)])
def test_free_memory_is_what_a_container_leaves(tmp_path, line, names):
    (tmp_path / "proc/self").mkdir(parents=True)
    meminfo = tmp_path / "proc/meminfo"
    meminfo.write_text("MemTotal: 9 kB\nMemAvailable:       2048 kB\n")
    assert free_memory(tmp_path) == 2**21
    (tmp_path / "proc/self/cgroup").write_text(f"1:cpu:/x\n{line}\n")
    bound, used, inactive, place = names
    group = tmp_path / "sys/fs/cgroup" / place
    for folder in (group, group.parent):  # its own group, and the one above
        folder.mkdir(parents=True, exist_ok=True)
        for limit, current, idle, free in (
            ("max", 5, 0, 2**21),
            (1000, 0, 0, 1000),
            (1000, 900, 0, 100),
            (1000, 900, 50, 150),  # contents of files that make room
            (1000, 1100, 0, 0),
            (9_000_000, 1, 0, 2**21),
        ):
            (folder / bound).write_text(f"{limit}\n")
            (folder / used).write_text(f"{current}\n")
            (folder / "memory.stat").write_text(f"anon 3\n{inactive} {idle}\n")
            assert free_memory(tmp_path) == free
        (folder / bound).unlink()
    meminfo.write_text("")
    assert free_memory(tmp_path) is None
