"""The later versions' commands, file names and weights, dropped in place, through every mode."""

import shutil
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import trimesh

from IMGAN import main as imgan
from IMGAN.model import IMAE
from imnet.base.errors import UserError
from imnet.data.hdf5 import write_arrays
from IMSVR import main as imsvr

TORCH = Path(__file__).parent / "golden/torch"
STORED = {16: 4096, 32: 4096, 64: 16384}
IMAGES, NAME = 24, "all_vox256_img"
pytestmark = pytest.mark.usefixtures("small_pictures")
WIDTHS = ["--ef_dim", 2, "--gf_dim", 4, "--z_dim", 8]


def run(program, folder, *flags):
    """Run a main.py in a folder, with its default places."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["main.py", *map(str, flags)])
        return program.main()


def write_dataset(path, shapes):
    """A set as the later versions' authors have it: points of the 256 grid, and views."""
    rng = np.random.default_rng(shapes)
    arrays = {"voxels": np.zeros((shapes, 64, 64, 64, 1), np.uint8)}
    arrays["pixels"] = np.full((shapes, IMAGES, 137, 137), 255, np.uint8)
    for i in range(shapes):
        arrays["voxels"][i, 12 : 30 + 4 * i, 16:48, 20:44] = 1
        arrays["pixels"][i, :, 30 : 60 + 10 * i, 40:90] = 10 * np.arange(IMAGES)[:, None, None]
    for size, count in STORED.items():
        points = rng.integers(0, 256, (shapes, count, 3), np.uint8)
        cells = points // 4
        values = [arrays["voxels"][i, ..., 0][tuple(cells[i].T)] for i in range(shapes)]
        arrays[f"points_{size}"], arrays[f"values_{size}"] = points, np.stack(values)[..., None]
    write_arrays(path, **arrays)


def names(folder):
    return {path.name for path in folder.iterdir()}


@pytest.fixture(scope="module")
def improved(tmp_path_factory, small_pictures):
    """A folder in which the improved version's own commands were run."""
    folder = tmp_path_factory.mktemp("improved")
    for ending, shapes in (("train", 3), ("test", 2)):
        write_dataset(folder / f"data/{NAME}_{ending}.hdf5", shapes)
    sizes = ["--real_size", 16, "--batch_size_input", 4096]
    run(imgan, folder, "--variant", "improved", "--ae", "--train", "--epoch", 1, *sizes, *WIDTHS)
    run(imgan, folder, "--ae", "--train", "--epoch", 2)
    run(imgan, folder, "--ae")
    run(imgan, folder, "--train", "--epoch", 2, "--width", 16)
    run(imsvr, folder, "--train", "--epoch", 2, "--ef_dim", 2)
    return folder


@pytest.fixture
def copy(improved, tmp_path):
    """A copy of it that a test may spoil."""
    return Path(shutil.copytree(improved, tmp_path / "copy"))


def test_the_improved_versions_files(improved):
    assert {"IMAE.model-0.index", "IMAE.model-1.index"} <= names(improved / f"checkpoint/{NAME}_64")
    assert "ZGAN.model-2.index" in names(improved / f"checkpoint/{NAME}_z_8_8")
    assert "IMSVR.model-1.index" in names(improved / f"checkpoint/{NAME}_128")
    with h5py.File(improved / f"data/{NAME}_z.hdf5") as file:
        assert file["zs"].shape == (3, 8)  # of the training set


def test_the_improved_versions_meshes(copy, capsys):
    shutil.rmtree(copy / "samples")
    small = ["--resolution", 32, "--level", 0.02]  # what two epochs make is no shape yet
    run(imgan, copy, "--ae", "--reconstruct", "--refine", "--keep_largest", *small)
    assert "mean of 3 at 64³" in capsys.readouterr().out
    run(imgan, copy, "--ae", "--interpolate", 0, 1, "--steps", 2, *small)
    run(imgan, copy, "--samples", 2, *small)
    run(imsvr, copy, *small)
    printed = capsys.readouterr().out
    assert "mean of 2 at 64³" in printed  # of the test set
    for path in (copy / "samples").rglob("*.ply"):
        mesh = trimesh.load(path)
        assert np.abs(mesh.vertices).max() <= 0.5 + 0.5 / 32  # in the unit cube, or its border
    run(imgan, copy, "--ae", "--reconstruct", "--end", 1, "--mesh_format", "obj", "--dense", *small)
    assert names(copy / "samples") >= {"reconstruction_sheet.png", "out_sheet.png"}


def test_a_model_of_another_version_is_refused(copy):
    with pytest.raises(UserError, match="`variant` original, but the checkpoint"):
        codes = ["--codes", f"data/{NAME}_z.hdf5"]
        run(imgan, copy, "--variant", "original", "--dataset", NAME, *codes)


def test_a_teacher_of_another_version_is_refused(copy):
    shutil.rmtree(copy / f"checkpoint/{NAME}_128")
    codes = ["--pretrained_z_dir", f"data/{NAME}_z.hdf5"]
    teacher = ["--pretrained_model_dir", f"checkpoint/{NAME}_64", *codes]
    with pytest.raises(UserError, match=r"--variant original, but .* is of improved"):
        run(imsvr, copy, "--variant", "original", "--dataset", NAME, "--train", *teacher)
    assert not (copy / f"checkpoint/{NAME}_128").exists()


