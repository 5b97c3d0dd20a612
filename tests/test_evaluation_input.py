"""Odd shapes and files: what the evaluator makes of them, and what it says."""

import os
from pathlib import Path

import h5py
import numpy as np
import pytest
import trimesh

from imnet.base.errors import UserError
from imnet.base.files import written_whole
from imnet.data.dataset import PointValueDataset
from imnet.surfaces import Mesh
from imnet_evaluation.main import evaluate, present
from imnet_evaluation.options import parse_options
from imnet_evaluation.shapes import Failure, mesh_shape, pair_files, read_mesh


def cube(side, centre=(0, 0, 0)):
    return trimesh.creation.box((side,) * 3, trimesh.transformations.translation_matrix(centre))


def two_sided(mesh):
    return trimesh.Trimesh(
        mesh.vertices, np.concatenate([mesh.faces, mesh.faces[:, ::-1]]), process=False
    )


def compare(folder, pred, truth, *flags):
    """Compare meshes by name, after writing them as PLY."""
    for side, meshes in (("pred", pred), ("truth", truth)):
        (folder / side).mkdir()
        for name, mesh in meshes.items():
            mesh.export(folder / side / f"{name}.ply")
    flags = [*flags, "--pred", str(folder / "pred"), "--truth", str(folder / "truth")]
    return evaluate(parse_options([*flags, "--processes", "1", "--points", "100"]))


@pytest.mark.parametrize("side, union", [(1.5, 96**3), (2.5, 160**3), (4, 192**3)])
def test_what_reaches_out_of_the_cube_counts(tmp_path, side, union):
    """Up to three times the cube; further out it is called so."""
    report = compare(tmp_path, {"a": cube(side)}, {"a": cube(1)})
    assert report.rows[0]["iou"] == pytest.approx(64**3 / union)
    assert any("far beyond" in note for note in report.notes) == (side > 3)


def test_what_reaches_out_of_the_normalised_cube_counts(tmp_path):
    report = compare(tmp_path, {"a": cube(0.4)}, {"a": cube(0.2)}, "--normalise", "box")
    assert report.rows[0]["iou"] == pytest.approx(1 / 8)


def test_true_shapes_without_an_iou_are_named(tmp_path):
    opened = trimesh.Trimesh(cube(0.5).vertices, cube(0.5).faces[:-1])
    truth = {"sheet": two_sided(cube(0.5)), "big": cube(1.5), "open": opened, "good": cube(0.5)}
    report = compare(tmp_path, dict.fromkeys(truth, cube(0.5)), truth)
    blank = {row["name"] for row in report.rows if row["iou"] is None}
    assert blank == {"sheet", "big", "open"}
    for line in ("enclosing nothing", "out of the cube", "open"):
        assert any(note.startswith(f"1 true shapes {line},") for note in report.notes)


def test_vertices_without_a_triangle_do_not_matter(tmp_path):
    stray = cube(0.5)
    stray = trimesh.Trimesh([*stray.vertices, [9, 9, 9]], stray.faces, process=False)
    report = compare(tmp_path, {"a": stray}, {"a": stray})
    assert report.rows[0]["iou"] == 1 and report.rows[0]["reason"] == ""


@pytest.mark.parametrize(
    "lines, kind",
    [
        (["v 0 0 0", "v 1 0 0", "v 2 1e-18 0"], "empty"),
        (["v 1e-90 0 0", "v 0 1e-90 0", "v 0 0 1e-90"], "empty"),
        (["v 1e80 0 0", "v 0 1e80 0", "v 0 0 1e80"], "broken"),
        (["v 1e200 0 0", "v 0 1 0", "v 0 0 1"], "broken"),
        (["v 1e12 0 0", "v 1e12 1 0", "v 1e12 0 1"], "broken"),  # rounded to thousandths
        (["v nan 0 0", "v 0 1 0", "v 0 0 1"], "broken"),
    ],
)
def test_triangles_that_are_none(tmp_path, lines, kind):
    path = tmp_path / "a.obj"
    path.write_text("\n".join([*lines, "f 1 2 3\n"]))
    with pytest.raises(Failure) as failure:
        read_mesh(path)
    assert failure.value.kind == kind


def test_a_shape_on_a_map(tmp_path):
    """Coordinates of a survey, millions of metres from the origin, are a shape like others."""
    rng = np.random.default_rng(0)
    shapes = [trimesh.creation.icosphere(2, radius) for radius in (1, 1.1)]
    shapes[1].vertices += rng.normal(0, 0.02, shapes[1].vertices.shape)
    reports = []
    for place in ("near", "map"):
        (tmp_path / place).mkdir()
        flags = ["--normalise", "box", "--lfd", "--pred", "pred", "--truth", "truth"]
        for side, shape in zip(("pred", "truth"), shapes, strict=True):
            moved = shape.vertices + (np.array([432100, 87, 4123456]) if place == "map" else 0)
            (tmp_path / place / side).mkdir()
            lines = [f"v {x!r} {y!r} {z!r}" for x, y, z in moved.tolist()]
            lines += [f"f {a} {b} {c}" for a, b, c in shape.faces + 1]
            (tmp_path / place / side / "a.obj").write_text("\n".join(lines))
            flags[flags.index(side)] = str(tmp_path / place / side)
        reports.append(evaluate(parse_options([*flags, "--processes", "1", "--points", "300"])))
    near, far = (report.rows[0] for report in reports)
    assert near["iou"] > 0.5
    for name, figure in near.items():
        expected = pytest.approx(figure, rel=1e-4) if isinstance(figure, float) else figure
        assert far[name] == expected, name


