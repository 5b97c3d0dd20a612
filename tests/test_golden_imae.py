"""The autoencoder against the numbers of the original's own network (tests/golden/imae)."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from rounding import assert_agrees

from IMGAN.model import IMAE, VoxelEncoder
from imnet.data.lattice import coordinates
from imnet.networks.checkpoints import assign, read_checkpoint

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def trace():
    return np.load(GOLDEN / "imae" / "trace.npz")


@pytest.fixture(scope="module")
def shapes():
    with h5py.File(GOLDEN / "golden_vox.hdf5") as file:
        return {key: file[key][()] for key in ("voxels", "points_16", "values_16")}


@pytest.fixture
def imae_before():
    return IMAE.from_checkpoint(GOLDEN / "imae/golden_vox_64/IMAE.model-0", learning_rate=5e-4)


def points_of(shapes, i):
    return coordinates(shapes["points_16"][i], 16)


def test_widths_and_norm_are_read(imae_before):
    assert (imae_before.z_dim, imae_before.ef_dim, imae_before.gf_dim) == (16, 4, 8)
    assert imae_before.norm == "batch"


@pytest.mark.parametrize("checkpoint, when", [(0, "before"), (1, "after")])
def test_forward(trace, shapes, checkpoint, when):
    imae = IMAE.from_checkpoint(GOLDEN / f"imae/golden_vox_64/IMAE.model-{checkpoint}")

    def compute(network):
        z = network.encode(shapes["voxels"])
        return {"z": z, "values": network.decode(points_of(shapes, 0), z[0])}

    assert_agrees(imae, compute, {name: trace[f"{name}_{when}"] for name in ("z", "values")})


def test_folder_of_another_machine_gives_the_newest(trace, shapes):
    imae = IMAE.from_checkpoint(GOLDEN / "imae/golden_vox_64")
    assert_agrees(imae, lambda net: {"z": net.encode(shapes["voxels"])}, {"z": trace["z_after"]})


def test_thirty_steps(trace, shapes, imae_before):
    def compute(network):
        losses = [
            network.train_step(
                shapes["voxels"][i : i + 1], points_of(shapes, i), shapes["values_16"][i]
            )
            for i in trace["order"]
        ]
        return {"losses": losses, "z": network.encode(shapes["voxels"])}

    golden = {"losses": trace["losses"], "z": trace["z_after"]}
    assert_agrees(imae_before, compute, golden, terms=32**3, norms=4)


@pytest.mark.parametrize("checkpoint, when", [(0, "before"), (1, "after")])
def test_instance_norm_encodes_as_its_authors_later_network(checkpoint, when):
    """The improved variant's encoder is this one with instance norm, under the same names."""
    encoder = VoxelEncoder(z_dim=16, ef_dim=4, norm="instance", rng=np.random.default_rng(0))
    prefix = GOLDEN / f"imnet/golden_vox256_64/IMAE.model-{checkpoint}"
    assign(encoder.variables, read_checkpoint(prefix), str(prefix))
    with h5py.File(GOLDEN / "golden_vox256_train.hdf5") as file:
        z = encoder(file["voxels"][()].astype(np.float32), training=False)
    expected = np.load(GOLDEN / "imnet" / "trace.npz")[f"z_{when}"]
    np.testing.assert_allclose(z, expected, atol=1e-5)
