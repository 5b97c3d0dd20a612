"""Mesh files as people have them: read rightly, or refused with the reason."""

import re
import sys

import mesh_cases as m
import numpy as np
import pytest
from mesh_cases import CUBE, FACES, FIRST, QUADS, SECOND, TRIANGLES, VERTICES, Gltf

from imnet.base.errors import UserError
from imnet.surfaces.reading import contradictions, read_mesh, read_triangles
from imnet.surfaces.triangles import areas
from point_sampling.solid import max_pool
from point_sampling.voxelize import voxelize

CORNERS = m.lines(VERTICES, "v ")
U = [(0, 0), (1, 0), (1, 3), (2, 3), (2, 0), (3, 0), (3, 4), (0, 4)]  # a concave polygon


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def assert_is_the_two_boxes(path, corner=(3, 2, 1), volume=3, area=16):
    """A closed surface that faces outwards; `area` is of its triangles."""
    triangles = read_triangles(path)
    np.testing.assert_allclose(triangles.min(axis=(0, 1)), 0, atol=1e-3)
    np.testing.assert_allclose(triangles.max(axis=(0, 1)), corner, atol=1e-3)
    assert areas(triangles).sum() == pytest.approx(area, rel=1e-3)
    assert np.linalg.det(triangles).sum() / 6 == pytest.approx(volume, rel=1e-3)


def assert_refused(path, *reasons):
    with pytest.raises(UserError) as error:
        read_triangles(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)
    for reason in reasons:
        assert re.search(reason, str(error.value)), error.value


def u_shape(*ends):
    corners = m.lines([(x, y, z) for z in (0, 1) for x, y in U], "v ")
    sides = [(i + 1, (i + 1) % 8 + 1, (i + 1) % 8 + 9, i + 9) for i in range(8)]
    return corners + m.lines(sides, "f ") + "".join(m.lines(end, "f ") for end in ends)


U_TRIANGLES = np.array([(0, 1, 2), (0, 2, 7), (2, 3, 6), (2, 6, 7), (3, 4, 5), (3, 5, 6)])
U_PARTS = u_shape(U_TRIANGLES[:, ::-1] + 1, U_TRIANGLES + 9)
U_POLYGONS = u_shape([range(8, 0, -1)], [range(9, 17)])


def test_polygons_and_files_of_bug_reports_have_the_reference_grid(tmp_path):
    """The grids that the sampler makes, 64³ of 256³."""
    good = m.good_files()
    good |= {
        "mark.obj": b"\xef\xbb\xbf" + (CORNERS + "v 1 1 1\n" + m.lines(FACES + 1, "f ")).encode(),
        "tabs.obj": m.obj().replace(" ", "\t"),
        "behind.stl": m.stl(behind=b"\n"),
        "quantized.glb": m.quantized().glb(),
    }
    for reference, voxels, files in (
        (m.obj(), 17820, good),
        (U_PARTS, 21280, {"u.obj": U_POLYGONS}),
    ):
        wanted = max_pool(voxelize(read_triangles(write(tmp_path, "x.obj", reference)), "x"), 64)
        assert wanted.sum() == voxels
        for name, content in files.items():
            grid = max_pool(voxelize(read_triangles(write(tmp_path, name, content)), name), 64)
            assert np.array_equal(grid, wanted), name


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


@pytest.mark.parametrize("case", GOOD_OBJ)
def test_obj(tmp_path, case):
    assert_is_the_two_boxes(write(tmp_path, "x.OBJ", GOOD_OBJ[case]))


def test_obj_lines_alone_and_in_runs(tmp_path):
    """Runs of like lines are read at once; the same lines one by one are the same mesh."""
    quads = m.obj(m.QUAD_FACES + 1).splitlines()
    triangles = [f"f {' '.join(f'{i}/{i}//' for i in face)}" for face in (FACES + 1).tolist()]
    lines = [*quads, *triangles, *(f"{line} 0.5 1" for line in quads if line[0] == "v")]
    expected = read_mesh(write(tmp_path, "run.obj", "\n".join(lines)))
    assert len(expected[1]) == 2 * len(FACES) and len(expected[0]) == 2 * len(VERTICES)
    for number, between in enumerate(("\ng a\n", "\r", "\r\n", "\n\n  ", "\n# v 1 2 3\n")):
        path = write(tmp_path, f"{number}.obj", between.join(lines))
        for found, wanted in zip(read_mesh(path), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)
    for inner in ("v 1 2 3 v 4 5 6\nv\n", "v 1 2 3 4 v 4 5 6\nv 1\n"):  # as many words as a table
        assert_refused(write(tmp_path, "x.obj", inner + CORNERS), "vertex 2 has")


