"""Any bytes at all: parsers give what is right, or refuse in one line."""

import io
import pickle
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import mesh_cases
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.io import savemat

from imnet.base.errors import UserError
from imnet.networks.pytorch import read_pth, write_pth
from imnet.surfaces.binvox import read_binvox, write_binvox
from imnet.surfaces.reading import read_mesh
from point_sampling.fetch.ac3d import read_ac3d
from point_sampling.hsp import assemble, read_hsp

ONE_LINE = 5000  # characters
many = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
few = settings(many, max_examples=25)


def read(reader, path, content):
    """What a reader gives, or None if it refuses the content in one line."""
    path.write_bytes(content)
    try:
        return reader(path)
    except UserError as error:
        assert "\n" not in str(error) and len(str(error)) < ONE_LINE
        assert str(path) in str(error)
        return None


def spoilt(content):
    """A strategy: bytes of `content` replaced, cut out or put in."""
    places = st.integers(0, len(content))
    edits = st.lists(st.tuples(places, st.integers(0, 9), st.binary(max_size=9)), max_size=3)

    def edited(edits):
        changed = bytearray(content)
        for start, length, new in edits:
            changed[start : start + length] = new
        return bytes(changed)

    return edits.map(edited)


def assert_is_a_mesh(mesh):
    if mesh is not None:
        vertices, triangles = mesh
        assert vertices.dtype == np.float64 and vertices.shape[1:] == (3,)
        assert triangles.shape[1:] == (3,)
        assert triangles.size == 0 or 0 <= triangles.min() <= triangles.max() < len(vertices)


MESHES = mesh_cases.good_files()


@pytest.mark.parametrize("name", MESHES)
@given(data=st.data())
@few
def test_meshes(tmp_path, name, data):
    content = data.draw(st.binary(max_size=200) | spoilt(MESHES[name]))
    assert_is_a_mesh(read(read_mesh, tmp_path / name, content))


@given(spoilt(mesh_cases.ac3d().encode()) | st.binary().map(b"AC3Db\n".__add__))
@many
def test_ac3d(tmp_path, content):
    assert_is_a_mesh(
        read(lambda path: read_mesh(path, reader=read_ac3d), tmp_path / "x.ac", content)
    )


WORDS = st.text("0123456789-.e/", max_size=5)
NUMBERS = WORDS | st.integers(-9, 999).map(str) | st.floats().map(str)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("x.obj", ["v", "f", "f ", "\\", "#", "vn", "l"]),
        ("x.off", ["OFF", "COFF", "#", "4"]),
        ("x.ply", ["ply", "format ascii 1.0", "element vertex 3", "property float x"]),
        ("x.stl", ["solid", "facet normal", "outer loop", "vertex", "endloop", "endsolid"]),
    ],
)
@given(data=st.data())
@few
def test_texts_of_the_right_words(tmp_path, name, words, data):
    line = st.tuples(st.sampled_from(words), st.lists(NUMBERS, max_size=5))
    lines = data.draw(st.lists(line, max_size=9))
    text = "\n".join([words[0], *(" ".join([word, *more]) for word, more in lines)])
    assert_is_a_mesh(read(read_mesh, tmp_path / name, text.encode()))


@given(
    st.lists(st.integers(0, 10**6) | st.just(2), min_size=3, max_size=3),
    st.binary(max_size=40),
    st.sampled_from([b"\n", b"\r\n"]),
)
@many
def test_binvox(tmp_path, sizes, runs, end):
    head = b"#binvox 1\ndim %d %d %d\ndata\n" % tuple(sizes)
    voxels = read(read_binvox, tmp_path / "x.binvox", head.replace(b"\n", end) + runs)
    x, z, y = sizes
    pairs = zip(runs[::2], runs[1::2], strict=False)
    flat = [value != 0 for value, count in pairs for _ in range(count)]
    if voxels is not None:
        assert voxels.shape == (x, y, z)
        assert voxels.transpose(0, 2, 1).ravel().tolist() == flat[: x * y * z]
    elif x * y * z <= len(flat):  # refused: then the grid's end is inside a run
        ends = np.cumsum(list(runs[1::2]))
        assert x * y * z not in (0, *ends)


def binvox_file(tmp_path):
    write_binvox(tmp_path / "good.binvox", np.arange(512).reshape(8, 8, 8) % 7 > 2)
    return (tmp_path / "good.binvox").read_bytes()


@given(data=st.data())
@many
def test_spoilt_binvox(tmp_path, data):
    content = data.draw(st.binary() | spoilt(binvox_file(tmp_path)))
    voxels = read(read_binvox, tmp_path / "x.binvox", content)
    assert voxels is None or (voxels.ndim == 3 and voxels.dtype == bool)


