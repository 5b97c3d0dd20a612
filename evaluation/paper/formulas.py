"""Figures that other papers and libraries write under the same names as ours, written out.

Points [n, 3] and [m, 3], distances [g, r]; see imnet/metrics for ours.
"""

import numpy as np
import scipy

from imnet.metrics.surface_figures import Nearest, nearest


def pytorch3d_chamfer(
    a: np.ndarray, b: np.ndarray, *, norm: int = 2, reduction: str = "mean", single: bool = False
) -> float:
    """`pytorch3d.loss.chamfer_distance` of one pair, with its arguments of these names.

    With norm 2 the distance to the nearest point is squared, with norm 1 it is |dx| + |dy| + |dz|.
    `reduction` is point_reduction, `single` single_directional.
    """
    directions = [(a, b)] if single else [(a, b), (b, a)]
    trees = ((points, scipy.spatial.cKDTree(there)) for points, there in directions)
    distances = [tree.query(points, p=norm)[0] ** norm for points, tree in trees]
    return float(sum(getattr(np, reduction)(each) for each in distances))


def one_sided(found: Nearest) -> tuple[float, float]:
    """Accuracy and completeness: the mean distance from a to b, and from b to a."""
    return float(found.a_to_b.mean()), float(found.b_to_a.mean())


def signed_consistency(
    a: np.ndarray, b: np.ndarray, a_normals: np.ndarray, b_normals: np.ndarray
) -> float:
    """Mean n · n' of unit normals at nearest points, both directions halved: -1 to 1."""
    found = nearest(a, b)
    there = (a_normals * b_normals[found.b_of_a]).sum(axis=1)
    back = (b_normals * a_normals[found.a_of_b]).sum(axis=1)
    return float(there.mean() + back.mean()) / 2


def pytorch3d_normals(
    a: np.ndarray, b: np.ndarray, a_normals: np.ndarray, b_normals: np.ndarray
) -> float:
    """The normals' part of `pytorch3d.loss.chamfer_distance`: 1 - |n · n'|, directions summed."""
    found = nearest(a, b)
    there = np.abs((a_normals * b_normals[found.b_of_a]).sum(axis=1))
    back = np.abs((b_normals * a_normals[found.a_of_b]).sum(axis=1))
    return float((1 - there).mean() + (1 - back).mean())


def argmin_accuracy(
    generated: np.ndarray, across: np.ndarray, reference: np.ndarray, *, generated_first: bool
) -> float:
    """1-NN accuracy by the first least distance of one matrix, as PointFlow's program finds it.

    Of equally near shapes that of the set which comes first in the matrix counts. Distances [g, g],
    [g, r] and [r, r].
    """
    own, other = (generated, reference) if generated_first else (reference, generated)
    between = across if generated_first else across.T
    whole = np.block([[own, between], [between.T, other]]).astype(np.float64)
    np.fill_diagonal(whole, np.inf)
    is_first = np.arange(len(whole)) < len(own)
    return float((is_first[whole.argmin(axis=1)] == is_first).mean())


def coverage_backwards(across: np.ndarray) -> float:
    """Share of the generated shapes that are the nearest one of some reference."""
    return len(np.unique(across.argmin(axis=0))) / len(across)
