"""HSP's block-compressed .mat files, made here in their format."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import savemat

from imnet.base.errors import UserError
from point_sampling.hsp import assemble, read_hsp


def blocks_and_numbers(grid):
    """What HSP stores of a grid [256, 256, 256]: its distinct blocks, and 1-based numbers."""
    blocks = {}
    numbers = np.zeros((16, 16, 16), np.uint16)
    for i, j, k in np.ndindex(16, 16, 16):
        block = grid[16 * i : 16 * i + 16, 16 * j : 16 * j + 16, 16 * k : 16 * k + 16]
        numbers[i, j, k] = blocks.setdefault(block.tobytes(), len(blocks) + 1)
    parts = [np.frombuffer(block, np.uint8).reshape(16, 16, 16) for block in blocks]
    return np.stack(parts), numbers


@pytest.fixture(scope="module")
def grid():
    cells = np.zeros((256, 256, 256), np.uint8)
    cells[10:100, 50:200, 3:7] = 1
    cells[40, 60:250, 100:240] = 1
    return cells


@pytest.mark.parametrize("compressed", [False, True])
def test_reads_blocks_and_turns_axes(tmp_path, grid, compressed):
    blocks, numbers = blocks_and_numbers(grid)
    path = tmp_path / "shape.mat"
    savemat(path, {"b": blocks, "bi": numbers}, do_compression=compressed)
    voxels = read_hsp(path)
    assert voxels.dtype == bool
    assert np.array_equal(voxels, np.flip(np.transpose(grid, (2, 1, 0)), 2))


@given(st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_assembly(seed):
    random = np.random.default_rng(seed)
    blocks = random.integers(0, 2, (5, 16, 16, 16), np.uint8)
    numbers = random.integers(1, 6, (16, 16, 16))
    voxels = assemble(blocks, numbers, "shape")
    for i, j, k in random.integers(0, 256, (20, 3)):
        # voxel (i, j, k) is cell (255 - k, j, i) of the grid that the blocks make
        block, cell = np.divmod([255 - k, j, i], 16)
        assert voxels[i, j, k] == blocks[numbers[tuple(block)] - 1][tuple(cell)]


@pytest.mark.parametrize("shape", [(1, 16, 16, 16), (16, 16, 16), (16, 16, 16, 1)])
def test_a_single_block(shape):
    block = np.zeros((16, 16, 16))
    block[1, 2, 3] = 1
    voxels = assemble(block.reshape(shape), np.ones((16, 16, 16)), "shape")
    assert voxels.sum() == 4096 and voxels[3, 2, 255 - 1]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"b": np.zeros((2, 16, 16, 16))}, "b and bi"),
        ({"voxels": np.zeros(3)}, "b and bi"),
        ({"b": np.zeros((2, 8, 16, 16)), "bi": np.ones((16, 16, 16))}, "b is"),
        ({"b": np.zeros((2, 16, 16, 16)), "bi": np.ones((16, 16))}, "bi is"),
        ({"b": np.zeros((2, 16, 16, 16)), "bi": np.zeros((16, 16, 16))}, "names block 0"),
        ({"b": np.zeros((2, 16, 16, 16)), "bi": np.full((16, 16, 16), 3)}, "block 3, .* 1 to 2"),
        ({"b": np.zeros((2, 16, 16, 16)), "bi": np.full((16, 16, 16), 1.5)}, "names block 1.5"),
        ({"b": np.zeros((2, 16, 16, 16)), "bi": np.full((16, 16, 16), np.nan)}, "names block nan"),
        ({"b": "text", "bi": np.ones((16, 16, 16))}, "b is"),
    ],
)
def test_wrong_contents(tmp_path, content, reason):
    savemat(tmp_path / "shape.mat", content)
    with pytest.raises(UserError, match=reason) as error:
        read_hsp(tmp_path / "shape.mat")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("compressed", [False, True])
def test_corrupt_files(tmp_path, grid, compressed):
    blocks, numbers = blocks_and_numbers(grid)
    path = tmp_path / "shape.mat"
    savemat(path, {"b": blocks, "bi": numbers}, do_compression=compressed)
    content = path.read_bytes()
    lengths = [0, 1, 100, 127, 128, 140, 200, len(content) // 3, len(content) - 9]
    for spoilt in [content[:length] for length in lengths] + [b"not MATLAB" * 100]:
        path.write_bytes(spoilt)
        with pytest.raises(UserError):
            read_hsp(path)


def test_version_7_3_is_named(tmp_path):
    header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64"
    Path(tmp_path / "shape.mat").write_bytes(header.ljust(512) + b"\x89HDF\r\n\x1a\n")
    with pytest.raises(UserError, match=r"v7\.3"):
        read_hsp(tmp_path / "shape.mat")