@given(
    st.lists(st.integers(0, 3), max_size=3),
    st.sampled_from(["u1", "i2", "f4", "f8", "?"]),
    st.integers(-2, 4) | st.just(0.5) | st.just(np.nan),
)
@many
def test_hsp_blocks(shape, dtype, number):
    blocks = np.ones((*shape, 16, 16, 16), dtype)
    numbers = np.full((16, 16, 16), number)
    try:
        voxels = assemble(blocks, numbers, "x.mat")
    except UserError as error:
        assert "x.mat" in str(error)
        count = 1 if np.prod(shape) == 1 else (shape or [1])[0]
        assert len(shape) > 1 or number not in range(1, count + 1)
    else:
        assert voxels.shape == (256, 256, 256) and voxels.all()


@pytest.mark.parametrize("packed", [False, True])
@given(data=st.data())
@few
def test_hsp_files(tmp_path, packed, data):
    blocks = np.arange(2, dtype=np.uint8).repeat(4096).reshape(2, 16, 16, 16)
    stored = {"b": blocks, "bi": np.full((16, 16, 16), 2, np.uint8)}
    savemat(tmp_path / "good.mat", stored, do_compression=packed)
    content = data.draw(st.binary() | spoilt((tmp_path / "good.mat").read_bytes()))
    voxels = read(read_hsp, tmp_path / "x.mat", content)
    assert voxels is None or voxels.shape == (256, 256, 256)


@pytest.mark.parametrize(
    "content",
    [
        "text",
        np.zeros(3, "c16"),
        np.array([(1, 2)], "i4,i4"),
        np.array(["cell", 1], object),
        {"inner": 3},
    ],
)
def test_hsp_variables_of_other_kinds(tmp_path, content):
    savemat(tmp_path / "x.mat", {"b": content, "bi": np.ones((16, 16, 16))})
    with pytest.raises(UserError, match="b is no array of numbers"):
        read_hsp(tmp_path / "x.mat")


TENSORS = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.ones(1, np.float32)}


def archive_of(content):
    """A .pth file around a pickle."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", content)
        for key in (0, 1):
            archive.writestr(f"archive/data/{key}", bytes([24, 4][key]))
    return file.getvalue()


def pickle_of(path):
    write_pth(path, TENSORS)
    with zipfile.ZipFile(path) as archive:
        return archive.read("archive/data.pkl")


@given(data=st.data())
@many
def test_pth(tmp_path, data):
    """Files, and pickles inside whole files."""
    inside = pickle_of(tmp_path / "good.pth")
    whole = (tmp_path / "good.pth").read_bytes()
    content = data.draw(
        st.binary() | spoilt(whole) | (st.binary() | spoilt(inside)).map(archive_of)
    )
    tensors = read(read_pth, tmp_path / "x.pth", content)
    assert tensors is None or all(isinstance(array, np.ndarray) for array in tensors.values())


class Call:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def test_a_pickle_calls_nothing(tmp_path):
    mark = tmp_path / "mark"
    for call in (
        Call(Path.touch, mark), Call(exec, f"open({str(mark)!r}, 'w')"),
        Call(__import__, "this"), Call(getattr, mark, "touch"), Call(open, mark, "w"),
    ):  # fmt: skip
        for content in (call, {"a": call}, {call.call[1][0]: 1, "a": call}):
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                stream = pickle.dumps(content, protocol)
                for file in (stream, archive_of(stream)):
                    (tmp_path / "x.pth").write_bytes(file)
                    with pytest.raises(UserError, match=r"asks for .*refused"):
                        read_pth(tmp_path / "x.pth")
    assert not mark.exists()


def test_a_pickle_changes_nothing(tmp_path):
    """The opcode BUILD sets attributes of whatever a pickle names, classes too."""
    good = pickle_of(tmp_path / "good.pth")
    stream = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nN}X\5\0\0\0arrayK\1s\x86b."
    assert read(read_pth, tmp_path / "x.pth", archive_of(stream)) is None
    assert read(read_pth, tmp_path / "x.pth", archive_of(good)) is not None


def test_pickles_that_would_take_all_memory(tmp_path):
    good = pickle_of(tmp_path / "good.pth")
    table = good[:-1] + b"r" + struct.pack("<I", 2**32 - 1) + b"."  # the last place of the memo
    assert read(read_pth, tmp_path / "x.pth", archive_of(table)) is None

    def pair(*numbers):
        return b"".join(b"\x8a\x08" + struct.pack("<q", number) for number in numbers) + b"t"

    assert pair(2, 3) in good and pair(3, 1) in good
    repeated = good.replace(pair(2, 3), pair(2**34, 3)).replace(pair(3, 1), pair(0, 0))
    assert read(read_pth, tmp_path / "x.pth", archive_of(repeated)) is None


def test_damaged_files_through_the_samplers():
    """A few; run the script for many more."""
    command = [sys.executable, "fuzz_files.py", "--mutations", "40", "--seed", "1"]
    done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].split()[:2] == ["all", "40"]
