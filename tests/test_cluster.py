"""Shapes as tasks of a Dask cluster: the same results as processes give, whatever dies."""

import os
import signal
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from imnet.base.errors import UserError
from imnet.base.parallel import over_shapes
from point_sampling.parts import build

LAYOUT = {"a": ((3,), np.uint8)}


def make(marker, name, path, random):
    """The arrays of a shape; the first worker that makes shape 2 dies of it."""
    if name == "2":
        try:
            Path(marker).touch(exist_ok=False)
            os.kill(os.getpid(), signal.SIGKILL)
        except FileExistsError:
            pass
    if name == "3":
        raise UserError("no good")
    return {"a": random.integers(0, 9, 3, np.uint8)}, None


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster.scheduler_address


def test_a_dead_worker_loses_nothing(cluster, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in "01234":
        Path(name).touch()
    shapes = [(name, Path(name)) for name in "01234"]  # relative to this folder
    for output, workers, marker in (("dask", cluster, "new"), ("local", 1, "0")):
        status = build(
            shapes, partial(make, marker), LAYOUT, Path(f"{output}.hdf5"),
            settings={}, workers=workers,
        )  # fmt: skip
        assert status == 2 and "skipped 3: no good" in capsys.readouterr().err
    assert Path("new").exists()
    assert Path("dask.txt").read_text() == Path("local.txt").read_text() == "0\n1\n2\n4\n"
    assert Path("dask.hdf5").read_bytes() == Path("local.hdf5").read_bytes()


def test_no_cluster_is_one_line():
    with pytest.raises(UserError, match="`dask` nonsense: no Dask scheduler answers there"):
        list(over_shapes(make, [("0", None)], "nonsense"))
