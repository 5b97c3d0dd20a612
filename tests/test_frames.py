"""Where a shape stood before it was sampled, and that a reconstruction goes back there."""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import trimesh
from helpers import run, run_main, sample

from IMGAN import main as imgan
from imnet.base.errors import UserError
from imnet.data.dataset import PointValueDataset, own_frames
from imnet.surfaces import marching_cubes
from imnet.surfaces.mesh_list import COLUMNS, Listed, read_mesh_list, write_mesh_list
from imnet.surfaces.reading import read_mesh
from imnet_evaluation.main import evaluate
from imnet_evaluation.options import parse_options
from point_sampling.augmentation import draw_warp

SHIPPED = Path(__file__).parents[1] / "IMGAN/pretrained/chairs_64"
AXES = ["--up", "+z", "--front", "-y"]
OWN = ["lamp", "my chair", "table"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The three meshes in millimetres, Z up, and datasets of them."""
    folder = tmp_path_factory.mktemp("own")
    run("fetch/make_meshes", "--output", folder / "meshes", check=True)
    done = sample(folder / "meshes", folder / "own.hdf5", *AXES, source="mesh")
    assert done.returncode == 0, done.stderr
    return folder


def in_own_units(frame, points):
    return points @ frame[:, :3].T + frame[:, 3]


def overlays(frame, voxels, path):
    """Whether the voxels' surface, moved by the frame, lies on the mesh within two voxels."""
    vertices = marching_cubes(voxels[..., 0].astype(np.float32)).in_unit_frame().vertices
    moved = in_own_units(frame, vertices)
    true = read_mesh(path)[0]
    voxel = np.linalg.norm(np.ptp(true, axis=0)) / 64
    ends = [(np.min(points, axis=0), np.max(points, axis=0)) for points in (moved, true)]
    np.testing.assert_allclose(*ends, atol=2 * voxel)
    return voxel


def test_the_sampler_stores_frames(folder):
    frames = own_frames(folder / "own.hdf5")
    assert (folder / "own.txt").read_text().splitlines() == OWN
    voxels = PointValueDataset(folder / "own.hdf5").voxels
    for frame, shape, name in zip(frames, voxels, OWN, strict=True):
        overlays(frame, shape, folder / f"meshes/{name}.obj")
        # the box's middle is the unit frame's, the sides are those of the box's diagonal
        true = read_mesh(folder / f"meshes/{name}.obj")[0]
        low, high = true.min(axis=0), true.max(axis=0)
        np.testing.assert_allclose(frame[:, 3], (low + high) / 2)
        diagonal = np.linalg.norm(high - low)
        turned = diagonal * np.array([[-1, 0, 0], [0, 0, 1], [0, 1, 0]])  # front -y, up +z
        np.testing.assert_allclose(frame[:, :3], turned, atol=1e-9 * diagonal)


def test_the_originals_readers_work(folder):
    """What the original's data loading does with the file, line by line."""
    with h5py.File(folder / "own.hdf5", "r") as data_dict:
        data_points = data_dict["points_64"][:].astype(np.float32)
        data_values = data_dict["values_64"][:].astype(np.float32)
        data_voxels = np.reshape(data_dict["voxels"][:], [-1, 64, 64, 64, 1])
    assert data_points.shape == (3, 32768, 3) and data_values.shape == (3, 32768, 1)
    assert data_voxels.dtype == np.uint8 and set(np.unique(data_voxels)) == {0, 1}


def test_frames_travel_with_their_shapes(folder, tmp_path):
    more = ["--augment", 1, *AXES]
    sample(folder / "meshes", folder / "more.hdf5", *more, source="mesh", check=True)
    names = (folder / "more.txt").read_text().splitlines()
    frames = dict(zip(names, own_frames(folder / "more.hdf5"), strict=True))
    for name, frame in zip(OWN, own_frames(folder / "own.hdf5"), strict=True):
        np.testing.assert_array_equal(frames[name], frame)
        assert not np.allclose(frames[f"{name}~1"], frame), draw_warp(name)
    (tmp_path / "test.txt").write_text("lamp\n")
    split = ["--points", folder / "more.hdf5", "--test_names", tmp_path / "test.txt"]
    run("make_svr_dataset", *split, "--output", tmp_path / "split", check=True)
    np.testing.assert_array_equal(own_frames(tmp_path / "split_test.hdf5")[0], frames["lamp"])
    train = own_frames(tmp_path / "split_only_train.hdf5")
    kept = (tmp_path / "split_only_train.txt").read_text().splitlines()
    np.testing.assert_array_equal(train, [frames[name] for name in kept])
    inputs = ["--inputs", tmp_path / "split_test.hdf5", tmp_path / "split_only_train.hdf5"]
    run("join_datasets", *inputs, "--output", tmp_path / "joined.hdf5", check=True)
    np.testing.assert_array_equal(own_frames(tmp_path / "joined.hdf5")[0], frames["lamp"])
    # joined with shapes that have none, they are left out
    sample(folder / "own.hdf5", tmp_path / "voxels.hdf5", check=True)
    assert own_frames(tmp_path / "voxels.hdf5") is None
    (tmp_path / "voxels.txt").write_text("a\nb\nc\n")
    inputs = ["--inputs", tmp_path / "voxels.hdf5", tmp_path / "split_test.hdf5"]
    run("join_datasets", *inputs, "--output", tmp_path / "joined.hdf5", check=True)
    assert own_frames(tmp_path / "joined.hdf5") is None


@pytest.fixture(scope="module")
def reconstructed(folder, small_pictures):
    """Reconstructions by the shipped chairs in array units, and in the meshes' own."""
    write_names(folder / "samples" / "out0.ply")
    for sample_dir, flags in (("samples", []), ("back", ["--original_frame"])):
        said = reconstruct(folder, "--sample_dir", sample_dir, *flags)
        assert "shape 1, my chair: IoU 0." in said
    return folder


def write_names(other):
    """Write a mesh of another mode beside the reconstructions to come."""
    other.parent.mkdir()
    trimesh.creation.box((1, 1, 1)).export(other)


def reconstruct(folder, *flags, status=0):
    model = ["--model", SHIPPED, "--data_dir", folder, "--resolution", 32, "--mesh_format", "ply"]
    reconstruct = ["--ae", "--reconstruct", *model]
    return run_main(imgan, folder, "own", *reconstruct, *flags, status=status)


def evaluate_sets(*flags):
    return evaluate(parse_options([*map(str, flags), "--processes", "1", "--points", "200"]))


def test_meshes_are_listed(reconstructed):
    listed = read_mesh_list(reconstructed / "samples")
    assert [one.name for one in listed.values()] == OWN
    one = listed["reconstruction1.ply"]
    assert (one.number, one.units, one.resolution) == (1, "array", 32)
    np.testing.assert_array_equal(one.frame, own_frames(reconstructed / "own.hdf5")[1])
    (reconstructed / "samples/reconstruction2.ply").rename(reconstructed / "kept.ply")
    reconstruct(reconstructed, "--end", 1)
    assert list(read_mesh_list(reconstructed / "samples")) == [
        f"reconstruction{t}.ply" for t in "01"
    ]
    (reconstructed / "kept.ply").rename(reconstructed / "samples/reconstruction2.ply")
    reconstruct(reconstructed)


def test_a_reconstruction_lies_on_its_mesh(reconstructed):
    """In millimetres, Z up, where the mesh stands: within a voxel of the grid of 32³."""
    for number, name in enumerate(OWN):
        true = read_mesh(reconstructed / f"meshes/{name}.obj")[0]
        made = read_mesh(reconstructed / f"back/reconstruction{number}.ply")[0]
        frame = own_frames(reconstructed / "own.hdf5")[number]
        array = read_mesh(reconstructed / f"samples/reconstruction{number}.ply")[0]
        unit = (array - 0.5) / 32 - 0.5
        np.testing.assert_allclose(made, in_own_units(frame, unit), rtol=1e-5, atol=1e-3)
        voxel = np.linalg.norm(np.ptp(true, axis=0)) / 32
        assert (made.min(axis=0) > true.min(axis=0) - 2 * voxel).all(), name
        assert (made.max(axis=0) < true.max(axis=0) + 2 * voxel).all(), name


def test_original_frames_that_nobody_knows(folder, tmp_path):
    sample(folder / "own.hdf5", tmp_path / "own.hdf5", check=True)
    assert "sample their meshes again" in run_main(
        imgan, folder, "own", "--model", SHIPPED, "--ae", "--reconstruct", "--original_frame",
        "--data_dir", tmp_path, status=2,
    )  # fmt: skip
    said = run_main(imgan, folder, "own", "--model", SHIPPED, "--original_frame", status=2)
    assert "--ae --reconstruct" in said


@pytest.mark.parametrize("place", ["samples", "back"])
@pytest.mark.parametrize("truth", ["own.hdf5", "meshes"])
def test_evaluation_pairs_by_names_and_finds_the_units(reconstructed, place, truth):
    """Against the dataset and the meshes themselves, whatever the units of the predictions."""
    flags = ["--pred", reconstructed / place, "--prefix", "reconstruction"]
    report = evaluate_sets(*flags, "--truth", reconstructed / truth)
    assert [row["name"] for row in report.rows] == OWN
    assert [row["file"] for row in report.rows] == [f"reconstruction{t}.ply" for t in range(3)]
    assert all(row["hausdorff"] < 0.5 and row["chamfer_l1"] < 0.1 for row in report.rows)
    notes = "\n".join(report.notes)
    assert "names.csv" in notes
    assert ("3 true meshes moved" in notes) == (truth == "meshes")
    wrong = [*flags, "--truth", reconstructed / truth, "--truth_frame", "unit"]
    if truth == "meshes":
        with pytest.raises(UserError, match="far beyond the unit cube, and its prediction"):
            evaluate_sets(*wrong)


def test_units_are_found_without_names(reconstructed, tmp_path):
    bare = shutil.copytree(reconstructed / "samples", tmp_path / "bare")
    (bare / "names.csv").unlink()
    flags = ["--prefix", "reconstruction", "--truth", reconstructed / "own.hdf5"]
    known = evaluate_sets("--pred", reconstructed / "samples", *flags)
    found = evaluate_sets("--pred", bare, *flags)
    assert found.rows == known.rows
    assert any("array units of 32³, by their boxes" in note for note in found.notes)
    for path in bare.glob("reconstruction*.ply"):
        mesh = trimesh.load(path)
        mesh.apply_scale(20 / 32).export(path)
    with pytest.raises(UserError, match="`resolution`"):
        evaluate_sets("--pred", bare, *flags)
    grid = evaluate_sets("--pred", bare, *flags, "--resolution", 20)
    assert grid.rows[0]["hausdorff"] < 0.5
    trimesh.creation.box((1, 1, 1)).export(bare / "reconstruction3.ply")
    with pytest.raises(UserError, match="array units and others"):
        evaluate_sets("--pred", bare, *flags)


def test_two_modes_are_never_one_set(reconstructed):
    samples = reconstructed / "samples"
    with pytest.raises(UserError, match="--prefix out"):
        evaluate_sets("--pred", samples, "--truth", reconstructed / "own.hdf5")
    sets = ["--generated", samples, "--reference", reconstructed / "own.hdf5", "--emd_points", 20]
    with pytest.raises(UserError, match="out<number> and reconstruction<number>"):
        evaluate_sets(*sets)
    report = evaluate_sets(*sets, "--prefix", "reconstruction")
    assert len(report.shapes) == 3
    figures = [figure for figure in report.rows[0].values() if isinstance(figure, float)]
    assert figures and max(figures) <= 1  # in unit cubes
    with pytest.raises(UserError, match="holds no mesh nothing<number>"):
        evaluate_sets(*sets, "--prefix", "nothing")


def test_lists_that_are_not_ours_or_damaged(tmp_path):
    path = tmp_path / "names.csv"
    path.write_text("name,family\na,b\n")
    assert read_mesh_list(tmp_path) == {}
    write_mesh_list(tmp_path, [Listed("a.ply", 0, "a", "array", 64)])
    assert path.read_text() == "name,family\na,b\n"
    for row in ("a.ply,x,a,array,64,", "a.ply,0,a,miles,64,", "a.ply,0,a,array,64,1 2 3", "a.ply"):
        path.write_text(f"{','.join(COLUMNS)}\n{row}\n")
        with pytest.raises(UserError, match=r"names\.csv is damaged in the line of a\.ply"):
            read_mesh_list(tmp_path)
