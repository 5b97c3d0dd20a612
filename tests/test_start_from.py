"""A training that starts from a trained network's weights (`--start_from`)."""

import re
import shutil

import numpy as np
import pytest
from helpers import run_main
from test_imgan_main import STAGES, WIDTHS, boxes_dataset, tensors

from IMGAN import main as imgan
from imnet.networks.records import read_record

pytestmark = pytest.mark.usefixtures("small_pictures", "eagerly")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with datasets, and networks of each kind that learned the first of them."""
    folder = tmp_path_factory.mktemp("trained")
    boxes_dataset(folder / "data/boxes.hdf5")
    boxes_dataset(folder / "data/others.hdf5", shapes=2)
    train(folder, "boxes", *WIDTHS, "--norm", "instance")
    train(folder, "boxes", *WIDTHS, "--variant", "pytorch", "--checkpoint_dir", "port")
    run_main(
        imgan, folder, "boxes", "--ae", "--variant", "pytorch", "--export", "boxes.pth",
        "--checkpoint_dir", "port",
    )  # fmt: skip
    cnn = ["--decoder", "cnn", "--z_dim", 8, "--ef_dim", 2, "--epoch", 1]
    run_main(imgan, folder, "boxes", "--ae", "--train", *cnn)
    return folder


@pytest.fixture
def copy(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "copy")


def train(folder, dataset, *flags, size=16, epoch=1, status=0):
    stage = ["--real_size", size, "--batch_size_input", STAGES[size], "--epoch", epoch]
    return run_main(imgan, folder, dataset, "--ae", "--train", *stage, *flags, status=status)


@pytest.mark.parametrize(
    ("place", "new"),
    [
        ("checkpoint/boxes_64", "others_64"),
        ("checkpoint/boxes_64/IMAE.model-0", "others_64"),
        ("port/boxes_ae_64", "others_ae_64"),
        ("boxes.pth", "others_ae_64"),
    ],
)
def test_any_place(copy, place, new):
    tiny = "1e-30"  # the weights stay where they were
    train(copy, "others", "--start_from", place, "--learning_rate", tiny)
    made = tensors(copy / "checkpoint" / new / "IMAE.model-0")
    port = new.endswith("_ae_64")
    old = tensors(copy / ("port/boxes_ae_64" if port else "checkpoint/boxes_64") / "IMAE.model-0")
    for name, tensor in old.items():
        if "Adam" not in name and "power" not in name:
            np.testing.assert_array_equal(tensor, made[name], name)
    steps = np.log(made["beta1_power"]) / np.log(0.5)
    # one more than were taken, of 2 shapes or of 1 each: Adam began afresh
    assert round(float(steps)) == (2 if port else 3)
    (run,) = read_record(copy / "checkpoint" / new)["runs"]
    assert run["flags"]["start_from"] == place and run["epochs"] == [0, 1]
    assert run["dataset"]["file"] == "others.hdf5"
    # the training goes on, and all else finds it by the new name
    train(copy, "others", epoch=2)
    first, second = read_record(copy / "checkpoint" / new)["runs"]
    assert first == run and second["epochs"] == [1, 3 if port else 2]
    run_main(imgan, copy, "others", "--ae")
    assert place in run_main(imgan, copy, "others", "--about", f"checkpoint/{new}")


def test_a_cnn_and_the_shipped_chairs(copy):
    cnn = ["--start_from", "checkpoint/boxes_cnn_64", "--epoch", 1]
    run_main(imgan, copy, "others", "--ae", "--train", *cnn)
    assert (copy / "checkpoint/others_cnn_64/CNNAE.model-0.index").is_file()
    train(copy, "others", "--start_from", "pretrained/chairs_64")
    network = read_record(copy / "checkpoint/others_64")["network"]
    assert (network["z_dim"], network["gf_dim"], network["norm"]) == (64, 32, "instance")


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--z_dim", 4], "--z_dim 4, .* has 8"),
        (["--norm", "batch"], "--norm batch, .* has instance"),
        (["--variant", "improved"], "--variant improved, .* has original"),
        (["--decoder", "cnn", "--real_size", 64], "no checkpoint CNNAE"),
        (["--model", "checkpoint/boxes_64"], "choose one"),
        (["--start_from", "nowhere"], "no checkpoint nowhere"),
        (["--dataset", "boxes"], "IMAE.model-0 is there already: .* without --start_from"),
    ],
)
def test_refused_with_a_true_line(trained, flags, says):
    said = train(trained, "others", "--start_from", "checkpoint/boxes_64", *flags, status=2)
    assert re.search(says, said)
    assert not (trained / "checkpoint/others_64").exists()


def test_a_network_of_another_version_is_not_passed_over(copy):
    """Where the new name is taken by a network in another version's folder."""
    start = ["--start_from", "boxes.pth"]
    assert "boxes_64/IMAE.model-0 is there" in train(copy, "boxes", *start, status=2)


def test_it_begins_a_training(trained):
    for mode in (["--train"], ["--ae", "--reconstruct"], []):
        flags = [*mode, "--start_from", "checkpoint/boxes_64"]
        assert "--ae --train" in run_main(imgan, trained, "boxes", *flags, status=2)
