"""Wavefront OBJ."""

import re
from collections.abc import Iterator
from itertools import chain

import numpy as np

from imnet.surfaces.reading.polygons import triangulate
from imnet.surfaces.reading.text import numbers, whole_numbers, without_comments

_FACES = (b"f", b"fo")  # fo is the format's older word
_ELEMENTS = (b"v", b"vn", b"vt", b"vp", b"l", b"p", *_FACES)  # which may take several lines
# a word like v or f that is neither; the other letters are groups, lines, points and smoothing
_DAMAGED = re.compile(rb"[vf].*[^A-Za-z].*|[^golps]", re.DOTALL)
_UNREAD = (b"surf", b"bzp", b"bsp", b"cdp", b"call")  # free-form surfaces, parts in other files


def read_obj(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Vertices float64 [v, 3] and triangles int64 [f, 3]. Raises ValueError for a damaged file."""
    vertices, faces = [], []  # the words of each line
    before = []  # how many vertices stand before each face
    lines = iter(without_comments(content).splitlines())
    for line in lines:
        if line.startswith((b"vn", b"vt")) and b"\\" not in line:  # half of most files
            continue
        words = line.split()
        if not words:
            continue
        if words[0] in _ELEMENTS:
            words = _continued(words, lines)
        if words[0] == b"v":
            vertices.append(words[1:4])  # behind them: a weight, a colour
        elif words[0] in _FACES:
            faces.append(words[1:])
            before.append(len(vertices))
        elif words[0] in _UNREAD:
            raise ValueError(f"it has '{words[0].decode()}' lines: export it as polygons instead")
        elif _DAMAGED.fullmatch(words[0]):  # a vertex less would shift all faces
            shown = line.strip()[:40].decode("latin-1")
            raise ValueError(f"it has the line {shown!r}, which OBJ does not know")
    short = next((i for i, words in enumerate(vertices) if len(words) < 3), None)
    if short is not None:
        raise ValueError(f"vertex {short + 1} has {len(vertices[short])} coordinates, not 3")
    positions = numbers(list(chain.from_iterable(vertices))).reshape(-1, 3)
    counts = np.array([len(face) for face in faces], np.int64)
    corners = whole_numbers([word.partition(b"/")[0] for face in faces for word in face])
    given = corners
    if (corners < 0).any():  # counted back from the face
        corners = np.where(corners < 0, np.repeat(before, counts) + corners + 1, corners)
    wrong = (given == 0) | (corners < 1) | (corners > len(positions))
    if wrong.any():
        first = int(wrong.argmax())
        face = np.searchsorted(counts.cumsum(), first, side="right") + 1
        why = "OBJ counts from 1" if given[first] == 0 else f"there are {len(positions)} vertices"
        raise ValueError(f"face {face} has the index {given[first]}: {why}")
    return positions, triangulate(positions, corners - 1, counts)


def _continued(words: list[bytes], lines: Iterator[bytes]) -> list[bytes]:
    """The words of a line, with those of the next ones while it ends in a backslash."""
    while words[-1].endswith(b"\\"):
        last = words[-1][:-1]
        words = [*words[:-1], *([last] if last else []), *next(lines, b"").split()]
    return words
