"""Mesh files as people have them: read rightly, or refused with the reason."""

import re
import sys
from pathlib import Path

import mesh_cases as m
import numpy as np
import pytest
from mesh_cases import CUBE, FACES, VERTICES, Gltf
from mesh_features import (
    BAD,
    CORNERS,
    EXPECTED,
    GOOD,
    OTHER_THINGS,
    READ,
    REFUSED,
    TWO_BOXES,
    U_PARTS,
    U_POLYGONS,
    draco,
    draco_cube,
    hidden,
)

from imnet.base.errors import UserError
from imnet.surfaces.reading import contradictions, read_mesh, read_triangles
from imnet.surfaces.solid import max_pool
from imnet.surfaces.triangles import areas
from imnet.surfaces.voxelize import voxelize

ROOT = Path(__file__).parents[1]


def cases_of(files):
    return [(suffix, case) for suffix, cases in files.items() for case in cases]


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def assert_is_the_two_boxes(path, corner=TWO_BOXES[0], volume=TWO_BOXES[1], area=TWO_BOXES[2]):
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


def test_a_face_that_is_a_point_is_left_out(tmp_path):
    """It would widen the box that a mesh is scaled by."""
    path = write(tmp_path, "far.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 50 50 50\nf 1 2 3\nf 4 4 4\n")
    assert read_triangles(path).max() == 1
    path = write(tmp_path, "all.obj", "v 1 1 1\nf 1 1 1\n")
    assert len(read_triangles(path)) == 1  # refused by its size


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


@pytest.mark.parametrize(("suffix", "case"), cases_of(GOOD))
def test_read(tmp_path, suffix, case):
    path = write(tmp_path, f"x{suffix.upper()}", GOOD[suffix][case])
    assert_is_the_two_boxes(path, *EXPECTED.get(case, ()))


def test_the_table_names_every_case_once():
    for files, rows in ((GOOD, READ), (BAD, REFUSED)):
        for suffix, features in rows.items():
            named = [case for cases in features.values() for case in cases]
            assert sorted(named) == sorted(files[suffix])
    text = (ROOT / "point_sampling/README.md").read_text()
    rows = [f"| {k[1:]} | {feature} | read |" for k, some in READ.items() for feature in some]
    rows += [f"| {k[1:]} | {f} | refused |" for k, some in REFUSED.items() for f in some]
    assert re.findall(r"^\| \w+ \| .*? \| (?:read|refused) \|", text, re.MULTILINE) == sorted(
        rows, key=lambda row: list(GOOD).index("." + row.split()[1])
    )


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


def test_polygons_share_vertices(tmp_path):
    path = write(tmp_path, "u.obj", U_POLYGONS)
    vertices, triangles = read_mesh(path)
    assert vertices.shape == (16, 3) and triangles.shape == (28, 3)  # shared, none added


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
    pytest.importorskip("DracoPy")
    content = draco_cube()
    path = write(tmp_path, "x.glb", draco(content).glb())
    assert_refused(write(tmp_path, "y.glb", draco(content, count=9).glb()), "promised are")
    monkeypatch.setitem(sys.modules, "DracoPy", None)  # as if it were not installed
    assert_refused(path, "KHR_draco_mesh_compression: .* DracoPy")


def test_dae_polygon_with_a_hole(tmp_path):
    points = np.array([(0, 0, 0), (4, 0, 0), (4, 4, 0), (0, 4, 0), (1, 1, 0), (3, 1, 0), (1, 3, 0)])
    source = m.CUBE_SOURCE.replace(m.lines(CUBE), m.lines(points)).replace('"24"', '"21"')
    faces = """<polygons count="1"><input semantic="VERTEX" source="#corners" offset="0"/>
    <ph><p>0 1 2 3</p><h>4 5 6</h></ph></polygons>"""
    node = '<node><instance_geometry url="#cube"/></node>'
    content = m.dae(faces, node, source.replace('count="8"', 'count="7"'))
    triangles = read_triangles(write(tmp_path, "x.dae", content))
    assert areas(triangles).sum() == pytest.approx(16 - 2)


@pytest.mark.parametrize(("suffix", "case"), cases_of(BAD))
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


@pytest.mark.parametrize("below", [False, True])
def test_nodes_are_hidden_by_the_extension_alone(tmp_path, below):
    """Without the extension, the floor is a part of the shape."""
    g = hidden(below)
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
