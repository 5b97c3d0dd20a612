"""The CNN baseline as a network: what it learns, stores, and gives as a field."""

import numpy as np
import pytest

from IMGAN.model import CNNAE
from imnet.data.lattice import cell_centres


@pytest.fixture(scope="module")
def boxes():
    """Four boxes, uint8 [4, 64, 64, 64, 1]."""
    voxels = np.zeros((4, 64, 64, 64, 1), np.uint8)
    for i in range(4):
        voxels[i, 8 : 24 + 10 * i, 16:48, 20:44] = 1
    return voxels


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_it_learns_and_its_inference_agrees_with_its_training(boxes, norm):
    cnn = CNNAE(z_dim=8, ef_dim=4, norm=norm, learning_rate=3e-3)
    losses = [cnn.train_step(boxes) for _ in range(25)]
    assert losses[-1] < 0.5 * losses[0]
    last = cnn.train_step(boxes)
    assert cnn.calibrate(25, [boxes]) == (norm == "batch")
    grids = np.stack([cnn.decode_grid(z) for z in cnn.encode(boxes)])
    error = np.mean(np.square(grids - boxes[..., 0]))
    assert error == pytest.approx(last, rel=0.25)  # one step later, another kind of moments


def test_checkpoints_hold_the_whole_model(boxes, tmp_path):
    cnn = CNNAE(z_dim=8, ef_dim=2, norm="instance")
    cnn.train_step(boxes)
    cnn.save(tmp_path, 7)
    again = CNNAE.from_checkpoint(tmp_path)
    assert (again.z_dim, again.ef_dim, again.norm) == (8, 2, "instance")
    z = cnn.encode(boxes)
    np.testing.assert_array_equal(again.encode(boxes), z)
    np.testing.assert_array_equal(again.decode_grid(z[1]), cnn.decode_grid(z[1]))
    assert again.train_step(boxes) == cnn.train_step(boxes)
    assert again.train_step(boxes) == cnn.train_step(boxes)  # Adam's state is equal too


def test_the_field_is_the_grid_at_the_cell_centres():
    cnn = CNNAE(z_dim=8, ef_dim=2)
    z = np.random.default_rng(0).random(8).astype(np.float32)
    grid, field = cnn.decode_grid(z), cnn.field(z)
    np.testing.assert_array_equal(field(cell_centres(64)), grid.ravel())
    corners = np.array([[-1, -1, -1], [1, 1, 1], [-1, 1, -1 + 2.5 / 64]], np.float32)
    expected = [grid[0, 0, 0], grid[63, 63, 63], grid[0, 63, 1]]
    np.testing.assert_array_equal(field(corners), expected)