def test_a_face_of_a_negative_vertex_is_broken(tmp_path):
    path = tmp_path / "a.ply"
    cube(1).export(path, encoding="ascii")
    head, faces = path.read_text().split("end_header\n")
    lines = faces.rstrip().splitlines()
    lines[-1] = "3 0 1 -1"
    path.write_text("\n".join([f"{head}end_header", *lines, ""]))
    with pytest.raises(Failure, match="negative"):
        read_mesh(path)


def test_small_and_thin_triangles_are_kept():
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0.5, 1e-6, 0]])
    assert mesh_shape(Mesh(vertices, np.array([[0, 1, 2]]))).condition == "open"
    assert mesh_shape(Mesh(vertices * 1e-6, np.array([[0, 1, 2]]))).condition == "open"


def test_one_file_for_two_shapes_is_an_error():
    files = {"model": Path("model.ply")}
    with pytest.raises(UserError, match=r"model\.ply: 2 .* shapes"):
        pair_files(files, ["a/model", "b/model"], numbered=True)
    assert pair_files(files, ["a/model", "b/other"], numbered=True)[0] == [Path("model.ply"), None]


def test_sets_in_array_units_are_called_so(tmp_path):
    for folder, side in (("generated", 20), ("reference", 0.5)):
        (tmp_path / folder).mkdir()
        cube(side).export(tmp_path / folder / "a.ply")
    flags = ["--generated", str(tmp_path / "generated"), "--reference", str(tmp_path / "reference")]
    flags += ["--points", "30", "--emd_points", "10", "--processes", "1"]
    assert any("--pred_frame array" in note for note in evaluate(parse_options(flags)).notes)
    notes = evaluate(parse_options([*flags, "--normalise", "box"])).notes
    assert not any("--pred_frame" in note for note in notes)


@pytest.mark.parametrize("content", ["points_foo", "strings", "empty"])
def test_datasets_that_cannot_be(tmp_path, content):
    path = tmp_path / "shapes.hdf5"
    with h5py.File(path, "w") as file:
        voxels = np.zeros((1, 64, 64, 64, 1), np.uint8)
        file["voxels"] = voxels.astype("S1") if content == "strings" else voxels
        if content == "points_foo":
            file["points_foo"] = 0
    if content == "points_foo":
        assert len(PointValueDataset(path)) == 1
    elif content == "strings":
        with pytest.raises(UserError, match="wanted numbers"):
            PointValueDataset(path)
    else:
        from IMGAN.model import IMAE

        IMAE(z_dim=4, ef_dim=2, gf_dim=2).save(tmp_path / "trained", 1)
        with pytest.raises(UserError, match=r"shape 0, 000000, .*empty"):
            evaluate(
                parse_options(["--checkpoint", str(tmp_path / "trained"), "--dataset", str(path)])
            )


def test_names_of_any_bytes(tmp_path):
    path = tmp_path / "shapes.hdf5"
    voxels = np.zeros((1, 64, 64, 64, 1), np.uint8)
    voxels[0, 16:48, 16:48, 16:48] = 1
    with h5py.File(path, "w") as file:
        file["voxels"] = voxels
    path.with_suffix(".txt").write_bytes(b"caf\xe9\n")
    (tmp_path / "pred").mkdir()
    cube(0.5).export(tmp_path / "pred/0.ply")
    options = parse_options([
        "--pred", str(tmp_path / "pred"), "--truth", str(path), "--points", "30",
        "--csv", str(tmp_path / "a.csv"), "--json", str(tmp_path / "a.json"),
    ])  # fmt: skip
    report = evaluate(options)
    assert any("by the numbers" in note for note in report.notes)
    present(report, options)
    assert b"caf\xe9" in (tmp_path / "a.csv").read_bytes() and (tmp_path / "a.json").is_file()


def test_only_files_are_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "."):
        with pytest.raises(UserError, match="no ordinary file"), written_whole(tmp_path / name):
            raise AssertionError("nothing may be written")
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    with written_whole(tmp_path / "link") as beside:
        beside.write_text("new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").read_text() == "new"


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--pred", "a", "--truth", "b", "--samples", "3"], "--samples"),
        (["--pred", "a", "--truth", "b", "--csv", "c", "--json", "c"], "--csv c"),
    ],
)
def test_flags_that_contradict(flags, message):
    with pytest.raises(UserError, match=message) as error:
        parse_options(flags)
    assert "\n" not in str(error.value)
