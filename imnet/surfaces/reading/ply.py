"""PLY, ASCII and binary, with any other elements and properties around those of the mesh."""

import re
import struct
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from imnet.surfaces.reading.polygons import strip_triangles, triangulate
from imnet.surfaces.reading.text import numbers, plain_text, whole_numbers

_CODES = {  # of the modules struct and numpy
    "b": ("char", "int8"), "B": ("uchar", "uint8"), "h": ("short", "int16"),
    "H": ("ushort", "uint16"), "i": ("int", "int32"), "I": ("uint", "uint32"),
    "f": ("float", "float32"), "d": ("double", "float64"),
}  # fmt: skip
_CODE_OF = {name: code for code, names in _CODES.items() for name in names}
_ORDERS = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": ""}
_INDICES = ("vertex_indices", "vertex_index")
NO_NORMALS = np.zeros((0, 3))


class _Property(NamedTuple):
    name: str
    code: str
    length_code: str = ""  # of a list


@dataclass
class _Element:
    name: str
    count: int
    properties: list[_Property] = field(default_factory=list)

    def check(self, found: int) -> None:
        if found < self.count:
            raise ValueError(
                f"its header promises {self.count} {self.name} rows, but it holds {found}"
            )


_Columns = dict[str, tuple[np.ndarray, np.ndarray]]  # property → length of each row, all values


