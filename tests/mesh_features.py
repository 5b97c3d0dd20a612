"""Mesh files feature by feature: what is read, and what is refused by name.

`READ` and `REFUSED` are the rows of the table in point_sampling/README.md. Each names the
cases that back it: files of GOOD, which hold the two boxes, or of BAD, with the refusal's reason.
"""

import re
from contextlib import suppress

import mesh_cases as m
import numpy as np
from mesh_cases import CUBE, FACES, FIRST, QUADS, SECOND, TRIANGLES, VERTICES, Gltf

CORNERS = m.lines(VERTICES, "v ")
U = [(0, 0), (1, 0), (1, 3), (2, 3), (2, 0), (3, 0), (3, 4), (0, 4)]  # a concave polygon


def u_shape(*ends):
    corners = m.lines([(x, y, z) for z in (0, 1) for x, y in U], "v ")
    sides = [(i + 1, (i + 1) % 8 + 1, (i + 1) % 8 + 9, i + 9) for i in range(8)]
    return corners + m.lines(sides, "f ") + "".join(m.lines(end, "f ") for end in ends)


U_TRIANGLES = np.array([(0, 1, 2), (0, 2, 7), (2, 3, 6), (2, 6, 7), (3, 4, 5), (3, 5, 6)])
U_PARTS = u_shape(U_TRIANGLES[:, ::-1] + 1, U_TRIANGLES + 9)
U_POLYGONS = u_shape([range(8, 0, -1)], [range(9, 17)])
OBJ = m.obj()
GOOD_OBJ = {
    "indented": "".join(f"  {line}\n" for line in OBJ.splitlines()),
    "CR": OBJ.replace("\n", "\r"),
    "CRLF": OBJ.replace("\n", "\r\n"),
    "UTF-16": OBJ.encode("utf-16"),
    "latin-1": b"# caf\xe9 \x85\no b\xe4nk\n" + OBJ.encode(),
    "comments behind values": OBJ.replace("\n", " # f 1 2 3\n").replace("3 #", "3#"),
    "continued lines": re.sub(r"(f \d+) ", r"\1 \\\n  ", OBJ),
    "other lines continued": "vn 0 0 \\ \n1\nvt 0 \\\n 0\n" + OBJ + "l 1 2 \\\n3\n",
    "weights": OBJ.replace("\nf", " \nf").replace("1\nv", "1 1.0\nv"),
    "colours": CORNERS.replace("\n", " 0.5 0.25 1\n") + m.lines(FACES + 1, "f "),
    "normals out of range": re.sub(r"(\d+)(?= |\n)", r"\1//99", m.lines(FACES + 1, "f ")) + CORNERS,
    "texture": CORNERS + re.sub(r"(\d+)(?= |\n)", r"\1/7", m.lines(FACES + 1, "f ")),
    "points, lines, edges": OBJ + "v 9 9 9\np 17\nl 1 17 3\nf 1 17\nusemtl a_1\ns off\n",
    "faces first": m.lines(FACES + 1, "f ") + CORNERS,
    "counted back": m.obj(TRIANGLES - 8, FIRST) + m.obj(TRIANGLES - 8, SECOND),
    "tabs": OBJ.replace(" ", "\t"),
    "a mark": b"\xef\xbb\xbf" + OBJ.encode(),
    "concave polygons": U_POLYGONS,
    "quadrilaterals": CORNERS + m.lines(m.QUAD_FACES + 1, "fo "),
    "put together, with a mark inside": m.obj(TRIANGLES + 1, FIRST).encode()
    + b"\xef\xbb\xbf"
    + m.obj(TRIANGLES + 9, SECOND).encode(),
}
BAD_OBJ = {
    "face index 0": (m.obj(FACES), "face 1 .* index 0"),
    "too large": (OBJ + "f 1 2 17\n", "face 25 .* 17: .* 16"),
    "too far back": ("v 0 0 0\nf -1 -1 -2\n" + OBJ, "face 1 .* -2"),
    "no whole index": (OBJ + "f 1 2 3.5\n", "'3.5' .* whole"),
    "underscores": (OBJ + "f 1 2 1_0\n", "'1_0' .* whole"),
    "two coordinates": ("v 1 2\n" + OBJ, "vertex 1 .* 2 coordinates"),
    "a comma": ("v 0,5 0 0\n" + OBJ, "'0,5' .* number"),
    "NaN of Windows": ("v 0 0 -1.#IND\n" + OBJ, "'-1.#IND' .* number"),
    "zero bytes": (OBJ.encode() + bytes(512), "zero bytes"),
    "a vertex without a blank": (OBJ.encode() + b"v\xa01 2 3\n", "not know"),
    "another letter": (OBJ.replace("v 1 1 1", "V 1 1 1"), "'V 1 1 1', .* not know"),
    "a broken line": (OBJ.replace("f 1 2", "f\n1 2"), "'1 2 4', .* not know"),
    "free-form surfaces": (OBJ + "surf 0 1 0 1 1 2 3 4\n", "'surf' lines"),
    "no faces": (CORNERS, "no faces"),
}
GOOD_PLY = {
    f"{order} {length} {index}": m.ply(order, m.QUAD_FACES, length, index)
    for order in ("ascii", "<", ">")
    for length, index in (("uchar", "int"), ("int", "uint"), ("uint8", "short"))
}
MIXED = [*QUADS, *TRIANGLES + 8, (0, 1)]
GOOD_PLY |= {
    "mixed ascii": m.ply(faces=MIXED),
    "mixed little": m.ply("<", MIXED),
    "mixed big": m.ply(">", MIXED),
    "colours": m.ply("<", vertex_more="property uchar red\nproperty uchar green\n"),
    "colours ascii": m.ply(vertex_more="property uchar red\n"),
    "CRLF": m.ply("<").replace(b"\n", b"\r\n", 10),
    "an empty element": m.ply("<").replace(
        b"element face", b"element edge 0\nproperty int vertex1\nelement face"
    ),
    "a few bytes behind": m.ply(">") + b"\n\x1a",
    "zeros behind": m.ply(">") + bytes(99),
    "strips": (
        f"ply\nformat ascii 1.0\nelement vertex 16\nproperty double x\nproperty double y\n"
        f"property double z\nelement tristrips 1\nproperty list int int vertex_indices\n"
        f"end_header\n{m.lines(VERTICES)}60 "
        + m.lines([(a, b, d, c, -1) for a, b, c, d in m.QUAD_FACES])
    ),
}
BAD_PLY = {
    "fewer faces": (m.ply(promised=48), "48 face .* 24"),
    "fewer faces, binary": (m.ply("<", promised=48), "48 face"),
    "fewer faces, mixed": (m.ply(">", MIXED, promised=48), "48 face .* 19"),
    "more faces": (m.ply(promised=12), "16 vertex .* 12 face .* more"),
    "more faces, binary": (m.ply("<", promised=12), "but more follow"),
    "one number more": (m.ply() + b"3\n", "more follow"),
    "an index too large": (m.ply(faces=[*FACES, (0, 1, 16)]), "vertex 16"),
    "a negative index": (m.ply("<", faces=[*FACES, (0, 1, -1)]), "vertex -1"),
    "no faces": (m.ply(faces=[]), "no faces"),
    "no header's end": (m.ply()[:150], "header is cut"),
    "a kind unknown": (m.ply(index="int128"), "int128"),
    "words": (m.ply().replace(b"\n0 0 1\n", b"\n0 nought 1\n", 1), "'nought' .* number"),
}
GOOD_STL = {
    "solid in a binary header": m.stl(b"solid exported by a CAD program"),
    "a byte behind": m.stl(behind=b"\n"),
    "zeros behind": m.stl(behind=bytes(200)),
    "text": m.text_stl(),
    "no endsolid": m.text_stl().replace("endsolid two boxes", ""),
    "upper case, CRLF": m.text_stl().upper().replace("\n", "\r\n"),
    "several solids": m.text_stl(FACES[:12], "facet normal") + m.text_stl(FACES[12:], ""),
    "blank lines in front": "\n\n  " + m.text_stl(),
}
BAD_STL = {
    "fewer triangles": (m.stl(promised=25), "25 triangles, .* 24"),
    "more triangles": (m.stl(promised=12), "12 triangles, .* 24"),
    "cut": (m.stl()[:-1], "promises 24"),
    "cut text": (m.text_stl()[:1500], "cut .* 0 of 1"),
    "a corner lost": (m.text_stl().replace("vertex 0 0 0\n", "", 1), "facet 1 has 'endloop'"),
    "four corners": (m.text_stl([range(4)]), "facet 1 .*'vertex' for 'endloop'.* 3 vertices"),
    "neither": ("shape", "no STL file"),
}
GOOD_OFF = {
    "counts on the first line": m.off("OFF "),
    "counts that touch it": m.off("OFF"),
    "no heading": m.off(""),
    "comments": "# by hand\n" + m.off("OFF # two boxes\n\n# counts\n", face_more=" # a face"),
    "COFF": m.off("COFF\n", vertex_more=(255, 0, 0, 255), face_more=" 0.5 0.5 0.5"),
    "NOFF": m.off("NOFF\n", vertex_more=(0, 0, 1), face_more=" 7"),
    "triangles": m.off(faces=[*FACES, (0, 1)]),
}
BAD_OFF = {
    "a face more": (m.off() + "3 0 1 2\n", "16 vertices .* 12 faces.* 29"),
    "cut": (m.off()[:200], "16 vertices .* 25 "),
    "a corner lost": (
        m.off(faces=[*FACES, (0,)]).replace("\n1 0\n", "\n3 0\n"),
        "face 25 promises",
    ),
    "too large": (m.off(faces=[*FACES, (0, 1, 16)]), "face 25 .* vertex 16"),
    "four dimensions": (m.off("4OFF\n"), "four dimensions"),
    "binary": ("OFF BINARY\n" + "\1\2", "binary"),
}


