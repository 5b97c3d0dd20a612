"""Adam, the decoder's folded code and first weights, point clouds, schedules: by hand."""

import numpy as np
import pytest
import tensorflow as tf

from IMGAN.model import IMAE
from imnet.data.batches import epoch_rng
from imnet.data.lattice import cell_centres, coordinates
from imnet.networks.adam import Adam
from imnet.networks.trainer import Trainer
from imnet.programs.outputs import point_cloud


def test_adam_in_tf1s_formula():
    variable = tf.Variable([1.0, -2.0])
    adam = Adam([variable], learning_rate=0.1, beta1=0.5)
    expected, m, v = np.array([1.0, -2.0]), np.zeros(2), np.zeros(2)
    for t, gradient in enumerate([[0.3, -1.0], [0.1, 0.0], [-2.0, 1e-9]], 1):
        adam.apply([tf.constant(gradient, tf.float32)])
        m = 0.5 * m + 0.5 * np.array(gradient)
        v = 0.999 * v + 0.001 * np.square(gradient)
        rate = 0.1 * np.sqrt(1 - 0.999**t) / (1 - 0.5**t)
        expected -= rate * m / (np.sqrt(v) + 1e-8)
        np.testing.assert_allclose(variable, expected, rtol=1e-5)
    adam.reset()
    assert [float(power) for power in adam.powers] == pytest.approx([0.5, 0.999])
    assert not any(np.any(slot) for pair in adam.slots for slot in pair)


@pytest.mark.parametrize("shapes", [1, 3])
def test_decoder_equals_the_tiled_form(shapes):
    decoder = IMAE(z_dim=5, ef_dim=1, gf_dim=4).decoder
    rng = np.random.default_rng(1)
    points = rng.uniform(-1, 1, (shapes, 7, 3)).astype(np.float32)
    z = rng.random((shapes, 5)).astype(np.float32)
    for s in range(shapes):
        alpha = np.concatenate([points[s], np.tile(z[s], (7, 1))], 1)  # [7, 3 + 5]
        h = np.zeros((7, 0))
        for matrix, bias in decoder.layers[:-1]:
            h = np.concatenate([h, alpha], 1) @ matrix.numpy() + bias.numpy()
            h = np.maximum(h, 0.02 * h)
        matrix, bias = decoder.layers[-1]
        expected = 1 / (1 + np.exp(-(h @ matrix.numpy() + bias.numpy())))[:, 0]
        np.testing.assert_allclose(decoder(points, z)[s], expected, atol=1e-6)


def test_first_weights_are_the_originals_at_its_width_and_larger_below():
    original, narrow = IMAE(ef_dim=1).decoder, IMAE(z_dim=48, ef_dim=1, gf_dim=32).decoder
    for matrix, bias in original.layers[:-1]:
        assert np.std(matrix) == pytest.approx(0.02, rel=0.02)
        assert not np.any(bias)
    matrix = narrow.layers[1][0].numpy()  # 512 rows of the layer before, 3 points, 48 code
    assert np.std(matrix[:512]) == pytest.approx((2 / 563) ** 0.5, rel=0.02)
    assert np.std(matrix[512:515]) == pytest.approx(4 * (2 / 563) ** 0.5, rel=0.1)


def test_a_seed_decides_the_first_weights():
    a, b, c = (IMAE(z_dim=2, ef_dim=1, gf_dim=1, seed=seed) for seed in (3, 3, 4))
    for x, y, other in zip(a.weights, b.weights, c.weights, strict=True):
        np.testing.assert_array_equal(x, y)
        if "Matrix" in x.name:
            assert np.any(x != other)


def test_several_shapes_in_a_step_have_the_mean_of_their_losses():
    rng = np.random.default_rng(0)
    voxels = (rng.random((2, 64, 64, 64, 1)) > 0.5).astype(np.uint8)
    points = rng.uniform(-1, 1, (2, 50, 3)).astype(np.float32)
    values = (rng.random((2, 50, 1)) > 0.5).astype(np.uint8)

    def loss(chosen):
        imae = IMAE(z_dim=4, ef_dim=1, gf_dim=2, norm="instance")
        return imae.train_step(voxels[chosen], points[chosen], values[chosen])

    assert loss([0, 1]) == pytest.approx((loss([0]) + loss([1])) / 2, rel=1e-5)


def test_coordinates_and_cell_centres():
    np.testing.assert_allclose(coordinates(np.array([0, 15], np.uint8), 16), [-0.9375, 0.9375])
    centres = cell_centres(2)
    np.testing.assert_allclose(centres[:3], [[-0.5] * 3, [-0.5, -0.5, 0.5], [-0.5, 0.5, -0.5]])
    assert centres.shape == (8, 3) and centres.dtype == np.float32


def test_point_cloud_centres_and_repeats():
    vertices = np.array([[0.0, 4.5, 9.0], [8.5, 4.5, 0.5]])
    cloud = point_cloud(vertices, 8, np.random.default_rng(0))
    assert cloud.shape == (2048, 3)
    found, counts = np.unique(cloud, axis=0, return_counts=True)
    np.testing.assert_allclose(found, [[-0.5625, 0, 0.5625], [0.5, 0, -0.5]])
    assert counts.tolist() == [1024, 1024]
    assert not point_cloud(np.zeros((0, 3)), 8, np.random.default_rng(0)).any()


def test_schedule_and_draws_are_of_the_epoch():
    epochs = {"folder": "checkpoint", "shapes": 1, "start": 0, "end": 30, "total": 30}
    assert Trainer(**epochs, learning_rate=0.1).rate(7) == 0.1
    assert Trainer(**epochs, learning_rate=0.1, half_life=10).rate(20) == pytest.approx(0.025)
    assert epoch_rng(1, 2).random() == epoch_rng(1, 2).random() != epoch_rng(1, 3).random()
