"""Joining points and views, splitting them, finding families: files as a user gets them."""

import re

import h5py
import numpy as np
import pytest
from helpers import run

from imnet.base.errors import UserError
from imnet.base.files import written_whole
from imnet.base.names import names_of, read_names, write_names
from imnet.data.sizes import VIEW_SIZE
from point_sampling.fetch.distinct import families_of, pairwise_iou
from point_sampling.parts import GZIP_LEVEL, create_chunked
from point_sampling.splits import choose_sides, read_families, split_by_list, split_by_share
from point_sampling.stored_arrays import copy_shapes

NAMES = ["a", "b/c", "d", "e f", "g"]
VIEWS = {"pixels": (3, VIEW_SIZE, VIEW_SIZE), "cameras": (3, 3)}
ARRAYS = {"voxels": (64, 64, 64, 1), "points_16": (4096, 3), "values_16": (4096, 1)}


def test_the_first_share_of_the_names_trains():
    names = [f"{n:02}" for n in range(54)]
    assert split_by_share(names, 0.8, {}) == (names[:43], names[43:])
    assert split_by_share(names[:2], 0.5, {}) == (["00"], ["01"])


def test_a_family_goes_where_its_first_name_goes():
    families = {"b": "x", "e": "x", "d": "y", "f": "y", "g": "y", "unknown": "x"}
    # first half: a b c; family x starts there, family y does not
    train, test = split_by_share(list("abcdefg"), 0.5, families)
    assert (train, test) == (list("abce"), list("dfg"))


def test_a_list_must_not_tear_a_family():
    names = list("abcd")
    assert split_by_list(names, ["d", "b"], {"a": "x", "c": "x"}) == (["b", "d"], ["a", "c"])
    with pytest.raises(UserError, match=r"b is listed, .* c, .*family"):
        split_by_list(names, ["b"], {"b": "x", "c": "x"})


def test_families_are_read(tmp_path):
    path = tmp_path / "families.csv"
    path.write_text('name,family\na,x\n"b,c",x\n\n')
    assert read_families(path) == {"a": "x", "b,c": "x"}
    for content, reason in {"a\n": "line 1", "a,x\na,y\n": "line 2: a "}.items():
        path.write_text(content)
        with pytest.raises(UserError, match=reason):
            read_families(path)
    with pytest.raises(UserError, match="cannot be read"):
        read_families(tmp_path / "none.csv")


def test_name_lists(tmp_path, capsys):
    names = ["a b", "c", "\udcff"]  # any bytes, as file names have them
    write_names(tmp_path / "x.txt", names)
    assert read_names(tmp_path / "x.txt") == names_of(tmp_path / "x.hdf5", 3) == names
    with pytest.raises(UserError, match="has 3 names"):
        names_of(tmp_path / "x.hdf5", 2)
    assert names_of(tmp_path / "y.hdf5", 2) == ["000000", "000001"]
    write_names(tmp_path / "obj_list.txt", names)
    assert names_of(tmp_path / "y.hdf5", 3) == names
    assert names_of(tmp_path / "y.hdf5", 2) == ["000000", "000001"]  # it is another file's list
    assert re.search(r"obj_list\.txt .* 3 names, y\.hdf5 2 ", capsys.readouterr().err)
    (tmp_path / "x.txt").write_text("a\r\nb\r\na\r\n")
    with pytest.raises(UserError, match=r"x\.txt: a .*more than once"):
        read_names(tmp_path / "x.txt")


def write(path, names, arrays, **options):
    """A file of arrays that differ, in chunks of one shape unless `options` say otherwise."""
    random = np.random.default_rng(len(names))
    with h5py.File(path, "w") as file:
        for key, shape in arrays.items():
            data = np.zeros((len(names), *shape), np.uint8)
            data.reshape(len(names), -1)[:, :100] = random.integers(1, 255, (len(names), 1))
            if options:
                file.create_dataset(key, data=data, **options)
            else:
                create_chunked(file, key, len(names), shape, np.uint8)[:] = data
    write_names(path.with_suffix(".txt"), names)


