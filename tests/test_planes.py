"""AC3D files by hand, and planes made of a folder of them."""

import re
import sys

import numpy as np
import pytest

from imnet.base.errors import UserError
from imnet.surfaces.binvox import read_binvox
from point_sampling.fetch import get_planes
from point_sampling.fetch.ac3d import read_ac3d

SURFACE = "SURF {flags}\nmat 0\nrefs {count}\n{refs}\n"


def poly(name, vertices, surfaces, more="", kids=""):
    """An OBJECT of AC3D; `surfaces` are (flags, vertex numbers)."""
    rows = "\n".join(" ".join(map(str, v)) for v in vertices)
    faces = "".join(
        SURFACE.format(flags=flags, count=len(refs), refs="\n".join(f"{i} 0 0" for i in refs))
        for flags, refs in surfaces
    )
    count = kids.count("OBJECT")
    return (
        f'OBJECT poly\nname "{name}"\n{more}numvert {len(vertices)}\n{rows}\n'
        f"numsurf {len(surfaces)}\n{faces}kids {count}\n{kids}"
    )


def triangles_of(text, skip=None):
    vertices, triangles = read_ac3d(text.encode(), skip)
    return vertices[triangles]


SQUARE = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)]


def file_of(*objects):
    head = 'AC3Db\nMATERIAL "white" rgb 1 1 1\nOBJECT world\n'
    return f"{head}kids {len(objects)}\n{''.join(objects)}"


def test_a_square_becomes_a_fan_and_lines_nothing():
    text = file_of(poly("body", SQUARE, [("0x10", [0, 1, 2, 3]), ("0x12", [0, 1, 2])]))
    corners = np.array(SQUARE, float)
    np.testing.assert_array_equal(triangles_of(text), [corners[[0, 1, 2]], corners[[0, 2, 3]]])


def test_triangle_strips_are_read_and_other_kinds_are_refused():
    corners = np.array(SQUARE, float)
    strip = file_of(poly("body", SQUARE, [("0x14", [0, 1, 3, 2])]))
    np.testing.assert_array_equal(triangles_of(strip), [corners[[0, 1, 3]], corners[[3, 1, 2]]])
    with pytest.raises(ValueError, match="kind 5"):
        triangles_of(strip.replace("0x14", "0x15"))


def test_places_and_turns_add_up():
    turn = "rot 0 1 0 -1 0 0 0 0 1\n"  # row vectors: x goes to y, y to -x
    inner = poly("inner", SQUARE, [("0x0", [0, 1, 2])], "data 5\nab\ncd\nloc 1 0 0\n")
    text = file_of(poly("outer", [], [], turn + "loc 0 0 10\n", inner))
    # (x, y, 0) moves to (x + 1, y, 0), turns to (-y, x + 1, 0), moves up by 10
    expected = [[(0, 1, 10), (0, 2, 10), (-1, 2, 10)]]
    np.testing.assert_allclose(triangles_of(text), expected, atol=1e-12)


def test_skipped_objects_take_their_children_along():
    child = poly("blade", SQUARE, [("0", [0, 1, 2])])
    text = file_of(
        poly("PropDisc", SQUARE, [("0", [0, 1, 2])], kids=child),
        poly("body", SQUARE, [("0", [1, 2, 3])]),
    )
    assert len(triangles_of(text)) == 3
    np.testing.assert_array_equal(
        triangles_of(text, re.compile("disc", re.IGNORECASE)), [np.array(SQUARE, float)[[1, 2, 3]]]
    )


@pytest.mark.parametrize("keep", [0, 3, 8, 14])
def test_damaged_files(keep):
    text = file_of(poly("body", SQUARE, [("0", [0, 1, 2, 3])]))
    with pytest.raises(ValueError, match=r"heading|cut short"):
        triangles_of("\n".join(text.splitlines()[:keep]))


def test_planes_point_to_the_front(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "usr/AI/Aircraft/one"
    folder.mkdir(parents=True)
    # along x from the nose at -2, wings at its front half along z, a fin up at the back
    flat = [(-2, 0, -0.2), (2, 0, -0.2), (2, 0, 0.2), (-2, 0, 0.2)]
    wings = [(-1, 0, -2), (0, 0, -2), (0, 0, 2), (-1, 0, 2)]
    fin = [(1.5, 0, 0), (2, 0, 0), (2, 1, 0), (1.5, 1, 0)]
    parts = [poly("part", part, [("0", [0, 1, 2, 3])]) for part in (flat, wings, fin)]
    (folder / "one.ac").write_text(file_of(*parts))
    listed = tmp_path / "planes.csv"
    listed.write_text("id,member\none,one/one.ac\ntwo,two.ac\n")
    monkeypatch.setattr(get_planes, "SELECTION", listed)
    command = ["get_planes.py", "--package", str(tmp_path), "--output", str(tmp_path / "out")]
    monkeypatch.setattr(sys, "argv", [*command, "--processes", "1"])
    assert get_planes.main() == 2  # one of them is missing
    assert "skipped two" in capsys.readouterr().err
    grid = read_binvox(tmp_path / "out/one.binvox")
    occupied = np.argwhere(grid)
    widest = np.argmax(
        [np.ptp(np.append(np.flatnonzero(grid[:, :, k].any(1)), 32)) for k in range(64)]
    )
    highest = occupied[occupied[:, 1].argmax()]
    assert widest < 32 < highest[2]  # wings in front, at -z; the fin behind


def test_no_package(tmp_path):
    with pytest.raises(UserError, match="no AI/Aircraft"):
        get_planes.find_aircraft(tmp_path)
