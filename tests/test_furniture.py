"""The furniture: making it out of libraries, and the shapes that are bundled."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import point_sampling
from imnet.base.errors import UserError
from imnet.surfaces.binvox import read_binvox
from point_sampling.fetch import furniture_models, get_furniture

FOLDER = Path(point_sampling.__file__).parent
BUNDLED = FOLDER / "furniture"


def box_faces(low, high, first):
    corners = [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    lines = [f"v {' '.join(str((low, high)[c][a]) for a, c in enumerate(p))}" for p in corners]
    sides = ["1 2 4 3", "5 6 8 7", "1 2 6 5", "3 4 8 7", "1 3 7 5", "2 4 8 6"]
    faces = [f"f {' '.join(str(int(n) + first) for n in side.split())}" for side in sides]
    return "\n".join(lines + faces) + "\n"


# a seat, and a back at -z: the front is at +z, as in the libraries
CHAIR = box_faces((0, 0, 0), (2, 1, 2), 0) + box_faces((0, 1, 0), (2, 3, 0.4), 8)


@pytest.fixture
def libraries(tmp_path, monkeypatch):
    """A library of one chair, three times: as it is, turned by the catalogue, and by hand."""
    folder = tmp_path / "libraries"
    folder.mkdir()
    with zipfile.ZipFile(folder / "Lib.sh3f", "w") as archive:
        archive.writestr("chair.obj", CHAIR)
        archive.writestr("points.obj", "v 0 0 0\n")
    rows = [
        "class,id,name,creator,library,license,member,rotation,turn",
        "chair,plain,Chair,Ann,Lib,CC0 1.0,chair.obj,,0",
        "chair,turned,Chair,Ann,Lib,CC0 1.0,chair.obj,-1 0 0 0 1 0 0 0 -1,0",
        "chair,quarter,Chair,Ann,Lib,CC0 1.0,chair.obj,,90",
        "sofa,gone,Sofa,Bob,Lib,CC BY 3.0,sofa.obj,,0",
        "sofa,empty,Sofa,Bob,Lib,CC BY 3.0,points.obj,,0",
        "sofa,elsewhere,Sofa,Bob,None,CC BY 3.0,points.obj,,0",
    ]
    selection = tmp_path / "selection.csv"
    selection.write_text("\n".join(rows) + "\n")
    monkeypatch.setattr(get_furniture, "SELECTION", selection)
    return folder


def make(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["get_furniture.py", "--processes", "1", *map(str, arguments)])
    return get_furniture.main()


def test_shapes_are_turned(libraries, tmp_path, monkeypatch):
    output = tmp_path / "out"
    flags = ["--classes", "chair", "--package", libraries, "--output", output]
    assert make(monkeypatch, *flags) == 0
    written = sorted(str(path.relative_to(output)) for path in output.rglob("*") if path.is_file())
    names = ["plain", "quarter", "turned"]
    assert written == ["ATTRIBUTION.md", *(f"chair/{name}.binvox" for name in names)]
    plain, quarter, turned = (read_binvox(output / f"chair/{name}.binvox") for name in names)
    _, y, z = np.nonzero(plain)
    back = y > y.max() - 20
    assert z[back].min() > 40 and np.ptp(z) > np.ptp(z[back]) + 15  # the front is at -z
    assert np.array_equal(turned, plain[::-1, :, ::-1])
    assert np.array_equal(quarter, plain.transpose(2, 1, 0)[::-1]) or np.array_equal(
        quarter, plain.transpose(2, 1, 0)[:, :, ::-1]
    )
    text = (output / "ATTRIBUTION.md").read_text()
    assert "| chair/quarter.binvox | Chair | Ann | Lib | CC0 1.0 |" in text


def test_bad_models_are_skipped(libraries, tmp_path, monkeypatch, capsys):
    output = tmp_path / "out"
    flags = ["--classes", "chair", "sofa", "--package", libraries, "--output", output]
    assert make(monkeypatch, *flags) == 2
    skipped = [line.split(":")[0] for line in capsys.readouterr().err.splitlines()]
    assert skipped == ["skipped sofa/elsewhere", "skipped sofa/empty", "skipped sofa/gone"]
    assert "sofa" not in (output / "ATTRIBUTION.md").read_text()
    with pytest.raises(UserError, match="no shape"):
        make(monkeypatch, "--classes", "sofa", "--package", libraries, "--output", tmp_path / "no")
    assert not (tmp_path / "no").exists()


def test_wrong_flags(libraries, tmp_path, monkeypatch):
    output = tmp_path / "out"
    with pytest.raises(UserError, match="chair sofa"):
        make(monkeypatch, "--classes", "boat", "--package", libraries, "--output", output)
    with pytest.raises(UserError, match="no such file"):
        make(
            monkeypatch, "--package", tmp_path / "no.deb", "--classes", "chair", "--output", output
        )


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="packages need dpkg-deb")
def test_packages(libraries, tmp_path, monkeypatch):
    inside = tmp_path / "package"
    (inside / "DEBIAN").mkdir(parents=True)
    (inside / "DEBIAN" / "control").write_text(
        "Package: lib\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: d\n"
    )
    shutil.copytree(libraries, inside / "usr" / "share")
    subprocess.run(["dpkg-deb", "--build", inside, tmp_path / "lib.deb"], check=True)
    flags = ["--classes", "chair", "--output", tmp_path / "out", "--package"]
    assert make(monkeypatch, *flags, tmp_path / "lib.deb") == 0
    assert len(list((tmp_path / "out").rglob("*.binvox"))) == 3
    (tmp_path / "torn.deb").write_bytes((tmp_path / "lib.deb").read_bytes()[:300])
    with pytest.raises(UserError, match="dpkg-deb --extract failed"):
        make(monkeypatch, *flags, tmp_path / "torn.deb")


def test_a_missing_program_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="apt-get is missing"):
        make(monkeypatch, "--output", tmp_path / "out")


def test_selection():
    rows = get_furniture.selection(["chair", "table"])
    assert [row["class"] for row in rows].count("chair") == 54 and len(rows) == 95
    everything = get_furniture.selection(["bed", "cabinet", "car", "chair", "sofa", "table"])
    assert len({f"{row['class']}/{row['id']}".lower() for row in everything}) == len(everything)
    for row in everything:
        assert row["license"] in get_furniture.LICENSES and row["creator"]
        rotation = furniture_models.rotation(row)
        assert np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-3)
        assert np.linalg.det(rotation) > 0


@pytest.mark.parametrize(("kind", "count"), [("chair", 54), ("table", 41)])
def test_bundled_shapes(kind, count):
    files = sorted((BUNDLED / kind).iterdir())
    rows = get_furniture.selection([kind])
    assert sorted(row["id"] + ".binvox" for row in rows) == [path.name for path in files]
    assert len(files) == count
    for path in files:
        voxels = read_binvox(path)
        assert voxels.shape == (64, 64, 64)
        x, y, z = np.nonzero(voxels)
        diagonal = np.sqrt(sum((np.ptp(axis) + 1) ** 2 for axis in (x, y, z)))
        assert diagonal == pytest.approx(64, abs=4)
        assert abs((x.min() + x.max()) / 2 - 31.5) <= 1
        top = y > y.max() - np.ptp(y) / 4
        if kind == "chair":
            assert z[top].mean() > 32, f"the back of {path.stem} is not at +z"
        else:
            assert top.sum() > 0.05 * len(y), f"{path.stem} has no table top"


def test_bundled_attribution():
    rows = sorted(get_furniture.selection(["chair", "table"]), key=lambda r: (r["class"], r["id"]))
    text = (BUNDLED / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert text == get_furniture.attribution(rows)
