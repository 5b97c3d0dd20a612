"""A training step split over devices is the step of one device."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from IMGAN.model import CNNAE, IMAE
from IMGAN.options import parse_options
from imnet.base.errors import UserError
from imnet.networks.distribution import (
    check_split,
    ended_by_signals,
    ending_together,
    is_chief,
)
from IMSVR.model import IMSVR
from IMSVR.options import parse_options as parse_svr_options

STEPS = """
import json, sys
from imnet.base.quiet import start_tensorflow

def configure():
    from imnet.networks.distribution import make_strategy, scope_of
    return scope_of(make_strategy(2, None, None))

with start_tensorflow(configure):
    from imnet.networks.distribution import replicas
    from test_distribution import train_all
    imae, losses = train_all()
    imae.save(sys.argv[1], 0)
    print(json.dumps([replicas(), losses]))
"""


def train_all():
    """Train each network a little, on shapes that do not divide, and fewer than devices.

    Returns the autoencoder and all losses. Of the image encoder there is one: batch norms and Adam
    make steps out of the rounding noise of some gradients.
    """
    rng = np.random.default_rng(0)
    imae, losses = IMAE(z_dim=4, ef_dim=1, gf_dim=2), []
    cnnae = CNNAE(z_dim=4, ef_dim=1)
    for shapes in (3, 1):
        voxels = (rng.random((shapes, 64, 64, 64, 1)) > 0.5).astype(np.uint8)
        points = rng.uniform(-1, 1, (shapes, 50, 3)).astype(np.float32)
        values = (rng.random((shapes, 50, 1)) > 0.5).astype(np.uint8)
        losses.append(imae.train_step(voxels, points, values))
        if shapes > 1:
            losses.append(cnnae.train_step(voxels))
    views, codes = rng.random((3, 128, 128, 1)), rng.random((3, 4))
    imsvr = IMSVR(z_dim=4, ef_dim=16, gf_dim=1)
    losses.append(imsvr.train_step(views.astype(np.float32), codes.astype(np.float32)))
    return imae, losses


def test_two_devices_equal_one(tmp_path):
    """Batch norm, shapes that do not divide, and fewer shapes than devices."""
    command = [sys.executable, "-c", STEPS, tmp_path]
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    replicas, losses = json.loads(done.stdout.splitlines()[-1])
    assert replicas == 2

    imae, expected = train_all()
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    saved = IMAE.from_checkpoint(tmp_path)
    for ours, other in zip(imae.weights, saved.weights, strict=True):
        if "moving" in ours.name:
            np.testing.assert_allclose(other, ours, rtol=1e-5, atol=1e-6, err_msg=ours.name)
    np.testing.assert_allclose(saved.optimizer.powers[0], 0.5**3)


@pytest.mark.parametrize(
    "flags, says",
    [
        ("--ae --train --workers a:1,b:2", "give both"),
        ("--ae --train --worker 1", "give both"),
        ("--ae --train --workers a:1,b:2 --worker 2", "--worker 2: there are 2 --workers"),
        ("--ae --train --workers a:1,b --worker 0", "b is not HOST:PORT"),
        ("--ae --train --workers a:1,b:2 --worker 0 --devices 2", "leave it out with --workers"),
        ("--ae --devices 2", "--devices 2 is of --ae --train: leave it out"),
        ("--train --devices 2", "--devices 2 is of --ae --train: leave it out"),
    ],
)
def test_flags_that_contradict(flags, says):
    with pytest.raises(UserError, match=says):
        parse_options(flags.split())
    if "--train" not in flags:
        with pytest.raises(UserError, match="is of --train: leave it out"):
            parse_svr_options(["--devices", "2"])


def test_a_lost_worker_is_one_line(monkeypatch):
    def lose():
        with ending_together():
            raise tf.errors.UnavailableError(None, None, "Connection reset by peer\nmore")

    with pytest.raises(tf.errors.UnavailableError):
        lose()  # alone, it is another fault
    monkeypatch.setenv("TF_CONFIG", "{}")
    with pytest.raises(UserError, match="another worker has ended: run the same commands"):
        lose()
    with pytest.raises(tf.errors.ResourceExhaustedError), ending_together():
        raise tf.errors.ResourceExhaustedError(None, None, "no memory")


def test_signals_end_a_process_while_tensorflow_waits():
    usual = [signal.getsignal(kind) for kind in (signal.SIGINT, signal.SIGTERM)]
    with ended_by_signals():
        for kind in (signal.SIGINT, signal.SIGTERM):
            assert signal.getsignal(kind) == signal.SIG_DFL
        signal.signal(signal.SIGTERM, print)  # as TensorFlow does
    assert [signal.getsignal(kind) for kind in (signal.SIGINT, signal.SIGTERM)] == usual


def test_one_device_splits_nothing():
    check_split(1)
    assert is_chief()
    with pytest.raises(UserError, match="`shapes_per_step` 1"):
        check_split(0)
