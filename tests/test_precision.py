"""Products in bfloat16: what is rounded, what is not, and where training stays in float32."""

import numpy as np
import pytest
import tensorflow as tf
from rounding import FACTOR, spread

from IMGAN.model import CNNAE, IMAE
from imnet.networks import devices
from imnet.networks.layers import product, products_in
from IMSVR.model import IMSVR

RNG = np.random.default_rng(0)
VOXELS = (RNG.random((2, 64, 64, 64, 1)) > 0.5).astype(np.uint8)
POINTS = {
    "points": RNG.uniform(-1, 1, (2, 64, 3)).astype(np.float32),
    "values": (RNG.random((2, 64, 1)) > 0.5).astype(np.uint8),
}
NETWORKS = {
    "implicit": (lambda: IMAE(8, 2, 4, learning_rate=1e-3), {"voxels": VOXELS, **POINTS}),
    "cnn": (lambda: CNNAE(8, 2, learning_rate=1e-3), {"voxels": VOXELS}),
    "image": (
        lambda: IMSVR(8, 16, 2, learning_rate=1e-4),
        {
            "views": RNG.integers(0, 256, (2, 128, 128, 1), np.uint8),
            "z": RNG.random((2, 8)).astype(np.float32),
        },
    ),
}


def test_factors_and_gradients_are_rounded_and_sums_are_not():
    x = tf.Variable([[1 + 2**-9, 1.0]])  # bfloat16 has 8 bits: the first rounds to 1
    matrix = tf.Variable([[1.0], [2**-7]])
    with products_in(tf.bfloat16), tf.GradientTape() as tape:
        y = product(tf.matmul, x, matrix)
        loss = y * (1 + 2**-9)
    assert y.dtype == tf.float32 and y.numpy() == 1 + 2**-7
    of_x, of_matrix = tape.gradient(loss, [x, matrix])
    np.testing.assert_array_equal(of_matrix, [[1], [1]])
    np.testing.assert_array_equal(of_x, [[1, 2**-7]])
    assert product(tf.matmul, x, matrix).numpy() == np.float32(1 + 2**-9 + 2**-7)


@pytest.mark.parametrize("kind", NETWORKS)
def test_steps_come_near_those_in_float32(kind):
    make, arrays = NETWORKS[kind]
    exact, rounded, tried = make(), make(), make()
    rounded.precision = "bfloat16"
    inputs = next(iter(arrays.values()))
    np.testing.assert_array_equal(rounded.encode(inputs), exact.encode(inputs))
    losses = np.array([[net.train_step(**arrays) for net in (exact, rounded)] for _ in range(3)])
    assert (losses[1:, 0] != losses[1:, 1]).all()

    def compute(network):
        return {"losses": [network.train_step(**arrays) for _ in range(3)]}

    _, apart = spread(tried, compute, units=2**14)  # bfloat16 has 8 bits: 2^-9 is rounded away
    own = 2**-9 * losses[0, 0]  # values between the layers are rounded too
    bound = own + FACTOR * np.maximum.accumulate(apart["losses"])
    assert (np.abs(losses[:, 1] - losses[:, 0]) <= bound).all()
    assert bound[0] < 0.1 * losses[0, 0]
    assert losses[-1, 1] < losses[0, 1]
    assert all(v.dtype == tf.float32 for v in rounded.optimizer.state())


@pytest.mark.parametrize("cpu, precision", [("avx512f amx_bf16", "bfloat16"), ("avx2", "float32")])
def test_a_cpu_without_the_instructions_stays_in_float32(
    cpu, precision, tmp_path, monkeypatch, capsys
):
    (tmp_path / "cpuinfo").write_text(f"flags\t\t: fpu {cpu}\n")
    monkeypatch.setattr(devices, "Path", lambda _: tmp_path / "cpuinfo")
    monkeypatch.setattr(devices, "on_gpu", lambda: False)
    monkeypatch.setattr(devices, "uses_onednn", lambda: True)
    assert devices.usable_precision("bfloat16") == precision
    assert ("goes on in float32" in capsys.readouterr().out) == (precision == "float32")
    assert devices.usable_precision("float32") == "float32"
    monkeypatch.setattr(devices, "uses_onednn", lambda: False)
    assert devices.usable_precision("bfloat16") == "float32"


@pytest.mark.parametrize(("capability", "has"), [((7, 5), False), ((8, 0), True), (None, False)])
def test_gpus_before_ampere_stay_in_float32(capability, has, monkeypatch):
    details = {} if capability is None else {"compute_capability": capability}
    monkeypatch.setattr(devices, "on_gpu", lambda: True)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["gpu"])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda gpu: details)
    assert devices.has_bfloat16() == has
