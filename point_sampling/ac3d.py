"""Read AC3D files (.ac), the text format of FlightGear's models; trimesh does not."""

import re
from itertools import pairwise

import numpy as np

_POLYGON = 0  # the lowest four bits of a surface's flags; 1 and 2 are lines
_NO_VERTICES = np.zeros((0, 3))


def read_ac3d(text: str, skip: re.Pattern | None = None) -> np.ndarray:
    """Triangles float64 [f, 3, 3] (corner, coordinate) of an AC3D file's polygons, y up.

    Polygons are cut into fans. Objects whose name `skip` matches somewhere are left out, with all
    below them. Raises ValueError if the text is not a whole AC3D file.
    """
    lines = iter(text.splitlines())
    if not next(lines, "").startswith("AC3D"):
        raise ValueError("no AC3D heading")
    triangles = []
    try:
        for line in lines:
            if line.startswith("OBJECT"):
                _read_object(lines, np.eye(3), np.zeros(3), skip, triangles)
    except (StopIteration, IndexError) as error:
        raise ValueError("it is cut short or damaged") from error
    return np.concatenate(triangles) if triangles else np.zeros((0, 3, 3))


def _read_object(lines, rotation, location, skip, triangles: list | None) -> None:
    """Read an object and those below it; `triangles` is None where they are skipped.

    Vertices v of the object above it are rotation @ v + location in the file's axes.
    """
    above, vertices = rotation, _NO_VERTICES
    for line in lines:
        key, _, value = line.partition(" ")
        if key == "name" and skip is not None and skip.search(value):
            triangles = None
        elif key == "data":
            length = int(value)
            while length > 0:  # so many characters on the lines below
                length -= len(next(lines)) + 1
        elif key == "rot":
            rotation = above @ np.array(value.split(), np.float64).reshape(3, 3).T
        elif key == "loc":
            location = location + above @ np.array(value.split(), np.float64)
        elif key == "numvert":
            vertices = np.array([next(lines).split()[:3] for _ in range(int(value))], np.float64)
            vertices = vertices.reshape(-1, 3) @ rotation.T + location
        elif key == "SURF":
            corners = _read_surface(lines)
            if triangles is not None and len(corners) >= 3 and int(value, 0) & 15 == _POLYGON:
                fan = [(corners[0], *pair) for pair in pairwise(corners[1:])]
                triangles.append(vertices[np.array(fan)])
        elif key == "kids":
            for _ in range(int(value)):
                if next(lines, None) is None:  # OBJECT; real files announce more than they have
                    return
                _read_object(lines, rotation, location, skip, triangles)
            return
    raise StopIteration


def _read_surface(lines) -> list[int]:
    """The vertex numbers of a surface, after its line SURF."""
    line = next(lines)
    while not line.startswith("refs"):
        line = next(lines)
    return [int(next(lines).split()[0]) for _ in range(int(line.split()[1]))]