def draco(content, **more):
    g = Gltf()
    view = g.view(content)
    extension = {"KHR_draco_mesh_compression": {"bufferView": view, "attributes": {"POSITION": 0}}}
    points = g.accessor(CUBE, bufferView=None, **more)
    item = g.primitive(None, points, extensions=extension)
    item["indices"] = g.accessor(np.arange(36), "<u2", bufferView=None)
    g.document["extensionsRequired"] = ["KHR_draco_mesh_compression"]
    return g.placed(*[g.mesh(item)] * 2)


def changed(more=None, **fields):
    """The plain document with other fields; `more` changes it further."""
    g = Gltf().placed()
    g.document |= fields
    if more is not None:
        more(g.document)
    return g.glb()


def at(*path, value):
    """Replace what stands at a path of a document."""

    def change(document):
        *folders, last = path
        for key in folders:
            document = document[key]
        document[last] = value

    return change


EMPTY = {"componentType": 5126, "type": "VEC3", "count": 8}
BAD_GLTF = {
    "an extension unknown": (changed(extensionsRequired=["X_y"]), "extension X_y"),
    "meshopt": (
        changed(extensionsRequired=["EXT_meshopt_compression"]),
        "extension EXT_meshopt_compression",
    ),
    "glTF 1": (changed(asset={"version": "1.0"}), "version 1.0"),
    "cut": (Gltf().placed().glb()[:-8], "cut short"),
    "cut in the head": (Gltf().placed().glb()[:16], "cut short"),
    "no buffer": (changed(at("bufferViews", 0, "buffer", value=1)), r"buffers\[1\], .* 1$"),
    "beyond its buffer": (changed(at("bufferViews", 1, "byteLength", value=999)), "ends behind"),
    "beyond its view": (changed(at("accessors", 1, "count", value=39)), "promises 39 values"),
    "no such mesh": (changed(at("nodes", 0, "mesh", value=5)), r"meshes\[5\], .* 1$"),
    "no such node": (changed(scenes=[{"nodes": [9]}]), r"nodes\[9\]"),
    "counted back": (changed(scenes=[{"nodes": [-1]}]), r"nodes\[-1\]"),
    "a circle": (changed(at("nodes", 0, "children", value=[0])), "two places"),
    "half a triangle": (changed(at("accessors", 1, "count", value=35)), "35 corners"),
    "a mode unknown": (changed(at("meshes", 0, "primitives", 0, "mode", value=7)), "mode 7"),
    "a vertex too many": (
        m.gltf_of(lambda g: [g.primitive([0, 1, 8])]).glb(),
        "vertex 8 .* only 8",
    ),
    "corners that are points": (
        changed(at("meshes", 0, "primitives", 0, "indices", value=0)),
        "accessor 0 .* VEC3, .* SCALAR",
    ),
    "no data": (changed(at("accessors", 0, value=EMPTY)), "8 values without"),
    "binds": (
        m.posed().glb().replace(b'"count": 2, "type": "MAT4"', b'"count": 1, "type": "MAT4"'),
        "2 joints, 1 bind",
    ),
    "instances": (m.instanced(X=2).glb(), "instances"),
    "no JSON": (Gltf().placed().glb().replace(b'{"asset"', b'["asset"'), r"damaged \(JSON"),
    "Draco": (draco(b"DRACO\2\2" + b"U" * 57).glb(), "KHR_draco_mesh_compression"),
}


