"""COLLADA (DAE): every geometry of the scene where its nodes put it, as stored (axes, unit)."""

import re
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np

from imnet.surfaces.reading.polygons import (
    cut_ears,
    fan_triangles,
    placed,
    put_together,
    strip_triangles,
    triangulate,
)
from imnet.surfaces.reading.text import numbers, whole_numbers

_FACES = ("triangles", "polylist", "polygons", "tristrips", "trifans")
_UNREAD = ("instance_controller", "skew", "lookat")
_MOST_NODES = 1 << 20  # instances of instances multiply
_Element = ElementTree.Element
_Mesh = tuple[np.ndarray, np.ndarray]


def read_dae(content: bytes) -> _Mesh:
    """Vertices float64 [v, 3] and triangles int64 [f, 3]. Raises ValueError for a damaged file.

    References that lead nowhere are damage. Skins and morphs are refused.
    """
    root = _parse(content)
    if root.tag != "COLLADA":
        raise ValueError(f"it is XML of the kind {root.tag}, not COLLADA")
    return put_together(_Scene(root).parts())


def _parse(content: bytes) -> _Element:
    content = content.lstrip()
    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:  # names in latin-1, whatever it declares
            return _parse(re.sub(rb"^<\?xml.*?\?>", b"", content).decode("latin-1").encode())
        raise ValueError(f"it is not whole XML ({error})") from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]  # without the namespace
    return root


