"""The later versions against the numbers of their own programs (tests/golden/imnet, torch)."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from rounding import assert_agrees

from IMGAN.model import IMAE, load_autoencoder
from imnet.data.lattice import coordinates
from IMSVR.model import IMSVR

GOLDEN = Path(__file__).parent / "golden"
TORCH = GOLDEN / "torch"
CONVOLUTION = 4**3 * 32  # terms of the largest sum: these norms add up axis by axis


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

    def forward(network):
        z = network.encode(voxels)
        return {"z": z, "values": network.decode(points[0], z[0])}

    def compute(network):
        losses = [network.train_step(voxels[[i]], points[i], values[i]) for i in trace["order"]]
        return {"losses": losses, **forward(network)}

    before, after = ({n: trace[f"{n}_{w}"] for n in ("z", "values")} for w in ("before", "after"))
    assert_agrees(imae, forward, before)
    assert_agrees(IMAE.from_checkpoint(folder), forward, after)
    assert_agrees(imae, compute, {"losses": trace["losses"], **after}, CONVOLUTION)


@pytest.mark.parametrize("file", ["IM_AE.pth", "IM_AE_legacy.pth"])
def test_port_forward(file):
    trace, voxels = load("torch/trace.npz"), voxels_of("golden_vox")
    imae = load_autoencoder(TORCH / file)
    assert (imae.variant, imae.norm) == ("pytorch", "plain_instance")

    def forward(network):
        z = network.encode(voxels)
        return {"z": z, "values": network.decode(trace["points"] * 2, z[0])}

    assert_agrees(imae, forward, {"z": trace["ae_z"], "values": trace["ae_values"]})


def test_port_twelve_steps(tmp_path):
    trace, voxels = load("torch/trace_ae_training.npz"), voxels_of("golden_vox256_train")
    rates = {"learning_rate": float(trace["learning_rate"]), "beta1": float(trace["beta1"])}
    imae = IMAE.from_checkpoint(TORCH / "IM_AE.pth", **rates)
    points = coordinates(trace["points_int"], 256)

    def forward(network):
        z = network.encode(voxels)
        return {"z": z, "values": network.decode(points[0], z[0])}

    def compute(network):
        losses = [network.train_step(voxels, points, trace["values"]) for _ in range(12)]
        return {"losses": losses, **forward(network)}

    after = {"z": trace["z_after"], "values": trace["values_after"]}
    assert_agrees(IMAE.from_checkpoint(TORCH / "IM_AE_after.pth"), forward, after)
    # Made by a later PyTorch than the port's, whose Adam adds epsilon after the bias correction:
    # 1e-5 to 4e-5 of the losses of steps 2 to 4, which are within the bounds too.
    assert_agrees(imae, compute, {"losses": trace["losses"], **after}, CONVOLUTION)
    trained = forward(imae)
    imae.save(tmp_path, 12)
    again = load_autoencoder(tmp_path)
    assert again.variant == "pytorch"
    for name, values in forward(again).items():
        np.testing.assert_array_equal(values, trained[name])


def test_port_image_encoder(tmp_path):
    trace = load("torch/trace.npz")
    views = trace["svr_views"][..., None]  # [4, 128, 128, 1]
    imsvr = IMSVR.from_checkpoint(TORCH / "IM_SVR.pth")

    def forward(network):
        z = network.encode(views)
        return {"z": z, "values": network.decode(trace["points"] * 2, z[0])}

    assert_agrees(imsvr, forward, {"z": trace["svr_z"], "values": trace["svr_values"]})
    z = imsvr.encode(views)
    imsvr.save(tmp_path, 3)
    again = IMSVR.from_checkpoint(tmp_path)
    assert again.variant == "pytorch"
    np.testing.assert_array_equal(again.encode(views), z)


def test_port_six_steps_of_the_image_encoder():
    trace, views = load("torch/trace_svr_training.npz"), load("torch/trace.npz")["svr_views"]
    rates = {"learning_rate": float(trace["learning_rate"]), "beta1": float(trace["beta1"])}
    views = views[..., None]

    def compute(network):
        losses = [network.train_step(views, trace["target_z"]) for _ in range(6)]
        norm = network.encoder.first.norm
        moments = {"mean": norm.moving_mean.numpy(), "variance": norm.moving_variance.numpy()}
        return {"losses": losses, "z": network.encode(views), **moments}

    golden = {"losses": trace["losses"], "z": trace["z_after"]}
    golden |= {"mean": trace["bn_0_running_mean"], "variance": trace["bn_0_running_var"]}
    imsvr = IMSVR.from_checkpoint(TORCH / "IM_SVR.pth", **rates)
    assert_agrees(imsvr, compute, golden, terms=4 * 64**2, norms=20)  # 4 views of 64²


@pytest.mark.parametrize("variant", ["improved", "pytorch"])
def test_a_new_image_encoder_takes_the_variant_of_its_autoencoder(tmp_path, variant):
    imae = IMAE(z_dim=8, ef_dim=2, gf_dim=4, variant=variant)
    imae.save(tmp_path, 0)
    imsvr = IMSVR.from_autoencoder(tmp_path, ef_dim=2)
    assert imsvr.variant == variant
    z, points = np.full(8, 0.5, np.float32), np.eye(3, dtype=np.float32)
    np.testing.assert_array_equal(imsvr.decode(points, z), imae.decode(points, z))
