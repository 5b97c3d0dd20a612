"""IMSVR/main.py as a user calls it, on tiny generated shapes and views, through every mode."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest

from IMGAN.model import IMAE
from imnet.base.errors import UserError, with_flags
from imnet.data.codes import write_codes
from imnet.data.hdf5 import write_arrays
from imnet.programs import outputs
from imnet.surfaces.mesh_list import read_mesh_list
from IMSVR import main as program
from IMSVR import reconstruction
from IMSVR.model import IMSVR as IMSVRModel

IMSVR = Path(__file__).parents[1] / "IMSVR"
SHAPES, VIEWS = 4, 3


def run(folder, *flags):
    """Run the program with its folders in `folder`; return its exit status."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["main.py", "--dataset", "boxes_vox", *map(str, flags)])
        return program.main()


def fails(folder, *flags):
    """Run the program, which has to fail; return its message."""
    with pytest.raises(UserError) as caught:
        run(folder, *flags)
    message = with_flags(str(caught.value))
    assert "\n" not in message
    return message


def train(folder, epoch, *flags):
    widths = ["--ef_dim", 2] if "--ef_dim" not in flags else []
    run(folder, "--train", "--epoch", epoch, *widths, "--shapes_per_step", 3, *flags)


def tensors(prefix):
    import tensorflow as tf

    reader = tf.train.load_checkpoint(str(prefix))
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


@pytest.fixture(scope="module")
def trained(tmp_path_factory, small_pictures):
    """A folder with an autoencoder, both sets, and an image encoder of two epochs."""
    folder = tmp_path_factory.mktemp("trained")
    voxels = np.zeros((SHAPES, 64, 64, 64, 1), np.uint8)
    pixels = np.full((SHAPES, VIEWS, 137, 137), 255, np.uint8)
    for i in range(SHAPES):
        voxels[i, 12 : 40 + 4 * i, 16:48, 20:44] = 1
        for view in range(VIEWS):
            pixels[i, view, 30 : 60 + 10 * i, 40 : 90 + 5 * view] = 60 + 20 * view
    imae = IMAE(z_dim=8, ef_dim=2, gf_dim=4)
    imae.save(folder / "checkpoint/boxes_vox_only_train_64", 3, optimizer=False)
    write_arrays(folder / "data/boxes_vox_only_train_z.hdf5", zs=imae.encode(voxels))
    for split in ("train", "test"):
        write_arrays(folder / f"data/boxes_vox_{split}.hdf5", voxels=voxels, pixels=pixels)
    train(folder, 2, "--train_views", 2)
    return folder


@pytest.fixture
def copy(trained, tmp_path):
    """A copy of the trained folder that a test may spoil."""
    shutil.copytree(trained, tmp_path / "copy")
    return tmp_path / "copy"


def test_training_writes_checkpoints_pictures_and_codes(trained):
    names = {p.name for p in (trained / "checkpoint/boxes_vox_128").iterdir()}
    assert {"IMSVR.model-0.index", "IMSVR.model-1.index", "training_codes.hdf5"} <= names
    for epoch in (0, 1):
        for name in [f"{axis}{kind}" for axis in (1, 2, 3) for kind in "ti"] + ["v"]:
            assert (trained / f"samples/{epoch}_{name}.png").is_file()
    assert cv2.imread(str(trained / "samples/1_v.png"), 0).shape == (128, 128)
    with h5py.File(trained / "checkpoint/boxes_vox_128/training_codes.hdf5") as file:
        assert file["zs"].shape == (SHAPES, 8) and file["distances"].shape == (SHAPES,)
    record = json.loads((trained / "checkpoint/boxes_vox_128/run.json").read_text())
    assert record["network"]["kind"] == "IMSVR" and record["runs"][-1]["epochs"][1] == 2
    assert record["runs"][-1]["dataset"]["shapes"] == SHAPES


def test_the_decoder_is_the_autoencoders_and_stays(trained):
    theirs = tensors(trained / "checkpoint/boxes_vox_only_train_64/IMAE.model-3")
    for epoch in (0, 1):
        ours = tensors(trained / f"checkpoint/boxes_vox_128/IMSVR.model-{epoch}")
        for name in filter(lambda name: name.startswith("simple_net"), theirs):
            np.testing.assert_array_equal(ours[name], theirs[name], name)


def test_resumed_equals_uninterrupted(trained, copy):
    shutil.rmtree(copy / "checkpoint/boxes_vox_128")
    train(copy, 1, "--train_views", 2)
    train(copy, 2, "--train_views", 2, "--memory", 0.0001)  # shape by shape from the file
    whole = tensors(trained / "checkpoint/boxes_vox_128/IMSVR.model-1")
    resumed = tensors(copy / "checkpoint/boxes_vox_128/IMSVR.model-1")
    assert "encoder/conv0/Matrix/Adam_1" in whole and whole.keys() == resumed.keys()
    for name, tensor in whole.items():
        np.testing.assert_array_equal(resumed[name], tensor, name)


