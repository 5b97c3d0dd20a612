"""The latent GAN against the numbers of the original's own network (tests/golden/zgan)."""

from pathlib import Path

import numpy as np
import pytest

from IMGAN.modelz import ZGAN

LEARNING_RATE = 5e-4  # with which the trace was made
FOLDER = Path(__file__).parent / "golden" / "zgan"


@pytest.fixture(scope="module")
def trace():
    return np.load(FOLDER / "trace.npz")


def load(step):
    return ZGAN.from_checkpoint(
        FOLDER / f"golden_vox_z_16_16/ZGAN.model-{step}", learning_rate=LEARNING_RATE
    )


def test_forward(trace):
    zgan = load(0)
    assert (zgan.z_dim, zgan.width) == (16, 64)
    np.testing.assert_allclose(zgan.generate(trace["probe"]), trace["probe_before"], atol=1e-5)
    critic = zgan.critic(trace["real"][0])
    np.testing.assert_allclose(critic, np.ravel(trace["critic_before"]), atol=1e-5)
    np.testing.assert_allclose(load(1).generate(trace["probe"]), trace["probe_after"], atol=1e-5)


def test_twelve_steps(trace):
    zgan = load(0)
    steps = zip(trace["real"], trace["noise"], trace["epsilon"], strict=True)
    losses = np.array([zgan.train_step(*step) for step in steps])
    np.testing.assert_allclose(losses[:, 0], trace["d_losses"], rtol=1e-3)
    np.testing.assert_allclose(losses[:, 1], trace["g_losses"], rtol=1e-3)
    np.testing.assert_allclose(zgan.generate(trace["probe"]), trace["probe_after"], atol=1e-4)
