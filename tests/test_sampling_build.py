"""The samplers as a user runs them: files, statistics, exit statuses, interruption, bad shapes."""

import os
import re
import signal
import subprocess
import sys
import time
from functools import partial

import h5py
import numpy as np
import pytest
from helpers import FOLDER, block, held, run, sample

from imnet.base.errors import UserError
from imnet.surfaces.binvox import read_binvox, write_binvox
from imnet.surfaces.solid import max_pool
from point_sampling.build import build_dataset
from point_sampling.original import QUOTAS
from point_sampling.parts import GZIP_LEVEL
from point_sampling.sources import dataset_voxels, find_shapes


@pytest.fixture
def shapes(tmp_path):
    """Four shapes; their folder."""
    folder = tmp_path / "shapes"
    for name, size in {"b": 10, "a/b": 20, "a": 29, "c d": 50}.items():
        write_binvox(folder / f"{name}.binvox", block(size))
    return folder


def test_a_folder_becomes_a_dataset(shapes, tmp_path):
    output = tmp_path / "new" / "blocks_vox.hdf5"
    done = sample(shapes, output)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{output}: 4 shapes\n"
    written = sorted(path.name for path in output.parent.iterdir())
    assert written == ["blocks_vox.hdf5", "blocks_vox.txt", "statistics.txt"]
    assert output.with_suffix(".txt").read_text() == "a\na/b\nb\nc d\n"
    statistics = dict(
        line.split(": ") for line in (output.parent / "statistics.txt").read_text().splitlines()
    )
    keys = ["total", "exceed_32", "exceed_32_ratio", "exceed_64", "exceed_64_ratio"]
    assert list(statistics) == keys
    assert list(map(float, statistics.values())) == [4, 2, 0.5, 1, 0.25]
    with h5py.File(output) as file:
        for key in file:
            assert file[key].dtype == np.uint8 and file[key].chunks == (1, *file[key].shape[1:])
            assert (file[key].compression, file[key].compression_opts) == ("gzip", GZIP_LEVEL)
        for index, size in enumerate([29, 20, 10, 50]):
            assert np.array_equal(file["voxels"][index, ..., 0], block(size))
            for resolution, quota in QUOTAS.items():
                if resolution == 128:
                    assert "points_128" not in file
                    continue
                points = file[f"points_{resolution}"][index]
                values = file[f"values_{resolution}"][index]
                assert points.shape == (quota, 3) and values.shape == (quota, 1)
                voxels = max_pool(block(size), resolution)
                assert np.array_equal(voxels[tuple(points.T)], values[:, 0])


def test_neither_workers_nor_other_shapes_change_a_shape(shapes, tmp_path):
    assert sample(shapes, tmp_path / "1.hdf5", "--processes", 1).returncode == 0
    assert sample(shapes, tmp_path / "2.hdf5", "--processes", 2).returncode == 0
    assert (tmp_path / "1.hdf5").read_bytes() == (tmp_path / "2.hdf5").read_bytes()
    (shapes / "a.binvox").unlink()
    assert sample(shapes, tmp_path / "3.hdf5").returncode == 0
    assert sample(shapes, tmp_path / "4.hdf5", "--seed", 1).returncode == 0
    files = [h5py.File(tmp_path / f"{n}.hdf5") for n in (1, 3, 4)]
    all_shapes, fewer, other_seed = files
    for key in all_shapes:
        assert np.array_equal(all_shapes[key][1:], fewer[key][:])
    assert np.array_equal(fewer["points_16"][:], other_seed["points_16"][:])
    assert not np.array_equal(fewer["points_32"][:], other_seed["points_32"][:])
    for file in files:
        file.close()


def test_bad_shapes_are_skipped_and_listed(shapes, tmp_path):
    whole = (shapes / "b.binvox").read_bytes()
    (shapes / "truncated.binvox").write_bytes(whole[:-2])
    (shapes / "long.binvox").write_bytes(whole[:-1] + b"\xff")
    (shapes / "foreign.binvox").write_text("v 0 0 0\n")
    (shapes / ".b.123.binvox").write_text("left by a writer that was killed")
    write_binvox(shapes / "small.binvox", block(10)[16:48, 16:48, 16:48])
    write_binvox(shapes / "empty.binvox", np.zeros((64, 64, 64)))
    output = tmp_path / "some.hdf5"
    done = sample(shapes, output)
    assert done.returncode == 2
    assert "4 shapes, 5 skipped" in done.stdout
    lines = done.stderr.splitlines()
    expected = {
        "empty": "no voxel",
        "foreign": "not a binvox",
        "long": "more than",
        "small": "32x32x32: only 64x64x64",
        "truncated": "truncated",
    }
    assert len(lines) == len(expected)
    for line, (name, reason) in zip(lines, expected.items(), strict=True):
        assert line.startswith(f"skipped {name}: ") and reason in line
    assert output.with_suffix(".txt").read_text() == "a\na/b\nb\nc d\n"
    assert sample(shapes, tmp_path / "good.hdf5").returncode == 2
    assert not list(tmp_path.glob("*.parts"))


