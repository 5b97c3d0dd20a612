"""The evaluator: folders of meshes with everything that can be wrong with them, sets, fields."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import trimesh

from imnet.base.errors import UserError
from imnet.data.lattice import unit_vertices
from imnet_evaluation import checkpoint, sets
from imnet_evaluation.main import evaluate, present
from imnet_evaluation.options import parse_options
from imnet_evaluation.sets import symmetric_distances
from imnet_evaluation.shapes import mesh_files, pair_files, voxel_shape

ROOT = Path(__file__).parent.parent
SIDE = 20  # half the side in voxels of the cube of shape 0; each further shape is one smaller
NAMES = ["good", "missing", "empty", "broken", "open", "double"]


def voxels_of(index):
    voxels = np.zeros((64, 64, 64, 1), np.uint8)
    side = slice(32 - SIDE + index, 32 + SIDE - index)
    voxels[side, side, side] = 1
    return voxels


def cube(half, centre=(0, 0, 0)):
    return trimesh.creation.box((2 * half,) * 3, trimesh.transformations.translation_matrix(centre))


def cube_of(index):
    """The cube whose faces run between the voxels of shape `index`, in the unit frame."""
    return cube((SIDE - index) / 64)


def two_cubes():
    """Two cubes that share one edge: closed, but not manifold."""
    both = trimesh.util.concatenate([cube(0.1, (-0.1, -0.1, 0)), cube(0.1, (0.1, 0.1, 0))])
    both.merge_vertices()
    return both


@pytest.fixture
def dataset(tmp_path):
    path = tmp_path / "cubes.hdf5"
    with h5py.File(path, "w") as file:
        file["voxels"] = np.stack([voxels_of(i) for i in range(len(NAMES))])
    path.with_suffix(".txt").write_text("".join(f"{name}\n" for name in NAMES))
    return path


def break_shapes(folder, files):
    """Write good, empty, broken, open and non-manifold meshes under the names given by index."""
    folder.mkdir()
    cube_of(0).export(folder / f"{files[0]}.stl")  # without shared vertices
    (folder / f"{files[2]}.obj").write_text("v 0 0 0\n")
    cube_of(3).export(folder / f"{files[3]}.ply")
    whole = (folder / f"{files[3]}.ply").read_bytes()
    (folder / f"{files[3]}.ply").write_bytes(whole[: len(whole) // 2])
    opened = cube_of(4)
    trimesh.Trimesh(opened.vertices, opened.faces[:-1]).export(folder / f"{files[4]}.off")
    two_cubes().export(folder / f"{files[5]}.ply")
    return folder


@pytest.fixture
def pred(tmp_path):
    return break_shapes(tmp_path / "pred", NAMES)


def evaluate_folders(*flags):
    return evaluate(parse_options([*map(str, flags), "--processes", "1", "--points", "4000"]))


def by_name(report):
    return {row["name"]: row for row in report.rows}


def test_everything_that_is_wrong_is_counted_and_named(pred, dataset):
    report = evaluate_folders("--pred", pred, "--truth", dataset)
    conditions = {name: row["status"] for name, row in by_name(report).items()}
    assert conditions == {
        "good": "closed", "missing": "missing", "empty": "empty", "broken": "broken",
        "open": "open", "double": "non-manifold",
    }  # fmt: skip
    assert report.notes[0] == "6 shapes; failures: 3"
    for line in ("1 missing: missing", "1 empty: empty", "1 broken: broken", "1 open: open"):
        assert any(note.startswith(line) for note in report.notes)
    assert "1 non-manifold: double" in report.notes


def test_failures_have_the_worst_scores_and_no_distance(pred, dataset):
    report = evaluate_folders("--pred", pred, "--truth", dataset)
    rows = by_name(report)
    good = rows["good"]
    assert good["iou"] == 1 and good["f_score_0.02"] > 0.6 and good["chamfer_l1"] < 0.03
    for failure in ("missing", "empty", "broken"):
        row = rows[failure]
        assert row["chamfer_squared"] is row["chamfer_l1"] is row["hausdorff"] is None
        assert row["iou"] == row["f_score_0.01"] == row["normal_consistency"] == 0
    assert rows["open"]["iou"] is None and rows["double"]["iou"] < 0.5
    mean, over, left_out = report.summary
    there = ("good", "open", "double")
    assert mean["chamfer_l1"] == pytest.approx(np.mean([rows[n]["chamfer_l1"] for n in there]))
    assert (over["chamfer_l1"], left_out["chamfer_l1"]) == (3, 3)
    scores = [rows[n]["f_score_0.02"] for n in there]
    assert mean["f_score_0.02"] == pytest.approx(sum(scores) / 6) and over["f_score_0.02"] == 6
    assert mean["iou"] == pytest.approx((1 + rows["double"]["iou"]) / 5) and over["iou"] == 5


def test_numbered_files_pair_with_a_dataset(tmp_path, dataset, pred):
    numbered = break_shapes(tmp_path / "numbered", [f"reconstruction{i}" for i in range(6)])
    cube(0.2).export(numbered / "reconstruction17.ply")
    (numbered / "reconstruction0_points.ply").write_text("ply\n")
    report = evaluate_folders("--pred", numbered, "--truth", dataset)
    assert any(re.match(r"1 without .*reconstruction17\.ply$", note) for note in report.notes)
    expected = evaluate_folders("--pred", pred, "--truth", dataset)
    for row, same in zip(report.rows, expected.rows, strict=True):
        assert row == {**same, "file": row["file"], "reason": row["reason"]}


def test_names_win_over_numbers():
    files = {"chair2": Path("chair2.ply"), "chair1": Path("chair1.ply")}
    paired, left_over = pair_files(files, ["a", "chair2", "x/chair1"], numbered=True)
    assert paired == [None, Path("chair2.ply"), Path("chair1.ply")] and not left_over
    with pytest.raises(UserError, match="shape 1"):
        pair_files({"out1": Path("a"), "reconstruction1": Path("b")}, ["x", "y"], numbered=True)
    with pytest.raises(UserError, match="no true shape"):
        pair_files(files, ["a", "b", "c"], numbered=False)


def test_meshes_against_meshes(tmp_path):
    for folder, half in (("pred", 0.2), ("truth", 0.25)):
        (tmp_path / folder).mkdir()
        cube(half).export(tmp_path / folder / "a.ply")
    flags = ("--pred", tmp_path / "pred", "--truth", tmp_path / "truth")
    (row,) = evaluate_folders(*flags).rows
    # 26³ and 32³ cell centres
    assert row["iou"] == pytest.approx(26**3 / 32**3)
    assert 0.05 <= row["hausdorff"] < 0.05 * 3**0.5 + 0.03
    # The longest side of the truth to 1, of the prediction to 0.8: everything twice as large
    (scaled,) = evaluate_folders(*flags, "--normalise", "box").rows
    for name, factor in (("chamfer_l1", 2), ("chamfer_squared", 4), ("normal_consistency", 1)):
        assert scaled[name] == pytest.approx(factor * row[name])
    # 0.8 is 51.2 cells: 52 centres lie within; the truth fills the grid
    assert scaled["iou"] == pytest.approx(52**3 / 64**3)
    (diagonal,) = evaluate_folders(*flags, "--normalise", "diagonal").rows
    assert diagonal["hausdorff"] == pytest.approx(row["hausdorff"] * 2 / 3**0.5)


def test_array_units(tmp_path, dataset):
    shape = voxel_shape(voxels_of(0))
    array = tmp_path / "array"
    array.mkdir()
    vertices = (shape.vertices + 0.5) * 128 + 0.5
    np.testing.assert_allclose(unit_vertices(vertices, 128), shape.vertices)
    trimesh.Trimesh(vertices, shape.triangles, process=False).export(array / "out0.ply")
    flags = ("--pred", array, "--truth", dataset)
    row = evaluate_folders(*flags, "--pred_frame", "array", "--resolution", 128).rows[0]
    assert row["iou"] == 1 and row["hausdorff"] < 0.1
    found = evaluate_folders(*flags)
    assert found.rows[0] == row and any("array units of 128" in note for note in found.notes)
    wrong = evaluate_folders(*flags, "--pred_frame", "unit")
    assert wrong.rows[0]["hausdorff"] > 50
    assert any("--pred_frame array" in note for note in wrong.notes)


def test_a_true_shape_without_a_surface_is_an_error(tmp_path, pred):
    truth = tmp_path / "truth"
    break_shapes(truth, NAMES)
    with pytest.raises(UserError, match="true shape broken"):
        evaluate_folders("--pred", pred, "--truth", truth)


def test_the_seed_decides_the_points_and_workers_nothing(pred, dataset):
    flags = ["--pred", str(pred), "--truth", str(dataset), "--points", "300"]
    one, two, other = (
        evaluate(parse_options([*flags, *more])).rows
        for more in (
            ["--processes", "1"],
            ["--processes", "2"],
            ["--processes", "1", "--seed", "1"],
        )
    )
    assert one == two
    assert one[0]["chamfer_l1"] != other[0]["chamfer_l1"] and one[0]["iou"] == other[0]["iou"]


def test_csv_json_and_screen(tmp_path, pred, dataset, capsys):
    table, everything = tmp_path / "new" / "table.csv", tmp_path / "all.json"
    options = parse_options([
        "--pred", str(pred), "--truth", str(dataset), "--points", "300", "--processes", "1",
        "--lfd", "--thresholds", "0.03", "--csv", str(table), "--json", str(everything),
    ])  # fmt: skip
    report = evaluate(options)
    present(report, options)
    with open(table, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == NAMES and rows[1]["light_field_distance"] == ""
    assert float(rows[0]["f_score_0.03"]) == report.rows[0]["f_score_0.03"]
    assert float(rows[0]["light_field_distance"]) < float(rows[5]["light_field_distance"])
    content = json.loads(everything.read_text())
    assert content["thresholds"] == [0.03] and content["seed"] == 0 and content["points"] == 300
    assert content["truth"] == str(dataset) and content["normalise"] == "none"
    assert content["shapes"] == report.rows and content["notes"] == report.notes
    assert content["mean"]["iou"] == report.summary[0]["iou"]
    assert content["over_shapes"]["chamfer_l1"] == content["left_out"]["chamfer_l1"] == 3
    shown = capsys.readouterr().out
    for text in ("name", "chamfer_squared", "f_score_0.03", "mean", "left out", "failures: 3"):
        assert text in shown
    assert len({line.count("-" * 20) for line in shown.splitlines()[2:8]}) == 1


@pytest.mark.parametrize(
    "flags, message",
    [
        ([], "--pred and --truth"),
        (["--pred", "a"], "both flags"),
        (["--pred", "a", "--truth", "b", "--checkpoint", "c", "--dataset", "d"], "one pair"),
        (["--pred", "a", "--truth", "b", "--points", "0"], "--points 0"),
        (["--pred", "a", "--truth", "b", "--thresholds", "x"], "--thresholds"),
        (["--pred", "a", "--truth", "b", "--thresholds", "-1"], "--thresholds"),
        (["--pred", "a", "--truth", "b", "--pred_frame", "array"], "--resolution"),
        (["--pred", "a", "--truth", "b", "--processes", "0"], "--processes 0"),
        (["--checkpoint", "a", "--dataset", "b", "--lfd"], "--resolution"),
    ],
)
def test_flags_that_cannot_be(flags, message):
    with pytest.raises(UserError, match=re.escape(message)) as error:
        parse_options(flags)
    assert "\n" not in str(error.value)


def test_folders_that_cannot_be(tmp_path):
    with pytest.raises(UserError, match="no folder"):
        mesh_files(tmp_path / "none")
    with pytest.raises(UserError, match="holds no meshes"):
        mesh_files(tmp_path)
    for suffix in ("ply", "stl"):
        cube(0.1).export(tmp_path / f"a.{suffix}")
    with pytest.raises(UserError, match="two meshes"):
        mesh_files(tmp_path)


@pytest.mark.parametrize("below", ["model", "models/model_normalized"])
def test_a_folder_a_shape_as_shapenet_has_them(tmp_path, below):
    for side in ("pred", "truth"):
        for name, half in (("a", 0.2), ("b", 0.3)):
            path = tmp_path / side / name / f"{below}.obj"
            path.parent.mkdir(parents=True)
            cube(half).export(path)
    report = evaluate_folders("--pred", tmp_path / "pred", "--truth", tmp_path / "truth")
    assert {row["name"]: row["iou"] for row in report.rows} == {"a": 1, "b": 1}
    assert not any("paired by" in note for note in report.notes)
    files = mesh_files(tmp_path / "pred")
    dataset_names = [f"b/{below}", f"a/{below}"]  # of the samplers
    assert pair_files(files, dataset_names, numbered=True)[0] == [files["b"], files["a"]]
    cube(0.1).export(path.with_name("other.obj"))
    with pytest.raises(UserError, match=r"two meshes: is .* meant"):
        mesh_files(tmp_path / "truth")


def test_the_program(tmp_path, pred, dataset):
    program = [sys.executable, "-X", "importtime", "main.py", "--processes", "2", "--points", "300"]
    flags = ["--pred", str(pred), "--truth", str(dataset)]
    for more, status in (([], 0), (["--truth", str(tmp_path / "none.hdf5")], 2)):
        done = subprocess.run(
            [*program, *flags, *more], cwd=ROOT / "evaluation", capture_output=True, text=True
        )
        imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
        errors = [line for line in done.stderr.splitlines() if not line.startswith("import time")]
        assert done.returncode == status and "tensorflow" not in imported
        assert len(errors) == (status == 2) and ("failures: 3" in done.stdout) == (status == 0)


def test_sets(tmp_path, pred, dataset):
    flags = ["--generated", str(pred), "--reference", str(dataset), "--processes", "1"]
    report = evaluate(parse_options([*flags, "--points", "300", "--emd_points", "60", "--lfd"]))
    assert report.notes[0] == "5 shapes; failures: 2"
    assert any(re.match("3 of 5 .* one part .*99%", note) for note in report.notes)
    assert report.notes[-1].startswith("6 references")
    rows = by_name(report)
    assert list(rows) == ["chamfer_squared", "earth_movers", "light_field_distance"]
    assert rows["chamfer_squared"]["points"] == 300 and rows["earth_movers"]["points"] == 60
    for row in rows.values():
        # 3 shapes are there, so no more than 3 of 6 references are covered; 2 failures of 11 are
        # recognised
        assert 0 < row["coverage"] <= 0.5 and row["nearest_neighbour_accuracy"] >= 2 / 11
        assert np.isfinite(row["minimum_matching_distance"])
    with pytest.raises(UserError, match="emd_points"):
        evaluate(parse_options([*flags, "--points", "100"]))


def test_samples_without_a_file_are_failures(pred, dataset):
    flags = ["--generated", str(pred), "--reference", str(dataset), "--processes", "1"]
    flags += ["--points", "50", "--emd_points", "20"]
    report = evaluate(parse_options([*flags, "--samples", "7"]))
    assert report.notes[0] == "7 shapes; failures: 4"
    assert [row["status"] for row in report.shapes].count("missing") == 2
    recognised = by_name(report)["chamfer_squared"]["nearest_neighbour_accuracy"]
    assert recognised >= 4 / 13
    with pytest.raises(UserError, match="has 5 meshes"):
        evaluate(parse_options([*flags, "--samples", "4"]))


def test_a_set_of_failures_only(tmp_path, dataset):
    generated = tmp_path / "generated"
    generated.mkdir()
    (generated / "a.obj").write_text("")
    everything = tmp_path / "all.json"
    options = parse_options([
        "--generated", str(generated), "--reference", str(dataset), "--processes", "1",
        "--points", "50", "--emd_points", "20", "--json", str(everything),
    ])  # fmt: skip
    report = evaluate(options)
    assert report.rows[0]["coverage"] == 0
    assert report.rows[0]["minimum_matching_distance"] == np.inf
    present(report, options)
    content = json.loads(everything.read_text())
    assert content["sets"][0]["minimum_matching_distance"] is None
    assert content["shapes"][0]["status"] in ("empty", "broken")


@pytest.mark.parametrize("workers", [1, 2])
def test_distances_of_all_to_all(workers):
    rng = np.random.default_rng(0)
    clouds = [rng.random((20, 3)), None, rng.random((20, 3)), rng.random((20, 3))]
    distances = symmetric_distances(clouds, "chamfer_squared", workers)
    np.testing.assert_array_equal(distances, distances.T)
    assert np.isinf(distances[1]).all() and distances[0, 0] == 0
    assert distances[0, 3] == sets.chamfer_squared(clouds[0], clouds[3])


class Cubes:
    """An autoencoder whose codes are half sides: of no cube for shape 1, of the true ones else."""

    only_resolution, dense = None, False

    def encode(self, voxels):
        halves = np.array([(SIDE - i) / 32 for i in range(len(voxels))])
        halves[1] = 0
        return halves

    def field(self, z):
        return lambda points: (np.abs(points).max(axis=1) < z).astype(np.float32)


def test_a_checkpoint_against_its_dataset(dataset, monkeypatch):
    monkeypatch.setattr(checkpoint, "load_autoencoder", lambda path: Cubes())
    flags = ["--checkpoint", "any", "--dataset", str(dataset), "--points", "4000"]
    report = evaluate(parse_options(flags))
    error = (2 * (SIDE - 1)) ** 3 / 64**3
    assert report.rows[0] == {"name": "good", "iou": 1, "field_error": 0}
    assert report.rows[1] == {"name": "missing", "iou": 0, "field_error": error}
    assert report.notes[-1] == (
        f"6 shapes at 64³: mean IoU {5 / 6:.4f} (least 0.0000), mean field error {error / 6:.6f}"
    )
    report = evaluate(parse_options([*flags, "--resolution", "32"]))
    assert report.notes[0] == "6 shapes; failures: 1" and "1 empty: missing" in report.notes[1]
    good, empty = report.rows[:2]
    assert good["chamfer_l1"] < 0.03 and good["status"] == "closed" and good["iou"] == 1
    assert empty["chamfer_l1"] is None and empty["f_score_0.02"] == 0
    assert report.summary[1]["chamfer_l1"] == 5


def test_a_decoder_of_voxels_gives_no_other_resolution(dataset, monkeypatch):
    monkeypatch.setattr(checkpoint, "load_autoencoder", lambda path: Cubes())
    monkeypatch.setattr(Cubes, "only_resolution", 64)
    flags = ["--checkpoint", "any", "--dataset", str(dataset), "--points", "300", "--resolution"]
    with pytest.raises(UserError, match="--resolution 32"):
        evaluate(parse_options([*flags, "32"]))
    assert evaluate(parse_options([*flags, "64"])).rows[0]["status"] == "closed"


def test_a_real_checkpoint(tmp_path, dataset):
    from IMGAN.model import IMAE

    IMAE(z_dim=4, ef_dim=2, gf_dim=2).save(str(tmp_path / "checkpoint"), 1)
    flags = ["--checkpoint", str(tmp_path / "checkpoint"), "--dataset", str(dataset)]
    report = evaluate(parse_options(flags))
    assert len(report.rows) == 6 and report.notes[-1].startswith("6 shapes at 64³: mean IoU 0.")
