"""Procedural furniture: the program with a generator of boxes, and the shapes that are bundled."""

import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from helpers import sample

import point_sampling
from imnet.base.errors import UserError
from imnet.base.files import read_csv
from imnet.base.names import read_names
from imnet.surfaces.binvox import read_binvox
from point_sampling.fetch import get_procedural, infinigen_shapes
from point_sampling.fetch.distinct import pairwise_iou
from point_sampling.splits import NEAR_DUPLICATE

BUNDLED = Path(point_sampling.__file__).parent / "procedural"

# Stands for the Python of infinigen's environment: it has all packages, and makes of a seed a box
# that is higher the larger the seed. Seed 3 is like 2, 4 fails, and at 5 the process ends.
GENERATOR = """#!{python}
import sys
import numpy as np
if sys.argv[1] == "-c":
    sys.exit(0)
assert sys.argv[1].endswith("procedural_shapes.py")
for line in sys.stdin:
    with open({log!r}, "a") as log:
        log.write(line)
    factory, seed = line.split()
    seed = int(seed)
    if seed == 5:
        sys.exit(1)
    if seed == 4:
        print("0 ValueError: no mesh", flush=True)
        continue
    height = 2 if seed == 3 else seed
    corners = np.array([[n & 1, n >> 1 & 1, (n >> 2) * (height + 1)] for n in range(8)])
    sides = [(0, 1, 3, 2), (4, 5, 7, 6), (0, 1, 5, 4), (2, 3, 7, 6), (0, 2, 6, 4), (1, 3, 7, 5)]
    faces = [half for a, b, c, d in sides for half in ((a, b, c), (a, c, d))]
    data = corners[faces].astype(np.float32).tobytes()
    sys.stdout.buffer.write(str(len(data)).encode() + bytes([10]) + data)
    sys.stdout.buffer.flush()
"""


@pytest.fixture
def environment(tmp_path):
    python = tmp_path / "environment" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(GENERATOR.format(python=sys.executable, log=str(tmp_path / "log")))
    python.chmod(0o755)
    return tmp_path / "environment"


def make(monkeypatch, *arguments):
    words = ["get_procedural.py", "--processes", "1", *map(str, arguments)]
    monkeypatch.setattr(sys, "argv", words)
    get_procedural.main()


def flags(tmp_path, environment, count):
    return [
        *("--classes", "table", "--count", count),
        *("--output", tmp_path / "out", "--environment", environment),
    ]


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def test_a_class_is_made(environment, tmp_path, monkeypatch, capsys):
    output = tmp_path / "out"
    make(monkeypatch, *flags(tmp_path, environment, 5))
    names = ["coffee_table_00001", "coffee_table_00007", "dining_table_00000"]
    names += ["dining_table_00002", "dining_table_00006"]
    written = ["ATTRIBUTION.md", "table.csv", "table.hdf5", "table.txt"]
    assert files(output) == written + [f"table/{name}.binvox" for name in names]
    assert read_names(output / "table.txt") == names
    assert capsys.readouterr().out == f"{output / 'table'}: 5 shapes, 3 dropped\n"
    rows = read_csv(output / "table.csv")
    assert rows[:3] == [
        ["id", "factory", "seed", "dropped"],
        ["dining_table_00000", "TableDiningFactory", "0", ""],
        ["coffee_table_00001", "CoffeeTableFactory", "1", ""],
    ]
    assert [row[3] for row in rows[4:7]] == [
        "near-duplicate of dining_table_00002 (IoU 1.00)",
        "TableDiningFactory 4: ValueError: no mesh",
        "CoffeeTableFactory 5: the generator has ended",
    ]
    highest = read_binvox(output / "table" / "coffee_table_00007.binvox")
    sizes = np.ptp(np.argwhere(highest), axis=0) + 1
    assert sizes[1] > 60 and sizes[0] == sizes[2] == pytest.approx(8, abs=2)  # z became y

    # the file of all is a source like the folder
    for source in ("table", "table.hdf5"):
        assert sample(output / source, tmp_path / f"{source}-points.hdf5").returncode == 0
    contents = [(tmp_path / f"{s}-points.hdf5").read_bytes() for s in ("table", "table.hdf5")]
    assert contents[0] == contents[1]


def test_a_run_continues(environment, tmp_path, monkeypatch):
    output, log = tmp_path / "out", tmp_path / "log"
    make(monkeypatch, *flags(tmp_path, environment, 5))
    before = {name: (output / name).read_bytes() for name in files(output)}
    log.unlink()
    make(monkeypatch, *flags(tmp_path, environment, 5))
    assert log.read_text() == "TableDiningFactory 4\nCoffeeTableFactory 5\n"  # what failed
    (output / "table" / "dining_table_00006.binvox").unlink()
    (output / "table.csv").unlink()  # as after an interruption
    make(monkeypatch, *flags(tmp_path, environment, 5))
    assert {name: (output / name).read_bytes() for name in files(output)} == before
    make(monkeypatch, *flags(tmp_path, environment, 6))
    assert len(read_names(output / "table.txt")) == 6


