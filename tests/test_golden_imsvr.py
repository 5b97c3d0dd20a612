"""Single-view reconstruction against the numbers of the original's own network."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from rounding import assert_agrees

from imnet.base.errors import UserError
from imnet.data.lattice import coordinates
from imnet.networks.checkpoints import read_checkpoint
from imnet.networks.norms import BatchNorm
from IMSVR.model import IMSVR, in_unit_range

GOLDEN = Path(__file__).parent / "golden"
FOLDER = GOLDEN / "imsvr" / "golden_hsp_vox_128"
AUTOENCODER = GOLDEN / "imae" / "golden_vox_64"


@pytest.fixture(scope="module")
def trace():
    with np.load(GOLDEN / "imsvr" / "trace.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def crops(trace):
    return trace["crops"][..., None]  # [2, 64, 128, 128, 1]


def load(step, **rates):
    return IMSVR.from_checkpoint(FOLDER / f"IMSVR.model-{step}", **rates)


@pytest.mark.parametrize("checkpoint, when", [(0, "before"), (10, "after")])
def test_forward(trace, crops, checkpoint, when):
    imsvr = load(checkpoint)
    assert (imsvr.z_dim, imsvr.ef_dim, imsvr.gf_dim) == (16, 4, 8)

    def compute(network):
        z = network.encode(crops[0, :8])
        of_fractions = network.encode(crops[0, :8].astype(np.float32) / 255)
        values = network.decode(coordinates(trace["points"], 64), z[0])
        return {"z": z, "of fractions": of_fractions, "values": values}

    z, values = trace[f"z_{when}"], trace[f"values_{when}"]
    assert_agrees(imsvr, compute, {"z": z, "of fractions": z, "values": values})


def test_six_steps_with_the_decoder_frozen(trace, crops):
    imsvr = load(0, learning_rate=float(trace["learning_rate"]), beta1=float(trace["beta1"]))
    before, after = (
        read_checkpoint(FOLDER / "IMSVR.model-0"),
        read_checkpoint(FOLDER / "IMSVR.model-10"),
    )
    averages = [name for name in after if "moving" in name]  # move with the original's
    assert all(np.any(before[name] != after[name]) for name in averages)

    def compute(network):
        losses = [network.train_step(crops[s % 2], trace["target_z"]) for s in range(6)]
        weights = {w.name.removesuffix(":0"): w.numpy() for w in network.weights}
        z = network.encode(crops[0, :8])
        return {"losses": losses, "z": z, **{name: weights[name] for name in averages}}

    golden = {"losses": trace["losses"], "z": trace["z_after"]}
    golden |= {name: after[name] for name in averages}
    assert_agrees(imsvr, compute, golden, terms=64**3, norms=20)  # 64 views of 64²
    for variable in imsvr.decoder.variables:
        np.testing.assert_array_equal(variable, before[variable.name.removesuffix(":0")])


def test_a_folder_of_another_machine_gives_the_newest(trace, crops):
    imsvr = IMSVR.from_checkpoint(FOLDER)
    assert_agrees(imsvr, lambda net: {"z": net.encode(crops[0, :8])}, {"z": trace["z_after"]})


def test_what_is_saved_is_the_originals_checkpoint(tmp_path):
    """All tensors under TF1's names, Adam's too: readable by TF1's own Saver, and equal."""
    golden = read_checkpoint(FOLDER / "IMSVR.model-10")
    prefix = load(10).save(tmp_path, 10)
    saved = read_checkpoint(prefix)
    assert saved.keys() == golden.keys()
    for name, tensor in golden.items():
        np.testing.assert_array_equal(saved[name], tensor)
    variables = {name: tf.Variable(tf.zeros(t.shape)) for name, t in golden.items()}
    tf.compat.v1.train.Saver(variables).restore(None, str(prefix))
    for name, variable in variables.items():
        np.testing.assert_array_equal(variable, golden[name])