def primitives(tag, shape, before="", count=6):
    """The cube as faces of another kind; `shape` makes a <p> of each side."""
    sides = "".join(f"<p>{' '.join(map(str, shape(side)))}</p>" for side in QUADS.tolist())
    vertex = '<input semantic="VERTEX" source="#corners" offset="0"/>'
    return f'<{tag} count="{count}">{vertex}{before}{sides}</{tag}>'


def doubled(numbers):
    return [n for number in numbers for n in (number, 0)]


NORMALS = '<input semantic="NORMAL" source="#anything" offset="1"/>'
POLYLIST = primitives("polylist", lambda q: q, f"<vcount>{'4 ' * 6}</vcount>")
TURNED = """<node><matrix>1 0 0 2  0 2 0 0  0 0 1 0  0 0 0 1</matrix><node>
<translate>1 0 0</translate><rotate>0 0 2 90</rotate><instance_geometry url="#cube"/></node></node>
<node><translate>1 0 0</translate><rotate sid="y">0 1 0 -90</rotate><scale>1 1 -1</scale>
<translate>0 0 -1</translate>
<node><rotate>0 1 0 90</rotate><translate>-1 0 0</translate><instance_geometry url="#cube"/></node>
</node>"""
LIBRARY = f"<library_nodes><node id='both'>{m.DAE_NODES}</node></library_nodes>"
SCENE_END = '<scene><instance_visual_scene url="#scene"/></scene>'
GOOD_DAE = {
    "polylist": m.dae(POLYLIST),
    "polygons": m.dae(primitives("polygons", lambda q: q)),
    "strips": m.dae(primitives("tristrips", lambda q: (q[0], q[1], q[3], q[2]))),
    "fans": m.dae(primitives("trifans", lambda q: q)),
    "normals": m.dae(primitives("trifans", doubled, NORMALS)),
    "lines": m.dae(m.CUBE_TRIANGLES + "<lines count='1'><p>0 1</p></lines>"),
    "a library's node": m.dae(nodes='<node><instance_node url="#both"/></node>', more=LIBRARY),
    "nodes in nodes": m.dae(nodes=TURNED),
    "mirrored": m.dae(nodes=m.DAE_NODES.replace("<scale>", "<translate>1 0 0</translate><scale>-")),
    "without a scene's name": m.dae().replace(SCENE_END, ""),
    "latin-1": m.dae(more="<extra>caf\xe9</extra>").encode("latin-1"),
    "columns": m.dae(
        source=re.sub('name="(.)"', lambda k: f'name="{"YZX"["XYZ".index(k[1])]}"', m.CUBE_SOURCE)
    ),
}
BAD_DAE = {
    "no such geometry": (m.dae(nodes=m.DAE_NODES.replace("#cube", "#cone")), "'#cone'.*no such"),
    "another file": (m.dae(nodes=m.DAE_NODES.replace("#cube", "x.dae#cube")), "'x.dae#cube'"),
    "no such scene": (m.dae(shown="#other"), "'#other'"),
    "no such points": (m.dae(source=m.CUBE_SOURCE.replace('"#points"', '"#x"')), "vertices refer"),
    "no such numbers": (m.dae(source=m.CUBE_SOURCE.replace('"#numbers"', '"#x"')), "accessor .*#x"),
    "fewer numbers": (m.dae(source=m.CUBE_SOURCE.replace("0 0 0\n", "0 0\n", 1)), "promises 24"),
    "fewer points": (m.dae(source=m.CUBE_SOURCE.replace('"8"', '"9"')), "promises 9 points"),
    "fewer faces": (m.dae(m.CUBE_TRIANGLES.replace('"12"', '"13"')), "13, .* 12"),
    "polylist": (m.dae(POLYLIST.replace("4 4", "4 5", 1)), "25 corners, .* 24"),
    "too large": (m.dae(m.CUBE_TRIANGLES.replace("0 1 3", "0 1 8", 1)), "vertex 8"),
    "a skin": (m.dae(nodes='<node><instance_controller url="#s"/></node>'), "instance_controller"),
    "skewed": (m.dae(nodes=m.DAE_NODES.replace("<scale>1 2 1</scale>", "<skew/>")), "<skew>"),
    "a circle": (
        m.dae(more='<library_nodes><node id="a"><instance_node url="#a"/></node></library_nodes>',
              nodes='<node><instance_node url="#a"/></node>'),
        "hold themselves",
    ),
    "half a matrix": (m.dae(nodes=m.DAE_NODES.replace("1 2 1<", "1 2<")), "<scale> has 2"),
    "cut": (m.dae()[:-30], "not whole XML"),
    "other XML": ("<svg/>", "kind svg"),
    "an empty scene": (m.dae(nodes=""), "no faces"),
}  # fmt: skip


