"""Figures of how near two surfaces are, from points on them; numpy and scipy alone.

Both sets of points are in one frame, which the caller chooses: nothing is aligned or scaled here.
Distances are Euclidean and in the units of that frame, squared ones in their square. Points uniform
by area, as `sample_surface` of imnet.surfaces draws them, are what the literature uses; two draws
from one surface are not at distance 0, but at that of the draws.

The nearest neighbours are most of the work: `nearest` finds them once, and every figure takes
what it found.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy


class Nearest(NamedTuple):
    """For each point of two sets, a [n, 3] and b [m, 3], the nearest one of the other."""

    a_to_b: np.ndarray  # [n] float64, distance of each a to its nearest b
    b_of_a: np.ndarray  # [n] int64, which b that is
    b_to_a: np.ndarray  # [m] float64
    a_of_b: np.ndarray  # [m] int64


def nearest(a: np.ndarray, b: np.ndarray) -> Nearest:
    """The nearest neighbours, both ways, of points [n, 3] and [m, 3] of one frame.

    Raises ValueError if a set is empty, of another shape, or not finite.
    """
    a, b = _points(a), _points(b)
    return Nearest(*scipy.spatial.cKDTree(b).query(a), *scipy.spatial.cKDTree(a).query(b))


def chamfer_squared(a: np.ndarray, b: np.ndarray, found: Nearest | None = None) -> float:
    """Chamfer distance of squared distances, both directions summed.

    mean over a of min over b of |a - b|² + mean over b of min over a of |a - b|²: as in IM-NET
    (Chen and Zhang 2019) and BSP-NET (Chen et al. 2020). Points [n, 3] and [m, 3] of one frame;
    the result in its units squared. `found`: nearest(a, b), where it is known. Raises ValueError as
    `nearest` does.
    """
    found = found or nearest(a, b)
    return float(np.mean(found.a_to_b**2) + np.mean(found.b_to_a**2))


def chamfer_l1(a: np.ndarray, b: np.ndarray, found: Nearest | None = None) -> float:
    """Chamfer distance of unsquared distances, the mean of both directions.

    (accuracy + completeness) / 2, accuracy the mean distance of the points a of the prediction to
    b, completeness that of the points b of the truth to a: Chamfer-L1 of Occupancy Networks
    (Mescheder et al. 2019), which name it so although each distance is Euclidean. Points [n, 3] and
    [m, 3] of one frame; the result in its units. `found`: nearest(a, b), where it is known. Raises
    ValueError as `nearest` does.
    """
    found = found or nearest(a, b)
    return float(np.mean(found.a_to_b) + np.mean(found.b_to_a)) / 2


def f_score(a: np.ndarray, b: np.ndarray, threshold: float, found: Nearest | None = None) -> float:
    """F-score at a distance: 2 P R / (P + R), from 0, the worst, to 1; 0 where P + R is 0.

    Precision P is the share of the points a [n, 3] of the prediction that are within `threshold`
    (in the units of the frame, the bound included) of a point of the truth b [m, 3], recall R the
    share of b within it of a: Knapitsch et al. 2017 (Tanks and Temples), Tatarchenko et al. 2019. A
    threshold t near the spacing of the points has a ceiling: two draws of n points from one surface
    of area A reach about 1 - exp(-π n t² / A), 0.72 for 4096 points, t 0.01, area 1.
    `found`: nearest(a, b), where it is known. Raises ValueError as `nearest` does, and for a
    threshold that is not above 0.
    """
    if not threshold > 0:
        raise ValueError(f"the threshold must be above 0, not {threshold}")
    found = found or nearest(a, b)
    precision, recall = np.mean(found.a_to_b <= threshold), np.mean(found.b_to_a <= threshold)
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def hausdorff(a: np.ndarray, b: np.ndarray, found: Nearest | None = None) -> float:
    """Hausdorff distance of the points: the largest distance of one to its nearest of the others.

    max(max over a of min over b of |a - b|, max over b of min over a of |a - b|). Points [n, 3] and
    [m, 3] of one frame; the result in its units. `found`: nearest(a, b), where it is known. Raises
    ValueError as `nearest` does.
    """
    found = found or nearest(a, b)
    return float(max(found.a_to_b.max(), found.b_to_a.max()))


def normal_consistency(
    a: np.ndarray,
    b: np.ndarray,
    a_normals: np.ndarray,
    b_normals: np.ndarray,
    found: Nearest | None = None,
) -> float:
    """Mean |n · n'| of unit normals at nearest neighbours, both directions averaged: 0 to 1.

    Without a sign, so that faces may point either way: BSP-NET, and Occupancy Networks' normal
    consistency. Points [n, 3], [m, 3] of one frame and the normals there [n, 3], [m, 3]. Two
    surfaces that have nothing in common reach 0.5: the mean of |cos| over the sphere. `found`:
    nearest(a, b), where it is known. Raises ValueError as `nearest` does, and for normals of
    another shape than the points.
    """
    if np.shape(a) != np.shape(a_normals) or np.shape(b) != np.shape(b_normals):
        raise ValueError("each point needs one normal")
    found = found or nearest(a, b)
    a_normals, b_normals = np.asarray(a_normals), np.asarray(b_normals)
    there = np.abs((a_normals * b_normals[found.b_of_a]).sum(axis=1))  # [n]
    back = np.abs((b_normals * a_normals[found.a_of_b]).sum(axis=1))  # [m]
    return float(there.mean() + back.mean()) / 2


def surface_figures(
    points: np.ndarray,
    normals: np.ndarray,
    true_points: np.ndarray,
    true_normals: np.ndarray,
    thresholds: Sequence[float] = (0.01, 0.02),
) -> dict[str, float]:
    """All figures of this file for one pair, the nearest neighbours found once.

    Args:
        points: [n, 3] on the prediction, in the frame of the truth.
        normals: [n, 3] of unit length, either way.
        true_points: [m, 3] on the truth.
        true_normals: [m, 3].
        thresholds: distances of the F-score.

    Returns:
        Figures by the names of `surface_figure_names`.

    Raises:
        ValueError: as the single functions.
    """
    pair = points, true_points
    found = nearest(*pair)
    figures = (
        chamfer_squared(*pair, found),
        chamfer_l1(*pair, found),
        hausdorff(*pair, found),
        normal_consistency(*pair, normals, true_normals, found),
        *(f_score(*pair, threshold, found) for threshold in thresholds),
    )
    return dict(zip(surface_figure_names(thresholds), figures, strict=True))


def surface_figure_names(thresholds: Sequence[float] = (0.01, 0.02)) -> list[str]:
    """The names of surface_figures: of the functions, and f_score_<t> for each threshold t."""
    single = ["chamfer_squared", "chamfer_l1", "hausdorff", "normal_consistency"]
    return single + [f"f_score_{threshold!r}" for threshold in thresholds]


def _points(points: np.ndarray) -> np.ndarray:
    """The points [n, 3] as an array; a ValueError where a figure of them would mean nothing."""
    points = np.asarray(points, np.float64)
    if points.ndim != 2 or points.shape[1] != 3 or not len(points):
        raise ValueError(f"wanted at least one point, [n, 3], not {points.shape}")
    if not np.isfinite(points).all():
        raise ValueError("points that are not finite have no distance")
    return points
