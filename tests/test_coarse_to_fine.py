"""The comparison of coarse-to-fine with dense surfaces notices what it should."""

import numpy as np

from imnet_evaluation.paper.coarse_to_fine import compare, surface_points, unmatched


def test_unmatched_points_are_counted_both_ways():
    a = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0]], float)
    b = a + np.array([[0, 0, 0], [0, 5e-6, 0], [0, 1e-3, 0]])
    assert unmatched(a, b) == 2
    assert unmatched(a, b[:1]) == 2
    assert unmatched(a, b[:0]) == 3
    assert unmatched(a, a[::-1]) == 0


def test_the_points_that_touch_a_single_voxel():
    grid = np.zeros((6, 6, 6))
    grid[2, 2, 2] = 1
    assert surface_points(grid, 0.5) == 27
    grid[2, 2, 2], grid[0, 5, 0] = 0, 1  # in the corner; the border is not counted
    assert surface_points(grid, 0.5) == 8


def test_a_detached_part_between_the_samples_is_noticed():
    grid = np.zeros((64, 64, 64), np.float32)
    grid[8:20, 8:20, 8:20] = 1
    grid[40, 40, 40] = 0.1  # a third value: the first samples stay coarse

    def field(points):
        return grid[tuple(np.floor((points + 1) * 32).astype(int).T)]

    same = compare(field, 64, 0.5)
    assert same["unmatched_vertices"] == same["unmatched_triangles"] == 0
    assert same["queries"] < 64**3 / 4
    assert same["surface_points"] == 14**3 - 10**3
    grid[51, 51, 51] = 1
    other = compare(field, 64, 0.5)
    assert other["unmatched_vertices"] == 6 and other["unmatched_triangles"] == 8
    assert other["vertices"] - same["vertices"] == 6
