"""Codes fitted through a decoder: its slopes, what the least squares do, the flags."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import run_main
from test_imgan_main import boxes_dataset

from IMGAN import main as imgan
from IMGAN.fitting import observe
from IMGAN.model import IMAE
from IMGAN.options import parse_options
from imnet.base.errors import UserError
from imnet.data.codes import read_codes
from imnet.data.lattice import cell_centres
from imnet.networks.fitting import fit_codes, prior_of
from imnet.networks.variants import VARIANTS


def network(variant, seed=0):
    """A small autoencoder whose field depends on the code, and crosses its level."""
    model = IMAE(z_dim=5, ef_dim=1, gf_dim=4, variant=variant, norm="instance", seed=seed)
    rng = np.random.default_rng(seed)
    matrix, bias = model.decoder.layers[-1]
    matrix.assign(rng.normal(0, 1.5, matrix.shape))
    bias.assign([0.0 if variant == "original" else 0.5])
    return model


def points_of(shapes, count=400, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (shapes, count, 3)).astype(np.float32)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_slopes_are_those_of_differences(variant):
    decoder = network(variant).decoder
    points, z = points_of(2, 30), np.random.default_rng(1).uniform(0.2, 0.8, (2, 5))
    values, jacobian = decoder.unsquashed_with_jacobian(
        tf.constant(points), tf.constant(z, tf.float32)
    )
    assert values.shape == (2, 30) and jacobian.shape == (2, 30, 5)
    step = 1e-2
    for k in range(5):
        ends = [z + step * sign * np.eye(5)[k] for sign in (1, -1)]
        above, below = (decoder.unsquashed(points, tf.constant(end, tf.float32)) for end in ends)
        slopes = (above - below).numpy() / (2 * step)
        # leaky ReLUs bend: almost all points have no bend within the step
        near = np.isclose(jacobian[..., k], slopes, rtol=0.02, atol=0.02)
        assert near.mean() > 0.9


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_code_is_found_again(variant):
    """From the field of a code, started elsewhere: the same field, if not the same numbers."""
    decoder = network(variant).decoder
    true = np.random.default_rng(1).uniform(0.3, 0.7, (3, 5)).astype(np.float32)
    points = points_of(3)
    values = decoder(tf.constant(points), tf.constant(true)).numpy()
    start = np.full((3, 5), 0.5, np.float32)
    fits = fit_codes(decoder, points, values, start, steps=40)
    assert (fits.losses < 0.01 * fits.losses_before).all()
    assert ((fits.codes >= 0) & (fits.codes <= 1)).all() and len(fits.reasons) == 3
    alone = [fit_codes(decoder, points[[i]], values[[i]], start[[i]], steps=40) for i in range(3)]
    together = np.concatenate([fit.codes for fit in alone])
    np.testing.assert_allclose(fits.codes, together, atol=1e-3)  # each by itself
    again = fit_codes(decoder, points, values, start, steps=40)
    np.testing.assert_array_equal(again.codes, fits.codes)


def test_points_without_weight_do_not_count():
    decoder = network("original").decoder
    points, start = points_of(1), np.full((1, 5), 0.5, np.float32)
    values = (points[..., 0] > 0).astype(np.float32)
    weights = np.ones_like(values)
    weights[:, 200:] = 0
    wrong = np.where(weights > 0, values, 1 - values)
    half = fit_codes(decoder, points[:, :200], values[:, :200], start)
    weighted = fit_codes(decoder, points, wrong, start, weights)
    np.testing.assert_allclose(weighted.losses, half.losses, rtol=1e-3)


def test_a_prior_pulls_to_where_codes_are():
    decoder = network("original").decoder
    points, start = points_of(1), np.full((1, 5), 0.5, np.float32)
    values = (points[..., 0] > 0).astype(np.float32)
    codes = np.random.default_rng(2).normal(0.4, 0.05, (50, 5))
    free, strong = (
        fit_codes(decoder, points, values, start, prior=prior)
        for prior in (None, prior_of(codes, 1e3))
    )
    mean = codes.mean(axis=0)
    assert np.abs(strong.codes - mean).max() < 0.02 < np.abs(free.codes - mean).max()


def test_bounds_hold_and_the_loss_never_rises():
    decoder = network("original").decoder
    points = points_of(2)
    values = np.zeros(points.shape[:2], np.float32)  # nothing is inside
    start = np.array([[0, 1, 0, 1, 0], [1, 1, 1, 1, 1]], np.float32)
    fits = fit_codes(decoder, points, values, start)
    assert (fits.losses <= fits.losses_before).all()
    assert ((fits.codes >= 0) & (fits.codes <= 1)).all()
    assert set(fits.reasons) <= {"converged", "steps", "stuck"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"start": np.zeros((1, 4))}, "`start`"),
        ({"points": np.zeros((1, 9, 2))}, "`points`"),
        ({"values": np.zeros((1, 8))}, "`values`"),
        ({"values": np.full((1, 9), np.nan)}, "`values` holds"),
        ({"points": np.full((1, 9, 3), np.inf)}, "`points` holds"),
        ({"weights": np.zeros((1, 9))}, "`weights`"),
        ({"weights": -np.ones((1, 9))}, "`weights`"),
    ],
)
def test_arrays_that_cannot_be(change, says):
    arrays = {"points": np.zeros((1, 9, 3)), "values": np.zeros((1, 9)), "start": np.zeros((1, 5))}
    with pytest.raises(UserError, match=says):
        fit_codes(network("original").decoder, **{**arrays, **change})


def test_points_are_chosen_near_the_surface():
    voxels = np.zeros((64, 64, 64, 1), np.uint8)
    voxels[20:40, 20:40, 20:40] = 1
    points, values = observe(voxels, 1000, np.random.default_rng(0))
    grid = voxels[..., 0]
    cells = np.round((points + 1) / 2 * 64 - 0.5).astype(int)
    np.testing.assert_array_equal(values, grid[tuple(cells.T)])
    near = np.abs(np.abs(cells - 29.5).max(axis=1) - 10) <= 2
    assert 450 < near.sum() < 600
    for full in (0, 1):  # no surface at all
        points, values = observe(
            np.full((64, 64, 64), full, np.uint8), 100, np.random.default_rng(0)
        )
        assert points.shape == (100, 3) and (values == full).mean() > 0.4


def test_the_api_and_the_flags(tmp_path, monkeypatch):
    model = network("original")
    boxes_dataset(tmp_path / "data/boxes.hdf5")
    model.save(tmp_path / "checkpoint/boxes_64", 0)
    voxels = np.zeros((2, 64, 64, 64, 1), np.uint8)
    voxels[:, 20:40, 20:40, 20:44] = 1
    few = {"points": 500, "steps": 9}
    fitted = model.fit(voxels, **few)
    assert fitted.shape == (2, 5) and fitted.dtype == np.float32
    centres, encoded = cell_centres(64), model.encode(voxels)
    for z, start, grid in zip(fitted, encoded, voxels, strict=True):
        before, after = (
            np.mean((model.decode(centres, c) - grid.ravel()) ** 2) for c in (start, z)
        )
        assert after <= before
    monkeypatch.setattr(
        "IMGAN.model.IMAE.fit", lambda self, voxels, seed: self.encode(voxels) * 0 + 1
    )
    flags = ["--ae", "--fit", "--save_codes", "codes.hdf5", "--level", 0.01, "--resolution", 16]
    run_main(imgan, tmp_path, "boxes", "--reconstruct", "--end", 2, *flags)
    np.testing.assert_array_equal(read_codes(tmp_path / "codes.hdf5"), np.ones((2, 5)))
    run_main(imgan, tmp_path, "boxes", "--ae", "--fit")
    np.testing.assert_array_equal(read_codes(tmp_path / "data/boxes_z.hdf5"), np.ones((3, 5)))
    for wrong in (
        "--fit",
        "--ae --train --fit",
        "--ae --fit --decoder cnn",
        "--ae --fit --export x.pth",
    ):
        with pytest.raises(UserError, match=r"--fit|--train"):
            parse_options(wrong.split())
