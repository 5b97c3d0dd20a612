"""Vertex refinement: the vertices of marching cubes go to where the field crosses the level.

Marching cubes interpolates linearly between the values at the lattice points, though a trained
field is close to a step: its vertices lie where the field is far from the level. Each lies on a
lattice edge with one end inside and one outside, so the crossing is bracketed, and a search along
the edge cannot fail. Steps along the field's gradient take several times the evaluations, leave the
cells and fold triangles over at thin parts.
"""

from collections.abc import Callable

import numpy as np
import scipy

from imnet.data.lattice import field_coordinates
from imnet.surfaces.field_sampling import Field
from imnet.surfaces.triangles import area_vectors

STEPS = 6  # the most evaluations of a vertex, beside those of the ends of its edge
# |field - level| at which it is done before, in units of the field's difference along the edge.
TOLERANCE = 1e-3
SMALLEST_AREA = 1e-9  # in squared cells: what float32 files hold no more


def refine_vertices(
    field: Field,
    vertices: np.ndarray,
    triangles: np.ndarray,
    resolution: int,
    level: float = 0.5,
    *,
    batch_size: int = 32768,
) -> np.ndarray:
    """Move the vertices of `extract_surface` to field = level, each along its lattice edge.

    field: callable, points [m, 3] float32 in [-1, 1] → values [m]. NaN counts as outside, as in
        `sample_field`.
    vertices [v, 3] in array units of the bordered grid, triangles [f, 3]; resolution: D.
    batch_size: the most points in one call.

    Returns vertices [v, 3] float64. A vertex stays where it was if it lies on a face of the grid's
    cube (there is no field beyond), if the field does not cross its edge, or if one of its
    triangles would turn by more than 90 degrees or lose its area.
    """

    def values_at(positions: np.ndarray) -> np.ndarray:
        """The field at positions [m, 3] in array units."""
        points = field_coordinates(positions, resolution)  # [m, 3]
        values = np.empty(len(points), np.float32)
        for start in range(0, len(points), batch_size):
            part = slice(start, start + batch_size)
            values[part] = np.reshape(field(points[part]), -1)
        return np.where(np.isnan(values), np.float32(0), values)

    vertices = np.asarray(vertices, np.float64)
    low, high = np.floor(vertices), np.ceil(vertices)
    on_edge = np.count_nonzero(low < high, axis=1) == 1
    on_edge &= (low >= 1).all(axis=1) & (high <= resolution).all(axis=1)
    moved = np.flatnonzero(on_edge)  # [m]
    ends = np.stack([low[moved], high[moved]])  # [2, m, 3]
    # A lattice point is an end of several edges.
    indices = tuple(ends.reshape(-1, 3).T.astype(np.int64))
    flat = np.ravel_multi_index(indices, (resolution + 1,) * 3)
    _, first, places = np.unique(flat, return_index=True, return_inverse=True)
    end_values = values_at(ends.reshape(-1, 3)[first])[places].reshape(2, -1)  # [2, m]
    crossed = (end_values[0] > level) != (end_values[1] > level)
    moved, ends, end_values = moved[crossed], ends[:, crossed], end_values[:, crossed]

    def values_along(edges: np.ndarray, fractions: np.ndarray) -> np.ndarray:
        return values_at(_between(ends[:, edges], fractions))

    refined = vertices.copy()
    refined[moved] = _between(ends, _crossings(values_along, end_values, level))
    return _without_folds(vertices, refined, triangles)


def _between(ends: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    """The points [m, 3] at fractions [m] of the way between two ends [2, m, 3]."""
    return ends[0] + fractions[:, None] * (ends[1] - ends[0])


def _crossings(
    values_along: Callable[[np.ndarray, np.ndarray], np.ndarray],
    end_values: np.ndarray,
    level: float,
) -> np.ndarray:
    """Where along m edges the level is crossed, as fractions [m] of their length.

    Regula falsi as Anderson and Björck weight it (BIT 13, 1973), on logits: along an edge those of
    a decoder are nearly a straight line.

    values_along: which edges [k], fractions [k] → values [k].
    end_values: [2, m], on different sides of the level.
    """
    near = TOLERANCE * np.abs(end_values[1] - end_values[0])  # [m]
    bracket = np.zeros(end_values.shape)  # [2, m], fractions
    bracket[1] = 1
    heights = _heights(end_values, level)  # [2, m]
    replaced = np.full(len(near), -1)  # the end of the bracket that the last step replaced
    fractions = np.zeros(len(near))
    searched = np.arange(len(near))  # [k], edges
    for step in range(STEPS + 1):
        (a, b), (height_a, height_b) = bracket[:, searched], heights[:, searched]
        fractions[searched] = (a * height_b - b * height_a) / (height_b - height_a)
        if step == STEPS or not len(searched):
            break
        values = values_along(searched, fractions[searched])
        found = _heights(values, level)
        end = np.where((found > 0) == (height_b > 0), 1, 0)  # [k], the one on the same side
        # Where the same end moves again, lower the other: it would never move.
        weight = 1 - found / heights[end, searched]
        weight[weight <= 0] = 0.5
        heights[1 - end, searched] *= np.where(end == replaced[searched], weight, 1)
        bracket[end, searched], heights[end, searched] = fractions[searched], found
        replaced[searched] = end
        searched = searched[np.abs(values - level) > near[searched]]
    return fractions


def _heights(values: np.ndarray, level: float) -> np.ndarray:
    """How far above the level, float64: in logits, where the level is a probability."""
    values = values.astype(np.float64)
    if not 0 < level < 1:
        return values - level
    # Cut at the same logit on both sides: a field of bare 0 and 1 then has its edges halved.
    return scipy.special.logit(np.clip(values, 2**-24, 1 - 2**-24)) - scipy.special.logit(level)


def _without_folds(before: np.ndarray, after: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """`after` [v, 3], but `before` [v, 3] where a triangle would fold over or lose its area."""
    after = after.copy()
    normals = area_vectors(before[triangles])
    had_area = np.linalg.norm(normals, axis=1) > 2 * SMALLEST_AREA
    while True:
        refined = area_vectors(after[triangles])
        bad = np.sum(normals * refined, axis=1) < 0
        bad |= had_area & (np.linalg.norm(refined, axis=1) <= 2 * SMALLEST_AREA)
        undone = np.unique(triangles[bad])
        if not len(undone):
            return after
        after[undone] = before[undone]
