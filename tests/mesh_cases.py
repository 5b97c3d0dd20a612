"""Writers of small mesh files: two boxes that stand apart, in every format that is read."""

import base64
import json
import struct

import numpy as np

CUBE = np.array([(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
QUADS = np.array(
    [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
)
TRIANGLES = np.concatenate([QUADS[:, :3], QUADS[:, [0, 2, 3]]])  # of the cube, facing outwards
PLACES = [{}, {"translation": [2, 0, 0], "scale": [1, 2, 1]}]  # the second is twice as high
FIRST, SECOND = CUBE, CUBE * (1, 2, 1) + np.array([2, 0, 0])
VERTICES = np.concatenate([FIRST, SECOND])
FACES = np.concatenate([TRIANGLES, TRIANGLES + 8])
QUAD_FACES = np.concatenate([QUADS, QUADS + 8])


def lines(rows, before="", count=False):
    """A line for each row, with a word before its numbers, or how many there are."""
    starts = [f"{len(row)} " if count else before for row in rows]
    words = (" ".join(f"{number:g}" for number in row) for row in rows)
    return "".join(f"{start}{line}\n" for start, line in zip(starts, words, strict=True))


def obj(faces=FACES + 1, vertices=VERTICES):
    return lines(vertices, "v ") + lines(faces, "f ")


def ply(order="ascii", faces=FACES, length="uchar", index="int", vertex_more="", promised=None):
    """`order` is ascii, < or >; `faces` are rows that may differ in length."""
    kinds = {"<": "binary_little_endian", ">": "binary_big_endian"}
    head = (
        f"ply\nformat {kinds.get(order, order)} 1.0\ncomment caf\u00e9 \u00c5ngstr\u00f6m\n"
        f"element vertex {len(VERTICES)}\nproperty float x\nproperty float y\nproperty float z\n"
        f"{vertex_more}element face {len(faces) if promised is None else promised}\n"
        f"property list {length} {index} vertex_indices\nend_header\n"
    ).encode()
    more = vertex_more.count("\n")
    if order == "ascii":
        rows = [[*vertex, *[7] * more] for vertex in VERTICES]
        return head + (lines(rows) + lines(faces, count=True)).encode()
    codes = {"uchar": "B", "ushort": "H", "int": "i", "uint": "I", "short": "h", "uint8": "B"}
    body = [struct.pack(f"{order}3f{more}B", *vertex, *[7] * more) for vertex in VERTICES]
    for face in faces:
        layout = f"{order}{codes[length]}{len(face)}{codes[index]}"
        body.append(struct.pack(layout, len(face), *face))
    return head + b"".join(body)


def stl(header=b"", behind=b"", promised=24):
    record = np.zeros(len(FACES), [("n", "<f4", 3), ("corners", "<f4", (3, 3)), ("a", "<u2")])
    record["corners"] = VERTICES[FACES]
    return header.ljust(80) + struct.pack("<I", promised) + record.tobytes() + behind


def text_stl(faces=FACES, name="two boxes"):
    facets = "".join(
        f"facet normal 0 0 0\n  outer loop\n{lines(VERTICES[face], 'vertex ')}  endloop\nendfacet\n"
        for face in faces
    )
    return f"solid {name}\n{facets}endsolid {name}\n"


def off(head="OFF\n", faces=QUAD_FACES, vertex_more=(), face_more=""):
    rows = [[*vertex, *vertex_more] for vertex in VERTICES]
    body = lines(faces, count=True).replace("\n", f"{face_more}\n")
    return f"{head}{len(VERTICES)} {len(faces)} 0\n{lines(rows)}{body}"


class Gltf:
    """A glTF document that grows; `glb` and `gltf` give it as a file."""

    def __init__(self):
        self.document = {"asset": {"version": "2.0"}, "bufferViews": [], "accessors": []}
        self.document |= {"meshes": [], "nodes": []}
        self.data = b""

    def add(self, kind, item):
        self.document.setdefault(kind, []).append(item)
        return len(self.document[kind]) - 1

    def view(self, content, **more):
        self.data += b"\0" * (-len(self.data) % 4)
        view = {"buffer": 0, "byteOffset": len(self.data), "byteLength": len(content)} | more
        self.data += content
        return self.add("bufferViews", view)

    def accessor(self, array, dtype="<f4", **more):
        """`more` replaces fields; a field that is None is left out."""
        array = np.asarray(array, dtype)
        code = {"i1": 5120, "u1": 5121, "i2": 5122, "u2": 5123, "u4": 5125, "f4": 5126}[dtype[-2:]]
        kind = {1: "SCALAR", 3: "VEC3", 4: "VEC4", 16: "MAT4"}[array[0].size]
        item = {"componentType": code, "count": len(array), "type": kind}
        if "bufferView" not in more:
            item["bufferView"] = self.view(array.tobytes())
        item |= more
        return self.add("accessors", {k: v for k, v in item.items() if v is not None})

    def primitive(self, indices=TRIANGLES, vertices=CUBE, dtype="<u2", **more):
        """`vertices` may be the number of an accessor; without indices if they are None."""
        at = vertices if isinstance(vertices, int) else self.accessor(vertices)
        item = {"attributes": {"POSITION": at}}
        if indices is not None:
            item["indices"] = self.accessor(np.ravel(indices), dtype)
        return item | more

    def mesh(self, *primitives, **more):
        return self.add("meshes", {"primitives": list(primitives) or [self.primitive()]} | more)

    def node(self, mesh=None, **more):
        return self.add("nodes", more if mesh is None else {"mesh": mesh} | more)

    def placed(self, *meshes):
        """Put the cube, or each one's own mesh, where the two boxes are. Gives itself."""
        meshes = meshes or [self.mesh()] * 2
        nodes = [self.node(mesh, **place) for mesh, place in zip(meshes, PLACES, strict=True)]
        self.document |= {"scene": 0, "scenes": [{"nodes": nodes}]}
        return self

    def glb(self):
        self.document["buffers"] = [{"byteLength": len(self.data)}]
        text = json.dumps(self.document).encode()
        text += b" " * (-len(text) % 4)
        data = self.data + b"\0" * (-len(self.data) % 4)
        length = 28 + len(text) + len(data)
        head = struct.pack("<4sIII4s", b"glTF", 2, length, len(text), b"JSON")
        return head + text + struct.pack("<I4s", len(data), b"BIN\0") + data

    def gltf(self, uri=None):
        text = base64.b64encode(self.data).decode()
        uri = uri or f"data:application/octet-stream;base64,{text}"
        self.document["buffers"] = [{"byteLength": len(self.data), "uri": uri}]
        return json.dumps(self.document).encode()


CUBE_SOURCE = f"""<source id="points">
<float_array id="numbers" count="24">{lines(CUBE)}</float_array>
<technique_common><accessor source="#numbers" count="8" stride="3"><param name="X" type="float"/>
<param name="Y" type="float"/><param name="Z" type="float"/></accessor></technique_common></source>
<vertices id="corners"><input semantic="POSITION" source="#points"/></vertices>"""
CUBE_TRIANGLES = f"""<triangles count="12">
<input semantic="VERTEX" source="#corners" offset="0"/><p>{lines(TRIANGLES)}</p></triangles>"""
DAE_NODES = """<node><instance_geometry url="#cube"/></node><node><translate>2 0 0</translate>
<scale>1 2 1</scale><instance_geometry url="#cube"/></node>"""


def dae(faces=CUBE_TRIANGLES, nodes=DAE_NODES, source=CUBE_SOURCE, more="", shown="#scene"):
    return f"""<?xml version="1.0" encoding="utf-8"?>
<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">
<asset><up_axis>Y_UP</up_axis></asset><library_geometries><geometry id="cube"><mesh>
{source}{faces}</mesh></geometry></library_geometries>{more}<library_visual_scenes>
<visual_scene id="scene">{nodes}</visual_scene></library_visual_scenes>
<scene><instance_visual_scene url="{shown}"/></scene></COLLADA>"""


def good_files():
    """A good file of every format, by suffix: bytes that all hold the same two boxes."""
    files = {
        "lines.obj": obj(),
        "back.obj": obj(TRIANGLES - 8, FIRST) + obj(TRIANGLES - 8, SECOND),
        "text.ply": ply(),
        "little.ply": ply("<"),
        "mixed.ply": ply(">", [*QUADS, *TRIANGLES + 8]),
        "binary.stl": stl(),
        "text.stl": text_stl(),
        "quads.off": off(),
        "nodes.glb": Gltf().placed().glb(),
        "uri.gltf": Gltf().placed().gltf(),
        "instances.dae": dae(),
    }
    return {k: v.encode() if isinstance(v, str) else v for k, v in files.items()}
