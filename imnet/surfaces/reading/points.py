"""Point clouds that are no meshes: text with a point a line, and arrays of NumPy."""

import io
import re
import zipfile

import numpy as np

from imnet.surfaces.reading.ply import NO_NORMALS
from imnet.surfaces.reading.text import numbers, without_comments

_DECIMAL_COMMA = re.compile(rb"^(?=.*\d,\d)(?=.*\d[ \t;]+[-+.\d])", re.MULTILINE)
_UNIT = 0.02  # how far from 1 the length of a normal may be


def read_text_points(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Points float64 [n, 3] and normals [n, 3], or [0, 3]: x y z on each line, and what follows.

    Three more columns are normals if they are of length 1, else colours, which are left out.
    Blanks, commas and semicolons part numbers. A first line of one number is the count of points.
    Raises ValueError for what is no number, lines of different length, another count, and commas
    beside blanks or semicolons, which may be decimal ones.
    """
    content = without_comments(content)
    if _DECIMAL_COMMA.search(content):
        raise ValueError("it has commas within numbers, or between some only: write 0.5, not 0,5")
    lines = re.sub(rb"[,;]", b" ", content).strip().splitlines()
    promised = None
    if lines and len(lines[0].split()) == 1:
        promised, *lines = lines
    try:
        rows = np.loadtxt(lines, ndmin=2) if lines else np.zeros((0, 3))
    except ValueError as error:
        raise ValueError(str(error).partition(";")[0]) from error
    if rows.shape[1] < 3:
        raise ValueError(f"its lines have {rows.shape[1]} numbers: x, y and z are wanted")
    if promised is not None and numbers([promised]) != len(rows):
        raise ValueError(f"it promises {promised.decode()} points, but holds {len(rows)}")
    return rows[:, :3], _normals(rows[:, 3:6])


def read_coloured_points(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Points float64 [n, 3] and no normals [0, 3] of text whose other columns are never normals.

    As .xyzrgb and .pts (x y z intensity r g b) have them. Raises ValueError as `read_text_points`.
    """
    return read_text_points(content)[0], NO_NORMALS


def read_array_points(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Points float64 [n, 3] and normals [n, 3], or [0, 3], of an .npy or .npz file.

    An .npy holds [n, 3 or more], columns as those of a text; an .npz `points` [n, 3] and, if it
    has them, `normals` [n, 3]. Raises ValueError for other arrays.
    """
    try:
        found = np.load(io.BytesIO(content), allow_pickle=False)
    except (zipfile.BadZipFile, EOFError) as error:
        raise ValueError(f"it is cut short ({error})") from error
    if isinstance(found, np.ndarray):
        rows = _floats(found, "its array")
        return rows[:, :3], _normals(rows[:, 3:6])
    if "points" not in found:
        raise ValueError(f"it has no array `points`, only {', '.join(found) or 'nothing'}")
    points = _floats(found["points"], "its array points")
    normals = _floats(found["normals"], "its array normals") if "normals" in found else NO_NORMALS
    return points[:, :3], normals[:, :3]


def _floats(array: np.ndarray, name: str) -> np.ndarray:
    if array.ndim != 2 or array.shape[1] < 3 or array.dtype.kind not in "fiu":
        raise ValueError(f"{name} is {array.dtype} {array.shape}: numbers [n, 3] are wanted")
    return array.astype(np.float64)


def _normals(columns: np.ndarray) -> np.ndarray:
    """Three columns [n, 3] if they are unit vectors, else none [0, 3]."""
    if columns.shape[1] < 3 or not len(columns):
        return NO_NORMALS
    far = np.abs(np.linalg.norm(columns, axis=1) - 1) > _UNIT
    return NO_NORMALS if far.mean() > 0.1 else columns
