"""Projections, histograms and PNG files on hand-computed cases."""

import cv2
import numpy as np
import pytest

from imnet.base.errors import UserError
from imnet.pictures.images import code_histogram, max_projections, write_picture


def test_projections_of_values():
    grid = np.zeros((2, 3, 4), np.float32)
    grid[0, 1, 2] = 0.25
    grid[1, 1, 2] = 0.5
    grid[1, 2, 3] = 1.5
    over_i, over_j, over_k = max_projections(grid)
    assert over_i.shape == (3, 4) and over_j.shape == (2, 4) and over_k.shape == (2, 3)
    assert over_i.dtype == np.uint8
    assert over_i[1, 2] == 128 and over_i[2, 3] == 255 and over_i.sum() == 383
    np.testing.assert_array_equal(over_j[:, 2], [64, 128])
    np.testing.assert_array_equal(over_k, [[0, 64, 0], [0, 128, 255]])


def test_projections_of_occupancies():
    grid = np.zeros((2, 2, 2), np.uint8)
    grid[1, 0, 1] = 1
    for image, expected in zip(max_projections(grid), (1, 3, 2), strict=True):
        np.testing.assert_array_equal(np.flatnonzero(image), [expected])
        assert image.max() == 255


def test_code_histogram():
    codes = np.full((60, 3), 0.999999)
    codes[:10, 1] = 0.0
    codes[:50, 2] = 0.5
    image = code_histogram(codes)
    assert image.shape == (64, 3) and image.dtype == np.uint8
    assert image[63, 0] == 255 and image[:63, 0].sum() == 0  # 60 counts, clipped
    assert image[0, 1] == 51 and image[63, 1] == 255  # 10 * 256 / 50 = 51.2
    assert image[31, 2] == 255 and image[63, 2] == 51  # 0.5 * 63.9999 is just below 32
    assert code_histogram(np.ones((1, 1)))[63, 0] == 5


def test_a_picture_is_read_back(tmp_path):
    path = tmp_path / "new folder" / "picture.png"
    image = np.zeros((2, 3, 3), np.uint8)
    image[0, 1] = (255, 128, 1)  # red, green, blue
    write_picture(path, image)
    np.testing.assert_array_equal(cv2.imread(str(path)), image[..., ::-1])
    grey = np.arange(6, dtype=np.uint8).reshape(2, 3)
    write_picture(path, grey)
    np.testing.assert_array_equal(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), grey)


def test_a_picture_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file.picture\.png"):
        write_picture(tmp_path / "file" / "picture.png", np.zeros((2, 2), np.uint8))