def test_obj_polygons(tmp_path):
    path = write(tmp_path, "u.obj", U_POLYGONS)
    assert_is_the_two_boxes(path, corner=(3, 4, 1), volume=9, area=2 * 9 + 20)
    vertices, triangles = read_mesh(path)
    assert vertices.shape == (16, 3) and triangles.shape == (28, 3)  # shared, none added


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


@pytest.mark.parametrize("case", GOOD_PLY)
def test_ply(tmp_path, case):
    assert_is_the_two_boxes(write(tmp_path, "x.ply", GOOD_PLY[case]))


GOOD_STL = {
    "solid in a binary header": m.stl(b"solid exported by a CAD program"),
    "a byte behind": m.stl(behind=b"\n"),
    "zeros behind": m.stl(behind=bytes(200)),
    "text": m.text_stl(),
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


@pytest.mark.parametrize("case", GOOD_STL)
def test_stl(tmp_path, case):
    assert_is_the_two_boxes(write(tmp_path, "x.stl", GOOD_STL[case]))


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


@pytest.mark.parametrize("case", GOOD_OFF)
def test_off(tmp_path, case):
    assert_is_the_two_boxes(write(tmp_path, "x.off", GOOD_OFF[case]))


def draco(content, **more):
    g = Gltf()
    view = g.view(content)
    extension = {"KHR_draco_mesh_compression": {"bufferView": view, "attributes": {"POSITION": 0}}}
    points = g.accessor(CUBE, bufferView=None, **more)
    item = g.primitive(None, points, extensions=extension)
    item["indices"] = g.accessor(np.arange(36), "<u2", bufferView=None)
    g.document["extensionsRequired"] = ["KHR_draco_mesh_compression"]
    return g.placed(*[g.mesh(item)] * 2)


@pytest.mark.parametrize("case", m.GLTF_CASES)
def test_gltf(tmp_path, case):
    path = write(tmp_path, "x.glb", m.GLTF_CASES[case].glb())
    assert_is_the_two_boxes(path)


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


@pytest.mark.parametrize("name", ["corner points.bin", "100%.bin"])
def test_gltf_with_a_file_beside_it(tmp_path, name):
    g = Gltf().placed()
    uri = name.replace("%", "%25").replace(" ", "%20")
    path = write(tmp_path, "x.gltf", g.gltf(uri))
    assert_refused(path, f"{name} .* missing")
    write(tmp_path, name, g.data[:-1])
    assert_refused(path, "promises")
    write(tmp_path, name, b"version https://git-lfs.github.com/spec/v1\noid sha256:00")
    assert_refused(path, "Git LFS")
    write(tmp_path, name, g.data)
    assert_is_the_two_boxes(path)
    write(tmp_path, "x.gltf", g.gltf(name))  # as some write it
    assert_is_the_two_boxes(path)


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("https://example.org/x.bin", "elsewhere"),
        ("data:application/octet-stream;base64,A*", "damaged data"),
        ("data:", "without data"),
        ("x" * 9999, "buffer x"),
    ],
)
def test_gltf_buffers_that_are_not_there(tmp_path, uri, reason):
    assert_refused(write(tmp_path, "x.gltf", Gltf().placed().gltf(uri)), reason)


def test_draco(tmp_path, monkeypatch):
    package = pytest.importorskip("DracoPy")
    content = package.encode(CUBE.astype("<f4"), TRIANGLES.astype("<u4"), quantization_bits=14)
    path = write(tmp_path, "x.glb", draco(content).glb())
    assert_is_the_two_boxes(path)
    assert_refused(write(tmp_path, "y.glb", draco(content, count=9).glb()), "promised are")
    monkeypatch.setitem(sys.modules, "DracoPy", None)  # as if it were not installed
    assert_refused(path, "KHR_draco_mesh_compression: .* DracoPy")


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


@pytest.mark.parametrize("case", GOOD_DAE)
def test_dae(tmp_path, case):
    assert_is_the_two_boxes(write(tmp_path, "x.dae", GOOD_DAE[case]))


def test_dae_polygon_with_a_hole(tmp_path):
    points = np.array([(0, 0, 0), (4, 0, 0), (4, 4, 0), (0, 4, 0), (1, 1, 0), (3, 1, 0), (1, 3, 0)])
    source = m.CUBE_SOURCE.replace(m.lines(CUBE), m.lines(points)).replace('"24"', '"21"')
    faces = """<polygons count="1"><input semantic="VERTEX" source="#corners" offset="0"/>
    <ph><p>0 1 2 3</p><h>4 5 6</h></ph></polygons>"""
    node = '<node><instance_geometry url="#cube"/></node>'
    content = m.dae(faces, node, source.replace('count="8"', 'count="7"'))
    triangles = read_triangles(write(tmp_path, "x.dae", content))
    assert areas(triangles).sum() == pytest.approx(16 - 2)


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


