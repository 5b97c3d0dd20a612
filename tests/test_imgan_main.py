"""The real IMGAN/main.py as a user calls it, on tiny generated shapes, through every mode."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
import trimesh
from helpers import run_main
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from IMGAN import main as imgan
from imnet.data.hdf5 import write_arrays
from imnet.programs import outputs
from imnet.surfaces.binvox import read_binvox

IMGAN = Path(__file__).parents[1] / "IMGAN"
WIDTHS = ["--z_dim", "8", "--ef_dim", "2", "--gf_dim", "4"]
STAGES = {16: 4096, 32: 8192, 64: 32768}


def run(folder, *flags, status=0):
    """Run main.py with its folders in `folder`; check the status; return stdout + stderr.

    In this process, which has TensorFlow already; two tests below run it alone.
    """
    return run_main(imgan, folder, "boxes_vox", *flags, status=status)


def train(folder, epoch, size=16, status=0, **flags):
    more = [item for name, value in flags.items() for item in (f"--{name}", value)]
    stage = ["--real_size", size, "--batch_size_input", STAGES[size]]
    return run(folder, "--ae", "--train", "--epoch", epoch, *stage, *WIDTHS, *more, status=status)


def tensors(prefix):
    import tensorflow as tf

    reader = tf.train.load_checkpoint(str(prefix))
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def boxes_dataset(path, shapes=3):
    """Boxes of different sizes, with every key of a dataset."""
    rng = np.random.default_rng(0)
    voxels = np.zeros((shapes, 64, 64, 64, 1), np.uint8)
    arrays = {"voxels": voxels}
    for i in range(shapes):
        voxels[i, 12 : 40 + 4 * i, 16:48, 20:44] = 1
    for size, count in STAGES.items():
        step = 64 // size
        grid = voxels[..., 0].reshape(shapes, size, step, size, step, size, step).max((2, 4, 6))
        points = rng.integers(0, size, (shapes, count, 3), np.uint8)
        arrays[f"points_{size}"] = points
        values = [grid[i][tuple(points[i].T)] for i in range(shapes)]
        arrays[f"values_{size}"] = np.stack(values)[..., None]
    write_arrays(path, **arrays)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, small_pictures):
    """A folder with dataset, two trained stages, codes and a latent GAN of two epochs."""
    folder = tmp_path_factory.mktemp("trained")
    boxes_dataset(folder / "data" / "boxes_vox.hdf5")
    train(folder, 2)
    train(folder, 3, 32, learning_rate=0.01)
    run(folder, "--ae")
    run(folder, "--train", "--epoch", 2, "--width", 16)
    return folder


@pytest.fixture
def copy(trained, tmp_path):
    """A copy of the trained folder that a test may spoil."""
    shutil.copytree(trained, tmp_path / "copy")
    return tmp_path / "copy"


def test_training_writes_checkpoints_pictures_and_codes(trained):
    files = {p.name for p in (trained / "checkpoint/boxes_vox_64").iterdir()}
    for epoch in range(3):
        assert f"IMAE.model-{epoch}.index" in files
        for axis in (1, 2, 3):
            assert (trained / f"samples/{epoch}_{axis}t.png").is_file()
            assert (trained / f"samples/{epoch}_{axis}i.png").is_file()
    assert any(name.startswith("events.out.tfevents") for name in files)
    with h5py.File(trained / "data/boxes_vox_z.hdf5") as file:
        assert file["zs"].shape == (3, 8) and file["zs"].dtype == np.float32
    gan = {p.name for p in (trained / "checkpoint/boxes_vox_z_8_8").glob("*.index")}
    assert gan == {"ZGAN.model-0.index", "ZGAN.model-2.index"}
    record = json.loads((trained / "checkpoint/boxes_vox_z_8_8/run.json").read_text())
    assert record["network"]["kind"] == "ZGAN" and record["runs"][-1]["epochs"][1] == 3
    assert (trained / "samples/z_train.png").is_file() and (trained / "samples/z_gen.png").is_file()


def test_resumed_equals_uninterrupted(trained, tmp_path):
    boxes_dataset(tmp_path / "data" / "boxes_vox.hdf5")
    train(tmp_path, 1)
    train(tmp_path, 2, memory=0.0001)  # shape by shape from the file
    assert (tmp_path / "data/boxes_vox_by_shape/points_16.hdf5").is_file()
    resumed = tensors(tmp_path / "checkpoint/boxes_vox_64/IMAE.model-1")
    whole = tensors(trained / "checkpoint/boxes_vox_64/IMAE.model-1")
    assert resumed.keys() == whole.keys()
    assert "simple_net/h4_lin/Matrix/Adam_1" in whole
    for name, tensor in whole.items():
        np.testing.assert_array_equal(resumed[name], tensor, name)


def test_resumed_gan_equals_uninterrupted(trained, copy):
    shutil.rmtree(copy / "checkpoint/boxes_vox_z_8_8")
    run(copy, "--train", "--epoch", 1, "--width", 16)
    run(copy, "--train", "--epoch", 2)
    resumed = tensors(copy / "checkpoint/boxes_vox_z_8_8/ZGAN.model-2")
    for name, tensor in tensors(trained / "checkpoint/boxes_vox_z_8_8/ZGAN.model-2").items():
        np.testing.assert_array_equal(resumed[name], tensor, name)


def test_codes_of_an_earlier_epoch(copy):
    told = "data/boxes_vox_z.hdf5 is of another"
    assert told not in run(copy, "--train", "--epoch", 3)
    train(copy, 4, 32)
    assert told in run(copy, "--train", "--epoch", 4)
    run(copy, "--ae")
    assert told not in run(copy, "--train", "--epoch", 5)


def test_another_resolution_starts_adam_afresh(trained):
    steps_of_32 = 3  # one step a shape in the one epoch at 32³
    powers = [
        tensors(trained / f"checkpoint/boxes_vox_64/IMAE.model-{epoch}")["beta1_power"]
        for epoch in (1, 2)
    ]
    np.testing.assert_allclose(powers, [0.5 ** (1 + 2 * 3), 0.5 ** (1 + steps_of_32)])


def test_total_epochs(trained):
    assert "nothing to do" in train(trained, 3, 32)


def test_a_loss_that_is_no_number_stops_and_saves_nothing(copy):
    before = sorted(path.name for path in (copy / "checkpoint/boxes_vox_64").glob("IMAE*"))
    output = train(copy, 99, 32, learning_rate=1e30, status=2)
    assert "the loss is " in output.splitlines()[-1] and "--learning_rate" in output
    assert before == sorted(p.name for p in (copy / "checkpoint/boxes_vox_64").glob("IMAE*"))
    output = run(copy, "--train", "--epoch", 99, "--learning_rate", 1e30, status=2)
    assert "no number" in output or "the loss is" in output
    assert tensors(copy / "checkpoint/boxes_vox_z_8_8/ZGAN.model-2")
    run(copy, "--ae")


def test_weights_that_are_no_numbers_are_refused(copy):
    from imnet.networks.checkpoints import write_checkpoint

    folder = copy / "checkpoint/boxes_vox_64"
    spoiled = tensors(folder / "IMAE.model-2")
    spoiled["simple_net/h8_lin/bias"][:] = np.nan
    write_checkpoint(folder, "IMAE.model", 3, spoiled, 10)
    for flags in (["--ae"], ["--ae", "--reconstruct"], []):
        output = run(copy, *flags, status=2)
        assert re.search("IMAE.model-3: simple_net/h8_lin/bias .*no numbers", output)


def test_several_shapes_and_random_points_a_step(tmp_path):
    boxes_dataset(tmp_path / "data" / "boxes_vox.hdf5")
    flags = {"shapes_per_step": 2, "points_per_step": 100, "norm": "instance", "half_life": 1}
    train(tmp_path, 2, 64, save_interval=5, precision="bfloat16", **flags)
    written = tensors(tmp_path / "checkpoint/boxes_vox_64/IMAE.model-1")
    assert "encoder/InstanceNorm_3/gamma" in written
    assert not (tmp_path / "checkpoint/boxes_vox_64/IMAE.model-0.index").exists()
    run(tmp_path, "--ae", "--norm", "batch", status=2)


def test_reconstruct_and_interpolate(copy):
    reconstruct = ["--ae", "--reconstruct", "--start", 1, "--end", 9, "--resolution", 16]
    output = run(copy, *reconstruct, "--level", 0.01)
    assert "mean of 2 at 64³: IoU" in output
    run(copy, "--ae", "--interpolate", 0, 2, "--steps", 3, "--level", 0.01, "--resolution", 16)
    for t in range(3):
        assert (copy / f"samples/interpolation{t}.dae").is_file()
    assert (copy / "samples/interpolation_sheet.png").is_file()


def test_sample_filter_and_resample(copy):
    level = ["--level", 0.01, "--resolution", 16]  # hardly trained: the field is low all over
    saving = ["--save_codes", "temp_z.hdf5", "--point_clouds", "--mesh_format", "ply"]
    run(copy, "--samples", 3, *level, *saving)
    assert {p.name for p in (copy / "samples").glob("out*")} == {
        "out0.ply", "out1.ply", "out2.ply", "out_sheet.png",
    }  # fmt: skip
    with h5py.File(copy / "samples/boxes_vox_im_gan_sample.hdf5") as file:
        assert file["points"].shape == (3, 2048, 3)
        assert np.abs(file["points"]).max() <= 0.54
    (copy / "samples/1_1t.png").unlink()
    (copy / "samples/out1.ply").unlink()
    run(copy, "--codes", "temp_z.hdf5", "--kept", "--units", "unit", *level, "--dense")
    assert {p.name for p in (copy / "samples").glob("out*.dae")} == {"out0.dae", "out2.dae"}
    run(copy, "--interpolate", 0, 1, "--steps", 2, "--save_codes", "a.hdf5", *level)
    saved = ["--codes", "temp_z.hdf5", "--save_codes", "b.hdf5"]
    run(copy, "--interpolate", 0, 1, "--steps", 2, *saved, *level)
    with h5py.File(copy / "a.hdf5") as a, h5py.File(copy / "b.hdf5") as b:
        np.testing.assert_allclose(a["zs"], b["zs"], atol=1e-6)
    for pair in ((0, 9), (-5, -3)):
        assert "no such code" in run(copy, "--interpolate", *pair, *saved, *level, status=2)


def test_a_sheet_of_the_first_shapes(copy, monkeypatch):
    monkeypatch.setattr(outputs, "SHEET_SHAPES", 2)
    flags = ["--level", 0.01, "--resolution", 16, "--point_clouds", "--surface_points", 50]
    output = run(copy, "--samples", 3, *flags)
    assert "3 meshes at 16³ in samples, the first 2 on samples/out_sheet.png" in output
    assert (copy / "samples/out2.dae").is_file() and (copy / "samples/out2_points.ply").is_file()
    for name, points in (("", 2048), ("_points", 50)):
        with h5py.File(copy / f"samples/boxes_vox_im_gan_sample{name}.hdf5") as file:
            assert file["points"].shape == (3, points, 3)


def test_codes_that_no_autoencoder_gives(copy):
    path = copy / "data/boxes_vox_z.hdf5"
    write_arrays(path, zs=np.zeros((0, 8), np.float32))
    for flags in (["--train"], ["--codes", path, "--point_clouds"]):
        assert "holds no codes" in run(copy, *flags, status=2)
    write_arrays(path, zs=np.full((2, 8), 1.2, np.float32))
    assert "codes from 1.2 to 1.2" in run(copy, "--train", status=2)


def test_samples_need_no_dataset(copy):
    level = ["--level", 0.01, "--resolution", 16]
    before = run(copy, "--samples", 1, *level, "--save_codes", "a.hdf5")
    shutil.rmtree(copy / "data")
    output = run(copy, "--samples", 2, *level, "--save_codes", "b.hdf5")
    assert "dataset" not in before + output
    with h5py.File(copy / "a.hdf5") as a, h5py.File(copy / "b.hdf5") as b:
        np.testing.assert_allclose(a["zs"][0], b["zs"][0], atol=1e-6)


def test_an_empty_field_gives_a_warning_and_no_files(copy):
    flags = ["--resolution", 16, "--refine", "--surface_points", 100]
    output = run(copy, "--samples", 1, "--level", 0.01, *flags)
    assert len(re.findall("warning: out0: .*everywhere above 0.01", output)) == 1
    assert (copy / "samples/out0_points.ply").is_file()
    assert "1 mesh at 16³" in output
    output = run(copy, "--samples", 1, "--level", 0.9999, *flags, status=1)
    assert "0 of 1 meshes at 16³" in output
    assert len(re.findall("warning: out0: .*nowhere above 0.9999", output)) == 1
    assert not list((copy / "samples").glob("out0*")) and (copy / "samples/0_1t.png").is_file()
    with h5py.File(copy / "samples/boxes_vox_im_gan_sample_points.hdf5") as file:
        assert not file["points"][()].any() and not file["normals"][()].any()


def test_refined_meshes_and_surface_points_of_the_shipped_model(tmp_path):
    from IMGAN.model import IMAE

    chairs = sorted((IMGAN.parent / "point_sampling/furniture/chair").glob("*.binvox"))[:2]
    voxels = np.stack([read_binvox(chair) for chair in chairs])[..., None]
    imae = IMAE.from_checkpoint(IMGAN / "pretrained/chairs_64")
    write_arrays(tmp_path / "z.hdf5", zs=imae.encode(voxels))
    shipped = ["--dataset", "chairs", "--checkpoint_dir", IMGAN / "pretrained"]
    flags = [*shipped, "--codes", "z.hdf5", "--resolution", 64, "--mesh_format", "ply"]
    flags += ["--units", "unit", "--surface_points", 3000]
    run(tmp_path, *flags, "--sample_dir", "plain")
    run(tmp_path, *flags, "--sample_dir", "refined", "--refine", "--stride", 4)
    plain, refined = (
        trimesh.load(tmp_path / folder / "out1.ply", process=False)
        for folder in ("plain", "refined")
    )
    np.testing.assert_array_equal(plain.faces, refined.faces)
    distances = np.abs(plain.vertices - refined.vertices).max(axis=1) * 64
    assert distances.mean() > 0.05 and distances.max() < 1
    with h5py.File(tmp_path / "refined/chairs_im_gan_sample_points.hdf5") as file:
        points, normals = file["points"][()], file["normals"][()]
    assert points.shape == normals.shape == (2, 3000, 3) and points.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(normals, axis=2), 1, atol=1e-5)
    assert (points[0] != points[1]).any()  # each shape has draws of its own
    ply = trimesh.load(tmp_path / "refined/out1_points.ply")
    np.testing.assert_array_equal(ply.vertices, points[1])
    _, distance, _ = trimesh.proximity.closest_point_naive(refined, points[1, :20])
    assert distance.max() < 1e-5


@pytest.mark.parametrize(
    "flags, says",
    [
        (["--ae", "--train", "--batch_size_input", "100"], "stores 32768 points"),
        (["--ae", "--train", "--real_size", "48"], "16, 32, 64"),
        (["--ae", "--train", "--dataset", "none"], "no file data/none.hdf5"),
        (["--ae", "--gf_dim", "32"], "--gf_dim 32, .*checkpoint"),
        (["--ae", "--reconstruct", "--start", "7"], "--start 7: .* 3 shapes"),
        (["--ae", "--reconstruct", "--start", "60"], r"--start 60: .*boxes_vox\.hdf5 .* 3 "),
        (["--ae", "--interpolate", "0", "9"], "shapes 0..2"),
        (["--ae", "--checkpoint_dir", "nowhere"], "no checkpoint nowhere"),
        (["--codes", "nowhere.hdf5"], "no file nowhere.hdf5"),
        (["--train", "--reconstruct"], "exclude one another"),
        (["--samples", "0"], "--samples 0: .*at least 1"),
        (["--ae", "--precision", "bfloat16"], "--precision .*of --ae --train"),
        (["--stride", "3"], "--stride 3: .*power of two"),
        (["--stride", "4", "--dense"], "--dense .*--stride .*choose one"),
        (["--surface_points", "0"], "--surface_points 0: .*at least 1"),
        (["--ae", "--reconstruct", "--stride", "64"], "--stride 64: .*resolution 64"),
        (["--ae", "--codes", "z.hdf5"], "leave out --ae"),
        (["--ae", "--decoder", "cnn"], "no checkpoint checkpoint/boxes_vox_cnn_64"),
        (["--ae", "--train", "--decoder", "cnn", "--real_size", "32"], "gives 64³ voxels"),
        (["--decoder", "cnn", "--resolution", "128"], "gives 64³ voxels"),
        (["--ae", "--train", "--decoder", "cnn", "--gf_dim", "4"], "--gf_dim .*implicit"),
        (
            ["--ae", "--train", "--decoder", "cnn", "--points_per_step", "64"],
            "--points_per_step .*implicit",
        ),
        (["--decoder", "cnn", "--refine"], "--refine needs"),
        (["--ae", "--samples", "4"], "--samples .* --ae"),
        (["--start", "3"], "--start .*add --ae"),
        (["--train", "--samples", "3"], "--samples .* --train"),
        (["--codes", "z.hdf5", "--samples", "3"], "--samples .* --codes"),
        (["--save_codes", "data/boxes_vox.hdf5"], "boxes_vox.hdf5 exists"),
        (["--save_codes", "data/boxes_vox_z.hdf5"], "boxes_vox_z.hdf5 exists"),
        (["--save_codes", "samples/z_gen.png"], "z_gen.png exists"),
        (["--sample_dir", "data/boxes_vox.hdf5"], "boxes_vox.hdf5 is a file"),
    ],
)
def test_bad_flags(trained, flags, says):
    assert re.search(says, run(trained, *flags, status=2))


@pytest.mark.parametrize(
    "flags, says",
    [
        (["--sampels", "3"], "unrecognized arguments: --sampels"),
        (["--ae", "--data_dir", "nowhere"], "error: no file nowhere/03001627_vox.hdf5"),
    ],
)
def test_a_failure_is_the_last_line_and_status_2(flags, says):
    done = subprocess.run(
        [sys.executable, IMGAN / "main.py", *flags], capture_output=True, text=True
    )
    assert done.returncode == 2 and says in done.stderr.splitlines()[-1]
    assert says.startswith("unrecognized") or done.stderr.count("\n") == 1


def test_a_checkpoint_torn_in_two(copy):
    data = copy / "checkpoint/boxes_vox_64/IMAE.model-2.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:2000])
    assert "is damaged" in run(copy, "--ae", status=2)


def test_interrupt_keeps_the_last_checkpoint(copy):
    folder = copy / "checkpoint/boxes_vox_64"
    places = ["--data_dir", "data", "--checkpoint_dir", "checkpoint", "--sample_dir", "samples"]
    stage = ["--real_size", "16", "--batch_size_input", "4096"]
    dataset = ["--dataset", "boxes_vox"]
    program = subprocess.Popen(
        [sys.executable, IMGAN / "main.py", "--ae", "--train", *dataset, *places, *stage],
        cwd=copy, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job with & ignores it
    )  # fmt: skip
    deadline = time.monotonic() + 120
    # Only the last ten are kept: a certain one may have come and gone between two looks.
    while len(list(folder.glob("*.index"))) < 5 and time.monotonic() < deadline:
        time.sleep(0.05)
    program.send_signal(signal.SIGINT)
    _, errors = program.communicate(timeout=60)
    assert program.returncode == 2
    assert errors.startswith("error: interrupted") and errors.count("\n") == 1
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    assert "of width 8" in run(copy, "--ae")


def test_cnn_decoder_from_training_to_samples(copy):
    """CNN-AE and CNN-GAN, beside the implicit decoder's files of the same dataset."""
    cnn, stage = ["--decoder", "cnn"], [*WIDTHS[:4], "--learning_rate", 0.01]
    said = run(copy, "--ae", "--train", *cnn, *stage, "--epoch", 3)
    assert "gf_dim" not in said and "3 steps are" in said
    assert "norm batch" in said
    run(copy, "--ae", "--train", *cnn, "--epoch", 6)  # widths are read
    folder = copy / "checkpoint/boxes_vox_cnn_64"
    assert (folder / "CNNAE.model-5.index").is_file()
    assert (copy / "samples/5_1t.png").is_file()
    run(copy, "--ae", *cnn, "--memory", 0.0001)
    with h5py.File(copy / "data/boxes_vox_cnn_z.hdf5") as file:
        assert file["zs"].shape == (3, 8)
    run(copy, "--train", *cnn, "--epoch", 1, "--width", 16)
    assert (copy / "checkpoint/boxes_vox_cnn_z_8_8/ZGAN.model-1.index").is_file()
    assert "has 16" in run(copy, "--train", *cnn, "--epoch", 2, "--width", 17, status=2)
    cnn += ["--mesh_format", "ply"]
    first = ["--reconstruct", "--end", 1, "--sample_dir", "again"]
    assert "mean of 1 at 64³" in run(copy, "--ae", *cnn, *first)
    assert (copy / "again/reconstruction_sheet.png").is_file()
    run(copy, *cnn, "--samples", 1, "--sample_dir", "drawn")
    assert (copy / "drawn/out_sheet.png").is_file()
    run(copy, "--ae", *cnn, "--interpolate", 0, 2, "--steps", 2, "--sample_dir", "between")
    assert (copy / "between/interpolation_sheet.png").is_file()
    assert "has 8" in run(copy, "--ae", *cnn, "--z_dim", 9, status=2)