@pytest.fixture
def sources(tmp_path):
    """Points and views of the same shapes, the views in another order."""
    write(tmp_path / "points.hdf5", NAMES, ARRAYS)
    write(tmp_path / "views.hdf5", NAMES[::-1], VIEWS)
    return tmp_path


def join(folder, *arguments):
    flags = ["--points", folder / "points.hdf5", "--views", folder / "views.hdf5"]
    return run("make_svr_dataset", *flags, "--output", folder / "new" / "x", *arguments)


def chunk(dataset, row):
    return dataset.id.read_direct_chunk((row, *[0] * (dataset.ndim - 1)))


def test_the_three_sets(sources):
    done = join(sources)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{sources / 'new' / 'x'}: 4 training and 1 test shapes\n"
    new = sources / "new"
    kinds = ["only_train", "test", "train"]
    expected = [f"x_{kind}.{suffix}" for kind in kinds for suffix in ("hdf5", "txt")]
    assert sorted(path.name for path in new.iterdir()) == expected
    assert (new / "x_train.txt").read_text() == "a\nb/c\nd\ne f\n"
    assert (new / "x_only_train.txt").read_text() == "a\nb/c\nd\ne f\n"
    assert (new / "x_test.txt").read_text() == "g\n"
    with (
        h5py.File(sources / "points.hdf5") as points,
        h5py.File(sources / "views.hdf5") as views,
        h5py.File(new / "x_train.hdf5") as train,
        h5py.File(new / "x_test.hdf5") as test,
        h5py.File(new / "x_only_train.hdf5") as only_train,
    ):
        assert set(train) == set(test) == {*ARRAYS, *VIEWS} and set(only_train) == set(ARRAYS)
        for file, first in ((train, 0), (test, 4), (only_train, 0)):
            for key, data in file.items():
                wanted = np.float32 if key == "cameras" else np.uint8
                assert data.dtype == wanted and data.chunks == (1, *data.shape[1:])
                assert (data.compression, data.compression_opts) == ("gzip", GZIP_LEVEL)
                for row in range(len(data)):
                    source, there = (
                        (views, 4 - first - row) if key in VIEWS else (points, first + row)
                    )
                    assert np.array_equal(data[row], source[key][there])
                    if key != "cameras":
                        assert chunk(data, row) == chunk(source[key], there)


def test_cameras_go_with_their_views(sources):
    cameras = np.random.default_rng(0).uniform(0, 360, (5, 3, 3)).astype(np.float32)
    with h5py.File(sources / "views.hdf5", "a") as views:
        del views["cameras"]
        create_chunked(views, "cameras", 5, (3, 3), np.float32)[:] = cameras  # as render_views
    assert join(sources).returncode == 0
    with (
        h5py.File(sources / "new/x_train.hdf5") as train,
        h5py.File(sources / "new/x_test.hdf5") as x,
    ):
        found = np.concatenate([train["cameras"][:], x["cameras"][:]])
    np.testing.assert_array_equal(found, cameras[::-1])
    with h5py.File(sources / "views.hdf5", "a") as views:
        del views["cameras"]
        views["cameras"] = np.zeros((5, 4, 3))
    done = join(sources)
    assert done.returncode == 2 and "cameras is (5, 4, 3)" in done.stderr


def test_points_alone(sources):
    flags = ["--points", sources / "points.hdf5", "--output", sources / "new" / "x"]
    done = run("make_svr_dataset", *flags)
    assert done.stdout == f"{sources / 'new' / 'x'}: 4 training and 1 test shapes\n"
    expected = [f"x_{kind}.hdf5" for kind in ("only_train", "test")]
    assert sorted(path.name for path in (sources / "new").glob("*.hdf5")) == expected
    with h5py.File(sources / "new/x_test.hdf5") as test:
        assert set(test) == set(ARRAYS)


def test_lists_choose_the_sides(sources):
    (sources / "names.txt").write_text("g\na\n")
    assert join(sources, "--test_names", sources / "names.txt").returncode == 0
    assert (sources / "new" / "x_test.txt").read_text() == "a\ng\n"
    assert join(sources, "--train_names", sources / "names.txt").returncode == 0
    assert (sources / "new" / "x_train.txt").read_text() == "a\ng\n"
    (sources / "families.csv").write_text("a,1\ng,1\n")
    assert join(sources, "--families", sources / "families.csv").returncode == 2  # no test shape
    shares = ["--families", sources / "families.csv", "--train_share", "0.5"]
    assert join(sources, *shares).returncode == 0
    assert (sources / "new" / "x_train.txt").read_text() == "a\nb/c\ng\n"


