"""HDF5 files that are none, that cannot be read, that hold other numbers; and full disks."""

import re
import subprocess
import sys

import h5py
import numpy as np
import pytest

from imnet.base.errors import UserError
from imnet.data.checks import as_indices, as_occupancy, as_pixels, points_grid
from imnet.data.hdf5 import find_array, new_hdf5, open_hdf5, read_array, read_rows, write_arrays


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\n<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b"<HTML>\n", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "git lfs pull"),
        (b"", "not a whole .* empty"),
        (b"PK\3\4" + bytes(26) + b"voxels.npy", "NumPy arrays"),
        (b"v 0 0 0\nv 1 0 0\n", "a .obj file, which the samplers read"),
        (b"\x89HDF\r\n\x1a\n", "not a whole .* copy"),
    ],
)
def test_what_is_no_hdf5_file_is_called_what_it_is(tmp_path, content, reason):
    (tmp_path / "x.hdf5").write_bytes(content)
    with pytest.raises(UserError, match=reason) as error:
        open_hdf5(tmp_path / "x.hdf5")
    assert "x.hdf5" in str(error.value) and "\n" not in str(error.value)


HOLD = "import h5py, sys; f = h5py.File(sys.argv[1], 'a'); print(flush=True); sys.stdin.read()"


def test_a_file_that_another_process_writes_to(tmp_path):
    write_arrays(tmp_path / "x.hdf5", zs=np.zeros((2, 3)))
    command = [sys.executable, "-c", HOLD, tmp_path / "x.hdf5"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        writer.stdout.readline()
        with pytest.raises(UserError, match=r"x\.hdf5 .* another process"):
            open_hdf5(tmp_path / "x.hdf5")
        writer.stdin.close()
    with open_hdf5(tmp_path / "x.hdf5") as file:
        assert read_array(file, "zs", (None, 3)).shape == (2, 3)


def test_a_filter_that_is_missing(tmp_path):
    with h5py.File(tmp_path / "x.hdf5", "w") as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((4,))
        # optional, so that HDF5 makes the array although it has no such filter
        properties.set_filter(32099, h5py.h5z.FLAG_OPTIONAL)
        space = h5py.h5s.create_simple((4,))
        h5py.h5d.create(file.id, b"zs", h5py.h5t.NATIVE_FLOAT, space, properties)
    with (
        open_hdf5(tmp_path / "x.hdf5") as file,
        pytest.raises(UserError, match=r"x\.hdf5: zs .* filter 32099"),
    ):
        find_array(file, "zs", (4,))


@pytest.mark.parametrize(
    ("key", "shape", "reason"),
    [
        ("none", (2,), "no none; .* letters, numbers"),
        ("numbers", (3, None), r"numbers .*\(2, 3\), .*\(3, any\)"),
        ("numbers", (2,), r"numbers .*\(2, 3\), .*\(2\)"),
        ("letters", (1,), "wanted numbers"),
    ],
)
def test_arrays_that_are_not_there(tmp_path, key, shape, reason):
    with h5py.File(tmp_path / "x.hdf5", "w") as file:
        file["numbers"], file["letters"] = np.zeros((2, 3)), [b"a"]
    with open_hdf5(tmp_path / "x.hdf5") as file, pytest.raises(UserError, match=reason) as error:
        find_array(file, key, shape)
    assert "\n" not in str(error.value)


def test_occupancies(tmp_path, capsys):
    wanted = np.array([[0, 1], [1, 0]], np.uint8)
    assert as_occupancy(wanted, "same") is wanted
    for kind in (bool, np.int64, np.float32):
        occupancy = as_occupancy(wanted.astype(kind), f"{tmp_path} {kind}")
        assert occupancy.dtype == np.uint8 and np.array_equal(occupancy, wanted)
    assert as_occupancy(wanted[:0], "empty").shape == (0, 2)
    assert capsys.readouterr().err == ""
    for _ in range(2):  # it is said once
        occupancy = as_occupancy(wanted * 255, f"{tmp_path}: values_16")
        assert np.array_equal(occupancy, wanted)
    note = f"note: {re.escape(str(tmp_path))}: values_16 .* 0 and 255: 255 .* 1\n"
    assert re.fullmatch(note, capsys.readouterr().err)
    for wrong in ([0, 1, 2], [0.2, 0.7], [-1, 1], [0, np.nan]):
        with pytest.raises(UserError, match="x has numbers"):
            as_occupancy(np.array(wrong), "x")


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.float32])
def test_indices_of_both_grids(kind):
    small = np.indices((16, 16, 16)).reshape(3, -1).T[None].astype(kind)
    assert as_indices(small, 16, "x").dtype == np.uint8
    assert points_grid(small, 16, "x") == 16
    assert points_grid(small * 16 + 8, 16, "x") == 256
    assert points_grid(small * 8, 128, "x") == 128
    assert points_grid(small[:0], 16, "x") == 16
    with pytest.raises(UserError, match=r"x .* index 30: .* 0\.\.15"):
        points_grid(small * 2, 16, "x")


def test_pixels_of_other_types():
    greys = np.arange(256).reshape(1, 16, 16)
    for kind in (np.int32, np.float32):
        pixels = as_pixels(greys.astype(kind), "pixels")
        assert pixels.dtype == np.uint8 and np.array_equal(pixels, greys)
    with pytest.raises(UserError, match=r"pixels has fractions .*0 to 1"):
        as_pixels(greys / 255, "pixels")
    with pytest.raises(UserError, match=r"pixels has numbers .*1 to 256"):
        as_pixels(greys + 1, "pixels")


def test_indices_that_are_none(tmp_path):
    small = np.indices((16, 16, 16)).reshape(3, -1).T[None]
    with pytest.raises(UserError, match=r"x .*coordinates .*-0\.46875 to 0\.46875"):
        points_grid((small + 0.5) / 16 - 0.5, 16, "x")
    for wrong in (small - 1, small * 20):
        with pytest.raises(UserError, match="x has numbers"):
            points_grid(wrong, 16, "x")
    write_arrays(tmp_path / "x.hdf5", points=np.concatenate([small] * 70 + [small * 16]))
    with open_hdf5(tmp_path / "x.hdf5") as file:  # the last shape counts too
        assert points_grid(file["points"], 16, "x") == 256


FULL = """
import resource, sys
import numpy as np
from imnet.base.errors import run_program
from imnet.data.hdf5 import write_arrays

def main():
    limit = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    arrays = {f"a{i}": np.random.default_rng(i).random((50, 50)) for i in range(40)}
    write_arrays(sys.argv[1], **arrays)

run_program(main)
"""


@pytest.mark.parametrize("limit", [0, 100, 3000, 400_000])
def test_a_full_disk_is_one_line(tmp_path, limit):
    pytest.importorskip("resource")
    path = tmp_path / "x.hdf5"
    command = [sys.executable, "-c", FULL, path, str(limit)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, f"error: File too large: {path}\n")
    assert not list(tmp_path.iterdir())


def test_a_new_file_is_whole_or_not_there(tmp_path):
    with pytest.raises(ZeroDivisionError), new_hdf5(tmp_path / "x.hdf5") as file:
        file["zs"] = np.zeros(3)
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())
    with new_hdf5(tmp_path / "x.hdf5") as file:
        file["zs"] = np.arange(3)
    with open_hdf5(tmp_path / "x.hdf5") as file:
        assert read_rows(file["zs"], slice(1, 3)).tolist() == [1, 2]