def stool():
    """A stool that fills its grid, as `binvox -d 64` places it."""
    voxels = np.zeros((64, 64, 64), bool)
    voxels[:, 60:] = True
    for i in (0, 60):
        for k in (0, 60):
            voxels[i : i + 4, :60, k : k + 4] = True
    return voxels


def test_hollows_that_are_open_to_the_border_stay(shapes, tmp_path):
    for name in ("stool", "stool2"):
        write_binvox(shapes / f"{name}.binvox", stool())
    done = sample(shapes, tmp_path / "x.hdf5")
    assert done.returncode == 0
    assert re.fullmatch("note: 2 of 6 .* stool: .*border.*\n", done.stderr)
    with h5py.File(tmp_path / "x.hdf5") as file:
        assert np.array_equal(file["voxels"][4, ..., 0], stool())


def test_names_that_lists_cannot_hold(tmp_path):
    folder = tmp_path / "shapes"
    for name in ("two\nlines", os.fsdecode(b"caf\xe9"), "blank ", "blank", "page\x0cbreak"):
        write_binvox(folder / f"{name}.binvox", block(10))
    done = sample(folder, tmp_path / "x.hdf5")
    assert done.returncode == 2 and done.stdout.endswith("3 shapes, 2 skipped\n")
    blank, lines = done.stderr.splitlines()
    assert blank.startswith("skipped blank: ") and "same name" in blank
    assert lines.startswith("skipped two lines: ") and "end of a line" in lines
    assert (tmp_path / "x.txt").read_bytes() == b"blank\ncaf\xe9\npage\x0cbreak\n"


def test_a_full_disk_is_one_line(shapes, tmp_path):
    resource = pytest.importorskip("resource")

    for size in (100, 100_000, 250_000):  # the settings, a part, the dataset
        limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (size, size))
        done = sample(shapes, tmp_path / "x.hdf5", "--processes", 2, preexec_fn=limit)
        assert done.returncode == 2 and done.stderr.startswith("error: File too large: ")
        assert done.stderr.count("\n") == 1 and not (tmp_path / "x.hdf5").exists()
    assert sample(shapes, tmp_path / "x.hdf5").returncode == 0


def test_no_good_shape_no_dataset(tmp_path):
    folder = tmp_path / "shapes"
    write_binvox(folder / "empty.binvox", np.zeros((64, 64, 64)))
    done = sample(folder, tmp_path / "none.hdf5")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("error: none of the 1 ")
    assert [path.name for path in tmp_path.iterdir()] == ["shapes"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--input", "none", "--output", "x.hdf5"], "none: no such"),
        (["--input", ".", "--output", "x.hdf5"], "no .binvox file"),
        (["--input", "shapes", "--output", "x.hdf5", "--processes", "0"], "--processes 0"),
        (["--input", "shapes", "--output", "x.hdf5", "--seed", "-1"], "--seed -1"),
        (["--input", "shapes", "--output", "x.txt"], "ends in .hdf5"),
        (["--input", "shapes", "--output", "file/x.hdf5"], "file is a file"),
    ],
)
def test_wrong_flags_are_one_line(tmp_path, arguments, reason):
    (tmp_path / "file").write_text("not a folder")
    if arguments[1] == "shapes":
        write_binvox(tmp_path / "shapes" / "b.binvox", block(10))
    flags = [
        str(tmp_path / word) if "." in word or word[0] in "nsf" else word for word in arguments
    ]
    before = sorted(tmp_path.rglob("*"))
    done = run("vox2pointvaluepair_from_binvox", *flags)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert reason in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("script", ["binvox", "hsp", "mesh"])
def test_unknown_flags_are_errors(script):
    name = f"vox2pointvaluepair_from_{script}"
    for flag in ("--sed", "--max"):
        assert run(name, "--input", ".", "--output", "x.hdf5", flag, 1).returncode == 2
    assert "(default: 0)" in run(name, "--help").stdout


def load_binvox(name, path):
    return read_binvox(path), None