def test_bad_data(copy):
    write_arrays(copy / "data/boxes_vox_z.hdf5", zs=np.zeros((4, 5), np.float32))
    shutil.copytree(copy / "checkpoint/boxes_vox_z_8_8", copy / "checkpoint/boxes_vox_z_5_5")
    assert re.search("width 8, .* 5$", run(copy, "--train", status=2), re.MULTILINE)
    write_arrays(copy / "z.hdf5", zs=np.zeros((4, 5), np.float32))
    assert "width 5, not 8" in run(copy, "--codes", "z.hdf5", status=2)
    whole = (copy / "data/boxes_vox.hdf5").read_bytes()
    (copy / "data/boxes_vox.hdf5").write_bytes(whole[: len(whole) // 2])
    assert "not a whole" in run(copy, "--ae", status=2)


def test_nothing_there_says_what_to_do_first(tmp_path):
    *said, error = run(tmp_path, status=2).splitlines()
    assert len(said) == 3 and "./demo.sh" in said[0] and "point_sampling" in said[1]
    assert "boxes_vox_64" in error


def test_tensorboard_has_sheets_histograms_and_the_rate(copy):
    def tags(folder):
        events = EventAccumulator(str(folder))
        events.Reload()
        return set(events.Tags()["tensors"])

    shared = {"learning_rate", "shapes_per_second", "codes"}
    assert shared | {"loss", "reconstructions"} <= tags(copy / "checkpoint/boxes_vox_64")
    (gan,) = (copy / "checkpoint").glob("boxes_vox_z_*")
    assert shared | {"d_loss", "g_loss", "samples", "sampled_codes"} <= tags(gan)
