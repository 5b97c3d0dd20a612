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


def ac3d():
    sides = "".join(f"SURF 0x10\nmat 0\nrefs 4\n{lines(quad, '')}" for quad in QUADS[:, :, None])
    boxes = "".join(
        f'OBJECT poly\nname "box"\nloc {x} 0 0\nnumvert 8\n{lines(CUBE * (1, y, 1))}'
        f"numsurf 6\n{sides}kids 0\n"
        for x, y in ((0, 1), (2, 2))
    )
    return f'AC3Db\nMATERIAL "white" rgb 1 1 1\nOBJECT world\nkids 2\n{boxes}'


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
        """Put the cube, or each one's own mesh, where the two boxes are. Returns itself."""
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


def quantized(**more):
    """The cube as whole numbers of 16 bits, padded to 8 bytes a vertex."""
    g = Gltf()
    stored = np.zeros((8, 4), "<u2")
    stored[:, :3] = CUBE * 65535
    view = g.view(stored.tobytes(), byteStride=8)
    at = g.accessor(CUBE, "<u2", bufferView=view, normalized=True, **more)
    g.document["extensionsRequired"] = ["KHR_mesh_quantization"]
    return g.placed(*[g.mesh(g.primitive(vertices=at))] * 2)


def gltf_of(build, **more):
    """The two boxes, from a function that makes the primitives of a cube's mesh."""
    g = Gltf()
    mesh = g.mesh(*build(g), **more)
    return g.placed(mesh, mesh)


def interleaved(g):
    rows = np.append(CUBE, np.full((8, 3), 9), axis=1).astype("<f4")  # with a normal
    view = g.view(rows.tobytes(), byteStride=24)
    yield g.primitive(vertices=g.accessor(CUBE, bufferView=view))


def sparse(g, base):
    """A cube whose upper corners are replaced, or all but the first, which no data is behind."""
    up = np.flatnonzero(CUBE[:, 1]) if base else np.arange(1, 8)
    item = {
        "count": len(up),
        "indices": {"bufferView": g.view(up.astype("<u1").tobytes()), "componentType": 5121},
        "values": {"bufferView": g.view(CUBE[up].astype("<f4").tobytes())},
    }
    more = {} if base else {"bufferView": None}
    flat = CUBE * (1, 0, 1) if base else CUBE * 0
    return g.accessor(flat, sparse=item, **more)


def morphed(g):
    yield g.primitive(
        vertices=CUBE * (1, 0.5, 1), targets=[{"POSITION": g.accessor(CUBE * (0, 2, 0))}]
    )


def posed():
    """One mesh of both boxes; the joints of a skin pull the second into its place."""
    g = Gltf()
    item = g.primitive(FACES, np.concatenate([CUBE, CUBE + np.array([5, 0, 0])]))
    joints, weights = np.zeros((2, 16, 4))
    joints[8:, 0], weights[:, 0] = 1, 1
    item["attributes"] |= {
        "JOINTS_0": g.accessor(joints, "<u1"), "WEIGHTS_0": g.accessor(weights),
    }  # fmt: skip
    binds = np.tile(np.eye(4), (2, 1, 1))
    binds[1, 3, 0] = -5  # column-major: away from where the box was modelled
    skin = g.add("skins", {"joints": [0, 1], "inverseBindMatrices": g.accessor(binds)})
    bones = [g.node(), g.node(**PLACES[1])]
    shown = g.node(g.mesh(item), skin=skin, translation=[7, 7, 7])  # which the skin overrules
    g.document["scenes"] = [{"nodes": [*bones, shown]}]
    return g


def instanced(**more):
    g = Gltf()
    scales = g.accessor([(1, 1, 1), (1, 2, 1)])
    fields = {"TRANSLATION": g.accessor([(0, 0, 0), (2, 0, 0)]), "SCALE": scales} | more
    node = g.node(g.mesh(), extensions={"EXT_mesh_gpu_instancing": {"attributes": fields}})
    g.document |= {"scenes": [{"nodes": [node]}], "extensionsRequired": ["EXT_mesh_gpu_instancing"]}
    return g


def nested():
    """Nodes in nodes: a matrix, a quarter turn of few digits, a mirror."""
    g = Gltf()
    cube = g.mesh()
    turn = {"rotation": [0, 0, 0.7, 0.7], "translation": [1, 0, 0]}  # (x, y) → (1 - y, x)
    mirror = g.node(cube, scale=[-1, 1, 1], translation=[1, 0, 0])  # to the same place
    first = g.node(children=[mirror], **turn)
    matrix = np.diag([1.0, 2, 1, 1])
    matrix[0, 3] = 1
    second = g.node(
        children=[g.node(cube, matrix=matrix.T.ravel().tolist())], translation=[1, 0, 0]
    )
    g.document |= {"scene": 1, "scenes": [{"nodes": []}, {"nodes": [first, second]}]}
    return g


def no_scenes():
    g = Gltf().placed()
    del g.document["scene"], g.document["scenes"]
    return g


def both_in_one_mesh():
    """No scene and no nodes."""
    g = Gltf()
    g.mesh(g.primitive(FACES, VERTICES))
    return g


# all hold the two boxes
GLTF_CASES = {
    "bytes": gltf_of(lambda g: [g.primitive(dtype="<u1")]),
    "32 bits": gltf_of(lambda g: [g.primitive(dtype="<u4")]),
    "not indexed": gltf_of(lambda g: [g.primitive(None, CUBE[TRIANGLES].reshape(-1, 3))]),
    "strips": gltf_of(lambda g: [g.primitive(q[[0, 1, 3, 2]], mode=5) for q in QUADS]),
    "fans": gltf_of(lambda g: [g.primitive(q, mode=6) for q in QUADS]),
    "points and lines": gltf_of(
        lambda g: [g.primitive(), *(g.primitive([0, 1], CUBE * 9, mode=k) for k in range(4))]
    ),
    "interleaved": gltf_of(interleaved),
    "sparse": gltf_of(lambda g: [g.primitive(vertices=sparse(g, True))]),
    "sparse on zeros": gltf_of(lambda g: [g.primitive(vertices=sparse(g, False))]),
    "morphed": gltf_of(morphed, weights=[0.25]),
    "skin": posed(),
    "quantized": quantized(),
    "instances": instanced(),
    "nested": nested(),
    "no scenes": no_scenes(),
    "no nodes": both_in_one_mesh(),
}


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
