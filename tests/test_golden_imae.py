"""The autoencoder against the numbers of the original's own network (tests/golden/imae)."""

from pathlib import Path

import h5py
import numpy as np
import pytest

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
    z = imae.encode(shapes["voxels"])
    np.testing.assert_allclose(z, trace[f"z_{when}"], atol=1e-5)
    values = imae.decode(points_of(shapes, 0), z[0])
    np.testing.assert_allclose(values, trace[f"values_{when}"][:, 0], atol=1e-5)


def test_folder_of_another_machine_gives_the_newest(trace, shapes):
    imae = IMAE.from_checkpoint(GOLDEN / "imae/golden_vox_64")
    np.testing.assert_allclose(imae.encode(shapes["voxels"]), trace["z_after"], atol=1e-5)


def test_thirty_steps(trace, shapes, imae_before):
    losses = [
        imae_before.train_step(
            shapes["voxels"][i : i + 1], points_of(shapes, i), shapes["values_16"][i]
        )
        for i in trace["order"]
    ]
    np.testing.assert_allclose(losses, trace["losses"], rtol=1e-3)
    np.testing.assert_allclose(imae_before.encode(shapes["voxels"]), trace["z_after"], atol=1e-2)


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
