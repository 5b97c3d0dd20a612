"""Two dimensions: shapes, losses by hand, and IMGAN2D/main.py through every mode."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import run_main
from PIL import Image

from IMGAN2D import main as program
from IMGAN2D.drawings import outlines, svg_text
from IMGAN2D.model import KINDS, divergence, pixel_centres
from imnet.data.hdf5 import write_arrays

WIDTHS = ["--z_dim", "4", "--ef_dim", "2"]


def run(folder, *flags, status=0):
    """Run main.py with its folders in `folder`; check the status; return stdout + stderr."""
    return run_main(program, folder, "bars", *flags, status=status)


def train(folder, model, decoder, epoch, *flags, status=0):
    widths = [] if model == "latent_gan" else WIDTHS
    if widths and decoder == "implicit":
        widths = [*widths, "--gf_dim", "2"]
    kind = ["--model", model, "--decoder", decoder]
    return run(folder, "--train", *kind, "--epoch", epoch, *widths, *flags, status=status)


@pytest.fixture
def folder(tmp_path):
    """A folder with a dataset of four bars at 28²."""
    pixels = np.zeros((4, 28, 28), np.uint8)
    for i, picture in enumerate(pixels):
        picture[4:24, 4 + 4 * i : 10 + 4 * i] = 255
    write_arrays(tmp_path / "data/bars.hdf5", pixels=pixels)
    return tmp_path


def tensors(prefix):
    reader = tf.train.load_checkpoint(str(prefix))
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def size_of(path):
    with Image.open(path) as image:
        return image.size


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("resolution", [28, 64])
@pytest.mark.parametrize("decoder", ["implicit", "cnn"])
@pytest.mark.parametrize("model", KINDS)
def test_shapes(model, decoder, resolution, tmp_path):
    network = KINDS[model](decoder, resolution, z_dim=5, ef_dim=2, gf_dim=2)
    images = np.zeros((3, resolution, resolution), np.uint8)
    if network.codes_of_pictures:
        codes = network.encode(images)
    else:
        codes = network.draw_codes(3, seed=0)
        assert network.critic(tf.zeros(images.shape)).shape == 3
    assert codes.shape == (3, 5)
    drawn = network.draw(codes)
    assert drawn.shape == images.shape and ((drawn > 0) & (drawn < 1)).all()
    if decoder == "implicit":
        assert network.draw(codes, 9).shape == (3, 9, 9)
        centres = network.draw(codes, 3 * resolution)[:, 1::3, 1::3]  # the same pixel centres
        np.testing.assert_allclose(centres, drawn, atol=1e-6)
    network.save(tmp_path, 7)
    again = KINDS[model].from_checkpoint(tmp_path)
    assert (again.kind, again.resolution, again.ef_dim) == (decoder, resolution, 2)
    np.testing.assert_array_equal(again.draw(codes), drawn)


def test_pixels_are_down_then_right():
    centres = [[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5], [0.5, 0.5]]
    np.testing.assert_allclose(pixel_centres(2), centres)


def test_divergence():
    log_variance = tf.constant([[0.0, np.log(4)], [0.0, 0.0]], tf.float32)
    mu = tf.constant([[3.0, 0.0], [0.0, 0.0]])
    expected = [(9 + 4 - np.log(4) - 1) / 2, 0]
    np.testing.assert_allclose(divergence(mu, log_variance), expected, rtol=1e-6)


def constant(model, height):
    """A network whose decoder gives the same height everywhere."""
    network = KINDS[model]("implicit", 28, z_dim=4, ef_dim=2, gf_dim=2)
    matrix, bias = network.decoder.layers[-1]
    matrix.assign(tf.zeros_like(matrix))
    bias.assign([height])
    return network


def test_loss_of_the_autoencoder():
    images = np.zeros((1, 28, 28), np.uint8)
    images[0, :7] = 255
    network = constant("ae", np.log(3))  # 3/4 everywhere
    expected = 0.25 * (1 / 4) ** 2 + 0.75 * (3 / 4) ** 2
    assert float(network.loss(images)) == pytest.approx(expected)
    pixels = tf.constant([0, 1, 27 * 28])  # two inside, one outside
    assert float(network.loss(images, pixels)) == pytest.approx((2 / 16 + 9 / 16) / 3)


def test_loss_of_the_vae():
    network = constant("vae", np.log(3))
    kernel, bias = network.coder.convolutions[-1]
    kernel.assign(tf.zeros_like(kernel))
    bias.assign([1.0, 0, 0, 0, 0, 0, 0, 0])  # mu, log sigma²
    images, noise = np.full((2, 28, 28), 255, np.uint8), np.ones((2, 4), np.float32)
    expected = 28**2 * np.log(4 / 3) + 0.5
    assert float(network.loss(images, noise)) == pytest.approx(expected, rel=1e-5)


def test_losses_of_the_gans(monkeypatch):
    real, fake = tf.ones([2, 28, 28]), tf.zeros([2, 28, 28])
    epsilon = tf.constant([0.0, 1.0])
    wgan, dcgan = constant("wgan", 0), constant("dcgan", 0)
    # linear: its slope is 0.5 at each of 28² pixels, of length 14
    monkeypatch.setattr(wgan, "critic", lambda images: tf.reduce_sum(images, [1, 2]) / 2)
    expected = 0 - 392 + 10 * (14 - 1) ** 2
    assert float(wgan.critic_loss(real, fake, epsilon)) == pytest.approx(expected)
    assert float(wgan.generator_loss(real)) == pytest.approx(-392)
    # sigmoid(log 3) = 3/4 of real pictures, sigmoid(0) = 1/2 of fake ones
    mean = tf.reduce_mean
    monkeypatch.setattr(dcgan, "critic", lambda images: mean(images, [1, 2]) * np.log(3))
    expected = np.log(4 / 3) + np.log(2)
    assert float(dcgan.critic_loss(real, fake, epsilon)) == pytest.approx(expected)
    assert float(dcgan.generator_loss(real)) == pytest.approx(np.log(4 / 3))


@pytest.mark.parametrize("decoder", ["implicit", "cnn"])
def test_every_mode_of_autoencoder_and_latent_gan(folder, decoder):
    kind = ["--decoder", decoder]
    train(folder, "ae", decoder, 1)
    assert "IoU" in run(folder, "--model", "ae", "--reconstruct", *kind)
    train(folder, "latent_gan", decoder, 1, "--width", 8)
    run(folder, "--model", "latent_gan", "--samples", 3, *kind)
    assert size_of(folder / "samples/out2.png") == (28, 28)
    run(folder, "--model", "ae", "--interpolate", 0, 3, "--steps", 5, *kind)
    assert size_of(folder / "samples/interpolation.png") == (5 * 30 + 2, 32)
    with Image.open(folder / "samples/interpolation.gif") as gif:
        assert gif.size == (32 * 9, 32 * 9)
    run(folder, "--model", "latent_gan", "--interpolate", 0, 1, *kind)
    names = {path.name for path in (folder / "samples").iterdir()}
    assert {"ae_0.png", "latent_gan_0.png", "out_sheet.png", "reconstruction_sheet.png"} < names


@pytest.mark.parametrize("model", ["vae", "wgan", "dcgan"])
def test_samples_of_the_others(folder, model):
    train(folder, model, "implicit", 1)
    for name in ("out9.png", "out9_1t.png", "out2final.svg"):
        (folder / "samples" / name).touch()
    run(folder, "--model", model, "--samples", 2, "--resolution", 40, "--binary", "--svg")
    assert size_of(folder / "samples/out1.png") == (40, 40)
    left = {path.name for path in (folder / "samples").glob("out[29]*")}
    assert left == {"out9_1t.png", "out2final.svg"}  # names that are none of ours
    assert (folder / "samples/out1.svg").read_text().startswith("<svg")
    run(folder, "--model", model, "--interpolate", 0, 1, "--steps", 2)


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("model", ["vae", "wgan"])
def test_resumed_equals_uninterrupted(folder, model):
    train(folder, model, "cnn", 2)
    last = folder / f"checkpoint/bars_{model}_cnn"
    (name,) = (path.with_suffix("") for path in last.glob("*-1.index"))
    whole = tensors(name)
    for path in [*last.glob("*.index"), *last.glob("*.data*"), last / "checkpoint"]:
        path.unlink()
    train(folder, model, "cnn", 1)
    train(folder, model, "cnn", 2)
    resumed = tensors(name)
    assert resumed.keys() == whole.keys()
    for tensor in whole:
        np.testing.assert_array_equal(resumed[tensor], whole[tensor], err_msg=tensor)


def test_pixels_of_a_step(folder):
    some = ["--letters_per_step", 2, "--pixels_per_step"]
    train(folder, "ae", "implicit", 1, *some, 10)
    assert "only 784" in train(folder, "ae", "implicit", 2, *some, 785, status=2)


def test_what_cannot_be(folder):
    assert "no samples" in run(folder, "--model", "ae", status=2)
    assert "has no encoder" in run(folder, "--model", "wgan", "--reconstruct", status=2)
    assert "--gf_dim" in train(folder, "wgan", "cnn", 1, "--gf_dim", 2, status=2)
    assert "no checkpoint" in train(folder, "latent_gan", "cnn", 1, status=2)
    train(folder, "ae", "cnn", 1)
    trained = ["--model", "ae", "--decoder", "cnn"]
    assert "draws at 28²" in run(folder, *trained, "--reconstruct", "--resolution", 40, status=2)
    assert "letters 0..3" in run(folder, *trained, "--interpolate", 0, 4, status=2)
    write_arrays(folder / "data/odd.hdf5", pixels=np.zeros((2, 30, 30), np.uint8))
    assert "30x30" in train(folder, "ae", "cnn", 1, "--dataset", "odd", status=2)
    write_arrays(folder / "data/none.hdf5", pixels=np.zeros((0, 28, 28), np.uint8))
    assert "no letters" in train(folder, "ae", "cnn", 1, "--dataset", "none", status=2)
    write_arrays(folder / "data/bars.hdf5", pixels=np.zeros((2, 64, 64), np.uint8))
    assert "64²" in run(folder, *trained, "--reconstruct", status=2)


def test_outlines():
    values = np.zeros((8, 8))
    values[2:6, 0:4] = 1  # up to the left edge
    values[3:5, 1:3] = 0  # with a hole
    curves = outlines(values)
    assert len(curves) == 2
    for curve in curves:
        np.testing.assert_array_equal(curve[0], curve[-1])
    (outer,) = (curve for curve in curves if np.ptp(curve[:, 0]) > 0.4)
    np.testing.assert_allclose(outer.min(axis=0), [0, 0.25])
    np.testing.assert_allclose(outer.max(axis=0), [0.5, 0.75])
    assert svg_text(curves).count("Z") == 2 and svg_text([]).count("Z") == 0


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("decoder", ["implicit", "cnn"])
def test_a_short_training_leaves_the_critics_averages(folder, decoder):
    said = train(folder, "wgan", decoder, 1)
    assert ("taken anew" in said) == (decoder == "cnn")  # the implicit decoder has no norms
    found = tensors(next(folder.rglob("WGAN.model-0.index")).with_suffix(""))
    averages = {name: v for name, v in found.items() if name.endswith("moving_variance")}
    assert averages and all((v > 0).all() for v in averages.values())
