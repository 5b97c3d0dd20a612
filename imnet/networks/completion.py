"""Codes fitted to points that were seen on part of a surface, at a scale and place to be found.

A point p of the cloud is at q = (p - t) / s in the decoder's frame [-1, 1]. The code z, log s and t
are the unknowns of one least squares (see `imnet.networks.fitting`): with g = dv/dq,

    dv/dlog s = -g·(p - t) / s,    dv/dt = -g / s

`imnet.networks.scans` says what is known of the field. For the rest there is a prior: the codes of
other shapes. Points that no shape explains lose their weight: 1 / (1 + (r/c)²) for a residual r,
Cauchy's (Holland and Welsch, Robust regression using iteratively reweighted least-squares, 1977).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from imnet.networks.decoder import ImplicitDecoder
from imnet.networks.fitting import Prior, prior_of, residuals, with_prior
from imnet.networks.layers import graph
from imnet.networks.least_squares import Equations, Minima, minimise
from imnet.networks.scans import Place, Scan, Seen, place_of_box, seen_of, view_of

ROBUST = 0.5  # residual at which a point has lost half of its weight
PRIOR_WEIGHT = 5e-4
# where a whole shape is in the box of what a camera sees of it, of chairs
LOG_SCALE, BEHIND, PLACE_DEVIATION = 0.06, 0.07, 0.05
PLACE_WEIGHT = 1e-3
RANKS = (32, 150), (150, 16)  # points on the surface, and how many starts are kept
PLACING = 150, 6  # points, and steps of the place alone
FITTED = (300, 8, 8), (1500, 16, 2)  # points, steps, and how many starts take them
SYMMETRIC, SYMMETRY_SHAPES, SYMMETRY_POINTS = 0.7, 16, 8192  # IoU from which shapes are
TOGETHER = 128  # fields that are evaluated at once


@dataclass(frozen=True)
class Completion:
    """The code [z_dim] of a scan, its place, its loss, and why the fit stopped (see `Minima`)."""

    code: np.ndarray
    place: Place
    loss: float
    reason: str


def complete(
    decoder: ImplicitDecoder,
    scan: Scan,
    codes: np.ndarray,
    place: Place | None = None,
    *,
    symmetric: bool = False,
    seed: int = 0,
) -> Completion:
    """Fit a code to a scan, and its place if that is not given.

    Args:
        decoder: of the codes; it stays as it is.
        scan: points and normals, finite, not all in a plane.
        codes: [n, z_dim] of other shapes: the fit starts from those that explain the scan best,
            and stays near where they are.
        place: of the whole shape, if it is known.
        symmetric: whether shapes look the same mirrored in x.
        seed: decides which points count.
    """
    rng = np.random.default_rng(seed)
    frame = place or place_of_box(scan.points)
    seen = seen_of(scan, frame, symmetric, rng)
    of_place = np.array([LOG_SCALE, *BEHIND * view_of(scan, frame)]) * (place is None)
    x = np.concatenate([codes, np.tile(of_place, (len(codes), 1))], axis=1)
    prior = _with_place(prior_of(codes, PRIOR_WEIGHT), of_place)
    in_code = np.arange(x.shape[1]) < decoder.z_dim
    for count, kept in RANKS:
        order = np.argsort(_losses(decoder, seen.some(count, rng), x), kind="stable")
        x = x[order[:kept]]
    if place is None:
        count, steps = PLACING
        x = _refine(decoder, seen.some(count, rng), x, prior, ~in_code, steps).found
    for count, steps, starts in FITTED:
        moves = in_code | (place is None)
        found = _refine(decoder, seen.some(count, rng), x[:starts], prior, moves, steps)
        x = found.found
    code, (log_scale, *shift) = np.split(x[0], [decoder.z_dim])
    centre = frame.centre + frame.scale / 2 * np.array(shift)
    where = Place(float(frame.scale * np.exp(log_scale)), centre)
    return Completion(code.astype(np.float32), where, float(found.loss[0]), found.reasons[0])


def are_symmetric(decoder: ImplicitDecoder, codes: np.ndarray) -> bool:
    """Whether shapes of codes [n, z_dim] mostly look the same mirrored in x."""
    points = np.random.default_rng(0).uniform(-1, 1, (SYMMETRY_POINTS, 3))
    points, mirrored = (points * side for side in (1, [-1, 1, 1]))
    shares = []
    for z in codes[:SYMMETRY_SHAPES]:
        one, other = (decoder.evaluate(places, z) > 0.5 for places in (points, mirrored))
        shares.append(np.sum(one & other) / max(np.sum(one | other), 1))
    return bool(np.mean(shares) > SYMMETRIC)


def _with_place(prior: Prior, of_place: np.ndarray) -> Prior:
    """Add where log scale and shift [4] are to a prior of codes."""
    weights = np.zeros((len(prior.mean) + 4,) * 2)
    weights[:-4, :-4] = prior.weights
    weights[-4:, -4:] = PLACE_WEIGHT * np.eye(4) / PLACE_DEVIATION**2
    return Prior(np.append(prior.mean, of_place), weights)


def _losses(decoder: ImplicitDecoder, seen: Seen, x: np.ndarray) -> np.ndarray:
    """The robust losses [s] of codes with places x [s, z_dim + 4]."""
    places = seen.places()
    fields = _fields(decoder, places, x)
    share = places[-1] / places[-1].sum()
    return np.log1p(((seen.values(fields) - fields) / ROBUST) ** 2) @ share * ROBUST**2


def _fields(decoder: ImplicitDecoder, places: tuple[np.ndarray, ...], x: np.ndarray) -> np.ndarray:
    """The values [s, m] of fields where something is known."""
    base, offset, side, _ = (tf.constant(array) for array in places)
    found = []
    for first in range(0, len(x), TOGETHER):
        z, place = np.split(x[first : first + TOGETHER].astype(np.float32), [decoder.z_dim], axis=1)
        points = (_placed(base, tf.constant(place)) + offset) * side
        found.append(_traced(decoder, "_values", decoder.__call__)(points, tf.constant(z)).numpy())
    return np.concatenate(found)


def _placed(base: tf.Tensor, place: tf.Tensor) -> tf.Tensor:
    """Points [m, 3] at places [s, 4], log scale and shift: [s, m, 3] in the decoder's frame."""
    return (base - place[:, None, 1:]) / tf.exp(place[:, None, :1])


