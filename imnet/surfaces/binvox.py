"""binvox files: run-length coded occupancy grids, the format of ShapeNet's voxel models."""

import re
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.base.files import written_whole
from imnet.data.sizes import VOXEL_RESOLUTION

_HEADER_LIMIT = 4096  # bytes within which the header must end
_DATA = re.compile(rb"\ndata[ \t]*\r?\n")  # the header's last line


def read_binvox(path: str | Path) -> np.ndarray:
    """Read a binvox file: bool [x, y, z], True where occupied, of any dimensions.

    Bytes behind the last run do not matter. Raises UserError for anything else that is not one
    whole binvox file.
    """
    header, data = _header_and_data(path)
    # x, y, z are stored in the order x, z, y: `dim` counts x, z and y
    x, z, y = _dimensions(header, path)
    size = x * y * z
    pairs = len(data) // 2
    runs = np.frombuffer(data, np.uint8, 2 * pairs)
    values, counts = runs.reshape(pairs, 2).T  # pairs of value and count
    ends = np.append(0, counts.cumsum(dtype=np.int64))  # [pairs + 1] voxels before each run
    if ends[-1] < size:
        raise UserError(f"{path} is truncated: {ends[-1]} of {size} voxels")
    used = int(np.searchsorted(ends, size))  # runs
    if ends[used] > size:
        raise UserError(f"{path}: the runs hold {ends[used]} voxels, more than the grid's {size}")
    voxels = np.repeat(values[:used] != 0, counts[:used])
    return voxels.reshape(x, z, y).transpose(0, 2, 1)  # [x, y, z]


def _header_and_data(path: str | Path) -> tuple[bytes, bytes]:
    """What stands before and behind the line `data` of a binvox file. UserError without one."""
    content = Path(path).read_bytes()
    if not content.startswith(b"#binvox"):
        raise UserError(f"{path} is not a binvox file (it does not start with '#binvox')")
    mark = _DATA.search(content, 0, _HEADER_LIMIT)
    if mark is None:
        raise UserError(f"{path}: the binvox header has no 'data' line")
    return content[: mark.start()], content[mark.end() :]


def _dimensions(header: bytes, path: str | Path) -> tuple[int, int, int]:
    for line in header.split(b"\n"):
        key, *words = line.split()[:4] or [b""]
        if key == b"dim" and len(words) == 3 and all(word.isdigit() for word in words):
            return int(words[0]), int(words[1]), int(words[2])
    raise UserError(f"{path}: the binvox header has no 'dim' line with three numbers")


def read_voxels(path: str | Path) -> np.ndarray:
    """Read a binvox file as the programs take it: bool [64, 64, 64]. UserError if it is another."""
    voxels = read_binvox(path)
    if voxels.shape != (VOXEL_RESOLUTION,) * 3:
        size = "x".join(map(str, voxels.shape))
        raise UserError(f"{path} is {size}: only 64x64x64 is taken (binvox -d 64 makes it)")
    return voxels


def read_place(path: str | Path) -> tuple[float, np.ndarray]:
    """Read where a binvox file has its grid: the side, and the centre [3].

    As `write_binvox` writes it where the header does not say, or what cannot be.
    """
    lines = [line.split() for line in _header_and_data(path)[0].split(b"\n")]
    words = {key: numbers for key, *numbers in filter(None, lines)}
    try:
        corner = np.array(words.get(b"translate", [-0.5] * 3), float).reshape(3)
        (side,) = np.array(words.get(b"scale", [1]), float)
    except ValueError:
        side = np.nan
    known = 0 < side < np.inf and np.isfinite(corner).all()
    return (float(side), corner + side / 2) if known else (1.0, np.zeros(3))


def write_binvox(path: str | Path, voxels: np.ndarray) -> None:
    """Write an occupancy grid [x, y, z] (anything not 0 is occupied), whole or not at all.

    The grid fills [-0.5, 0.5]³.
    """
    x, y, z = voxels.shape
    values = (np.asarray(voxels) != 0).transpose(0, 2, 1).ravel()  # x, z, y order
    starts = np.concatenate([[0], np.flatnonzero(values[1:] != values[:-1]) + 1])
    lengths = np.diff(np.append(starts, values.size))
    # a count is one byte: a run becomes pieces of 255 and the rest
    pieces = -(-lengths // 255)
    runs = np.full((pieces.sum(), 2), 255, np.uint8)  # [pieces, (value, count)]
    runs[:, 0] = np.repeat(values[starts], pieces)
    runs[np.cumsum(pieces) - 1, 1] = lengths - 255 * (pieces - 1)
    header = f"#binvox 1\ndim {x} {z} {y}\ntranslate -0.5 -0.5 -0.5\nscale 1\ndata\n"
    with written_whole(path) as beside:
        beside.write_bytes(header.encode() + runs.tobytes())
