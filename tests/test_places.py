"""A network is loaded by its place, from any version's layout; a run describes itself."""

import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from helpers import run_main
from test_imgan_main import STAGES, WIDTHS, boxes_dataset
from viewer_models import make_checkpoints, png

from IMGAN import main as imgan
from IMGAN.model import load_autoencoder
from IMGAN.options import parse_options
from IMGAN.programs import settled
from IMGAN2D import main as imgan2d
from imnet.base.errors import UserError
from imnet.data.hdf5 import write_arrays
from imnet.networks.network import fingerprint
from imnet.networks.records import epochs_of_run, last_run, read_record, write_run
from imnet_viewer.loading import load_models
from imnet_viewer.options import ModelOptions
from IMSVR import main as imsvr
from IMSVR.model import IMSVR

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "IMGAN/pretrained/chairs_64"
PTH = ROOT / "tests/golden/torch/IM_AE.pth"
ALL_SHIPPED = sorted(ROOT.glob("IM*/pretrained/*"))
SMALL = ["--resolution", 20, "--end", 1]

pytestmark = pytest.mark.usefixtures("small_pictures", "eagerly")


@pytest.fixture
def folder(tmp_path):
    boxes_dataset(tmp_path / "data/boxes.hdf5")
    return tmp_path


def test_own_datasets_of_the_port_are_found_in_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/mine.hdf5").touch()
    for name, folder in (("mine", "./data"), ("other", "./data/all_vox256_img")):
        flags = ["--ae", "--variant", "pytorch", "--dataset", name]
        assert settled(parse_options(flags)).data_dir == folder


def test_an_autoencoder_by_its_place(folder):
    (prefix,) = (path.with_suffix("") for path in SHIPPED.glob("*.index"))
    (folder / "port").mkdir()
    shutil.copy(PTH, folder / "port/IM_AE.model64-9.pth")
    for place in (SHIPPED, f"{prefix}.index", PTH, "port"):
        said = run_main(
            imgan,
            folder,
            "boxes",
            "--model",
            place,
            "--ae",
            "--reconstruct",
            "--level",
            0.01,
            *SMALL,
        )
        assert f"loaded {str(place).removesuffix('.index')}" in said and "shape 0" in said


def test_a_wrong_place_is_one_true_line(folder):
    for place, says in (
        (SHIPPED.parent, "is one of its folders meant, such as"),
        (ROOT / "IMSVR/pretrained/chairs_128", "of another network"),
        ("nowhere", "no checkpoint nowhere"),
        (folder / "data", "train first or copy one there"),
    ):
        said = run_main(imgan, folder, "boxes", "--model", place, status=2)
        assert says in said
    train = ["--ae", "--train", "--real_size", 16, "--batch_size_input", 4096]
    for place, says in (
        (PTH, "name its folder"),
        (SHIPPED, "copy the folder"),
        ("checkpoint/typo_64", "no such folder"),
        (folder / "data", "holds no IMAE.model"),
        (ROOT / "tests/golden/torch", "holds no IMAE.model"),
    ):
        said = run_main(imgan, folder, "boxes", "--model", place, *train, "--epoch", 999, status=2)
        assert says in said
    assert not (folder / "checkpoint").exists()
    assert "no latent GAN" in run_main(imgan, folder, "boxes", "--model", PTH, status=2)
    about = run_main(imgan, folder, "boxes", "--about", ROOT / "tests/golden/torch", status=2)
    assert "IM_SVR.pth: name that file" in about


def test_samples_of_the_gan_beside_and_of_another(folder):
    checkpoints = make_checkpoints(folder / "checkpoints")
    model = ["--model", checkpoints / "chairs_64", "--samples", 1, "--resolution", 20]
    run_main(imgan, folder, "boxes", *model)
    (checkpoints / "chairs_z_64_64").rename(folder / "elsewhere")
    assert "chairs_z_64_64" in run_main(imgan, folder, "boxes", *model, status=2)
    run_main(imgan, folder, "boxes", *model, "--gan", folder / "elsewhere")


def test_a_gan_of_another_autoencoder_is_noticed(folder):
    train(folder, 1, 16, "--variant", "original", *WIDTHS)
    run_main(imgan, folder, "boxes", "--ae")
    run_main(imgan, folder, "boxes", "--train", "--epoch", 1, "--width", 4)
    samples = ["--samples", 1, "--resolution", 20]
    gan = ["--gan", folder / "checkpoint/boxes_z_8_8"]
    assert "another autoencoder" not in run_main(imgan, folder, "boxes", *samples, *gan)
    other = ["--variant", "original", "--checkpoint_dir", "other"]
    train(folder, 1, 16, *WIDTHS, "--seed", 1, *other)
    assert "another autoencoder" in run_main(imgan, folder, "boxes", *samples, *gan, *other)
    models = load_models(ModelOptions(model=folder / "other/boxes_64", gan=gan[1], shapes=2))
    assert "another autoencoder" in models.missing["latent_gan"]