def test_a_list_of_another_run(environment, tmp_path, monkeypatch):
    """Shapes that it dropped are dropped again only if what they resemble is there."""
    make(monkeypatch, *flags(tmp_path, environment, 5))
    names = []
    for output in (tmp_path / "out", tmp_path / "new"):
        words = ["--seed", 3, "--count", 1, "--classes", "table", "--environment", environment]
        make(monkeypatch, *words, "--output", output)
        names.append(read_names(output / "table.txt"))
    assert names == [["coffee_table_00003"]] * 2


def test_too_few_distinct_shapes(environment, tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"only \d+ of 120 .* near-duplicate"):
        make(monkeypatch, *flags(tmp_path, environment, 12))  # high boxes are all alike


def test_shapes_distinct_from_others(environment, tmp_path, monkeypatch):
    make(monkeypatch, *flags(tmp_path, environment, 2))
    (tmp_path / "out").rename(tmp_path / "known")
    make(monkeypatch, *flags(tmp_path, environment, 3), "--distinct_from", tmp_path / "known")
    rows = read_csv(tmp_path / "out/table.csv")
    assert rows[1][3] == "near-duplicate of dining_table_00000 (IoU 1.00)"
    known, new = (read_names(tmp_path / f"{name}/table.txt") for name in ("known", "out"))
    assert len(new) == 3 and not set(new) & set(known)


def test_environments(environment, tmp_path, monkeypatch):
    python = environment / "bin" / "python"
    python.write_text(
        f"#!{sys.executable}\nimport sys\n"
        "sys.exit(0 if sys.argv[1] == '-c' else 'ImportError: libXrender.so.1: cannot open')"
    )
    with pytest.raises(UserError, match=r"not start: .*libXrender\.so"):
        make(monkeypatch, *flags(tmp_path, environment, 1))
    python.write_text(f"#!{sys.executable}\nraise SystemExit('no package')\n")
    with pytest.raises(UserError, match="without infinigen"):
        infinigen_shapes.make_environment(environment)
    (environment / infinigen_shapes.MARK).touch()
    with pytest.raises(UserError, match="made: no package"):
        infinigen_shapes.make_environment(environment)
    monkeypatch.setattr(infinigen_shapes, "PYTHON", "3.99")
    with pytest.raises(UserError, match=r"Python 3\.99"):
        infinigen_shapes.make_environment(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    with pytest.raises(UserError, match="boat"):
        make(monkeypatch, "--classes", "boat", "--output", tmp_path / "out")


@pytest.mark.parametrize(("kind", "count"), [("chair", 1000), ("table", 300)])
def test_bundled_shapes(kind, count):
    names = read_names(BUNDLED / f"{kind}.txt")
    rows = read_csv(BUNDLED / f"{kind}.csv")[1:]
    assert len(names) == count
    assert names == sorted(name for name, _, _, dropped in rows if not dropped)
    for name, factory, seed, _ in rows:
        family, number = name.rsplit("_", 1)
        assert infinigen_shapes.FACTORIES[family] == factory and int(number) == int(seed)
    if kind == "chair":
        assert sum(name.startswith("chair_") for name in names) >= 0.8 * count
    with h5py.File(BUNDLED / f"{kind}.hdf5") as file:
        assert file["voxels"].shape == (count, 64, 64, 64, 1)
        voxels = file["voxels"][: count : count // 50, ..., 0]
    for name, grid in zip(names[:: count // 50], voxels, strict=True):
        occupied = np.argwhere(grid)
        low, high = occupied.min(axis=0), occupied.max(axis=0) + 1
        assert np.linalg.norm(high - low) == pytest.approx(64, abs=4)
        assert (low + high) / 2 == pytest.approx([32, 32, 32], abs=1)
        top = occupied[occupied[:, 1] > high[1] - (high[1] - low[1]) / 4]
        if kind == "table":
            assert len(top) > 0.05 * len(occupied), f"{name} has no table top"
            assert high[0] - low[0] > 0.9 * (high[2] - low[2]), f"{name} is not long in x"
        elif not name.startswith("bar_"):
            assert top[:, 2].mean() > 32, f"the back of {name} is not at +z"
    iou = pairwise_iou(voxels) - np.eye(len(voxels))
    assert iou.max() < NEAR_DUPLICATE


def test_bundled_files_are_small():
    assert sum(path.stat().st_size for path in BUNDLED.iterdir()) < 8e6
    text = (BUNDLED / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert text == get_procedural.ATTRIBUTION
