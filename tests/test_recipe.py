"""Learning a few shapes: the recipe, points drawn from the voxels, the slow encoder, the end."""

import re

import numpy as np
import pytest
from helpers import run_main
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from test_imgan_main import WIDTHS, boxes_dataset

from IMGAN import learned
from IMGAN import main as imgan
from IMGAN.model import IMAE
from IMGAN.options import parse_options
from IMGAN.recipes import FEW, NEW, recipe_flags, with_recipe
from imnet.data.dataset import PointValueDataset
from imnet.data.lattice import cell_centres
from imnet.data.voxel_points import VoxelPoints, next_to_surface
from imnet.networks.checkpoints import read_checkpoint
from imnet.networks.records import read_record
from imnet.networks.trainer import Trainer
from imnet.networks.variants import VARIANTS

import tensorflow as tf  # isort: skip  # after the networks, which start it quietly

SMALL = [*WIDTHS, "--epoch", 4, "--iou_interval", 2, "--points_per_step", 64, "--seed", 3]


@pytest.fixture
def folder(tmp_path):
    boxes_dataset(tmp_path / "data/boxes.hdf5")
    (tmp_path / "data/boxes.txt").write_text("my chair\nlamp\ntable\n")
    return tmp_path


def train(folder, *flags, status=0):
    return run_main(imgan, folder, "boxes", "--ae", "--train", *flags, status=status)


def parsed(folder, *flags):
    places = ["--data_dir", folder / "data", "--checkpoint_dir", folder / "checkpoint"]
    words = ["--ae", "--train", "--recipe", "few", "--dataset", "boxes", *places, *flags]
    words = [str(word) for word in words]
    return with_recipe(parse_options(words), words, parse_options)


def test_flags_that_are_typed_win(folder, capsys):
    options = parsed(
        folder, "--norm", "batch", "--epoch=7", "--learning_rate", 0.00005, "--nocosine"
    )
    assert (options.norm, options.epoch, options.learning_rate) == ("batch", 7, 0.00005)
    assert not options.cosine and options.from_voxels
    said = capsys.readouterr().out
    assert f"--gf_dim {NEW['gf_dim']}" in said and "--beta1 0.9" in said and "3 shapes" in said
    for flag in ("--norm", "--epoch", "--learning_rate", "--cosine"):
        assert flag not in said
    # typed as printed, the flags are the same ones, but for the recipe's name
    words = re.search(r": (--.*)", said)[1].split()
    typed = ["--norm", "batch", "--epoch", "7", "--learning_rate", "0.00005", "--ae", "--train"]
    places = ["--data_dir", str(folder / "data"), "--checkpoint_dir", str(folder / "checkpoint")]
    again = parse_options([*words, *typed, *places, "--dataset", "boxes"])
    assert again == options.__class__(**{**vars(options), "recipe": None})


def test_widths_are_those_of_trained_weights(folder):
    assert parsed(folder, "--stop_iou", 0.5).z_dim == NEW["z_dim"]
    assert parsed(folder, "--start_from", "pretrained/chairs_64").z_dim is None
    place = folder / "checkpoint/boxes_64"
    place.mkdir(parents=True)
    (place / "IMAE.model-1.index").touch()
    assert parsed(folder).z_dim is None


