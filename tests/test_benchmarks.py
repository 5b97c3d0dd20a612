"""Every benchmark runs and writes its table as JSON; the plain forms compute the same."""

import importlib
import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from IMGAN.model import IMAE
from IMGAN2D.model import Autoencoder
from imnet.base.errors import UserError
from imnet.data.dataset import PointValueDataset
from imnet.data.lattice import cell_centres
from imnet.data.views import ViewDataset
from imnet.metrics.fields import mean_field_error
from IMSVR.model import IMSVR
from point_sampling.original import point_value_pairs

ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "IMGAN/pretrained/chairs_64"
TINY = {
    "train_step": "--resolutions 16 --z_dim 8 --ef_dim 2 --gf_dim 2 --precision bfloat16",
    "decode": "--variant improved --z_dim 8 --gf_dim 2 --points 10 40000",
    "encode": "--z_dim 8 --ef_dim 2 --shapes 2",
    "gan": "--z_dim 8 --width 16",
    "letters_step": "--resolutions 28 --letters 1 2 --ef_dim 2 --gf_dim 2",
    "samplers": "--shapes 1 --workers 1",
    "svr_step": "--views 2 --z_dim 8 --ef_dim 16",
    "surface": f"--checkpoint {SHIPPED} --resolutions 20 --alone 20 32",
}


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch):
    """benchmarks/ on the path, as it is for `python benchmarks/x.py`; short matrix products."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    monkeypatch.setattr(importlib.import_module("timing"), "PEAK_ROWS", 64)


@pytest.mark.parametrize("name", TINY)
def test_every_program(name, tmp_path, monkeypatch, capsys):
    path = ROOT / "benchmarks" / f"{name}.py"
    result = tmp_path / "result.json"
    command = [str(path), "--runs", "1", "--json", str(result), *TINY[name].split()]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(path), run_name="__main__")
    assert ended.value.code == 0

    found = json.loads(result.read_text())
    assert found["command"].split()[1:] == command
    assert {"CPU", "cores", "TensorFlow", "oneDNN"} <= found["machine"].keys()
    printed = capsys.readouterr().out
    for row in found["rows"]:
        assert row["ours (s)"] > 0 and row["matmul peak (GFLOPS)"] > 0
        assert f"{row['ours (s)']:.3g}" in printed
        if row["plain (s)"] is not None:
            assert row["plain / ours"] == pytest.approx(row["plain (s)"] / row["ours (s)"])
        if name != "samplers":
            assert 0 < row["share of peak"] < 2
    assert name == "letters_step" or any(row["plain (s)"] for row in found["rows"])


def test_dragging(monkeypatch):
    module = importlib.import_module("dragging")
    monkeypatch.setattr(module, "WARM_UP", 2)
    (row,) = module.measure(moves=10, rests=1, finest=128, shapes=2)
    assert row["moves"] == 10 and row["seconds to 128³"] > 0 and row["memory after (MB)"] > 0


@pytest.mark.parametrize("variant", ["original", "improved", "pytorch"])
def test_the_plain_networks_compute_the_same(variant):
    plain = importlib.import_module("plain")
    rng = np.random.default_rng(0)
    imae = IMAE(z_dim=8, ef_dim=2, gf_dim=2, variant=variant)
    voxels = (rng.random((3, 64, 64, 64, 1)) > 0.5).astype(np.uint8)
    codes = imae.encode(voxels)
    np.testing.assert_allclose(plain.encode_one_by_one(imae, voxels), codes, atol=1e-5)
    points = rng.uniform(-1, 1, (40000, 3)).astype(np.float32)
    values = imae.decode(points, codes[0])
    np.testing.assert_allclose(plain.decode_in_batches(imae, points, codes[0]), values, atol=1e-5)


def test_the_plain_image_step_computes_the_same():
    plain = importlib.import_module("plain")
    rng = np.random.default_rng(0)
    views = rng.random((4, 128, 128, 1)).astype(np.float32)
    codes = rng.random((4, 8)).astype(np.float32)
    # narrower, TensorFlow's own gradient of a 1x1 convolution crashes where it runs with oneDNN
    ours, theirs = (IMSVR(z_dim=8, ef_dim=16, gf_dim=2) for _ in range(2))
    loss = float(plain.image_step(theirs, tf.constant(views), tf.constant(codes)))
    assert loss == pytest.approx(ours.train_step(views, codes), rel=1e-5)
    for mine, other in zip(ours.encoder.variables, theirs.encoder.variables, strict=True):
        if not mine.trainable:  # Adam makes rounding noise of the others' gradients into steps
            np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("thickness", [2, 9])  # few near points; more than the quota at 32³
def test_the_plain_sampler_chooses_the_same(thickness):
    plain = importlib.import_module("plain")
    grid = np.zeros((64, 64, 64), bool)
    grid[8:56:12, 10:54, 8 : 8 + thickness * 5] = True
    ours, _ = point_value_pairs(grid, np.random.default_rng(0))
    theirs = plain.point_value_pairs(grid, np.random.default_rng(1))
    np.testing.assert_array_equal(ours["points_16"], theirs["points_16"])
    for resolution in (32, 64):
        points, others = ours[f"points_{resolution}"], theirs[f"points_{resolution}"]
        np.testing.assert_array_equal(points[:1000], others[:1000])  # the last are random
        assert points.shape == others.shape == np.unique(others, axis=0).shape
        values = theirs[f"values_{resolution}"][:, 0]
        coarse = grid.reshape((resolution, 64 // resolution) * 3).max(axis=(1, 3, 5))
        np.testing.assert_array_equal(values, coarse[tuple(others.T)])


def test_operations_of_a_decoder_by_hand():
    flops = importlib.import_module("flops")
    imae = IMAE(z_dim=5, ef_dim=1, gf_dim=1)  # layers of 16, 8, 4, 2, 1 and 1
    products = 3 * 16 + (16 + 3) * 8 + (8 + 3) * 4 + (4 + 3) * 2 + (2 + 3) * 1 + 1
    assert flops.decoder_flops(imae) == 2 * products
    improved = IMAE(z_dim=5, ef_dim=1, gf_dim=1, variant="improved")  # 8, 8, 8, 4, 2, 1 and 1
    assert flops.decoder_flops(improved) == 2 * (3 * 8 + 8 * 8 + 8 * 8 + 8 * 4 + 4 * 2 + 2 + 1)
    encoder = 64 * (32**3 + 2 * 16**3 + 8 * 8**3 + 32 * 4**3 + 8 * 5)
    assert flops.encoder_flops(imae) == 2 * encoder
    step = 3 * (2 * products * 100 + 2 * encoder) - 2 * 64 * 32**3
    assert flops.train_step_flops(imae, 100) == step


def test_operations_of_an_image_step_by_hand():
    flops = importlib.import_module("flops")
    imsvr = IMSVR(z_dim=5, ef_dim=1, gf_dim=1)
    assert flops.convolution_flops((3, 3, 2, 4), 8) == 2 * 9 * 8 * 64
    first, last, code = 49 * 64**2, 16 * 8 * 8 * 4**2, 16 * 8 * 5
    blocks = 4 * 9 * 64**2  # two of one width
    for width, side in ((2, 32), (4, 16), (8, 8)):  # widens; the shortcut; then one of one width
        blocks += (9 * width * width / 2 + 3 * 9 * width**2 + width * width / 2) * side**2
    forward = 2 * (first + blocks + last + code)
    assert flops.image_step_flops(imsvr, 3) == 3 * (3 * forward - 2 * first)


def test_operations_of_a_step_of_letters_by_hand():
    flops = importlib.import_module("flops")
    encoder = [16 * 28**2, 16 * 2 * 14**2, 16 * 8 * 7**2, 16 * 32 * 4**2, 16 * 8 * 5]
    implicit = Autoencoder("implicit", 28, z_dim=5, ef_dim=1, gf_dim=1)  # 16, 8, 4, 2, 1 and 1
    pixel = 2 * 16 + (16 + 2) * 8 + (8 + 2) * 4 + (4 + 2) * 2 + (2 + 2) * 1 + 1
    step = 3 * (sum(encoder) + 28**2 * pixel) - encoder[0]
    assert flops.picture_step_flops(implicit, 3) == 3 * 2 * step
    cnn = Autoencoder("cnn", 28, z_dim=5, ef_dim=1)  # the encoder in reverse
    step = 3 * 2 * sum(encoder) - encoder[0]
    assert flops.picture_step_flops(cnn, 3) == 3 * 2 * step


def test_overfitting_comes_nearer(monkeypatch):
    overfit = importlib.import_module("overfit")
    monkeypatch.setattr(overfit, "LEARNING_RATE", 3e-3)
    imae = IMAE(z_dim=8, ef_dim=2, gf_dim=4, norm="instance")
    voxels = overfit.chair()[None, ..., None]
    points, values = cell_centres(64), voxels.ravel()

    def error() -> float:
        return mean_field_error(imae.decode(points, imae.encode(voxels)[0]), values)

    before = error()
    overfit.overfit(imae, ((16, 5), (64, 10)))
    assert error() < before


def test_a_synthetic_set_is_gone_through_from_its_file(tmp_path, monkeypatch):
    synthetic, streaming = map(importlib.import_module, ("synthetic_set", "streaming"))
    path, flags = tmp_path / "x.hdf5", ["--shapes", "5", "--different", "2", "--views", "1"]
    monkeypatch.setattr(sys, "argv", ["synthetic_set.py", "--output", str(path), *flags])
    synthetic.main()
    assert len(ViewDataset(path)) == 5
    voxels = PointValueDataset(path).voxels
    np.testing.assert_array_equal(voxels[0], voxels[4])
    settings = {"dataset": str(path), "real_size": 16, "z_dim": 8, "ef_dim": 2, "gf_dim": 2}
    row = streaming.epoch(0, "points", batches=9, steps=1, **settings)
    assert row["shapes"] == row["batches"] == 5 and row["a step (s)"] > 0
    assert (tmp_path / "x_by_shape/values_16.hdf5").is_file()
    row = streaming.epoch(0, "views", batches=9, steps=1, **settings)
    assert row["shapes"] == 5 and row["batches"] == 1 and row["a step (s)"] > 0


def test_a_cluster_is_projected(monkeypatch):
    pytest.importorskip("distributed")
    cluster = importlib.import_module("cluster")
    monkeypatch.setattr(cluster, "PROJECTED", 2)
    rows = cluster.measure(workers=[1], zeros=3, sampling=3)
    assert [(row["pool"], row["workers"]) for row in rows] == [
        ("processes", 1), ("Dask", 1), ("Dask, projected", 2)
    ]  # fmt: skip
    shapes = cluster.SHAPES
    for row in rows:
        hours = row["a shape (ms)"] * shapes / 3.6e6
        assert row[f"{shapes} shapes (hours)"] == pytest.approx(hours)


def test_what_counts_as_the_same_beside_pytorch():
    difference = importlib.import_module("against_pytorch").difference
    vertices = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert difference("mesh at 256³", vertices, vertices[::-1] + 1e-3) == pytest.approx(
        3**0.5 * 1e-3
    )
    assert difference("encode 8", vertices, vertices + 5e-6) < 1e-5
    for work, other in (
        ("mesh at 256³", vertices[:1]),
        ("mesh at 256³", vertices + 0.1),
        ("encode 8", vertices + 1e-4),
    ):
        with pytest.raises(UserError):
            difference(work, vertices, other)