def hidden(below):
    """The two boxes and a floor that is hidden; `below` a hidden node, although it says visible."""
    g = Gltf().placed()
    visible = {True: {"KHR_node_visibility": {"visible": True}}}
    visible[False] = {"KHR_node_visibility": {"visible": False}}
    floor = g.node(g.mesh(), scale=[9, 0.1, 9], extensions=visible[below])
    shown = g.node(children=[floor], extensions=visible[False]) if below else floor
    g.document["scenes"][0]["nodes"].append(shown)
    for node in g.document["nodes"][:2]:
        node["extensions"] = visible[True]
    return g


def requiring(name):
    g = Gltf().placed()
    g.document["extensionsRequired"] = [name]
    return g


def draco_cube():
    """A cube as Draco's bytes. Raises ImportError without the optional package DracoPy."""
    import DracoPy

    return DracoPy.encode(CUBE.astype("<f4"), TRIANGLES.astype("<u4"), quantization_bits=14)


NO_SHAPE = [
    *("KHR_node_selectability", "KHR_node_hoverability", "KHR_animation_pointer", "CESIUM_RTC"),
    *("EXT_lights_image_based", "ADOBE_materials_clearcoat_tint", "EXT_materials_x"),
    *("EXT_mesh_features", "KHR_node_visibility", "KHR_materials_ior", "KHR_xmp_json_ld"),
]
GOOD_GLB = {case: g.glb() for case, g in m.GLTF_CASES.items()}
GOOD_GLB |= {f"requires {name}": requiring(name).glb() for name in NO_SHAPE}
GOOD_GLB |= {"hidden": hidden(False).glb(), "hidden by a parent": hidden(True).glb()}
with suppress(ImportError):
    GOOD_GLB["Draco"] = draco(draco_cube()).glb()

