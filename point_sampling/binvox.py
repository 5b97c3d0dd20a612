"""binvox files: run-length coded occupancy grids, the format ShapeNet's voxel models come in."""

from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.base.files import written_whole

_HEADER_LIMIT = 4096  # bytes within which the header must end


def read_binvox(path: str | Path) -> np.ndarray:
    """Read a binvox file: bool [x, y, z], True where occupied, of any dimensions.

    Raises UserError for anything that is not one whole binvox file.
    """
    content = Path(path).read_bytes()
    if not content.startswith(b"#binvox"):
        raise UserError(f"{path} is not a binvox file (it does not start with '#binvox')")
    header, mark, runs = content.partition(b"\ndata\n")
    if not mark or len(header) > _HEADER_LIMIT:
        raise UserError(f"{path}: the binvox header has no 'data' line")
    # x, y, z are stored in the order x, z, y: `dim` counts x, z and y
    x, z, y = _dimensions(header, path)
    if len(runs) % 2:
        raise UserError(f"{path} is truncated: it ends within a run")
    values, counts = np.frombuffer(runs, np.uint8).reshape(-1, 2).T  # pairs of value and count
    total = int(counts.sum(dtype=np.int64))
    if total < x * y * z:
        raise UserError(f"{path} is truncated: {total} of {x * y * z} voxels")
    if total > x * y * z:
        raise UserError(f"{path}: the runs hold {total} voxels, more than the grid's {x * y * z}")
    return np.repeat(values != 0, counts).reshape(x, z, y).transpose(0, 2, 1)  # [x, y, z]


def _dimensions(header: bytes, path: str | Path) -> tuple[int, int, int]:
    for line in header.split(b"\n"):
        key, *words = line.split()[:4] or [b""]
        if key == b"dim" and len(words) == 3 and all(word.isdigit() for word in words):
            return int(words[0]), int(words[1]), int(words[2])
    raise UserError(f"{path}: the binvox header has no 'dim' line with three numbers")


def write_binvox(
    path: str | Path,
    voxels: np.ndarray,
    translate: tuple[float, float, float] = (-0.5, -0.5, -0.5),
    scale: float = 1.0,
) -> None:
    """Write an occupancy grid [x, y, z] (anything not 0 is occupied), whole or not at all.

    `translate` is the position of the grid's corner, `scale` the length of its side: by default the
    grid fills [-0.5, 0.5]³.
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
    numbers = " ".join(f"{number:g}" for number in translate)
    header = f"#binvox 1\ndim {x} {z} {y}\ntranslate {numbers}\nscale {scale:g}\ndata\n"
    with written_whole(path) as beside:
        beside.write_bytes(header.encode() + runs.tobytes())
