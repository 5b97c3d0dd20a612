"""PCD files as Open3D 0.20 and PCL write them: what is read, and what is refused."""

import struct

import numpy as np
import pytest

from imnet.base.errors import UserError
from imnet.surfaces.reading import read_cloud

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(40, 3)).astype(np.float32)
POINTS[3] = np.nan  # what the sensor did not see
HEADER = (
    "# .PCD v0.7\nVERSION 0.7\nFIELDS x y z normal_x normal_y normal_z rgb _\n"
    "SIZE 4 4 4 4 4 4 4 1\nTYPE F F F F F F U U\nCOUNT 1 1 1 1 1 1 1 3\n"
    "WIDTH 8\nHEIGHT 5\nVIEWPOINT 9 9 9 1 0 0 0\n"
    "POINTS 40\nDATA {}\n"
)
ROWS = np.zeros(40, [("p", "<f4", 3), ("n", "<f4", 3), ("rgb", "<u4"), ("_", "u1", 3)])
ROWS["p"], ROWS["n"] = POINTS, POINTS
COLUMNS = [*POINTS.T, *POINTS.T, ROWS["rgb"], ROWS["_"]]


def packed(plain):
    """As LZF, all of it in runs as they are, but zeros as references to the zero before."""
    found, at = b"", 0
    while at < len(plain):
        zeros = len(plain[at:]) - len(plain[at:].lstrip(b"\0"))
        if at and plain[at - 1] == 0 and zeros > 9:
            run = min(zeros, 264)
            found += bytes([7 << 5, run - 9, 0])
        else:
            run = min(32, len(plain) - at)
            found += bytes([run - 1]) + plain[at : at + run]
        at += run
    return found


def compressed():
    plain = b"".join(np.ascontiguousarray(column).tobytes() for column in COLUMNS)
    content = packed(plain)
    assert len(content) < len(plain) - 200  # with references
    return struct.pack("<II", len(content), len(plain)) + content


BODIES = {
    "ascii": "".join(
        f"{' '.join(f'{x:.9g}' for x in (*p, *p))} 0 0 0 0\n" for p in POINTS
    ).encode(),
    "binary": ROWS.tobytes(),
    "binary_compressed": compressed(),
}


@pytest.mark.parametrize("kind", BODIES)
def test_points_and_normals_of_every_kind(tmp_path, kind):
    path = tmp_path / "scan.pcd"
    path.write_bytes(HEADER.format(kind).encode() + BODIES[kind])
    points, normals = read_cloud(path)
    np.testing.assert_array_equal(points.astype(np.float32), POINTS)
    np.testing.assert_array_equal(normals.astype(np.float32), POINTS)


@pytest.mark.parametrize("kind", BODIES)
def test_other_versions_and_odd_fields(tmp_path, kind):
    header = HEADER.format(kind).replace("VERSION 0.7", "VERSION .6\nSENSOR a\nDRIVER b")
    header = header.replace("normal_z rgb", "_ Distance::a/b").replace("VIEWPOINT 9", "#")
    (tmp_path / "scan.pcd").write_bytes(header.encode() + BODIES[kind])
    points, normals = read_cloud(tmp_path / "scan.pcd")
    np.testing.assert_array_equal(points.astype(np.float32), POINTS)
    assert normals.shape == (0, 3)


def test_a_file_without_normals_and_counts(tmp_path):
    path = tmp_path / "scan.pcd"
    header = "FIELDS x y z\nSIZE 8 8 8\nTYPE F F F\nWIDTH 40\nHEIGHT 1\nPOINTS 40\nDATA binary\n"
    path.write_bytes(header.encode() + POINTS.astype("<f8").tobytes())
    points, normals = read_cloud(path)
    np.testing.assert_array_equal(points.astype(np.float32), POINTS)
    assert normals.shape == (0, 3)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("POINTS 40", "POINTS 41", "41"),
        ("POINTS 40", "POINTS 39", "39"),
        ("POINTS 40", "POINTS 0", "0 points"),
        ("POINTS 40\n", "", "POINTS"),
        ("FIELDS x y z", "FIELDS x y w", "no fields x, y and z"),
        ("FIELDS x y z", "FIELDS x y y", "no fields x, y and z"),
        ("COUNT 1 1 1 1 1 1 1 3", "COUNT 3 1 1 1 1 1 1 1", "no fields x, y and z"),
        ("SIZE 4 4", "SIZE 4 3", "size 3"),
        ("COUNT 1 1 1 1 1 1 1 3", "COUNT 1 1 1 1 1 1 1 999999999", "count 999999999"),
        ("SIZE 4 4", "SIZE 4", "different lengths"),
        ("DATA ", "DATA un", "DATA"),
        ("DATA ", "DITA ", "DATA"),
    ],
)
@pytest.mark.parametrize("kind", BODIES)
def test_a_header_that_contradicts_its_data_is_refused(tmp_path, kind, old, new, says):
    path = tmp_path / "scan.pcd"
    header = HEADER.format(kind)
    assert old in header
    path.write_bytes(header.replace(old, new).encode() + BODIES[kind])
    with pytest.raises(UserError, match=says):
        read_cloud(path)


@pytest.mark.parametrize("kind", BODIES)
def test_a_file_that_is_cut_anywhere_is_refused(tmp_path, kind):
    path = tmp_path / "scan.pcd"
    whole = HEADER.format(kind).encode() + BODIES[kind]
    for length in range(0, len(whole) - 3, 101):
        path.write_bytes(whole[:length])
        with pytest.raises(UserError):
            read_cloud(path)


@pytest.mark.parametrize(
    "content", [bytes([31]) + bytes(24), bytes([23]) + bytes(26), bytes([0, 0, 224, 14, 9])]
)
def test_damaged_compression_is_refused(tmp_path, content):
    """A run that ends too late, one run too many, a reference to before the start."""
    path = tmp_path / "scan.pcd"
    header = "FIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nPOINTS 2\nDATA binary_compressed\n"
    path.write_bytes(header.encode() + struct.pack("<II", len(content), 24) + content)
    with pytest.raises(UserError):
        read_cloud(path)


@pytest.mark.parametrize("word", [b"2.#5", b"\x852.5", b"\x1c2.5", b"2_5", b"0x2"])
def test_damaged_text_is_refused(tmp_path, word):
    path = tmp_path / "scan.pcd"
    header = b"FIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nPOINTS 2\nDATA ascii\n0 1 2.5\n3 4 "
    path.write_bytes(header + word + b"\n")
    with pytest.raises(UserError):
        read_cloud(path)
