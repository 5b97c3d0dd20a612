"""binvox files: both ways, and everything that can be wrong with one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imnet.base.errors import UserError
from imnet.surfaces.binvox import read_binvox, write_binvox

HEADER = b"#binvox 1\ndim 2 3 4\ntranslate -0.5 -0.5 -0.5\nscale 1\ndata\n"


def file_of(tmp_path, content):
    path = tmp_path / "shape.binvox"
    path.write_bytes(content)
    return path


def test_reads_x_z_y_order(tmp_path):
    # 24 voxels: dim counts x = 2, z = 3, y = 4, and y runs fastest
    voxels = read_binvox(file_of(tmp_path, HEADER + bytes([0, 6, 1, 2, 0, 9, 1, 1, 0, 6])))
    assert voxels.shape == (2, 4, 3)
    # voxels 6, 7: x 0, z 1, y 2 and 3; voxel 17: x 1, z 1, y 1
    assert np.argwhere(voxels).tolist() == [[0, 2, 1], [0, 3, 1], [1, 1, 1]]


def test_every_value_but_0_is_occupied(tmp_path):
    voxels = read_binvox(file_of(tmp_path, HEADER + bytes([7, 3, 0, 20, 255, 1])))
    assert voxels.dtype == bool and voxels.sum() == 4


@pytest.mark.parametrize(
    "content",
    [
        HEADER.replace(b"\n", b"\r\n") + bytes([0, 6, 1, 18]),
        HEADER.replace(b"data\n", b"data \t\n") + bytes([0, 6, 1, 18]),
        HEADER + bytes([0, 6, 1, 18]) + b"\n",
        HEADER + bytes([0, 6, 1, 18]) + b"\x01\xff" * 9,
        HEADER.replace(b"dim 2 3 4", b"dim  2\t3 4 ") + bytes([0, 6, 1, 18]),
        HEADER.replace(b"#binvox 1", b"#binvox 1 # by data\n") + bytes([0, 6, 1, 18]),
    ],
)
def test_files_of_other_writers(tmp_path, content):
    voxels = read_binvox(file_of(tmp_path, content))
    assert voxels.shape == (2, 4, 3) and np.flatnonzero(voxels.transpose(0, 2, 1)).tolist() == [
        *range(6, 24)
    ]


def test_a_run_that_starts_like_the_end_of_a_header(tmp_path):
    voxels = read_binvox(file_of(tmp_path, HEADER + bytes([13, 10, 0, 4, 1, 10])))
    assert voxels.sum() == 20


def test_written_file(tmp_path):
    path = tmp_path / "new" / "shape.binvox"
    write_binvox(path, np.ones((2, 4, 3)))
    assert path.read_bytes() == HEADER + bytes([1, 24])
    assert [file.name for file in path.parent.iterdir()] == ["shape.binvox"]


@given(
    dimensions=st.tuples(*[st.integers(1, 12)] * 3),
    density=st.sampled_from([0, 0.01, 0.5, 1]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_round_trip(tmp_path_factory, dimensions, density, seed):
    voxels = np.random.default_rng(seed).random(dimensions) < density
    path = tmp_path_factory.getbasetemp() / "round.binvox"
    write_binvox(path, voxels)
    assert np.array_equal(read_binvox(path), voxels)


@pytest.mark.parametrize("run", [254, 255, 256, 510, 511, 64**3])
def test_long_runs(tmp_path, run):
    voxels = np.zeros(64**3, bool)
    voxels[:run] = True
    voxels = voxels.reshape(64, 64, 64).transpose(0, 2, 1)
    write_binvox(tmp_path / "long.binvox", voxels)
    assert np.array_equal(read_binvox(tmp_path / "long.binvox"), voxels)


@pytest.mark.parametrize("length", range(len(HEADER) + 10))
def test_truncated_anywhere(tmp_path, length):
    whole = HEADER + bytes([0, 6, 1, 2, 0, 9, 1, 1, 0, 6])
    with pytest.raises(UserError):
        read_binvox(file_of(tmp_path, whole[:length]))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a binvox"),
        (b"solid cube\nfacet\n", "not a binvox"),
        (HEADER.replace(b"data\n", b""), "no 'data' line"),
        (b"#binvox 1" + b"\ncomment" * 1000 + b"\ndata\n\x00\x01", "no 'data' line"),
        (HEADER.replace(b"dim 2 3 4\n", b"") + bytes([0, 24]), "no 'dim' line"),
        (HEADER.replace(b"2 3 4", b"2 3") + bytes([0, 24]), "no 'dim' line"),
        (HEADER.replace(b"2 3 4", b"2 -3 4") + bytes([0, 24]), "no 'dim' line"),
        (HEADER + bytes([0, 23]), "truncated: 23 of 24"),
        (HEADER + bytes([0, 23, 1]), "truncated: 23 of 24"),
        (HEADER + bytes([0, 25]), "25 voxels, .* 24"),
        (HEADER.replace(b"2 3 4", b"99999999 99999999 9") + bytes([0, 25]), "truncated: 25 of"),
    ],
)
def test_wrong_files_say_what_is_wrong(tmp_path, content, reason):
    with pytest.raises(UserError, match=reason) as error:
        read_binvox(file_of(tmp_path, content))
    assert "\n" not in str(error.value)
