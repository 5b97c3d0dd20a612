"""Figures of sets of shapes on hand-computed distances."""

import itertools

import numpy as np
import pytest

from imnet.metrics.set_figures import (
    coverage,
    distances_to,
    earth_movers,
    minimum_matching_distance,
    nearest_neighbour_accuracy,
    set_figures,
)
from imnet.metrics.surface_figures import chamfer_squared

INF = np.inf
# Rows are generated, columns references: the nearest references are 0, 0 and 2.
ACROSS = np.array([[1.0, 5, 9], [2, 7, 8], [6, 4, 3]])


def line(positions):
    """Distances of points on a line, the shapes of the tests of 1-NN accuracy."""
    positions = np.asarray(positions, float)
    return np.abs(positions[:, None] - positions)


def accuracy(generated, reference):
    both = line([*generated, *reference])
    g = len(generated)
    return nearest_neighbour_accuracy(both[:g, :g], both[:g, g:], both[g:, g:])


def test_coverage_counts_references_that_are_nearest():
    assert coverage(ACROSS) == pytest.approx(2 / 3)
    assert coverage(ACROSS.T) == pytest.approx(2 / 3)
    assert coverage(np.eye(3)[::-1] * -1 + 1) == 1


def test_minimum_matching_distance_is_a_mean_over_references():
    assert minimum_matching_distance(ACROSS) == pytest.approx((1 + 4 + 3) / 3)
    assert minimum_matching_distance(ACROSS[:2]) == pytest.approx((1 + 5 + 8) / 3)


def test_sets_far_apart_are_told_apart():
    assert accuracy([0, 1, 2], [100, 101]) == 1


def test_copies_are_never_recognised():
    assert accuracy([0, 10, 20], [1, 11, 21]) == 0


def test_each_shape_counts_once():
    # 0 and 1 have each other, 5 has 5.5, 5.5 has 5, 20 has 5.5: three right of five
    assert accuracy([0, 1, 5], [5.5, 20]) == pytest.approx(3 / 5)


def test_ties_count_half():
    assert accuracy([0, 2], [1]) == 0  # 1 is the nearest of both, and has none of its own
    assert accuracy([0, 1], [-1, 5]) == pytest.approx((0.5 + 1 + 0 + 0) / 4)


def test_the_diagonal_is_not_looked_at():
    both = line([0, 1, 100, 101])
    np.fill_diagonal(both, 55)
    assert nearest_neighbour_accuracy(both[:2, :2], both[:2, 2:], both[2:, 2:]) == 1


def test_failures_stay_in_every_count():
    across = np.concatenate([ACROSS, np.full((1, 3), INF)])
    assert coverage(across) == coverage(ACROSS)
    assert minimum_matching_distance(across) == minimum_matching_distance(ACROSS)
    # two copies that fool the classifier, and a failure that does not
    both = line([0, 10, 50, 1, 11])
    both[2], both[:, 2] = INF, INF
    parts = both[:3, :3], both[:3, 3:], both[3:, 3:]
    assert nearest_neighbour_accuracy(*parts) == pytest.approx(1 / 5)


def test_failures_only():
    across = np.full((2, 3), INF)
    assert set_figures(np.full((2, 2), INF), across, line([0, 1, 2])) == {
        "coverage": 0,
        "minimum_matching_distance": INF,
        "nearest_neighbour_accuracy": 1,
    }


def test_earth_movers_is_the_best_of_all_matchings():
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 5, 3))
    every = [
        np.linalg.norm(a - b[list(order)], axis=1).mean()
        for order in itertools.permutations(range(5))
    ]
    assert earth_movers(a, b) == pytest.approx(min(every))
    assert earth_movers(a, a[::-1]) == 0


def test_earth_movers_of_a_hand_computed_case():
    a = np.array([[0.0, 0, 0], [1, 0, 0]])
    b = np.array([[1.0, 0, 0], [3, 4, 0]])
    # either 1 and hypot(2, 4), or 5 and 0
    assert earth_movers(a, b) == pytest.approx(min((1 + 20**0.5) / 2, 2.5))


def test_distances_to_failures_are_infinite():
    a, b = np.zeros((1, 3)), np.array([[0.0, 0, 2]])
    assert distances_to(a, [a, None, b], chamfer_squared).tolist() == [0, INF, 8]
    assert distances_to(None, [a, None], chamfer_squared).tolist() == [INF, INF]


@pytest.mark.parametrize("distances", [np.zeros((0, 3)), np.zeros((3, 0)), np.zeros(3), [[np.nan]]])
def test_what_is_no_matrix_is_refused(distances):
    for figure in (coverage, minimum_matching_distance):
        with pytest.raises(ValueError):
            figure(distances)


def test_sizes_that_do_not_go_together_are_refused():
    with pytest.raises(ValueError, match="wanted distances"):
        nearest_neighbour_accuracy(line([0, 1]), ACROSS, line([0, 1, 2]))
    for pair in ((np.zeros((2, 3)), np.zeros((3, 3))), (np.zeros((0, 3)), np.zeros((0, 3)))):
        with pytest.raises(ValueError, match="equally many"):
            earth_movers(*pair)
