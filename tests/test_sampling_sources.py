"""The samplers of HSP's files and of meshes as a user runs them."""

import h5py
import numpy as np
import pytest
from helpers import sample
from scipy.io import savemat

from imnet.base.errors import UserError
from imnet.surfaces.binvox import read_binvox
from imnet.surfaces.solid import max_pool
from point_sampling.sources import find_shapes


def write_mat(path, grid, **changes):
    blocks = grid.reshape(16, 16, 16, 16, 16, 16).transpose(0, 2, 4, 1, 3, 5)
    numbers = np.arange(1, 4097, dtype=np.uint16).reshape(16, 16, 16)
    content = {"b": blocks.reshape(-1, 16, 16, 16), "bi": numbers}
    savemat(path, content | changes, do_compression=True)


def test_hsp_folder(tmp_path):
    folder = tmp_path / "modelBlockedVoxels256" / "03001627"
    folder.mkdir(parents=True)
    grid = np.zeros((256, 256, 256), np.uint8)
    grid[20:60, 100:180, 90:230] = 1
    write_mat(folder / "good.mat", grid)
    write_mat(folder / "numbers.mat", grid, bi=np.full((16, 16, 16), 60000))
    write_mat(folder / "empty.mat", grid * 0)
    (folder / "torn.mat").write_bytes((folder / "good.mat").read_bytes()[:700])
    output = tmp_path / "03001627_chair" / "03001627_vox.hdf5"
    done = sample(folder, output, "--max_resolution", 128, source="hsp")
    assert done.returncode == 2
    skipped = [line.split(":")[0] for line in done.stderr.splitlines()]
    assert skipped == ["skipped empty", "skipped numbers", "skipped torn"]
    assert (output.parent / "obj_list.txt").read_text() == "good\n"
    assert (output.parent / "statistics.txt").read_text().startswith("non-repeat total: 1\n")
    with h5py.File(output) as file:
        expected = max_pool(np.flip(grid.transpose(2, 1, 0), 2) > 0, 64)
        assert np.array_equal(file["voxels"][0, ..., 0], expected)
        assert file["points_128"].shape == (1, 131072, 3)


OBJ_BOX = """v 0 0 0
v 1 0 0
v 1 2 0
v 0 2 0
v 0 0 4
v 1 0 4
v 1 2 4
v 0 2 4
f 1 2 3 4
f 5 6 7 8
f 1 2 6 5
f 3 4 8 7
f 1 4 8 5
"""  # five sides of six


def test_mesh_folder(tmp_path):
    folder = tmp_path / "meshes"
    (folder / "more").mkdir(parents=True)
    (folder / "more" / "box.OBJ").write_text(OBJ_BOX + "f 2 3 7 6\n")
    (folder / "points.obj").write_text("v 0 0 0\nv 1 0 0\n")
    (folder / "nan.obj").write_text(OBJ_BOX.replace("v 1 0 0", "v nan 0 0"))
    (folder / "zero.off").write_text("OFF\n3 1 0\n1 1 1\n1 1 1\n1 1 1\n3 0 1 2\n")
    (folder / "twice.obj").write_text(OBJ_BOX)
    (folder / "twice.off").write_text("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n")
    output, binvox = tmp_path / "boxes.hdf5", tmp_path / "binvox"
    flags = ["--up", "+z", "--front", "-x", "--binvox", binvox]
    done = sample(folder, output, *flags, source="mesh")
    assert done.returncode == 2
    skipped = [line.split(":")[0] for line in done.stderr.splitlines()]
    assert skipped == [f"skipped {name}" for name in ("nan", "points", "twice", "zero")]
    assert "same name" in done.stderr
    assert output.with_suffix(".txt").read_text() == "more/box\ntwice\n"
    with h5py.File(output) as file:
        voxels = file["voxels"][0, ..., 0]
    assert np.array_equal(read_binvox(binvox / "more" / "box.binvox"), voxels)
    # 1 wide (along z: the front is -x), 2 long (x), 4 high (y); the diagonal √21 is 64 voxels
    sides = [np.ptp(np.flatnonzero(voxels.any(axis=axis))) + 1 for axis in ((1, 2), (0, 2), (0, 1))]
    assert sides == pytest.approx([2 * 13.97, 4 * 13.97, 1 * 13.97], abs=2)
    assert voxels.sum() == np.prod(sides)


def test_mesh_axes_are_checked(tmp_path):
    (tmp_path / "box.obj").write_text(OBJ_BOX)
    for flags in (["--up", "-z", "--front", "+z"], ["--up", "z"], ["--front"]):
        done = sample(tmp_path, tmp_path / "x.hdf5", *flags, source="mesh")
        assert done.returncode == 2
        assert done.stderr.startswith("error: --") and done.stderr.count("\n") == 1


def test_meshes_of_other_kinds_are_named(tmp_path, capsys):
    (tmp_path / "below").mkdir()
    for name in ("a.obj", "b.fbx", "below/c.USDZ", "d.obj.gz", "texture.png"):
        (tmp_path / name).write_text("")
    assert [name for name, _ in find_shapes(tmp_path, [".obj", ".ply"])] == ["a"]
    (line,) = capsys.readouterr().err.splitlines()
    assert all(name in line for name in ("b.fbx", "below/c.USDZ", "d.obj.gz"))
    assert "texture" not in line
    with pytest.raises(UserError, match=r"c\.USDZ"):
        find_shapes(tmp_path / "below", [".obj"])
    with pytest.raises(UserError, match=r"a\.obj: is a file"):
        find_shapes(tmp_path / "a.obj", [".obj"])
