"""PCD, the Point Cloud Library's format: text, binary and compressed, version 0.6 and 0.7.

The first lines say what the fields of a point are, https://pointclouds.org/documentation: its
VIEWPOINT, where the sensor stood, moves nothing here, nor in the readers of PCL and Open3D. The
package pypcd4 takes binary data apart, but believes what they promise: that is checked here.
"""

import re
import struct
from io import BytesIO

import numpy as np

from imnet.surfaces.reading.ply import NO_NORMALS
from imnet.surfaces.reading.text import numbers, plain_text

_TYPES = {"F4", "F8", *(kind + size for kind in "IU" for size in "1248")}
_NORMALS = ("normal_x", "normal_y", "normal_z")
_SPARE = 16  # bytes that may follow
_MOST = 10_000  # numbers of a field: pypcd4 makes a column of each


def read_pcd(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Points float64 [n, 3] and their normals [n, 3], or [0, 3] where the file has none.

    Points that are not finite, as those of an organised cloud that the sensor did not see, are left
    in. Raises ValueError for a damaged file.
    """
    header, kind, body = _read_header(plain_text(content))
    names, sizes, types, counts = _fields(header)
    single = {n: f"f{i}" for i, n in enumerate(names) if names.count(n) == 1 and counts[i] == 1}
    if not {"x", "y", "z"} <= single.keys():
        raise ValueError("it has no fields x, y and z of one number each")
    points = header.get("POINTS", [])
    if len(points) != 1 or not points[0].isdecimal():
        raise ValueError("its header has no number of POINTS")
    count = int(points[0])
    if kind == "ascii":
        found = _text(body, counts, count)
    elif kind in ("binary", "binary_compressed"):
        found = _binary(body, kind, sizes, types, counts, count)
    else:
        raise ValueError(f"its DATA are {kind!r}, not ascii, binary or binary_compressed")

    def together(wanted: tuple[str, ...]) -> np.ndarray:
        return np.stack([found[single[name]].astype(np.float64) for name in wanted], axis=1)

    normals = together(_NORMALS) if set(_NORMALS) <= single.keys() else NO_NORMALS
    return together(("x", "y", "z")), normals


def _read_header(content: bytes) -> tuple[dict[str, list[str]], str, bytes]:
    """The words of each line by the first of them, what DATA says, and what follows its line."""
    end = re.search(rb"^[ \t]*DATA[ \t]+(\w+)[^\n]*\n", content, re.MULTILINE)
    if not end:
        raise ValueError("it has no header of PCD: no line DATA")
    lines = content[: end.start()].decode("latin-1").splitlines()
    words = [line.split() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return {first: rest for first, *rest in words}, end[1].decode(), content[end.end() :]


def _fields(header: dict[str, list[str]]) -> tuple[list[str], list[int], list[str], list[int]]:
    """Names, sizes in bytes, types and counts of a point's fields."""
    names, sizes, types = (header.get(line, []) for line in ("FIELDS", "SIZE", "TYPE"))
    counts = header.get("COUNT", ["1"] * len(names))
    if not len(names) == len(sizes) == len(types) == len(counts):
        raise ValueError("its lines FIELDS, SIZE, TYPE and COUNT are of different lengths")
    for name, size, kind, count in zip(names, sizes, types, counts, strict=True):
        if kind + size not in _TYPES or not 0 < int(count) <= _MOST:
            raise ValueError(f"its field {name} is of type {kind}, size {size}, count {count}")
    return names, [int(size) for size in sizes], types, [int(count) for count in counts]


def _text(body: bytes, counts: list[int], count: int) -> dict[str, np.ndarray]:
    """Not by pypcd4, to which a # in a number or a damaged sign is no error."""
    words, width = body.split(), sum(counts)
    if len(words) != count * width:
        raise ValueError(
            f"its header promises {count} points of {width} numbers, but it holds {len(words)}"
        )
    columns = numbers(words).reshape(count, width).T
    starts = np.cumsum([0, *counts[:-1]])
    return {f"f{i}": columns[start] for i, start in enumerate(starts)}


def _binary(
    body: bytes, kind: str, sizes: list[int], types: list[str], counts: list[int], count: int
) -> np.ndarray:
    """Rows with the fields f0, f1 and so on."""
    from pypcd4 import MetaData, PointCloud  # here, because only a .pcd file needs it

    header = MetaData(  # ours: pypcd4 knows version 0.7 only, and misreads odd names and lines
        fields=[f"f{i}" for i in range(len(sizes))], size=sizes, type=types, count=counts,
        points=count, width=count, data=kind,
    )  # fmt: skip
    size = header.build_dtype().itemsize
    if kind == "binary":
        spare = len(body) - size * count
        if spare < 0 or (spare > _SPARE and body[-spare:].strip()):
            raise ValueError(
                f"its header promises {count} points of {size} bytes, but it holds {len(body)} "
                "bytes"
            )
    else:
        packed, plain = struct.unpack_from("<II", body)
        if len(body) < 8 + packed:
            raise ValueError(f"it promises {packed} bytes of data, but holds {len(body) - 8}")
        if plain != size * count:
            raise ValueError(f"its data are {plain} bytes, not those of {count} points")
    try:
        return PointCloud.from_fileobj(BytesIO(header.compose_header().encode() + body)).pc_data
    except (RuntimeError, TypeError) as error:
        raise ValueError("its compressed data are damaged") from error