def test_an_image_encoder_by_its_place(folder):
    checkpoints = make_checkpoints(folder / "checkpoints")
    (folder / "chair.png").write_bytes(png())
    flags = ["--model", checkpoints / "chairs_128", "--image", "chair.png", "--resolution", 20]
    said = run_main(imsvr, folder, "boxes", *flags)
    assert f"loaded {checkpoints}/chairs_128/IMSVR.model-0" in said


def test_the_viewer_loads_by_place(tmp_path):
    checkpoints = make_checkpoints(tmp_path / "my.models")
    models = load_models(ModelOptions(model=checkpoints / "chairs_64", shapes=2))
    assert models.latent_gan is not None and models.image_encoder is not None
    (checkpoints / "chairs_z_64_64").rename(tmp_path / "gan")
    (checkpoints / "chairs_128").rename(tmp_path / "svr")
    named = {"gan": tmp_path / "gan", "image_encoder": tmp_path / "svr"}
    models = load_models(ModelOptions(model=checkpoints / "chairs_64", shapes=2, **named))
    assert not models.missing
    models = load_models(ModelOptions(model=PTH, shapes=2))
    assert models.autoencoder.variant == "pytorch" and set(models.missing) >= {"latent_gan"}


def test_letters_by_place(tmp_path):
    pixels = np.zeros((2, 28, 28), np.uint8)
    pixels[:, 4:20, 6:14] = 255
    write_arrays(tmp_path / "data/bars.hdf5", pixels=pixels)
    widths = ["--z_dim", 4, "--ef_dim", 2, "--gf_dim", 2, "--epoch", 1]
    run_main(imgan2d, tmp_path, "bars", "--train", *widths)
    run_main(imgan2d, tmp_path, "bars", "--train", "--model", "latent_gan", "--epoch", 1)
    place, gan = (tmp_path / f"checkpoint/bars_{kind}_implicit" for kind in ("ae", "latent_gan"))
    moved = shutil.move(place, tmp_path / "moved")
    run_main(imgan2d, tmp_path, "bars", "--model", moved, "--reconstruct")
    run_main(imgan2d, tmp_path, "bars", "--model", moved, "--gan", gan, "--samples", 2)
    assert "neither ae" in run_main(imgan2d, tmp_path, "bars", "--model", "nothing", status=2)
    about = run_main(imgan2d, tmp_path, "bars", "--about", moved)
    assert "Autoencoder" in about and "bars.hdf5 (2 shapes" in about


def train(folder, epoch, size, *flags):
    stage = ["--epoch", epoch, "--sample_vox_size", size, "--batch_size_input", STAGES[size]]
    return run_main(imgan, folder, "boxes", "--ae", "--train", *stage, *flags)


def test_a_run_describes_itself(folder):
    flags = ["--variant", "original", *WIDTHS]
    train(folder, 1, 16, *flags)
    train(folder, 2, 32, *flags)
    place = folder / "checkpoint/boxes_64"
    record = json.loads((place / "run.json").read_text())
    assert record["network"]["kind"] == "IMAE" and record["network"]["z_dim"] == 8
    assert [(run["epochs"], run["stage"]) for run in record["runs"]] == [([0, 1], 16), ([1, 2], 32)]
    (first, second) = record["runs"]
    assert first["dataset"] == second["dataset"] and first["dataset"]["shapes"] == 3
    assert first["flags"]["seed"] == 0 and first["flags"]["dataset"] == "boxes"
    assert {"implicit-decoder", "tensorflow", "python"} == first["versions"].keys()
    lines = run_main(imgan, folder, "boxes", "--about", place).splitlines()
    assert len(lines) == 3 and "z_dim 8" in lines[0] and "epochs 1 to 1 at 32³" in lines[2]
    assert "not recorded" in run_main(imgan, folder, "boxes", "--about", PTH)
    said = run_main(
        imgan, folder, "boxes", "--ae", "--train", "--real_size", 64, "--epoch", 2, status=2
    )
    assert "nothing to train at 64³" in said
    (place / "run.json").write_text("{")
    assert "run.json is damaged" in run_main(imgan, folder, "boxes", "--about", place, status=2)


