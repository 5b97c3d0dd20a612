"""STL, binary and ASCII."""

import re
import struct
import warnings

import numpy as np

from imnet.surfaces.reading.text import numbers, plain_text

_HEAD, _RECORD = 84, 50  # bytes before the first triangle, and of a triangle
# the words of a facet; the others are the normal's and the corners' numbers
_FACET = {0: "facet", 1: "normal", 5: "outer", 6: "loop", 7: "vertex", 11: "vertex", 15: "vertex"}
_FACET |= {19: "endloop", 20: "endfacet"}
_CORNERS = [8, 9, 10, 12, 13, 14, 16, 17, 18]


def read_stl(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Vertices float64 [3 f, 3] and triangles int64 [f, 3]: STL's triangles share none.

    Raises ValueError for a damaged file.
    """
    count = struct.unpack_from("<I", content, 80)[0] if len(content) >= _HEAD else None
    text = plain_text(content)
    if count is not None and len(content) == _HEAD + _RECORD * count:
        vertices = _read_binary(content, count)
    elif text.lstrip()[:5].lower() == b"solid" and b"\0" not in text[:1000]:
        vertices = _read_ascii(text)
    elif count is None:
        raise ValueError(f"it is no STL file: {len(content)} bytes, and no 'solid' in front")
    else:
        vertices = _read_binary(content, count)
    return vertices, np.arange(len(vertices)).reshape(-1, 3)


def _read_binary(content: bytes, count: int) -> np.ndarray:
    behind = len(content) - _HEAD - _RECORD * count
    if behind < 0 or (behind >= _RECORD and content[-behind:].strip(b"\0 \t\r\n")):
        found = (len(content) - _HEAD) // _RECORD
        raise ValueError(f"its header promises {count} triangles, but it holds {found}")
    record = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    return np.frombuffer(content, record, count, _HEAD)["corners"].reshape(-1, 3).astype(np.float64)


def _read_ascii(text: bytes) -> np.ndarray:
    lines = [line.strip() for line in text.splitlines()]
    starts = [re.match(rb"(?i)(end\s*)?solid\b", line) for line in lines]
    solids = sum(start is not None and not start[1] for start in starts)
    ended = sum(start is not None and start[1] is not None for start in starts)
    body = b" ".join(line for line, start in zip(lines, starts, strict=True) if start is None)
    words = body.split()  # the names of the solids, which may be anything, are gone
    if ended not in (solids, solids - 1):
        raise ValueError(f"it is cut short: {ended} of {solids} solids have an endsolid")
    wrong = (
        (number, place, found)
        for place, word in _FACET.items()
        for number, found in enumerate(words[place::21], 1)
        if found.lower() != word.encode()
    )
    if first := min(wrong, default=None):
        number, place, found = first
        raise ValueError(
            f"facet {number} has {found[:40].decode('latin-1')!r} for {_FACET[place]!r}: "
            "every facet must have a normal and 3 vertices"
        )
    if len(words) % 21:
        cut = f"it is cut short: {ended} of {solids} solids have an endsolid, and "
        facet = f"its facet {len(words) // 21 + 1} is not complete"
        raise ValueError(cut + facet if ended < solids else facet)
    if ended < solids:
        warnings.warn("its last solid has no endsolid: its facets are whole", stacklevel=2)
    columns = [numbers(words[place::21]) for place in _CORNERS]  # [9][f]
    return np.stack(columns, axis=1).reshape(-1, 3)
