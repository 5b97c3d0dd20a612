"""Wavefront OBJ."""

import re

import numpy as np

from imnet.surfaces.reading.polygons import triangulate
from imnet.surfaces.reading.text import numbers, whole_numbers, without_comments

_FACES = (b"f", b"fo")  # fo is the format's older word
# Lines of one kind, which are read together; an element that a backslash spreads over lines; a line
_RUN = re.compile(
    rb"(?:v[nt][ \t][^\n\\]*\n)+"
    rb"|(?:v[ \t][^\n\\]*\n){1,50000}"
    rb"|(?:f[ \t][^\n\\]*\n){1,50000}"
    rb"|[ \t]*(?:v[ntp]?|l|p|fo?)[ \t](?:[^\n]*\\[ \t]*\n)+[^\n]*\n"
    rb"|[^\n]*\n"
)
_CONTINUED = re.compile(rb"\\[ \t]*\n")
# a word like v or f that is neither; the other letters are groups, lines, points and smoothing
_DAMAGED = re.compile(rb"[vf].*[^A-Za-z].*|[^golps]", re.DOTALL)
_UNREAD = (b"surf", b"bzp", b"bsp", b"cdp", b"call")  # free-form surfaces, parts in other files


def read_obj(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Vertices float64 [v, 3] and triangles int64 [f, 3]. Raises ValueError for a damaged file."""
    positions, corners, counts = [np.zeros((0, 3))], [np.zeros(0, np.int64)], []
    before = []  # how many vertices stand before each face
    found = 0
    text = without_comments(content)
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for match in _RUN.finditer(text + b"\n\n"):  # the last line may end in a backslash
        run = match[0]
        word = run.split(None, 1)[:1]
        if word == [b"v"]:
            positions.append(_coordinates(run, found))
            found += len(positions[-1])
        elif word and word[0] in _FACES:
            run_corners, run_counts = _corners(run)
            corners.append(run_corners)
            counts.append(run_counts)
            before.append(np.full(len(run_counts), found))
        elif word:
            _check_word(word[0], run)
    counts = np.concatenate([np.zeros(0, np.int64), *counts])
    given = numbered = np.concatenate(corners)
    if (given < 0).any():  # counted back from the face
        own = np.repeat(np.concatenate(before), counts)
        numbered = np.where(given < 0, own + given + 1, given)
    wrong = (given == 0) | (numbered < 1) | (numbered > found)
    if wrong.any():
        first = int(wrong.argmax())
        face = np.searchsorted(counts.cumsum(), first, side="right") + 1
        why = "OBJ counts from 1" if given[first] == 0 else f"there are {found} vertices"
        raise ValueError(f"face {face} has the index {given[first]}: {why}")
    vertices = np.concatenate(positions)
    return vertices, triangulate(vertices, numbered - 1, counts)


def _coordinates(run: bytes, before: int) -> np.ndarray:
    """Coordinates [n, 3] of lines `v x y z`, which may have a weight or a colour behind them."""
    words, width = _table(run)
    if width is None:
        rows = [line.split() for line in _lines(run)]
    elif width < 4:
        rows = [words[:width]]
    else:
        return np.stack([numbers(words[place::width]) for place in (1, 2, 3)], axis=1)
    short = next((i for i, row in enumerate(rows) if len(row) < 4), None)
    if short is not None:
        many = len(rows[short]) - 1
        raise ValueError(f"vertex {before + short + 1} has {many} coordinates, not 3")
    return numbers([word for row in rows for word in row[1:4]]).reshape(-1, 3)


def _corners(run: bytes) -> tuple[np.ndarray, np.ndarray]:
    """The vertices' numbers, one face after the other, and how many each face of a run has."""
    words, width = _table(run)
    if width is not None:
        counts = np.full(len(words[::width]), width - 1)
        del words[::width]
    else:
        rows = [line.split()[1:] for line in _lines(run)]
        counts = np.array([len(row) for row in rows])
        words = [word for row in rows for word in row]
    if b"/" in run:  # behind it: the numbers of a texture's and a normal's vertex
        words = [word.partition(b"/")[0] for word in words]
    return whole_numbers(words), counts


def _table(run: bytes) -> tuple[list[bytes], int | None]:
    """The words of a run, and how many each line has; None where they differ."""
    words, lines = run.split(), run.count(b"\n")
    width = len(words) // lines
    regular = len(words) == width * lines
    regular = regular and words[::width].count(words[0]) == lines == words.count(words[0])
    return words, width if regular else None


def _lines(run: bytes) -> list[bytes]:
    return _CONTINUED.sub(b" ", run).splitlines()


def _check_word(word: bytes, line: bytes) -> None:
    """Raise ValueError for a line that is not read and would change the shape."""
    if word in _UNREAD:
        raise ValueError(f"it has '{word.decode()}' lines: export it as polygons instead")
    if _DAMAGED.fullmatch(word):  # a vertex less would shift all faces
        shown = line.strip()[:40].decode("latin-1")
        raise ValueError(f"it has the line {shown!r}, which OBJ does not know")
