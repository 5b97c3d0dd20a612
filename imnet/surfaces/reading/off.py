"""OFF, with or without normals, colours and texture coordinates; also counts on the first line."""

import re

import numpy as np

from imnet.surfaces.reading.polygons import triangulate
from imnet.surfaces.reading.text import numbers, whole_numbers, without_comments

_HEADING = re.compile(rb"(?:ST|C|N)*(4?n?)OFF(.*)")


def read_off(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Vertices float64 [v, 3] and triangles int64 [f, 3]. Raises ValueError for a damaged file."""
    rows = [line.split() for line in without_comments(content).splitlines()]
    rows = [row for row in rows if row]
    heading = _HEADING.fullmatch(b" ".join(rows[0])) if rows else None
    if heading is not None:
        if heading[1] or heading[2].strip() == b"BINARY":
            raise ValueError("it is an OFF file of four dimensions or more, or a binary one")
        rows[0] = heading[2].split()  # the counts may stand behind the word, or touch it
        rows = rows if rows[0] else rows[1:]
    if not rows or len(rows[0]) < 2:
        raise ValueError("it has no counts of vertices and faces")
    vertex_count, face_count = map(int, whole_numbers(rows[0][:2]))
    promised, found = f"{vertex_count} vertices and {face_count} faces", len(rows) - 1
    if min(vertex_count, face_count) < 0 or vertex_count + face_count != found:
        raise ValueError(f"its header promises {promised}, one a line, but {found} lines follow")
    vertices, faces = rows[1 : vertex_count + 1], rows[vertex_count + 1 :]
    if any(len(row) < 3 for row in vertices):
        raise ValueError("a vertex has fewer than 3 coordinates")
    positions = numbers([word for row in vertices for word in row[:3]]).reshape(-1, 3)
    counts = whole_numbers([row[0] for row in faces])
    for number, (row, count) in enumerate(zip(faces, counts, strict=True), 1):
        if not 0 <= count < len(row):
            raise ValueError(f"face {number} promises {count} corners and has {len(row) - 1}")
    corners = [
        word for row, count in zip(faces, counts, strict=True) for word in row[1 : count + 1]
    ]
    return positions, triangulate(positions, whole_numbers(corners), counts)
