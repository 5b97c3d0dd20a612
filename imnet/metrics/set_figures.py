"""Figures of how well a set of generated shapes matches a set of reference shapes.

They need only distances: [g, r] of generated to reference shapes, and for the 1-NN accuracy [g, g]
and [r, r] within the sets. Any distance will do; `chamfer_squared` of surface_figures.py,
`earth_movers` here and `light_field_distance` of imnet.metrics.light_field are meant. Distances are
in the units of these.

A shape that failed (an empty mesh, a broken file) is None: infinitely far from everything, itself
included. So it stays in the count of the generated shapes, covers nothing, is nobody's match, and
the 1-NN classifier recognises it as generated. A reference cannot fail: its row must be finite
somewhere.

Sources: Achlioptas et al. 2018 (coverage, minimum matching distance, earth mover's distance),
Lopez-Paz and Oquab 2017, and PointFlow (Yang et al. 2019) (1-NN accuracy).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy


def coverage(distances: np.ndarray) -> float:
    """Share of the references that are the nearest one of some generated shape: 0 to 1, the best.

    `distances` [g, r]; rows of failures, infinite throughout, cover nothing. Among equally near
    references the first counts. Achlioptas et al. 2018. Raises ValueError if a set is empty.
    """
    distances = _checked(distances)
    worked = np.isfinite(distances).any(axis=1)  # [g]
    return len(np.unique(distances[worked].argmin(axis=1))) / distances.shape[1]


def minimum_matching_distance(distances: np.ndarray) -> float:
    """Mean over the references of the distance to the nearest generated shape.

    `distances` [g, r]; the result in their units, infinite if all generated shapes failed.
    Achlioptas et al. 2018. Raises ValueError if a set is empty.
    """
    return float(_checked(distances).min(axis=0).mean())


def nearest_neighbour_accuracy(
    generated: np.ndarray, across: np.ndarray, reference: np.ndarray
) -> float:
    """Leave-one-out accuracy of the 1-NN classifier between the sets: 0.5 is ideal.

    Each shape is taken for one of the set that its nearest other shape is of. 1: the sets are
    told apart; below 0.5: the generated shapes copy the references. A failure counts as recognised;
    where the nearest of both sets are equally near, half. PointFlow (Yang et al. 2019).

    Args:
        generated: [g, g] distances within the generated set; the diagonal is not looked at.
        across: [g, r] of generated to reference shapes.
        reference: [r, r].

    Raises:
        ValueError: a set is empty, or the shapes do not go together.
    """
    across = _checked(across)
    g, r = across.shape
    if np.shape(generated) != (g, g) or np.shape(reference) != (r, r):
        sizes = f"{np.shape(generated)}, {across.shape}, {np.shape(reference)}"
        raise ValueError(f"wanted distances [g, g], [g, r], [r, r], not {sizes}")
    right = np.concatenate([
        _recognised(generated, across.min(axis=1)),
        _recognised(reference, across.min(axis=0)),
    ])  # [g + r]  # fmt: skip
    right[:g][~np.isfinite(across).any(axis=1)] = 1
    return float(right.mean())


def set_figures(
    generated: np.ndarray, across: np.ndarray, reference: np.ndarray
) -> dict[str, float]:
    """`coverage`, `minimum_matching_distance` and `nearest_neighbour_accuracy` of two sets.

    Distances [g, g], [g, r] and [r, r], see there. Raises ValueError as they do.
    """
    return {
        "coverage": coverage(across),
        "minimum_matching_distance": minimum_matching_distance(across),
        "nearest_neighbour_accuracy": nearest_neighbour_accuracy(generated, across, reference),
    }


def earth_movers(a: np.ndarray, b: np.ndarray) -> float:
    """Earth mover's distance of two sets of equally many points: the optimal matching's mean.

    min over bijections f of mean over a of |a - f(a)|, unsquared, exact (Hungarian method). Points
    [n, 3] of one frame; the result in its units. The time grows with n³: 512 points take
    hundredths of a second, 2048 seconds. Achlioptas et al. 2018; PointFlow and others approximate
    it. Raises ValueError for sets that are empty or of different sizes.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape or a.ndim != 2 or not len(a):
        raise ValueError(f"wanted two sets of equally many points, not {a.shape} and {b.shape}")
    costs = scipy.spatial.distance.cdist(a, b)  # [n, n]
    return float(costs[scipy.optimize.linear_sum_assignment(costs)].mean())


def distances_to(
    shape: Any | None, others: Sequence[Any | None], distance: Callable[[Any, Any], float]
) -> np.ndarray:
    """Distances [n] float64 of one shape to others; infinite where either is None, a failure.

    `distance` takes two shapes in the form that it needs: points [n, 3] for a chamfer or earth
    mover's distance, descriptors for a light-field distance.
    """
    return np.array(
        [np.inf if shape is None or other is None else distance(shape, other) for other in others]
    )


def _recognised(own: np.ndarray, to_others: np.ndarray) -> np.ndarray:
    """1 for each of n shapes whose nearest is of its own set [n, n], not of the others'; ½ if tied.

    `to_others` [n] are the least distances to the other set.
    """
    own = np.array(own, np.float64)
    np.fill_diagonal(own, np.inf)
    nearest = own.min(axis=1)
    return np.where(nearest == to_others, 0.5, nearest < to_others)


def _checked(distances: np.ndarray) -> np.ndarray:
    distances = np.asarray(distances, np.float64)
    if distances.ndim != 2 or not distances.size:
        raise ValueError(f"wanted distances [g, r] of two sets, not {distances.shape}")
    if np.isnan(distances).any():
        raise ValueError("a distance is not a number: give failures as infinite")
    return distances
