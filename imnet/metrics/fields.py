"""Figures of how well a field fits a shape."""

import numpy as np


def iou(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two occupancy grids: |a ∧ b| / |a ∨ b|.

    Both grids have the same shape, a dtype that converts to bool, and the same frame: a cell of one
    is the cell of the same index in the other, nothing is aligned. Two empty grids agree: 1.0.
    """
    a, b = _same_shape(a, b)
    a, b = a.astype(bool), b.astype(bool)
    union = np.count_nonzero(a | b)
    return np.count_nonzero(a & b) / union if union else 1.0


def mean_field_error(values: np.ndarray, voxels: np.ndarray) -> float:
    """Mean squared difference of a field and the occupancies at the same points: mean((v - o)²).

    Over all points, unweighted, in the field's units (0 outside, 1 inside): the training's loss.
    """
    values, voxels = _same_shape(values, voxels)
    return float(np.mean(np.square(values.astype(np.float64) - voxels)))


def reconstruction_figures(values: np.ndarray, voxels: np.ndarray) -> dict[str, float]:
    """How near a field comes to the shape it should give.

    Args:
        values: [64³] the field at the cell centres, C order.
        voxels: [64, 64, 64, 1] the shape, 0 or 1.

    Returns:
        `iou` of field > 0.5 with the voxels, and `field_error`, the mean of (field - voxel)².
    """
    truth = np.ravel(voxels)
    return {"iou": iou(values > 0.5, truth), "field_error": mean_field_error(values, truth)}


def _same_shape(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as arrays; a ValueError where broadcasting would compare other points than meant."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise ValueError(f"shapes {a.shape} and {b.shape} differ")
    return a, b
