"""AC3D (.ac), the text format of FlightGear's models."""

import re
from collections.abc import Iterator

import numpy as np

from imnet.surfaces.reading.polygons import put_together, strip_triangles, triangulate
from imnet.surfaces.reading.text import numbers, plain_text, whole_numbers

_POLYGON, _LINES, _STRIP = 0, (1, 2), 4  # the lowest four bits of a surface's flags
_NO_VERTICES = np.zeros((0, 3))


def read_ac3d(content: bytes, skip: re.Pattern | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Vertices float64 [v, 3] and triangles int64 [f, 3] of an AC3D file's surfaces, y up.

    Objects whose name `skip` matches somewhere are left out, with all below them. Raises ValueError
    if it is not a whole AC3D file.
    """
    lines = (line.decode("latin-1") for line in plain_text(content).splitlines())
    if not next(lines, "").startswith("AC3D"):
        raise ValueError("it has no AC3D heading")
    parts = []
    try:
        for line in lines:
            if line.startswith("OBJECT"):
                _read_object(lines, np.eye(3), np.zeros(3), skip, parts)
    except StopIteration:
        raise ValueError("it is cut short or damaged") from None
    return put_together(parts)


def _read_object(
    lines: Iterator[str],
    rotation: np.ndarray,
    location: np.ndarray,
    skip: re.Pattern | None,
    parts: list | None,
) -> None:
    """Read an object and those below it into `parts`, which is None where they are skipped.

    Vertices v of the object above it are rotation @ v + location in the file's axes. `rot` is a
    matrix for row vectors, as OpenSceneGraph takes it, and `loc` moves what is below too.
    """
    above, vertices = rotation, _NO_VERTICES
    corners, counts = [], []  # of the polygons
    for line in lines:
        key, _, value = line.strip().partition(" ")
        if key == "name" and skip is not None and skip.search(value):
            parts = None
        elif key == "data":
            length = int(value)
            while length > 0:  # so many characters on the lines below
                length -= len(next(lines)) + 1
        elif key == "rot":
            rotation = above @ numbers(value.split()).reshape(3, 3).T
        elif key == "loc":
            location = location + above @ numbers(value.split()).reshape(3)
        elif key == "numvert":
            rows = [next(lines).split()[:3] for _ in range(int(value))]
            vertices = numbers([word for row in rows for word in row]).reshape(len(rows), 3)
            vertices = vertices @ rotation.T + location
        elif key == "SURF":
            found, kind = _read_surface(lines), int(value, 0) & 15
            if kind == _POLYGON:
                corners += found
                counts.append(len(found))
            elif kind == _STRIP:
                strip = strip_triangles(np.array(found))
                corners += strip.ravel().tolist()
                counts += [3] * len(strip)
            elif kind not in _LINES:
                raise ValueError(f"it has surfaces of kind {kind}, which are not read")
        elif key == "kids":
            if parts is not None:
                parts.append((vertices, triangulate(vertices, whole_numbers(corners), counts)))
            for _ in range(int(value)):
                if next(lines, None) is None:  # OBJECT; real files announce more than they have
                    return
                _read_object(lines, rotation, location, skip, parts)
            return
    raise StopIteration


def _read_surface(lines: Iterator[str]) -> list[str]:
    """The vertex numbers of a surface, after its line SURF."""
    line = next(lines)
    while not line.startswith("refs"):
        line = next(lines)
    return [next(lines).split()[0] for _ in range(int(line.split()[1]))]