def read_ply(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Vertices float64 [v, 3] and triangles int64 [f, 3]. Raises ValueError for a damaged file."""
    return _mesh(_read(content))


def read_ply_points(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Vertices float64 [v, 3] and their normals [v, 3], or [0, 3] where the file has none.

    Raises ValueError for a damaged file.
    """
    vertex = _read(content).get("vertex", {})
    names = ("nx", "ny", "nz")
    normals = [vertex[name][1] for name in names] if set(names) <= set(vertex) else []
    return _positions(vertex), np.stack(normals, axis=1).astype(float) if normals else NO_NORMALS


def _read(content: bytes) -> dict[str, _Columns]:
    """The columns of each element."""
    elements, order, body = _read_header(plain_text(content))
    spare = 12  # bytes that may follow; a triangle takes 13 or more
    if not order:  # text, as if it were binary doubles
        spare = 0
        order, body = "<", numbers(body.split()).astype("<f8").tobytes()
        for element in elements:
            element.properties = [
                p._replace(code="d", length_code=p.length_code and "d") for p in element.properties
            ]
    found: dict[str, _Columns] = {}
    at = 0
    for element in elements:
        found[element.name], at = _read_element(element, order, body, at)
    if len(body) - at > spare and body[at:].strip(b"\0 \t\r\n"):
        promised = " and ".join(f"{element.count} {element.name} rows" for element in elements)
        raise ValueError(f"its header promises {promised}, but more follow")
    return found


def _positions(vertex: _Columns) -> np.ndarray:
    if not {"x", "y", "z"} <= set(vertex):
        raise ValueError("it has no vertices with x, y and z")
    return np.stack([vertex[axis][1] for axis in "xyz"], axis=1).astype(np.float64)


def _mesh(found: dict[str, _Columns]) -> tuple[np.ndarray, np.ndarray]:
    vertices = _positions(found.get("vertex", {}))
    triangles = [np.zeros((0, 3), np.int64)]
    if found.get("face"):
        counts, corners = _vertex_numbers("face", found["face"])
        triangles.append(triangulate(vertices, corners, counts))
    if found.get("tristrips"):  # -1 ends a strip
        corners = _vertex_numbers("tristrips", found["tristrips"])[1]
        for strip in np.split(corners, np.flatnonzero(corners == -1)):
            strip = strip_triangles(strip[strip != -1])
            triangles.append(triangulate(vertices, strip.ravel(), np.full(len(strip), 3)))
    return vertices, np.concatenate(triangles)


def _vertex_numbers(name: str, columns: _Columns) -> tuple[np.ndarray, np.ndarray]:
    key = next((key for key in _INDICES if key in columns), None)
    if key is None:
        raise ValueError(f"its element {name} has no list {' or '.join(_INDICES)}")
    counts, values = columns[key]
    corners = values.astype(np.int64)
    if (corners != values).any():
        raise ValueError(f"its element {name} names a vertex by a number that is not whole")
    return counts, corners


def _read_header(content: bytes) -> tuple[list[_Element], str, bytes]:
    """The elements, the byte order ("" is ASCII) and what stands behind the header."""
    first = re.match(rb"ply[ \t]*(\r\n|\n|\r)", content)
    if first is None:
        raise ValueError("it does not begin with the word ply")
    line_end = rb"\r" if first[1] == b"\r" else rb"\r?\n"  # a binary body may begin with \n
    end = re.search(rb"[\r\n][ \t]*end_header[ \t]*(?:" + line_end + rb"|$)", content)
    if end is None:
        raise ValueError("its header is cut short")
    elements, order = [], None
    for line in content[first.end() : end.start()].splitlines():
        match line.decode("latin-1").split():
            case [] | ["comment" | "obj_info", *_]:
                pass
            case ["format", name, _] if name in _ORDERS:
                order = _ORDERS[name]
            case ["element", name, count]:
                elements.append(_Element(name, int(whole_numbers([count])[0])))
            case ["property", code, name] if elements and code in _CODE_OF:
                elements[-1].properties.append(_Property(name, _CODE_OF[code]))
            case ["property", "list", length, code, name] if (
                elements and code in _CODE_OF and _CODE_OF.get(length, "f") not in "fd"
            ):
                elements[-1].properties.append(_Property(name, _CODE_OF[code], _CODE_OF[length]))
            case _:
                raise ValueError(f"its header has the line {line[:60].decode('latin-1')!r}")
    if order is None:
        raise ValueError("its header names no format")
    names = [element.name for element in elements]
    names += [f"{element.name}.{p.name}" for element in elements for p in element.properties]
    twice = next((name for name in names if names.count(name) > 1), None)
    negative = next((element.name for element in elements if element.count < 0), None)
    if twice or negative:
        raise ValueError(f"its header has {twice} twice" if twice else f"no count of {negative}s")
    return [element for element in elements if element.properties], order, content[end.end() :]


def _read_element(element: _Element, order: str, body: bytes, at: int) -> tuple[_Columns, int]:
    """The columns of an element whose rows begin at byte `at`, and where they end."""
    smallest = sum(struct.calcsize(order + (p.length_code or p.code)) for p in element.properties)
    element.check((len(body) - at) // smallest)  # with empty lists; memory is bounded by the file
    if element.count == 0:
        return {p.name: (np.zeros(0, np.int64), np.zeros(0)) for p in element.properties}, at
    # Mostly all rows are as long as the first one.
    fields = []
    row = _read_rows(element, order, body, at, 1)[0]
    for p in element.properties:
        if p.length_code:
            fields.append((f"length of {p.name}", order + p.length_code))
        fields.append((p.name, order + p.code, (int(row[p.name][0][0]),)))
    layout = np.dtype(fields)
    if layout.itemsize * element.count <= len(body) - at:
        rows = np.frombuffer(body, layout, element.count, at)
        lists = [p.name for p in element.properties if p.length_code]
        if all((rows[f"length of {name}"] == row[name][0][0]).all() for name in lists):
            columns = {
                p.name: (np.repeat(row[p.name][0], element.count), rows[p.name].ravel())
                for p in element.properties
            }
            return columns, at + rows.nbytes
    return _read_rows(element, order, body, at, element.count)


def _read_rows(
    element: _Element, order: str, body: bytes, at: int, count: int
) -> tuple[_Columns, int]:
    """The same for `count` rows whose lists differ in length."""
    lengths: list[list[int]] = [[] for _ in element.properties]
    pieces: list[list[memoryview]] = [[] for _ in element.properties]
    layout = [
        (p.length_code and struct.Struct(order + p.length_code), struct.calcsize(order + p.code))
        for p in element.properties
    ]
    view = memoryview(body)
    for row in range(count):
        for column, (length, size) in enumerate(layout):
            many = 1
            if length:
                if at + length.size > len(body):
                    element.check(row)
                many = length.unpack_from(body, at)[0]
                at += length.size
            end = at + size * int(many) if 0 <= many <= len(body) else len(body) + 1
            if end > len(body) or many != int(many):
                element.check(row)
            lengths[column].append(int(many))
            pieces[column].append(view[at:end])
            at = end
    columns = {
        p.name: (np.array(lengths[c], np.int64), np.frombuffer(b"".join(pieces[c]), order + p.code))
        for c, p in enumerate(element.properties)
    }
    return columns, at
