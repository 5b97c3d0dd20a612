"""Figures of points on surfaces: hand-computed cases, and point-cloud-utils."""

import numpy as np
import point_cloud_utils
import pytest

from imnet.metrics.surface_figures import (
    chamfer_l1,
    chamfer_squared,
    f_score,
    hausdorff,
    nearest,
    normal_consistency,
    surface_figures,
)

# b is nearest to both a at (0, 0, 0): 3, and (4, 0, 0): 1; from b (3, 0, 0) the nearest is at 1
A = np.array([[0.0, 0, 0], [4, 0, 0]])
B = np.array([[3.0, 0, 0]])
FIGURES = (chamfer_squared, chamfer_l1, hausdorff)


def test_chamfer_squared_is_the_sum_of_mean_squares():
    assert chamfer_squared(A, B) == pytest.approx((9 + 1) / 2 + 1)


def test_chamfer_l1_is_half_the_sum_of_mean_distances():
    assert chamfer_l1(A, B) == pytest.approx(((3 + 1) / 2 + 1) / 2)


def test_hausdorff_is_the_larger_of_both_directions():
    assert hausdorff(A, B) == hausdorff(B, A) == 3


@pytest.mark.parametrize(
    "threshold, score",
    [(0.5, 0), (1, 2 * 0.5 * 1 / 1.5), (2.9, 2 * 0.5 * 1 / 1.5), (3, 1)],
)
def test_f_score(threshold, score):
    """At the bound itself a point is within; precision is of the first set, recall of the other."""
    assert f_score(A, B, threshold) == pytest.approx(score)
    assert f_score(B, A, threshold) == pytest.approx(score)


def test_normal_consistency_takes_the_nearest_and_no_sign():
    a_normals = np.array([[1.0, 0, 0], [0, 0, 1]])
    b_normals = np.array([[0.0, 0.6, -0.8]])
    # a to b: |0|, |-0.8|; b to its nearest, the second of a: 0.8
    assert normal_consistency(A, B, a_normals, b_normals) == pytest.approx((0.4 + 0.8) / 2)
    assert normal_consistency(A, B, -a_normals, b_normals) == pytest.approx((0.4 + 0.8) / 2)


def test_nearest_neighbours_of_both_directions():
    found = nearest(A, B)
    assert found.a_to_b.tolist() == [3, 1] and found.b_of_a.tolist() == [0, 0]
    assert found.b_to_a.tolist() == [1] and found.a_of_b.tolist() == [1]


def test_all_figures_equal_the_single_functions():
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 300, 3))
    a_normals, b_normals = rng.normal(size=(2, 300, 3))
    figures = surface_figures(a, a_normals, b, b_normals, (0.05, 0.1))
    assert figures == {
        "chamfer_squared": chamfer_squared(a, b),
        "chamfer_l1": chamfer_l1(a, b),
        "hausdorff": hausdorff(a, b),
        "normal_consistency": normal_consistency(a, b, a_normals, b_normals),
        "f_score_0.05": f_score(a, b, 0.05),
        "f_score_0.1": f_score(a, b, 0.1),
    }
    assert 0 < figures["f_score_0.05"] < figures["f_score_0.1"] < 1


@pytest.mark.parametrize("sizes", [(500, 500), (400, 700)])
def test_agrees_with_point_cloud_utils(sizes):
    rng = np.random.default_rng(1)
    a, b = (rng.normal(size=(size, 3)) for size in sizes)
    # Its chamfer distance is not squared, and the sum of both directions.
    assert 2 * chamfer_l1(a, b) == pytest.approx(point_cloud_utils.chamfer_distance(a, b), abs=1e-6)
    assert hausdorff(a, b) == pytest.approx(point_cloud_utils.hausdorff_distance(a, b), abs=1e-6)
    there, _ = point_cloud_utils.k_nearest_neighbors(a, b, 1)
    back, _ = point_cloud_utils.k_nearest_neighbors(b, a, 1)
    expected = np.mean(there**2) + np.mean(back**2)
    assert chamfer_squared(a, b) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize(
    "points", [np.zeros((0, 3)), np.zeros((4, 2)), np.zeros(3), np.full((2, 3), np.nan)]
)
def test_points_that_have_no_distance_are_refused(figure, points):
    for pair in ((points, B), (B, points)):
        with pytest.raises(ValueError):
            figure(*pair)


def test_normals_and_thresholds_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="normal"):
        normal_consistency(A, B, A[:1], B)
    with pytest.raises(ValueError, match="threshold"):
        f_score(A, B, 0)
