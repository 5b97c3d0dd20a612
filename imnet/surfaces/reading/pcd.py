"""PCD, the Point Cloud Library's format: text, binary and compressed, version 0.6 and 0.7.

The first lines say what the fields of a point are, https://pointclouds.org/documentation: its
VIEWPOINT, where the sensor stood, moves nothing here, nor in the readers of PCL and Open3D.
"""

import re
import struct

import numpy as np

from imnet.surfaces.reading.ply import NO_NORMALS
from imnet.surfaces.reading.text import numbers, plain_text

_TYPES = {
    **{("F", size): f"f{size}" for size in (4, 8)},
    **{(kind, size): f"{kind.lower()}{size}" for kind in "IU" for size in (1, 2, 4, 8)},
}
_NORMALS = ("normal_x", "normal_y", "normal_z")
_SPARE = 16  # bytes that may follow


def read_pcd(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Points float64 [n, 3] and their normals [n, 3], or [0, 3] where the file has none.

    Points that are not finite, as those of an organised cloud that the sensor did not see, are left
    in. Raises ValueError for a damaged file.
    """
    header, kind, body = _read_header(plain_text(content))
    fields = _fields(header)
    if not {"x", "y", "z"} <= set(fields.names):
        raise ValueError("it has no fields x, y and z")
    count = _whole(header, "POINTS")
    rows = {"ascii": _text, "binary": _binary, "binary_compressed": _compressed}
    if kind not in rows:
        raise ValueError(f"its DATA are {kind!r}, not {', '.join(rows)}")
    found = rows[kind](body, fields, count)

    def together(names: tuple[str, ...]) -> np.ndarray:
        return np.stack([found[name].astype(np.float64) for name in names], axis=1)

    normals = together(_NORMALS) if set(_NORMALS) <= set(fields.names) else NO_NORMALS
    return together(("x", "y", "z")), normals


def _read_header(content: bytes) -> tuple[dict[str, list[str]], str, bytes]:
    """The words of each line by the first of them, what DATA says, and what follows its line."""
    end = re.search(rb"^[ \t]*DATA[ \t]+(\w+)[^\n]*\n", content, re.MULTILINE)
    if not end:
        raise ValueError("it has no header of PCD: no line DATA")
    lines = content[: end.start()].decode("latin-1").splitlines()
    words = [line.split() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return {first: rest for first, *rest in words}, end[1].decode(), content[end.end() :]


def _fields(header: dict[str, list[str]]) -> np.dtype:
    """The type of a point, fields that are alike in name being left unnamed."""
    names = header.get("FIELDS", [])
    sizes, kinds = header.get("SIZE", []), header.get("TYPE", [])
    counts = header.get("COUNT", ["1"] * len(names))
    if not len(names) == len(sizes) == len(kinds) == len(counts):
        raise ValueError("its lines FIELDS, SIZE, TYPE and COUNT are of different lengths")
    listed = []
    for i, (name, size, kind, count) in enumerate(zip(names, sizes, kinds, counts, strict=True)):
        if (kind, int(size)) not in _TYPES or int(count) < 1:
            raise ValueError(f"its field {name} is of type {kind}, size {size}, count {count}")
        unique = name if name != "_" and names.count(name) == 1 else f"{name} {i}"
        shape = () if int(count) == 1 else (int(count),)
        listed.append((unique, "<" + _TYPES[kind, int(size)], shape))
    return np.dtype(listed)


def _whole(header: dict[str, list[str]], name: str) -> int:
    words = header.get(name, [])
    if len(words) != 1 or not words[0].isdecimal():
        raise ValueError(f"its header has no number of {name}")
    return int(words[0])


def _text(body: bytes, fields: np.dtype, count: int) -> dict[str, np.ndarray]:
    words = body.split()
    per_point = sum(int(np.prod(fields[name].shape)) for name in fields.names)
    if len(words) != count * per_point:
        raise ValueError(
            f"its header promises {count} points of {per_point} numbers, but it holds {len(words)}"
        )
    columns = numbers(words).reshape(count, per_point).T
    starts = np.cumsum([0, *(int(np.prod(fields[name].shape)) for name in fields.names)])
    return {name: columns[start] for name, start in zip(fields.names, starts, strict=False)}


def _binary(body: bytes, fields: np.dtype, count: int) -> dict[str, np.ndarray]:
    _check_length(body, fields, count)
    rows = np.frombuffer(body, fields, count)
    return {name: rows[name] for name in fields.names}


def _compressed(body: bytes, fields: np.dtype, count: int) -> dict[str, np.ndarray]:
    """The columns, one behind the other, behind the sizes of the packed and the plain data."""
    packed, plain = struct.unpack_from("<II", body)
    if len(body) < 8 + packed:
        raise ValueError(f"it promises {packed} bytes of data, but holds {len(body) - 8}")
    if plain != fields.itemsize * count:
        raise ValueError(f"its data are {plain} bytes, not those of {count} points")
    columns, at, found = _unpacked(body[8 : 8 + packed], plain), 0, {}
    for name in fields.names:
        base, shape = fields[name].base, fields[name].shape
        values = np.frombuffer(columns, base, count * int(np.prod(shape)), at)
        found[name] = values.reshape(count, *shape)
        at += values.nbytes
    return found


def _check_length(body: bytes, fields: np.dtype, count: int) -> None:
    wanted = fields.itemsize * count
    if not wanted <= len(body) <= wanted + _SPARE and (len(body) < wanted or body[wanted:].strip()):
        raise ValueError(
            f"its header promises {count} points of {fields.itemsize} bytes, but it holds "
            f"{len(body)} bytes"
        )


def _unpacked(packed: bytes, size: int) -> bytes:
    """Undo LZF: runs of bytes as they are, and references to bytes that came before."""
    plain, at = bytearray(), 0
    while at < len(packed):
        control = packed[at]
        at += 1
        if control < 32:
            plain += packed[at : at + control + 1]
            at += control + 1
            continue
        length = control >> 5
        if length == 7:
            length += packed[at]
            at += 1
        start = len(plain) - ((control & 31) << 8) - packed[at] - 1
        at += 1
        if start < 0 or len(plain) > size:
            raise ValueError("its compressed data are damaged")
        length += 2
        while length:  # a reference may reach into what it makes
            piece = plain[start : start + length]
            plain += piece
            start, length = start + len(piece), length - len(piece)
    if len(plain) != size:
        raise ValueError(f"its compressed data make {len(plain)} bytes, not {size}")
    return bytes(plain)