def test_training_goes_on_from_a_checkpoint_as_if_never_interrupted(tmp_path, trace, crops):
    rng = np.random.default_rng(0)
    views = rng.integers(0, 256, (4, 128, 128, 1), np.uint8)
    z = trace["target_z"][:4]
    one = IMSVR.from_autoencoder(AUTOENCODER, ef_dim=2)
    one.train_step(views, z)
    other = IMSVR.from_checkpoint(one.save(tmp_path, 0))
    assert one.train_step(views, z) == pytest.approx(other.train_step(views, z), rel=1e-5)
    for a, b in zip(one.optimizer.state(), other.optimizer.state(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)
    weights = IMSVR.from_checkpoint(one.save(tmp_path, 1, optimizer=False))
    assert not any(np.any(slot) for pair in weights.optimizer.slots for slot in pair)


def test_a_new_encoder_takes_an_autoencoders_decoder(crops):
    imsvr = IMSVR.from_autoencoder(AUTOENCODER, ef_dim=3)
    assert (imsvr.z_dim, imsvr.ef_dim, imsvr.gf_dim) == (16, 3, 8)
    assert imsvr.encode(crops[0, :1]).shape == (1, 16)
    tensors = read_checkpoint(AUTOENCODER / "IMAE.model-1")
    for variable in imsvr.decoder.variables:
        np.testing.assert_array_equal(variable, tensors[variable.name.removesuffix(":0")])


def test_checkpoints_of_other_networks_are_refused():
    gan = GOLDEN / "zgan/golden_vox_z_16_16/ZGAN.model-0"
    with pytest.raises(UserError, match="has no decoder"):
        IMSVR.from_autoencoder(gan)
    with pytest.raises(UserError, match="has no decoder"):
        IMSVR.from_checkpoint(gan)
    with pytest.raises(UserError, match="has no image encoder"):
        IMSVR.from_checkpoint(AUTOENCODER / "IMAE.model-0")
    with pytest.raises(UserError, match="no checkpoint"):
        IMSVR.from_autoencoder(FOLDER)


@pytest.mark.parametrize("unbiased, variance", [(False, 4), (True, 16 / 3)])
def test_batch_norm_by_hand(unbiased, variance):
    """A channel of 1, 1, 5, 5 has mean 3, variance 4, unbiased 4·4/3."""
    norm = BatchNorm("norm", 1, unbiased)
    x = tf.constant([1.0, 1, 5, 5], shape=[2, 1, 2, 1])
    y = norm(x, training=True)
    np.testing.assert_allclose(np.ravel(y), [-1, -1, 1, 1], atol=1e-5)
    np.testing.assert_allclose(norm.moving_mean, [0.003], rtol=1e-5)
    moved = 0.999 + 0.001 * variance
    np.testing.assert_allclose(norm.moving_variance, [moved], rtol=1e-6)
    scaled = (np.array([1, 1, 5, 5]) - 0.003) / (moved + 1e-5) ** 0.5
    np.testing.assert_allclose(np.ravel(norm(x, training=False)), scaled, rtol=1e-5)


def test_calibrated_averages_are_those_of_the_views():
    imsvr = IMSVR(z_dim=8, ef_dim=2, gf_dim=4)
    views = np.random.default_rng(0).integers(0, 256, (40, 128, 128, 1)).astype(np.uint8)
    as_trained = imsvr.encoder(in_unit_range(tf.constant(views)), training=True).numpy()
    assert not imsvr.calibrate(10_000, [])  # enough steps: nothing is done
    assert imsvr.calibrate(100, [views, views])
    # n / (n - 1) of the unbiased variance is 1.0016 at the last norm's 40 x 4 x 4 values
    np.testing.assert_allclose(imsvr.encode(views), as_trained, atol=1e-3)
    mean = imsvr.encoder.first.norm.moving_mean.numpy()
    x = tf.nn.conv2d(1 - views / np.float32(255), imsvr.encoder.first.kernel, 2, "SAME")
    np.testing.assert_allclose(mean, np.mean(x, (0, 1, 2)), rtol=1e-3, atol=1e-6)