def test_the_ports_weights_and_commands(tmp_path, capsys):
    checkpoints, data = tmp_path / "checkpoint", tmp_path / "data" / NAME
    for ending, shapes in (("train", 3), ("test", 2)):
        write_dataset(data / f"{NAME}_{ending}.hdf5", shapes)
    autoencoder, image_encoder = (checkpoints / f"{NAME}_{kind}" for kind in ("ae_64", "svr_128"))
    for folder in (autoencoder, image_encoder):
        folder.mkdir(parents=True)
    shutil.copy(TORCH / "IM_AE.pth", autoencoder / "IM_AE.model64-399.pth")
    shutil.copy(TORCH / "IM_AE_after.pth", autoencoder / "IM_AE.model64-379.pth")
    shutil.copy(TORCH / "IM_SVR.pth", image_encoder / "IM_SVR.model-1000.pth")
    newest_first = f"/home/them/checkpoint/{NAME}_ae_64/IM_AE.model64-399.pth\nother\n"
    (autoencoder / "checkpoint").write_text(newest_first)

    small = ["--resolution", 32]
    run(imgan, tmp_path, "--ae", "--getz")
    assert "3 codes of width" in capsys.readouterr().out
    assert f"{NAME}_train_z.hdf5" in names(autoencoder)
    run(imgan, tmp_path, "--ae", "--start", 0, "--end", 16, *small)
    assert "mean of 2 at 64³" in capsys.readouterr().out  # of the test set
    run(imsvr, tmp_path, "--svr", "--start", 0, "--end", 16, *small)
    run(imgan, tmp_path, "--train", "--epoch", 1, "--width", 16)
    run(imgan, tmp_path, "--samples", 2, *small)
    assert names(tmp_path / "samples") >= {"reconstruction_sheet.png", "out_sheet.png", "out"}

    before = (autoencoder / "IM_AE.model64-399.pth").read_bytes()
    train = ["--ae", "--train", "--epoch", 1, "--save_interval", 1]  # counted from this run on
    run(imgan, tmp_path, *train, "--sample_vox_size", 64)
    assert "IMAE.model-400.index" in names(autoencoder)
    assert before == (autoencoder / "IM_AE.model64-399.pth").read_bytes()
    run(imsvr, tmp_path, "--svr", "--train", "--epoch", 1)
    assert "IMSVR.model-1001.index" in names(image_encoder)


def test_the_ports_weights_in_the_originals_places(tmp_path, capsys):
    write_dataset(tmp_path / "data/some.hdf5", 2)
    for source, folder, name in (
        ("IM_AE", "64", "IM_AE.model64-9"),
        ("IM_SVR", "128", "IM_SVR.model-9"),
    ):
        path = tmp_path / f"checkpoint/some_{folder}/{name}.pth"
        path.parent.mkdir(parents=True)
        shutil.copy(TORCH / f"{source}.pth", path)
    flags = ["--dataset", "some", "--data_dir", "data", "--resolution", 16]
    run(imgan, tmp_path, "--ae", "--reconstruct", *flags)
    run(imsvr, tmp_path, *flags)
    assert capsys.readouterr().out.count("mean of 2 at 64³") == 2
    run(imgan, tmp_path, "--ae", *flags)  # the codes are in the port's place
    assert (tmp_path / "checkpoint/some_ae_64/some_train_z.hdf5").is_file()
    run(imgan, tmp_path, "--ae", "--reconstruct", *flags)


def test_a_teacher_that_is_a_file(tmp_path):
    """Its version counts as if it lay in the folder."""
    write_dataset(tmp_path / f"data/{NAME}/{NAME}_train.hdf5", 3)
    shutil.copy(TORCH / "IM_AE.pth", tmp_path / "teacher.pth")
    codes = IMAE.from_checkpoint(tmp_path / "teacher.pth").encode(np.zeros((3, 64, 64, 64, 1)))
    write_arrays(tmp_path / "z.hdf5", zs=codes)
    teacher = ["--pretrained_model_dir", "teacher.pth", "--pretrained_z_dir", "z.hdf5"]
    run(imsvr, tmp_path, "--train", "--epoch", 1, "--ef_dim", 2, *teacher)
    assert "IMSVR.model-0.index" in names(tmp_path / f"checkpoint/{NAME}_svr_128")


def test_a_new_model_of_the_port(tmp_path):
    for ending in ("train", "test"):
        write_dataset(tmp_path / f"data/{NAME}/{NAME}_{ending}.hdf5", 2)
    new = ["--variant", "pytorch", "--ae", "--train", "--epoch", 1, "--sample_vox_size", 16]
    run(imgan, tmp_path, *new, *WIDTHS)
    run(imgan, tmp_path, "--ae", "--getz")
    run(imsvr, tmp_path, "--svr", "--train", "--epoch", 1, "--ef_dim", 2)
    assert "IMAE.model-0.index" in names(tmp_path / f"checkpoint/{NAME}_ae_64")
    assert "IMSVR.model-0.index" in names(tmp_path / f"checkpoint/{NAME}_svr_128")
    views = np.full((2, 5, 137, 137), 255, np.uint8)  # fewer than the authors have
    with h5py.File(tmp_path / f"data/{NAME}/{NAME}_test.hdf5", "a") as file:
        del file["pixels"]
        file["pixels"] = views
    run(imsvr, tmp_path, "--resolution", 16)