def test_an_epoch_of_more_shapes_has_more_steps():
    for trained in (False, True):
        one, many = recipe_flags(1, trained), recipe_flags(FEW, trained)
        a_step = many["shapes_per_step"]
        assert one["shapes_per_step"] == 1 and many["epoch"] * (FEW // a_step) >= one["epoch"]


def test_the_recipe_trains_says_and_stops(folder):
    said = train(folder, "--recipe", "few", *SMALL, "--stop_iou", 0.99, status=1)
    ious = re.findall(
        r"^epoch (\d): IoU .* \(my chair [\d.]+, lamp [\d.]+, table [\d.]+\)", said, re.M
    )
    assert ious == ["1", "3"] and "not learned" in said
    assert said.count("Epoch: [") == 2
    (run,) = read_record(folder / "checkpoint/boxes_64")["runs"]
    wanted = {**recipe_flags(3, False), "epoch": 4, "z_dim": 8, "recipe": "few", "seed": 3}
    wanted |= {"points_per_step": 64, "stop_iou": 0.99, "iou_interval": 2, "ef_dim": 2, "gf_dim": 4}
    wanted["save_interval"] = recipe_flags(3, False)["save_interval"]
    assert wanted.items() <= run["flags"].items()
    events = EventAccumulator(str(folder / "checkpoint/boxes_64")).Reload()
    assert {"iou", "iou/my chair", "iou/table"} <= set(events.Tags()["tensors"])
    assert [event.step for event in events.Tensors("iou/lamp")] == [1, 3]


def test_it_ends_when_the_shapes_are_learned(folder, monkeypatch):
    looks = iter([0.1, 0.5, 0.9, 0.9])  # of the least, which the mean would hide
    monkeypatch.setattr(learned, "training_ious", lambda *_: np.array([1, 1, next(looks)]))
    flags = ["--recipe", "few", *SMALL, "--epoch", 100, "--stop_iou", 0.8]
    said = train(folder, *flags)
    assert "learned: mean IoU 0.9" in said
    place = folder / "checkpoint/boxes_64"
    assert [path.stem for path in place.glob("*.index")] == ["IMAE.model-5"]  # two epochs a look
    assert "learned: mean IoU 0.9" in train(folder, *flags)  # typed again, it takes no step
    assert [path.stem for path in place.glob("*.index")] == ["IMAE.model-5"]


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--recipe", "many"], "--recipe"),
        (["--recipe", "few", "--dataset", "none"], "no file data/none.hdf5"),
        (["--from_voxels"], "--points_per_step"),
        (["--from_voxels", "--points_per_step", 9, "--real_size", 32], "64³"),
        (["--stop_iou", 0.9], "--iou_interval"),
        (["--cosine", "--half_life", 3], "choose one"),
        (["--decoder", "cnn", "--from_voxels", "--points_per_step", 9], "implicit"),
        (["--recipe", "few", "--workers", "a:1,b:2", "--worker", 0], "--stop_iou"),
    ],
)
def test_what_cannot_be(folder, flags, says):
    assert says in train(folder, *flags, status=2)


def test_a_recipe_is_of_a_training(folder):
    assert "--ae --train" in run_main(imgan, folder, "boxes", "--ae", "--recipe", "few", status=2)


def test_points_are_drawn_from_the_voxels(folder):
    voxels = PointValueDataset(folder / "data/boxes.hdf5").voxels
    near = next_to_surface(voxels[0, ..., 0])
    box = np.zeros((64, 64, 64), bool)
    box[12:40, 16:48, 20:44] = True
    shell = np.zeros_like(box)
    shell[11:41, 15:49, 19:45] = True
    shell[13:39, 17:47, 21:43] = False
    np.testing.assert_array_equal(near, np.flatnonzero(shell))
    assert not len(next_to_surface(np.zeros((4, 4, 4), np.uint8)))
    source = VoxelPoints(voxels)
    batches = list(source.batches(1, 5, 2, 500))
    assert sorted(np.concatenate([batch.numbers for batch in batches])) == [0, 1, 2]
    for batch in batches:
        for i, shape in enumerate(batch.numbers):
            cells = np.round((batch.points[i] + 1) * 32 - 0.5).astype(int)
            np.testing.assert_allclose(
                batch.points[i], cell_centres(64)[np.ravel_multi_index(cells.T, (64,) * 3)]
            )
            np.testing.assert_array_equal(
                batch.values[i, :, 0], voxels[shape, ..., 0][tuple(cells.T)]
            )
            flat = np.ravel_multi_index(cells.T, (64,) * 3)
            assert np.isin(flat[:250], next_to_surface(voxels[shape, ..., 0])).all()
            assert np.isin(flat[250:], near).mean() < 0.2
    again = next(VoxelPoints(voxels).batches(1, 5, 2, 500))  # a resumed training repeats it
    np.testing.assert_array_equal(again.points, batches[0].points)