def _refine(
    decoder: ImplicitDecoder,
    seen: Seen,
    x: np.ndarray,
    prior: Prior,
    moves: np.ndarray,
    steps: int,
) -> Minima:
    """Fit codes with places x [s, z_dim + 4], of which those `moves` [z_dim + 4]; best first."""
    places = seen.places()
    values = seen.values(_fields(decoder, places, x))
    prior = Prior(prior.mean, prior.weights * np.outer(moves, moves))
    known = [tf.constant(array, tf.float32) for array in (*places, values, moves)]
    equations = _traced(decoder, "_equations", lambda *arrays: _equations(decoder, *arrays))

    def evaluate(x: np.ndarray) -> Equations:
        found = equations(*known, tf.constant(x, tf.float32))
        return with_prior(Equations(*(a.numpy().astype(np.float64) for a in found)), x, prior)

    found = minimise(evaluate, x, bounded=decoder.z_dim, steps=steps)
    order = np.argsort(found.loss, kind="stable")
    return Minima(*(array[order] for array in found[:3]), [found.reasons[i] for i in order])


def _equations(
    decoder: ImplicitDecoder,
    base: tf.Tensor,
    offset: tf.Tensor,
    side: tf.Tensor,
    weight: tf.Tensor,
    values: tf.Tensor,
    moves: tf.Tensor,
    x: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The loss [s], JᵀWJ [s, n, n] and JᵀW(t - v) [s, n] at x [s, n], n = z_dim + 4."""
    z, place = tf.split(x, [decoder.z_dim, 4], axis=1)
    placed = _placed(base, place)
    found, slopes = decoder.unsquashed_with_jacobian((placed + offset) * side, z, in_points=True)
    in_z, in_point = tf.split(slopes, [decoder.z_dim, 3], axis=2)
    in_point *= side
    in_scale = -tf.reduce_sum(in_point * placed, axis=2, keepdims=True)
    in_centre = -in_point / tf.exp(place[:, None, :1])
    residual, slope = residuals(decoder, found, values)
    share = weight / tf.reduce_sum(weight)
    far = 1 + tf.square(residual / ROBUST)
    loss = ROBUST**2 * tf.reduce_sum(share * tf.math.log(far), axis=1)
    root = tf.sqrt(share / far)
    jacobian = tf.concat([in_z, in_scale, in_centre], axis=2) * moves * (slope * root)[..., None]
    normal = tf.matmul(jacobian, jacobian, transpose_a=True)
    pull = tf.matmul(jacobian, (residual * root)[..., None], transpose_a=True)[..., 0]
    return loss, normal, pull


def _traced(decoder: ImplicitDecoder, name: str, function: Callable) -> Callable:
    """Return a graph of a function of the decoder, traced once for it."""
    name = f"_completion{name}"
    if not hasattr(decoder, name):
        setattr(decoder, name, graph(function, reduce_retracing=True))
    return getattr(decoder, name)