def test_an_interrupted_build_continues(shapes, tmp_path):
    found = find_shapes(shapes, [".binvox"])
    whole, output = tmp_path / "whole.hdf5", tmp_path / "resumed.hdf5"
    assert build_dataset(found, load_binvox, whole) == 0
    loaded = []

    def load(name, path, last=None):
        loaded.append(name)
        if name == last:
            raise KeyboardInterrupt
        return read_binvox(path), None

    def build(last=None, **options):
        loaded.clear()
        return build_dataset(found, partial(load, last=last), output, workers=1, **options)

    with pytest.raises(KeyboardInterrupt):
        build("b")
    assert loaded == ["a", "a/b", "b"] and not output.exists()
    # a shape that has changed, and a part that a power cut has spoilt, are made again
    os.utime(shapes / "a.binvox", (1, 1))
    with pytest.raises(KeyboardInterrupt):
        build("c d")
    assert loaded == ["a", "b", "c d"]
    parts = sorted((tmp_path / "resumed.hdf5.parts").glob("*.part"))
    assert len(parts) == 3
    parts[0].write_bytes(parts[0].read_bytes()[:100])
    parts[1].write_bytes(b"")
    assert build() == 0
    assert len(loaded) == 3
    assert output.read_bytes() == whole.read_bytes()
    # other settings start over
    with pytest.raises(KeyboardInterrupt):
        build("b")
    assert build(seed=1) == 0 and len(loaded) == 4
    assert output.read_bytes() != whole.read_bytes()


def test_a_killed_build_continues(tmp_path):
    for number in range(80):
        write_binvox(tmp_path / "shapes" / f"{number:03}.binvox", block(10 + number % 40))
    output = tmp_path / "killed.hdf5"
    command = [sys.executable, "vox2pointvaluepair_from_binvox.py", "--processes", "2"]
    command += ["--input", tmp_path / "shapes", "--output", output]
    process = subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.DEVNULL)
    parts = tmp_path / "killed.hdf5.parts"
    while process.poll() is None and len(list(parts.glob("[!.]*.part"))) < 5:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not output.exists() and len(list(parts.glob("[!.]*.part"))) >= 5
    assert sample(tmp_path / "shapes", output).returncode == 0
    assert sample(tmp_path / "shapes", tmp_path / "whole.hdf5").returncode == 0
    assert output.read_bytes() == (tmp_path / "whole.hdf5").read_bytes()
    assert not parts.exists()


def fail(name, path):
    if name == "b":
        os._exit(1)  # as if the system had killed the worker
    return read_binvox(path), None


def test_a_dead_worker_is_an_error(shapes, tmp_path):
    with pytest.raises(UserError, match="worker process died"):
        build_dataset(find_shapes(shapes, [".binvox"]), fail, tmp_path / "x.hdf5", workers=2)


def full_disk(name, path):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("workers", [1, 2])
def test_errors_that_are_not_of_one_shape_end_the_build(shapes, tmp_path, workers):
    with pytest.raises(OSError, match="No space"):
        build_dataset(
            find_shapes(shapes, [".binvox"]), full_disk, tmp_path / "x.hdf5", workers=workers
        )


def test_two_builds_of_one_dataset(shapes, tmp_path):
    pytest.importorskip("fcntl")
    found, output = find_shapes(shapes, [".binvox"]), tmp_path / "x.hdf5"
    with (
        held("only_builder", output),
        pytest.raises(UserError, match=r"x\.hdf5 .* another process"),
    ):
        build_dataset(found, load_binvox, output)
    assert build_dataset(found, load_binvox, output) == 0
    names = {"x.hdf5", "x.txt", "statistics.txt", "shapes"}
    assert {path.name for path in tmp_path.iterdir()} == names


def test_a_dataset_is_not_written_over_itself(shapes, tmp_path):
    output = tmp_path / "x.hdf5"
    build_dataset(find_shapes(shapes, [".binvox"]), load_binvox, output)
    before = output.read_bytes()
    for script in ("vox2pointvaluepair_from_binvox", "render_views"):
        done = run(script, "--input", output, "--output", output)
        assert done.returncode == 2 and f"{output} is what" in done.stderr
    done = sample(shapes / "b.binvox", output)
    assert done.returncode == 2 and "b.binvox: give a folder" in done.stderr
    assert output.read_bytes() == before


def test_names_of_a_dataset_that_was_made_again(shapes, tmp_path):
    """A worker of a cluster reads it by one name again and again."""
    output = tmp_path / "x.hdf5"
    build_dataset(find_shapes(shapes, [".binvox"]), load_binvox, output)
    assert dataset_voxels("b", output).sum() == block(10).sum()
    (shapes / "a.binvox").unlink()
    build_dataset(find_shapes(shapes, [".binvox"]), load_binvox, output)
    assert dataset_voxels("b", output).sum() == block(10).sum()