def test_the_encoder_takes_smaller_steps():
    rng = np.random.default_rng(0)
    voxels = rng.integers(0, 2, (2, 64, 64, 64, 1)).astype(np.uint8)
    points, values = rng.uniform(-1, 1, (2, 50, 3)), rng.integers(0, 2, (2, 50, 1))
    made = {}
    for factor in (1.0, 0.25):
        model = IMAE(z_dim=4, ef_dim=2, gf_dim=2, norm="instance", learning_rate=0.01)
        before = [variable.numpy() for variable in model.weights]
        model.slow_encoder(factor)
        model.train_step(voxels, points, values)
        moved = [v.numpy() - b for v, b in zip(model.weights, before, strict=True)]
        made[factor] = dict(zip([v.name for v in model.weights], moved, strict=True))
    for name, moved in made[1.0].items():
        part = 0.25 if name.startswith("encoder") else 1
        np.testing.assert_allclose(
            made[0.25][name], part * moved, rtol=1e-3, atol=1e-6, err_msg=name
        )


def test_a_rate_that_falls_along_a_cosine():
    trainer = Trainer(
        folder="x", shapes=1, start=0, end=100, total=100, learning_rate=0.1, cosine=True
    )
    assert trainer.rate(0) == 0.1 and trainer.rate(50) == pytest.approx(0.05)
    assert 0 < trainer.rate(99) < 1e-4


def test_an_encoder_that_stays(folder):
    """Its weights do not move, and a training that was interrupted gives the same ones."""
    flags = [*SMALL, "--learning_rate", 0.01, "--encoder_epochs", 2, "--save_interval", 1]
    train(folder, *flags, "--epoch", 3)
    train(folder, *flags, "--epoch", 4)
    place = folder / "checkpoint/boxes_64"
    tensors = {epoch: read_checkpoint(place / f"IMAE.model-{epoch}") for epoch in range(4)}
    train(folder, *flags, "--epoch", 4, "--checkpoint_dir", folder / "at_once")
    at_once = read_checkpoint(folder / "at_once/boxes_64/IMAE.model-3")
    for name, tensor in tensors[3].items():
        moved = np.array([(tensors[i + 1][name] != tensors[i][name]).any() for i in range(3)])
        if "power" not in name and "real_size" not in name:
            of_encoder = name.startswith("encoder")
            assert moved.tolist() == [True, not of_encoder, not of_encoder], name
        np.testing.assert_array_equal(tensor, at_once[name], err_msg=name)


def test_a_step_of_the_decoder_is_its_part_of_a_step():
    rng = np.random.default_rng(0)
    voxels = rng.integers(0, 2, (2, 64, 64, 64, 1)).astype(np.uint8)
    points, values = rng.uniform(-1, 1, (2, 50, 3)), rng.integers(0, 2, (2, 50, 1))
    whole, part = (IMAE(z_dim=4, ef_dim=2, gf_dim=2, norm="instance") for _ in range(2))
    codes = part.encode(voxels)
    losses = whole.train_step(voxels, points, values), part.decoder_step(codes, points, values)
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    for one, other in zip(whole.decoder.variables, part.decoder.variables, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), atol=1e-7, err_msg=one.name)


@pytest.mark.parametrize("variant", VARIANTS)
def test_cross_entropy_has_a_slope_where_the_field_is_flat(variant):
    rng = np.random.default_rng(0)
    points, codes = tf.constant(rng.uniform(-1, 1, (1, 50, 3)), tf.float32), tf.fill((1, 4), 0.5)
    model = IMAE(z_dim=4, ef_dim=2, gf_dim=2, variant=variant)
    _, bias = model.decoder.layers[-1]
    bias.assign(tf.fill(bias.shape, -30.0))  # 0 everywhere, and all should be 1
    values, slopes = tf.ones((1, 50)), {}
    for cross_entropy in (False, True):
        model.cross_entropy = cross_entropy
        with tf.GradientTape() as tape:
            loss = model.loss(points, values, codes=codes)
        slopes[cross_entropy] = abs(float(tape.gradient(loss, bias)[0]))
    assert slopes[True] > 0.9 > 0.1 > slopes[False]
    bias.assign(tf.zeros(bias.shape))
    field = model.decoder(points, codes)[0].numpy()
    if variant == "original":  # the loss is that of the field's values
        assert float(model.loss(points, values, codes=codes)) == pytest.approx(
            -np.log(field).mean(), rel=1e-5
        )