@pytest.mark.parametrize(
    ("suffix", "case"), [(k, case) for k, cases in BAD.items() for case in cases]
)
def test_refused_with_the_reason(tmp_path, suffix, case):
    content, reason = BAD[suffix][case]
    assert_refused(write(tmp_path, f"x{suffix}", content), reason)


@pytest.mark.parametrize("suffix", BAD)
def test_what_is_no_mesh_is_called_what_it_is(tmp_path, suffix):
    for content, reason in OTHER_THINGS.items():
        assert_refused(write(tmp_path, f"x{suffix}", content), reason)
    assert_refused(tmp_path / f"missing{suffix}", "No such file")


@pytest.mark.parametrize("suffix", BAD)
def test_a_mesh_under_another_name_is_called_what_it_is(tmp_path, suffix):
    """All kinds but binary STL, which has nothing at its start that tells it."""
    for other, content in m.good_files().items():
        own = "." + other.rpartition(".")[2]
        if own not in (suffix, ".stl") and {own, suffix} != {".glb", ".gltf"}:
            assert_refused(write(tmp_path, f"x{suffix}", content), f"it is a {own} file")
    if suffix != ".stl":
        assert_refused(write(tmp_path, f"x{suffix}", m.text_stl()), "it is a .stl file")


def test_up_axes_that_contradict_the_flag(tmp_path):
    paths = [write(tmp_path, f"{k}.glb", Gltf().placed().glb()) for k in "ab"]
    paths += [write(tmp_path, "z.dae", m.dae().replace("Y_UP", "Z_UP"))]
    paths += [write(tmp_path, "x.obj", m.obj())]
    (line,) = contradictions(paths, "+y")
    assert re.search(r"z\.dae .*\+z .*\+y ", line)
    (line,) = contradictions(paths, "+z")
    assert re.search(r"a\.glb .*\+y .*\+z ", line)


NO_SHAPE = [
    *("KHR_node_selectability", "KHR_node_hoverability", "KHR_animation_pointer", "CESIUM_RTC"),
    *("EXT_lights_image_based", "ADOBE_materials_clearcoat_tint", "EXT_materials_x"),
    *("EXT_mesh_features", "KHR_node_visibility", "KHR_materials_ior", "KHR_xmp_json_ld"),
]


@pytest.mark.parametrize("name", NO_SHAPE)
def test_extensions_that_change_no_shape_may_be_required(tmp_path, name):
    g = Gltf().placed()
    g.document["extensionsRequired"] = [name]
    assert_is_the_two_boxes(write(tmp_path, "x.glb", g.glb()))


@pytest.mark.parametrize("below", [False, True])
def test_hidden_nodes_are_left_out(tmp_path, below):
    """And what hangs below them, even where that says that it is visible."""
    g = Gltf().placed()
    visible = {True: {"KHR_node_visibility": {"visible": True}}}
    visible[False] = {"KHR_node_visibility": {"visible": False}}
    floor = g.node(g.mesh(), scale=[9, 0.1, 9], extensions=visible[below])
    hidden = g.node(children=[floor], extensions=visible[False]) if below else floor
    g.document["scenes"][0]["nodes"].append(hidden)
    for node in g.document["nodes"][:2]:
        node["extensions"] = visible[True]
    assert_is_the_two_boxes(write(tmp_path, "x.glb", g.glb()))
    for node in g.document["nodes"]:
        node.pop("extensions", None)
    with pytest.raises(AssertionError):
        assert_is_the_two_boxes(write(tmp_path, "x.glb", g.glb()))


def test_a_path_of_windows(tmp_path):
    g = Gltf().placed()
    (tmp_path / "my bufs").mkdir()
    (tmp_path / "my bufs/a.bin").write_bytes(g.data)
    for uri in ("my bufs\\a.bin", "my%20bufs%5Ca.bin", "my%20bufs/a.bin"):
        assert_is_the_two_boxes(write(tmp_path, "x.gltf", g.gltf(uri)))


def test_a_last_solid_without_its_end(tmp_path, capsys):
    whole = m.text_stl()
    open_end = whole[: whole.rindex("endsolid")]
    assert_is_the_two_boxes(write(tmp_path, "x.stl", open_end))
    (line,) = capsys.readouterr().err.splitlines()
    assert "x.stl" in line and "endsolid" in line
    assert_refused(write(tmp_path, "cut.stl", open_end[:-30]), "cut.stl")
    assert_refused(write(tmp_path, "two.stl", open_end + open_end), "endsolid")