@pytest.mark.parametrize("place", ALL_SHIPPED, ids=lambda place: place.name)
def test_shipped_networks_say_how_they_were_trained(place, tmp_path):
    program = imsvr if "IMSVR" in place.parts else imgan
    network, *runs = run_main(program, tmp_path, "boxes", "--about", place).splitlines()
    record = read_record(place)
    ends = [run["epochs"] for run in record["runs"]]
    assert ends[0][0] == 0 and all(a[1] == b[0] for a, b in pairwise(ends))
    assert f"-{ends[-1][1] - 1}: {record['network']['kind']}" in network
    names = (place / "training_shapes.txt").read_text().splitlines()
    assert len(set(names)) == len(names) >= record["runs"][-1]["dataset"]["shapes"]
    for line, run in zip(runs, record["runs"], strict=True):
        assert f"{run['dataset']['file']} (" in line and "seed 0" in line
    stages = [line.partition(" at ")[2].partition(":")[0] for line in runs if "³" in line]
    expected = ["16³", "32³", "64³"] if record["network"]["kind"] == "IMAE" else []
    if "start_from" in record["runs"][0]["flags"]:
        expected = ["64³"]
    assert sorted(set(stages)) == expected


def test_the_ports_epochs_are_those_of_a_run(folder):
    flags = ["--variant", "pytorch", *WIDTHS]
    for size, last in ((16, 1), (32, 3), (64, 5)):
        train(folder, 2, size, *flags)
        place = folder / "checkpoint/boxes_ae_64"
        assert (place / f"IMAE.model-{last}.index").is_file()
    runs = read_record(place)["runs"]
    assert [run["epochs"] for run in runs] == [[0, 2], [2, 4], [4, 6]]


def test_an_interrupted_run_of_the_port_finishes_its_own_epochs(tmp_path):
    write_run(tmp_path, {"kind": "IMAE"}, {"epochs": [200, 400], "stage": 32})
    for start, epochs, stage, expected in (
        (200, 200, 32, (200, 400)),  # before its first checkpoint
        (350, 200, 32, (200, 400)),
        (350, 300, 32, (200, 500)),
        (400, 200, 32, (400, 600)),  # typed again
        (400, 400, 64, (400, 800)),
        (350, 200, 64, (350, 550)),
    ):
        assert epochs_of_run(tmp_path, start, epochs, stage, a_run=True) == expected
    assert epochs_of_run(tmp_path, 350, 400, 32, a_run=False) == (350, 400)
    assert epochs_of_run(tmp_path, 400, 400, 32, a_run=False) == (400, 400)  # nothing to do
    with pytest.raises(UserError, match="nothing to train at 64"):
        epochs_of_run(tmp_path, 400, 400, 64, a_run=False)


@pytest.mark.parametrize(
    ("datasets", "flags", "variant"),
    [
        ([], "--ae --train", "original"),
        (["all_vox256_img_train"], "--ae --train --real_size 16", "improved"),
        (["all_vox256_img/all_vox256_img_train"], "--ae --train --sample_vox_size 16", "pytorch"),
        (["all_vox256_img/all_vox256_img_train"], "--ae --train", "pytorch"),
        (["all_vox256_img_train", "03001627_vox"], "--ae --train", "original"),
        (["all_vox256_img_train"], "--ae --train --variant original", "original"),
        (["all_vox256_img_train"], "--ae --train --dataset other", "original"),
        ([], "--ae --getz", "pytorch"),
        ([], "--ae --train --sample_vox_size=16 --dataset mine", "pytorch"),
    ],
)
def test_the_version_of_the_originals_commands(tmp_path, monkeypatch, datasets, flags, variant):
    monkeypatch.chdir(tmp_path)
    for name in datasets:
        path = tmp_path / f"data/{name}.hdf5"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    options = settled(parse_options(flags.split()))
    assert options.variant == variant
    assert options.real_size == (16 if "16" in flags else 64)


def test_the_shipped_networks_belong_together():
    for of in ("tables", "chairs"):
        decoder = fingerprint(load_autoencoder(SHIPPED.with_name(f"{of}_64")).decoder)
        assert last_run(SHIPPED.with_name(f"{of}_z_64_64"))["decoder"] == decoder
    image_encoder = IMSVR.from_checkpoint(ROOT / "IMSVR/pretrained/chairs_128")
    assert fingerprint(image_encoder.decoder) == decoder