GOOD = {
    ".obj": GOOD_OBJ,
    ".ply": GOOD_PLY,
    ".stl": GOOD_STL,
    ".off": GOOD_OFF,
    ".glb": GOOD_GLB,
    ".gltf": {"data in the JSON": Gltf().placed().gltf()},
    ".dae": GOOD_DAE,
}
TWO_BOXES = (3, 2, 1), 3, 16  # the largest coordinates, the volume, the area of the triangles
EXPECTED = {"concave polygons": ((3, 4, 1), 9, 2 * 9 + 20)}  # of the cases that hold another shape
BAD = {
    ".obj": BAD_OBJ,
    ".ply": BAD_PLY,
    ".stl": BAD_STL,
    ".off": BAD_OFF,
    ".glb": BAD_GLTF,
    ".dae": BAD_DAE,
}
OTHER_THINGS = {
    b"": "empty",
    bytes(2000): "zeros",
    b"\n<!DOCTYPE html><html>": "web page",
    b"version https://git-lfs.github.com/spec/v1\n": "git lfs pull",
    b"PK\3\4" + bytes(99): "archive",
}

READ = {  # suffix → feature → the cases that back it
    ".obj": {
        "polygons of any size, also concave": ["quadrilaterals", "concave polygons"],
        "indices counted back": ["counted back"],
        "faces in front of their vertices": ["faces first"],
        "texture and normal numbers: ignored, even wrong ones": ["texture", "normals out of range"],
        "weights and colours behind positions: ignored": ["weights", "colours"],
        "points, lines, faces of two corners: ignored": ["points, lines, edges"],
        "continued lines, comments behind values": [
            "continued lines", "other lines continued", "comments behind values"],
        "indentation, tabs, CR or CRLF": ["indented", "tabs", "CR", "CRLF"],
        "byte order marks, UTF-16, latin-1": [
            "a mark", "put together, with a mark inside", "UTF-16", "latin-1"],
    },
    ".ply": {
        "ASCII, little and big endian, all kinds of numbers": [
            f"{order} {kinds}" for order in ("ascii", "<", ">")
            for kinds in ("uchar int", "int uint", "uint8 short")],
        "polygons of different sizes": ["mixed ascii", "mixed little", "mixed big"],
        "triangle strips": ["strips"],
        "colours and other elements: ignored": ["colours", "colours ascii", "an empty element"],
        "CRLF in the header, a few bytes or zeros behind the end": [
            "CRLF", "a few bytes behind", "zeros behind"],
    },
    ".stl": {
        "binary, also with `solid` in its header": ["solid in a binary header"],
        "a few bytes or zeros behind the end": ["a byte behind", "zeros behind"],
        "text, any case, several solids": [
            "text", "upper case, CRLF", "several solids", "blank lines in front"],
        "text whose last solid has no `endsolid`: with a note": ["no endsolid"],
    },
    ".off": {
        "OFF, COFF, NOFF, no heading at all": [
            "counts on the first line", "counts that touch it", "no heading", "COFF", "NOFF"],
        "comments, polygons, colours of faces": ["comments", "triangles"],
    },
    ".glb": {
        "indices of 8 to 32 bits, or none": ["bytes", "32 bits", "not indexed"],
        "triangle strips and fans": ["strips", "fans"],
        "points and lines: ignored": ["points and lines"],
        "interleaved and sparse data": ["interleaved", "sparse", "sparse on zeros"],
        "the scene that is shown; nodes in nodes, mirrors, matrices": ["nested"],
        "no scene, no nodes: all that there is": ["no scenes", "no nodes"],
        "skins as they are posed, morph targets by their weights": ["skin", "morphed"],
        "KHR_mesh_quantization": ["quantized"],
        "EXT_mesh_gpu_instancing": ["instances"],
        "KHR_draco_mesh_compression, with the package DracoPy": ["Draco"],
        "KHR_node_visibility: what is hidden is left out": ["hidden", "hidden by a parent"],
        "required extensions that change no shape": [f"requires {name}" for name in NO_SHAPE],
    },
    ".gltf": {"data in the JSON, or in files beside it": ["data in the JSON"]},
    ".dae": {
        "triangles, polylists, polygons, strips, fans": [
            "polylist", "polygons", "strips", "fans", "normals"],
        "lines: ignored": ["lines"],
        "nodes in nodes, library nodes, mirrors, all transforms but skews": [
            "a library's node", "nodes in nodes", "mirrored"],
        "coordinates in another order, no scene's name, latin-1": [
            "columns", "without a scene's name", "latin-1"],
    },
}  # fmt: skip
REFUSED = {
    ".obj": {
        "indices of 0 or of no vertex": ["face index 0", "too large", "too far back"],
        "numbers that are none": [
            "no whole index", "underscores", "two coordinates", "a comma", "NaN of Windows"],
        "damaged lines": [
            "zero bytes", "a vertex without a blank", "another letter", "a broken line"],
        "free-form surfaces": ["free-form surfaces"],
        "no faces": ["no faces"],
    },
    ".ply": {
        "fewer faces than promised": ["fewer faces", "fewer faces, binary", "fewer faces, mixed"],
        "more data than promised": ["more faces", "more faces, binary", "one number more"],
        "indices of no vertex": ["an index too large", "a negative index"],
        "a damaged header, words for numbers": ["no header's end", "a kind unknown", "words"],
        "no faces": ["no faces"],
    },
    ".stl": {
        "another number of triangles than promised": ["fewer triangles", "more triangles", "cut"],
        "a facet that is cut or has not three corners": [
            "cut text", "a corner lost", "four corners", "neither"],
    },
    ".off": {
        "other counts than promised": ["a face more", "cut", "a corner lost"],
        "indices of no vertex": ["too large"],
        "4OFF, binary": ["four dimensions", "binary"],
    },
    ".glb": {
        "EXT_meshopt_compression, required extensions that are unknown": [
            "meshopt", "an extension unknown"],
        "Draco data that cannot be decoded": ["Draco"],
        "glTF 1": ["glTF 1"],
        "a file that is cut": ["cut", "cut in the head", "no JSON"],
        "references to what is not there": [
            "no buffer", "no such mesh", "no such node", "counted back", "a circle", "no data"],
        "data beyond its buffer, other counts than promised": [
            "beyond its buffer", "beyond its view", "half a triangle", "binds", "instances"],
        "indices of no vertex, modes and kinds that do not fit": [
            "a vertex too many", "a mode unknown", "corners that are points"],
    },
    ".dae": {
        "skins and morphs (instance_controller), skews": ["a skin", "skewed"],
        "references to what is not there, or to other files": [
            "no such geometry", "another file", "no such scene", "no such points",
            "no such numbers", "a circle"],
        "other counts than promised": [
            "fewer numbers", "fewer points", "fewer faces", "polylist", "half a matrix"],
        "indices of no vertex": ["too large"],
        "a file that is cut, other XML, an empty scene": ["cut", "other XML", "an empty scene"],
    },
}  # fmt: skip
