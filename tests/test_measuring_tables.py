"""The formulas that measuring.md puts beside ours, by hand."""

import numpy as np

from imnet.metrics.set_figures import nearest_neighbour_accuracy
from imnet.metrics.surface_figures import chamfer_squared, nearest, normal_consistency
from imnet_evaluation.paper.formulas import (
    argmin_accuracy,
    coverage_backwards,
    one_sided,
    pytorch3d_chamfer,
    pytorch3d_normals,
    signed_consistency,
)

A = np.array([[0.0, 0, 0], [0, 0, 4]])
B = np.array([[1.0, 2, 0]])
UP = np.array([0.0, 0, 1])


def test_chamfer_distances_by_hand():
    """Squared: 5 and 21 from a to b, 5 back; |dx| + |dy| + |dz|: 3 and 7, and 3."""
    assert pytorch3d_chamfer(A, B) == chamfer_squared(A, B) == 18
    assert pytorch3d_chamfer(A, B, reduction="sum") == 31
    assert pytorch3d_chamfer(A, B, single=True) == 13
    assert pytorch3d_chamfer(A, B, norm=1) == 8
    np.testing.assert_allclose(one_sided(nearest(A, B)), [(5**0.5 + 21**0.5) / 2, 5**0.5])


def test_normals_with_and_without_sign():
    normals = np.array([UP, -UP]), np.array([UP])
    assert signed_consistency(A, B, *normals) == 0.5  # 0 there, 1 back
    assert normal_consistency(A, B, *normals) == 1
    assert pytorch3d_normals(A, B, *normals) == 0
    assert pytorch3d_normals(A, B, normals[0], np.array([[1.0, 0, 0]])) == 2


def test_ties_of_the_classifier_go_to_the_set_that_is_listed_first():
    """Generated 0 and 0, references 0, 5 and 6: both generated shapes have a copy in both sets."""
    generated, reference = np.array([0.0, 0]), np.array([0.0, 5, 6])
    own, across, other = (
        np.abs(a[:, None] - b)
        for a, b in ((generated, generated), (generated, reference), (reference, reference))
    )
    assert argmin_accuracy(own, across, other, generated_first=True) == 0.8
    assert argmin_accuracy(own, across, other, generated_first=False) == 0.4
    assert nearest_neighbour_accuracy(own, across, other) == 0.6
    assert coverage_backwards(across) == 0.5