def test_a_seed_chooses_the_sides(sources):
    tests = set()
    for seed in range(8):
        assert join(sources, "--shuffle", str(seed)).returncode == 0
        train = (sources / "new" / "x_train.txt").read_text().splitlines()
        assert train == sorted(train) and len(train) == 4
        tests.add((sources / "new" / "x_test.txt").read_text())
    assert len(tests) > 1 and all(names.count("\n") == 1 for names in tests)


def test_a_shape_lacking_in_one_is_left_out(sources):
    write(sources / "views.hdf5", ["a", "d", "e f", "z"], {"pixels": (1, VIEW_SIZE, VIEW_SIZE)})
    (sources / "names.txt").write_text("d\ng\n")  # g is known, if only to the points
    done = join(sources, "--test_names", sources / "names.txt")
    assert done.returncode == 2
    lines = [(*line.split(":")[:1], line.split()[-1]) for line in done.stderr.splitlines()]
    assert lines == [("left out b/c", "views"), ("left out g", "views"), ("left out z", "points")]
    assert "2 training and 1 test shapes, 3 left out" in done.stdout
    assert (sources / "new" / "x_train.txt").read_text() == "a\ne f\n"


@pytest.mark.parametrize("options", [{}, {"compression": "gzip"}, {"chunks": (2, 5, 7)}])
def test_any_chunks_are_copied(tmp_path, options):
    write(tmp_path / "x.hdf5", list("abcdefg"), {"pixels": (20, 21)}, **options)
    rows = [6, 0, 3, 5]
    with h5py.File(tmp_path / "x.hdf5") as source, h5py.File(tmp_path / "y.hdf5", "w") as target:
        copy_shapes([(source["pixels"], rows)], target)
        assert np.array_equal(target["pixels"][:], source["pixels"][:][rows])
        assert target["pixels"].compression_opts == GZIP_LEVEL


@pytest.mark.parametrize("kind", [np.int64, np.float32])
def test_whole_numbers_of_any_type_are_cast(sources, kind):
    with h5py.File(sources / "points.hdf5", "r+") as file:
        for key in ARRAYS:
            array = file[key][:] > 0 if "points" not in key else file[key][:]
            del file[key]
            file[key] = array.astype(kind)
    assert join(sources).returncode == 0
    with h5py.File(sources / "points.hdf5") as points, h5py.File(sources / "new/x_test.hdf5") as x:
        for key in ARRAYS:
            assert x[key].dtype == np.uint8 and np.array_equal(x[key][0], points[key][4])
    with h5py.File(sources / "points.hdf5", "r+") as file:
        file["values_16"][2, 0] = 7
        file["values_16"][2, 1] = 8
    done = join(sources)
    assert done.returncode == 2 and "values_16" in done.stderr and "0 to 8" in done.stderr


def damage(folder):
    path = folder / "points.hdf5"
    with h5py.File(path) as file:
        info = file["values_16"].id.get_chunk_info(2)
    content = bytearray(path.read_bytes())
    content[info.byte_offset + 20 : info.byte_offset + 40] = bytes(20)
    path.write_bytes(content)


def rewrite(name, names=NAMES, **arrays):
    return lambda folder: write(folder / name, names, arrays)


def write_text(name, text):
    return lambda folder: (folder / name).write_text(text)


PIXELS = {"pixels": (3, VIEW_SIZE, VIEW_SIZE)}