def test_total_epochs(trained, capsys):
    train(trained, 2)
    assert "nothing to do" in capsys.readouterr().out


LOW = ["--level", 0.01, "--resolution", 16]  # hardly trained: the field is low all over


def test_reconstruct_the_set(copy, capsys):
    names = [f"box {t}" for t in range(SHAPES)]
    (copy / "data/boxes_vox_test.txt").write_text("\n".join(names))
    run(copy, *LOW, "--end", 2, "--mesh_format", "ply")
    assert {p.name for p in (copy / "samples/out").iterdir()} == {"0.ply", "1.ply", "names.csv"}
    listed = read_mesh_list(copy / "samples/out")["1.ply"]
    assert (listed.number, listed.name, listed.resolution) == (1, names[1], 16)
    view = cv2.imread(str(copy / "samples/image/1.png"), 0)
    with h5py.File(copy / "data/boxes_vox_test.hdf5") as file:
        np.testing.assert_array_equal(view, file["pixels"][1, 0])
    assert (copy / "samples/out_sheet.png").is_file()
    output = capsys.readouterr().out
    assert "mean of 2 at 64³: IoU with the voxels" in output and "own recon" not in output
    run(copy, *LOW, "--all", "--split", "train", "--view", 2, "--sample_dir", "other")
    assert len(list((copy / "other/out").glob("*.dae"))) == SHAPES
    assert "autoencoder's own reconstructions" in capsys.readouterr().out


def test_the_mean_code_of_ten_crops(copy, monkeypatch):
    seen = []

    def encode(self, views):  # a code that counts what was seen
        seen.append(views)
        return np.full((len(views), 8), len(seen), np.float32)

    monkeypatch.setattr(IMSVRModel, "encode", encode)
    made = {}
    monkeypatch.setattr(reconstruction, "write_results", lambda *given: made.update(codes=given[3]))
    monkeypatch.setattr(reconstruction, "print_figures", lambda *given: None)
    run(copy, "--all")
    assert len(seen) == 1 and (made["codes"] == 1).all()
    seen.clear()
    run(copy, "--all", "--ten_crops")
    assert len(seen) == 10 and (made["codes"] == 5.5).all()
    np.testing.assert_array_equal(seen[0], seen[1][:, :, ::-1])


def test_interpolate(copy):
    run(copy, *LOW, "--interpolate", 0, 3, "--steps", 3)
    names = {p.name for p in (copy / "samples/out").iterdir()}
    assert names == {"interpolation0.dae", "interpolation1.dae", "interpolation2.dae"}


def test_pictures_and_folders_of_them(copy, capsys):
    picture = np.full((200, 300, 3), 255, np.uint8)
    picture[40:160, 100:180] = (90, 60, 30)
    for folder in ("shots", "more"):
        (copy / folder).mkdir()
        cv2.imwrite(str(copy / folder / "chair.jpg"), picture)
    (copy / "shots/broken.png").write_text("no picture")
    (copy / "shots/phone.heic").write_text("nor this")
    (copy / "shots/notes.txt").write_text("about them")
    assert run(copy, *LOW, "--image", "shots", "more/chair.jpg") == 2
    assert {p.name for p in (copy / "samples/out").iterdir()} == {"chair.dae", "chair_2.dae"}
    assert cv2.imread(str(copy / "samples/image/chair.png"), 0).shape == (137, 137)
    captured = capsys.readouterr()
    for name in ("broken.png", "phone.heic"):
        assert f"skipped shots/{name} is not a picture" in captured.err
    assert "no pictures: notes.txt" in captured.err
    assert run(copy, *LOW, "--image", "more/chair.jpg") == 0
    assert re.search("none of .* shots/broken.png", fails(copy, "--image", "shots/broken.png"))
    for path in ("samples/image", "samples/image/chair.png"):
        assert "written to samples/image" in fails(copy, "--image", path)


def test_a_sheet_of_the_first_shapes(copy, monkeypatch, capsys):
    for module in (outputs, reconstruction):
        monkeypatch.setattr(module, "SHEET_SHAPES", 2)
    run(copy, *LOW, "--all")
    printed = capsys.readouterr().out
    assert f"{SHAPES} meshes at 16³ in samples/out, the first 2 on samples/out_sheet.png" in printed
    two = cv2.imread(str(copy / "samples/out_sheet.png")).shape
    run(copy, *LOW, "--end", 2)
    assert cv2.imread(str(copy / "samples/out_sheet.png")).shape == two
    assert len(list((copy / "samples/image").iterdir())) == SHAPES


