"""The latent GAN against the numbers of the original's own network (tests/golden/zgan)."""

from pathlib import Path

import numpy as np
import pytest
from rounding import assert_agrees

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

    def compute(network):
        codes, critic = network.generate(trace["probe"]), network.critic(trace["real"][0])
        return {"codes": codes, "critic": critic}

    golden = {"codes": trace["probe_before"], "critic": trace["critic_before"]}
    assert_agrees(zgan, compute, golden)
    golden = {"codes": trace["probe_after"]}
    assert_agrees(load(1), lambda net: {"codes": net.generate(trace["probe"])}, golden)


def test_twelve_steps(trace):
    def compute(network):
        steps = zip(trace["real"], trace["noise"], trace["epsilon"], strict=True)
        losses = [network.train_step(*step) for step in steps]
        return {"losses": losses, "codes": network.generate(trace["probe"])}

    losses = np.stack([trace["d_losses"], trace["g_losses"]], axis=1)
    golden = {"losses": losses, "codes": trace["probe_after"]}
    assert_agrees(load(0), compute, golden, terms=64)  # the width of the layers
