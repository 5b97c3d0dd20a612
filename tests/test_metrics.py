"""Metrics on hand-computed cases."""

import numpy as np
import pytest

from imnet.metrics.fields import iou, mean_field_error, reconstruction_figures


def test_iou():
    a = np.array([[1, 1], [0, 0]], bool)
    b = np.array([[1, 0], [1, 0]], bool)
    assert iou(a, b) == pytest.approx(1 / 3)
    assert iou(a, a) == 1
    assert iou(a, ~a) == 0
    assert iou(a.astype(np.uint8) * 2, b) == pytest.approx(1 / 3)


def test_iou_of_empty_grids():
    empty, full = np.zeros((4, 4, 4), bool), np.ones((4, 4, 4), bool)
    assert iou(empty, empty) == 1
    assert iou(empty, full) == 0


def test_mean_field_error():
    values = np.array([0.5, 1.0, 0.0, 0.25], np.float32)
    voxels = np.array([1, 1, 1, 0], np.uint8)
    assert mean_field_error(values, voxels) == pytest.approx((0.25 + 0 + 1 + 0.0625) / 4)


@pytest.mark.parametrize("metric", [iou, mean_field_error])
def test_grids_that_would_broadcast_are_refused(metric):
    with pytest.raises(ValueError, match="differ"):
        metric(np.zeros((4, 1)), np.zeros((4,)))


def test_reconstruction_figures_of_a_hand_computed_case():
    voxels = np.array([1, 1, 0, 0], np.uint8).reshape(1, 2, 2, 1)
    figures = reconstruction_figures(np.array([1.0, 0.5, 0.75, 0.0], np.float32), voxels)
    assert figures == {"iou": 1 / 3, "field_error": (0.25 + 0.5625) / 4}