def test_pictures_under_names_of_any_bytes(copy):
    """Names that are no UTF-8 or hold line breaks become file names and lines of the output."""
    (copy / "shots").mkdir()
    picture = np.full((200, 300), 255, np.uint8)
    picture[40:160, 100:180] = 60
    for name in (b"\xff\xfe.png", b"two\nlines.png"):
        (copy / "shots" / os.fsdecode(name)).write_bytes(cv2.imencode(".png", picture)[1])
    (copy / "shots/no\npicture.png").write_text("no picture")
    flags = ["--dataset", "boxes_vox", *map(str, LOW), "--image", "shots"]
    done = subprocess.run(
        [sys.executable, IMSVR / "main.py", *flags], cwd=copy, capture_output=True
    )
    assert done.returncode == 2, done.stderr
    names = {os.fsencode(p.name) for p in (copy / "samples/out").iterdir()}
    assert names == {b"\xff\xfe.dae", b"two lines.dae"}
    assert b"skipped shots/no picture.png is not" in done.stderr


def test_a_picture_unlike_the_training_views_is_called_so(copy, capsys):
    picture = np.full((200, 300), 255, np.uint8)
    picture[40:160, 100:180] = 60
    cv2.imwrite(str(copy / "x.png"), picture)
    path = copy / "checkpoint/boxes_vox_128/training_codes.hdf5"
    codes = np.full((4, 8), 9, np.float32)
    write_arrays(path, zs=codes, distances=np.ones(4, np.float32))
    run(copy, *LOW, "--image", "x.png")
    assert "x is unlike" in capsys.readouterr().out
    write_arrays(path, zs=codes, distances=np.full(4, 99, np.float32))
    run(copy, *LOW, "--image", "x.png")
    path.unlink()
    run(copy, *LOW, "--image", "x.png")
    assert "unlike" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "flags, says",
    [
        (["--dataset", "none"], "no file data/none_test.hdf5"),
        (["--view", "3"], "views 0..2"),
        (["--start", "9", "--end", "12"], "--start 9: .* 4 shapes"),
        (["--interpolate", "0", "4"], "shapes 0..3"),
        (["--ef_dim", "8"], "--ef_dim 8, .*checkpoint"),
        (["--checkpoint_dir", "nowhere"], "no checkpoint nowhere"),
        (["--train", "--image", "a.png"], "exclude one another"),
        (["--train", "--ten_crops"], "--ten_crops .* --train"),
        (["--image", "nowhere.png"], "no such file"),
        (["--level", "2"], "--level 2.*0 and 1"),
        (["--train", "--train_views", "4", "--epoch", "9"], "has 3 views"),
        (["--start", "20"], r"--start 20: .*boxes_vox_test\.hdf5 .* 4 "),
        (["--all", "--start", "3"], "--start .* --all"),
        (["--interpolate", "0", "1", "--start", "3"], "--start .* --interpolate"),
        (["--image", "a.png", "--all"], "--all .* --image"),
    ],
)
def test_bad_flags(trained, flags, says):
    assert re.search(says, fails(trained, *flags))


def test_bad_data(copy):
    codes = copy / "data/boxes_vox_only_train_z.hdf5"
    write_arrays(codes, zs=np.zeros((SHAPES + 1, 8), np.float32))
    assert "of 5 shapes" in fails(copy, "--train", "--epoch", 3)
    write_arrays(codes, zs=np.zeros((SHAPES, 5), np.float32))
    assert "of width 8" in fails(copy, "--train", "--epoch", 3)
    with h5py.File(copy / "data/boxes_vox_test.hdf5", "a") as file:
        del file["pixels"]
        file["pixels"] = np.zeros((4, 3, 64, 64), np.uint8)
    assert "pixels is (4, 3, 64, 64)" in fails(copy, "--start", 0)
    shutil.rmtree(copy / "checkpoint/boxes_vox_128")
    write_codes(codes, np.zeros((SHAPES, 8), np.float32), "another decoder")
    assert "the autoencoder in checkpoint/" in fails(copy, "--train", "--epoch", 3)
    shutil.rmtree(copy / "checkpoint/boxes_vox_only_train_64")
    assert "no checkpoint checkpoint/boxes_vox_only" in fails(copy, "--train", "--epoch", 3)


def test_an_error_is_one_line_and_status_2(trained):
    done = subprocess.run(
        [sys.executable, IMSVR / "main.py", "--dataset", "none"],
        cwd=trained, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("error: no file") and done.stderr.count("\n") == 1