class _Scene:
    """A document, its elements by id."""

    def __init__(self, root: _Element):
        self.root = root
        self.found: dict[str, list[_Element]] = {}
        for element in root.iter():
            self.found.setdefault(f"{element.tag}#{element.get('id')}", []).append(element)
        self.geometries: dict[int, _Mesh] = {}
        self.visited = 0

    def target(self, element: _Element, tag: str) -> _Element:
        """The element that another one refers to. Raises ValueError if there is none."""
        url = element.get("url", "")
        found = self.found.get(tag + url, []) or self.found.get(tag + unquote(url), [])
        if len(found) != 1:
            there = f"{len(found)} are called so" if found else f"there is no such {tag} in it"
            raise ValueError(f"its <{element.tag}> refers to {url!r}: {there}")
        return found[0]

    def parts(self) -> Iterator[_Mesh]:
        """Vertices [v, 3] and triangles [f, 3] of every geometry that the scene shows."""
        shown = self.root.find("scene/instance_visual_scene")
        scene = self.root.find("library_visual_scenes/visual_scene")
        if shown is not None:
            scene = self.target(shown, "visual_scene")
        if scene is not None:
            for node in scene.findall("node"):
                yield from self.node(node, np.eye(4), ())
            return
        for geometry in self.root.iterfind("library_geometries/geometry"):
            yield self.geometry(geometry)

    def node(
        self, node: _Element, matrix: np.ndarray, above: tuple[_Element, ...]
    ) -> Iterator[_Mesh]:
        """The same of a node and all below it; `above` are the nodes that it stands in."""
        self.visited += 1
        if node in above or self.visited > _MOST_NODES:
            raise ValueError("its nodes hold themselves, or each other without end")
        shows = any(True for tag in ("instance_geometry", "instance_node") for _ in node.iter(tag))
        for child in node:
            if child.tag == "instance_controller" or (child.tag in _UNREAD and shows):
                raise ValueError(f"its nodes have <{child.tag}>, which is not read")
            matrix = matrix @ _transform(child)
        for child in node:
            if child.tag == "node":
                yield from self.node(child, matrix, (*above, node))
            elif child.tag == "instance_node":
                yield from self.node(self.target(child, "node"), matrix, (*above, node))
            elif child.tag == "instance_geometry":
                yield placed(*self.geometry(self.target(child, "geometry")), matrix)

    def geometry(self, geometry: _Element) -> _Mesh:
        """The mesh of a <geometry>, in its own frame."""
        if id(geometry) not in self.geometries:
            mesh = geometry.find("mesh")
            if mesh is None and geometry.find("spline") is None:
                raise ValueError(f"its geometry {geometry.get('id')} is no <mesh>")
            parts = (
                [] if mesh is None else [self.primitive(p, mesh) for p in mesh if p.tag in _FACES]
            )
            self.geometries[id(geometry)] = put_together(parts)
        return self.geometries[id(geometry)]

    def primitive(self, primitive: _Element, mesh: _Element) -> _Mesh:
        """The mesh of one primitive element: <triangles>, <polylist> ..."""
        inputs = primitive.findall("input")
        stride = 1 + max((int(i.get("offset", 0)) for i in inputs), default=0)
        corner = next((i for i in inputs if i.get("semantic") == "VERTEX"), None)
        if corner is None and primitive.find("p") is None and primitive.find("ph") is None:
            return put_together([])
        if corner is None or int(corner.get("offset", 0)) < 0:
            raise ValueError(f"its <{primitive.tag}> have no input VERTEX")
        vertices = self.positions(corner, mesh)
        offset = int(corner.get("offset", 0))

        def corners(element: _Element) -> np.ndarray:
            found = whole_numbers((element.text or "").split())
            if len(found) % stride:
                raise ValueError(f"its <{primitive.tag}> are cut short: {len(found)} numbers")
            return found[offset::stride]

        lists = [corners(p) for p in primitive.findall("p")]
        flat = np.concatenate([*lists, np.zeros(0, np.int64)])
        triangles, found = None, len(lists)
        if primitive.tag == "triangles":
            sizes, found = np.full(len(flat) // 3, 3), len(flat) / 3
        elif primitive.tag == "polylist":
            sizes = whole_numbers((primitive.findtext("vcount") or "").split())
            found = len(sizes)
            if sizes.sum() != len(flat) or (sizes < 0).any():
                raise ValueError(
                    f"its <polylist> promise {sizes.sum()} corners, it has {len(flat)}"
                )
        elif primitive.tag == "polygons":
            sizes = np.array([len(ring) for ring in lists], np.int64)
            holed = primitive.findall("ph")
            found += len(holed)
            triangles = [
                self.holed(vertices, [corners(r) for r in (*ph.findall("p"), *ph.findall("h"))])
                for ph in holed
            ]
        else:
            cut = strip_triangles if primitive.tag == "tristrips" else fan_triangles
            flat = np.concatenate([cut(p).ravel() for p in lists if len(p) > 2] or [flat[:0]])
            sizes = np.full(len(flat) // 3, 3)
        if found != float(primitive.get("count", found)):
            raise ValueError(
                f"its <{primitive.tag}> promise {primitive.get('count')}, not {found:g}"
            )
        return vertices, np.concatenate([triangulate(vertices, flat, sizes), *(triangles or [])])

    def holed(self, vertices: np.ndarray, rings: list[np.ndarray]) -> np.ndarray:
        """The triangles of a polygon with holes: the outline, then the holes."""
        flat = np.concatenate(rings)
        triangulate(vertices, flat, np.array([len(flat)]))  # refuses wrong numbers
        return cut_ears(vertices, rings)

    def positions(self, corner: _Element, mesh: _Element) -> np.ndarray:
        """The vertices [v, 3] that an <input> of corners refers to."""
        inside = {"#" + e.get("id", ""): e for e in mesh}
        wanted = corner.get("source", "")
        source = inside.get(unquote(wanted))
        if source is not None and source.tag == "vertices":
            given = next((i for i in source if i.get("semantic") == "POSITION"), corner)
            wanted = given.get("source", "")
            source = inside.get(unquote(wanted))
        accessor = None if source is None else source.find("technique_common/accessor")
        if accessor is None:
            raise ValueError(f"its vertices refer to {wanted!r}, which is not there")
        array = next((e for e in source if "#" + e.get("id", "") == accessor.get("source")), None)
        if array is None:
            raise ValueError(
                f"its accessor refers to {accessor.get('source')!r}, which is not there"
            )
        values = numbers((array.text or "").split())
        count, stride, start = (
            int(accessor.get(key, usual))
            for key, usual in (("count", -1), ("stride", 1), ("offset", 0))
        )
        if len(values) != int(array.get("count", len(values))):
            raise ValueError(
                f"its {array.get('id')} promises {array.get('count')} numbers, it has {len(values)}"
            )
        if min(count, stride - 3, start) < 0 or start + count * stride > len(values):
            raise ValueError(
                f"its {source.get('id')} promises {count} points of {stride} numbers, "
                f"it has {len(values)} numbers"
            )
        names = [param.get("name", "").upper() for param in accessor.findall("param")]
        columns = [names.index(axis) if axis in names else k for k, axis in enumerate("XYZ")]
        return values[start : start + count * stride].reshape(count, stride)[:, columns]


def _transform(element: _Element) -> np.ndarray:
    """The matrix [4, 4] of <matrix>, <translate>, <rotate> or <scale>; else the identity."""
    matrix = np.eye(4)
    lengths = {"matrix": 16, "translate": 3, "scale": 3, "rotate": 4}
    if element.tag not in lengths:
        return matrix
    values = numbers((element.text or "").split())
    if len(values) != lengths[element.tag]:
        raise ValueError(f"its <{element.tag}> has {len(values)} numbers")
    if element.tag == "matrix":
        return values.reshape(4, 4)
    if element.tag == "translate":
        matrix[:3, 3] = values
    elif element.tag == "scale":
        matrix[:3, :3] = np.diag(values)
    elif np.linalg.norm(values[:3]) > 0:
        axis, angle = values[:3] / np.linalg.norm(values[:3]), np.radians(values[3])
        cross = np.cross(np.eye(3), axis)  # cross @ v = axis × v
        matrix[:3, :3] += np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return matrix
