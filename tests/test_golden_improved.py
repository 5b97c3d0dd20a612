"""The later versions against the numbers of their own programs (tests/golden/imnet, torch)."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from IMGAN.model import IMAE, load_autoencoder
from imnet.data.lattice import coordinates
from IMSVR.model import IMSVR

GOLDEN = Path(__file__).parent / "golden"
TORCH = GOLDEN / "torch"


def voxels_of(name):
    with h5py.File(GOLDEN / f"{name}.hdf5") as file:
        return file["voxels"][()]


def load(name):
    return dict(np.load(GOLDEN / name))


def test_improved_forward_and_sixteen_steps():
    trace, voxels = load("imnet/trace.npz"), voxels_of("golden_vox256_train")
    rates = {"learning_rate": float(trace["learning_rate"]), "beta1": float(trace["beta1"])}
    folder = GOLDEN / "imnet/golden_vox256_64"
    imae = IMAE.from_checkpoint(folder / "IMAE.model-0", **rates)
    assert (imae.variant, imae.norm) == ("improved", "instance")
    assert (imae.z_dim, imae.ef_dim, imae.gf_dim) == (16, 4, 8)
    points, values = coordinates(trace["points_int"], 256), trace["values"]
    z = imae.encode(voxels)
    np.testing.assert_allclose(z, trace["z_before"], atol=1e-5)
    before = trace["values_before"][:, 0]
    np.testing.assert_allclose(imae.decode(points[0], z[0]), before, atol=1e-5)
    losses = [imae.train_step(voxels[[i]], points[i], values[i]) for i in trace["order"]]
    np.testing.assert_allclose(losses, trace["losses"], rtol=2e-3)
    for model in (imae, IMAE.from_checkpoint(folder)):
        z = model.encode(voxels)
        np.testing.assert_allclose(z, trace["z_after"], atol=1e-2)
        after = trace["values_after"][:, 0]
        np.testing.assert_allclose(model.decode(points[0], z[0]), after, atol=1e-2)


@pytest.mark.parametrize("file", ["IM_AE.pth", "IM_AE_legacy.pth"])
def test_port_forward(file):
    trace = load("torch/trace.npz")
    imae = load_autoencoder(TORCH / file)
    assert (imae.variant, imae.norm) == ("pytorch", "plain_instance")
    z = imae.encode(voxels_of("golden_vox"))
    np.testing.assert_allclose(z, trace["ae_z"], atol=1e-5)
    values = imae.decode(trace["points"] * 2, z[0])
    np.testing.assert_allclose(values, trace["ae_values"], atol=1e-5)


def test_port_twelve_steps(tmp_path):
    trace, voxels = load("torch/trace_ae_training.npz"), voxels_of("golden_vox256_train")
    rates = {"learning_rate": float(trace["learning_rate"]), "beta1": float(trace["beta1"])}
    imae = IMAE.from_checkpoint(TORCH / "IM_AE.pth", **rates)
    points = coordinates(trace["points_int"], 256)
    losses = [imae.train_step(voxels, points, trace["values"]) for _ in range(12)]
    np.testing.assert_allclose(losses, trace["losses"], rtol=2e-3)
    imae.save(tmp_path, 12)
    for model in (
        imae,
        IMAE.from_checkpoint(TORCH / "IM_AE_after.pth"),
        load_autoencoder(tmp_path),
    ):
        assert model.variant == "pytorch"
        z = model.encode(voxels)
        np.testing.assert_allclose(z, trace["z_after"], atol=1e-2)
        values = model.decode(points[0], z[0])
        np.testing.assert_allclose(values, trace["values_after"], atol=2e-2)


def test_port_image_encoder(tmp_path):
    trace = load("torch/trace.npz")
    views = trace["svr_views"][..., None]  # [4, 128, 128, 1]
    imsvr = IMSVR.from_checkpoint(TORCH / "IM_SVR.pth")
    z = imsvr.encode(views)
    np.testing.assert_allclose(z, trace["svr_z"], atol=1e-5)
    values = imsvr.decode(trace["points"] * 2, z[0])
    np.testing.assert_allclose(values, trace["svr_values"], atol=1e-5)
    imsvr.save(tmp_path, 3)
    again = IMSVR.from_checkpoint(tmp_path)
    assert again.variant == "pytorch"
    np.testing.assert_array_equal(again.encode(views), z)


def test_port_six_steps_of_the_image_encoder():
    trace, views = load("torch/trace_svr_training.npz"), load("torch/trace.npz")["svr_views"]
    rates = {"learning_rate": float(trace["learning_rate"]), "beta1": float(trace["beta1"])}
    imsvr = IMSVR.from_checkpoint(TORCH / "IM_SVR.pth", **rates)
    losses = [imsvr.train_step(views[..., None], trace["target_z"]) for _ in range(6)]
    np.testing.assert_allclose(losses, trace["losses"], rtol=2e-3)
    np.testing.assert_allclose(imsvr.encode(views[..., None]), trace["z_after"], atol=1e-2)
    norm = imsvr.encoder.first.norm
    np.testing.assert_allclose(norm.moving_mean, trace["bn_0_running_mean"], rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(norm.moving_variance, trace["bn_0_running_var"], rtol=1e-3)


@pytest.mark.parametrize("variant", ["improved", "pytorch"])
def test_a_new_image_encoder_takes_the_variant_of_its_autoencoder(tmp_path, variant):
    imae = IMAE(z_dim=8, ef_dim=2, gf_dim=4, variant=variant)
    imae.save(tmp_path, 0)
    imsvr = IMSVR.from_autoencoder(tmp_path, ef_dim=2)
    assert imsvr.variant == variant
    z, points = np.full(8, 0.5, np.float32), np.eye(3, dtype=np.float32)
    np.testing.assert_array_equal(imsvr.decode(points, z), imae.decode(points, z))