@pytest.mark.parametrize(
    ("change", "arguments", "reason"),
    [
        (rewrite("views.hdf5", pixels=(3, 128, 128)), [], "128), wanted (any, any, 137, 137)"),
        (rewrite("views.hdf5", pixels=(VIEW_SIZE, VIEW_SIZE)), [], "pixels is (5, 137, 137)"),
        (rewrite("views.hdf5", voxels=(4,)), [], "no pixels; it holds voxels"),
        (rewrite("views.hdf5", list("xyz"), **PIXELS), [], "in common"),
        (write_text("views.txt", "a\nb\n"), [], "2 names, views.hdf5 5"),
        (rewrite("points.hdf5", voxels=(64, 64, 64, 1)), [], "has no points_16"),
        (rewrite("points.hdf5", points_16=(4, 3), values_16=(4, 1)), [], "has no voxels"),
        (rewrite("points.hdf5", **ARRAYS | {"values_16": (9, 1)}), [], "wanted (5, 4096, 1)"),
        (write_text("points.hdf5", "text"), [], "points.hdf5 is not a whole"),
        (damage, [], "values_16 cannot"),
        (None, ["--train_share", "0.1"], "training side"),
        (None, ["--train_share", "nan"], "--train_share nan"),
        (None, ["--train_share", "1"], "--train_share 1"),
        (None, ["--train_share", "0.5", "--test_names", "x"], "--train_share and --test_names"),
        (write_text("n.txt", "a\nq\n"), ["--train_names", "n.txt"], "no shape q"),
        (write_text("n.txt", ""), ["--test_names", "n.txt"], "test side"),
        (write_text("f.csv", "q,1\n"), ["--families", "f.csv"], "f.csv names no shape"),
        (None, ["--output", "x.hdf5"], "give FOLDER/NAME"),
        (None, ["--output", "."], "give FOLDER/NAME"),
        (None, ["--points", "none.hdf5"], "no file none.hdf5"),
    ],
)
def test_errors_are_one_line_and_leave_nothing(
    sources, monkeypatch, capsys, change, arguments, reason
):
    from point_sampling import make_svr_dataset

    if change:
        change(sources)
    before = sorted(sources.rglob("*"))
    monkeypatch.chdir(sources)
    words = ["--points", "points.hdf5", "--views", "views.hdf5", "--output", "x", *arguments]
    monkeypatch.setattr("sys.argv", ["make_svr_dataset.py", *words])
    with pytest.raises(UserError) as error:
        make_svr_dataset.main()
    assert reason in str(error.value) and "\n" not in str(error.value)
    assert sorted(sources.rglob("*")) == before


def test_near_duplicates_are_found(tmp_path):
    grids = np.zeros((5, 64, 64, 64, 1), np.uint8)
    grids[0, :10, :10, :10] = 1
    grids[1, -10:, :10, :9] = 1  # mirrored, one layer less: 0.9
    grids[2, -10:, :10, :8] = 1  # 0.8 of the first, 8/9 of the second
    grids[3, 30:40, :10, :10] = 1
    iou = pairwise_iou(grids[..., 0])
    assert iou[0, :4] == pytest.approx([1, 0.9, 0.8, 0])
    assert np.array_equal(iou, iou.T) and not iou[4].any()
    assert families_of(iou, 0.85) == [[0, 1, 2]]
    assert families_of(iou, 0.95) == []

    with written_whole(tmp_path / "x.hdf5") as beside, h5py.File(beside, "w") as file:
        file["voxels"] = grids
    write_names(tmp_path / "x.txt", ["a", "b", "c,d", "e", "f"])
    done = run("find_families", "--dataset", tmp_path / "x.hdf5", "--output", tmp_path / "f.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "IoU 0.900: a, b"
    assert done.stdout.splitlines()[-1] == f"{tmp_path / 'f.csv'}: 1 families of 3 shapes"
    assert read_families(tmp_path / "f.csv") == {"a": "a", "b": "a", "c,d": "a"}


def test_families_of_none_and_variants_without_their_original(tmp_path):
    path = tmp_path / "families.csv"
    path.write_text("name,family\n")  # what find_families writes where there is none
    assert choose_sides(["a", "b"], set(), share=0.5, families=path) == (["a"], ["b"])
    names = ["a~1", "a~2", "a~3", "b"]  # a share of half would tear those of a
    for share in (0.3, 0.5):
        train, test = choose_sides(names, set(), share=share)
        assert sorted([train, test]) == [["a~1", "a~2", "a~3"], ["b"]]
