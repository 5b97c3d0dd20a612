"""Codes fitted to what is known of shapes: least squares through a decoder that stays as it is.

The code z of a shape is moved so that the field v comes near the observed values t at points p,
weighted by w, by the method of Levenberg and Marquardt: with J = dv/dz, solve

    (JᵀWJ + λ diag(JᵀWJ) + Q) dz = JᵀW(t - v) + Q(c - z),    z in [0, 1]

and take the step if the loss Σ w (t - v)² / Σ w + (z - c)ᵀQ(z - c) falls; λ falls with a step that
is taken and rises with one that is not. Q and c are a prior: where other codes lie. The points
stay the same, so losses compare. A field that is clipped has no slope where it is flat, so there
the values before the clipping are taken, and a point beyond its value, on its side, has no loss.
(Park et al., DeepSDF, CVPR 2019, section 4.3, fit codes to parts of shapes by gradient descent; D.
Marquardt, An algorithm for least-squares estimation of nonlinear parameters, 1963.)
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from imnet.base.errors import UserError
from imnet.networks.decoder import ImplicitDecoder
from imnet.networks.layers import graph
from imnet.networks.least_squares import Equations, minimise

NUMBERS = 1 << 25  # of float32 that a layer may take at once


EquationsOf = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor, tf.Tensor]]


class Prior(NamedTuple):
    """Where codes are: their mean [z_dim], and weights [z_dim, z_dim] of what departs from it."""

    mean: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class Fits:
    """The fitted codes [s, z_dim], their losses [s] before and after, and why each stopped [s]."""

    codes: np.ndarray
    losses_before: np.ndarray
    losses: np.ndarray
    reasons: list[str]  # "converged", "steps" (all are taken) or "stuck" (no step lowers the loss)


def prior_of(codes: np.ndarray, weight: float) -> Prior:
    """Return a prior: `weight` times the inverse covariance of codes [n, z_dim], made regular."""
    mean = codes.mean(axis=0)
    covariance = np.cov(codes, rowvar=False) + 1e-2 * codes.var(axis=0).mean() * np.eye(len(mean))
    return Prior(mean, weight * np.linalg.inv(covariance) / len(mean))


def fit_codes(
    decoder: ImplicitDecoder,
    points: np.ndarray,
    values: np.ndarray,
    start: np.ndarray,
    weights: np.ndarray | None = None,
    prior: Prior | None = None,
    steps: int = 24,
) -> Fits:
    """Fit codes to values that are known at points, for s shapes at once.

    Args:
        decoder: of the codes; it stays as it is.
        points: [s, m, 3] in [-1, 1].
        values: [s, m], 0 outside and 1 inside; between them where the surface passes.
        start: codes [s, z_dim] to begin with.
        weights: [s, m] of the points, at least 0; all the same if None.
        prior: where codes are wanted; anywhere in 0..1 if None.
        steps: at most so many, taken or not.

    Raises:
        UserError: the arrays do not fit each other, or hold values that are no numbers.
    """
    points, values, start = (np.asarray(array, np.float32) for array in (points, values, start))
    weights = np.ones_like(values) if weights is None else np.asarray(weights, np.float32)
    _check(decoder, points, values, start, weights)
    widest = max(matrix.shape[1] for matrix, _ in decoder.layers)
    together = max(NUMBERS // (points.shape[1] * max(widest, start.shape[1]) or 1), 1)
    rows = [slice(i, i + together) for i in range(0, len(start), together)]
    arrays = points, values, weights, start
    parts = [_fit(decoder, *(array[some] for array in arrays), prior, steps) for some in rows]
    if not parts:
        return Fits(start, np.zeros(0), np.zeros(0), [])
    codes, before, after = (np.concatenate([part[k] for part in parts]) for k in range(3))
    return Fits(codes, before, after, [reason for part in parts for reason in part[3]])


def _check(
    decoder: ImplicitDecoder,
    points: np.ndarray,
    values: np.ndarray,
    start: np.ndarray,
    weights: np.ndarray,
) -> None:
    """Raise UserError for arrays that `fit_codes` cannot use."""
    shapes = len(start)
    if start.shape[1:] != (decoder.z_dim,):
        raise UserError(f"`start` is {start.shape}, wanted ({shapes}, {decoder.z_dim})")
    if points.shape[:1] != (shapes,) or points.shape[2:] != (decoder.layout.point_dim,):
        raise UserError(f"`points` is {points.shape}, wanted ({shapes}, any, 3)")
    if values.shape != points.shape[:2] or weights.shape != values.shape:
        raise UserError(
            f"`values` is {values.shape} and `weights` {weights.shape}, wanted {points.shape[:2]}"
        )
    arrays = {"points": points, "values": values, "start": start, "weights": weights}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise UserError(f"`{name}` holds values that are no numbers")
    if (weights < 0).any() or not (weights.sum(axis=1) > 0).all():
        raise UserError("`weights` must be at least 0, and not all 0 for a shape")


def _fit(
    decoder: ImplicitDecoder,
    points: np.ndarray,
    values: np.ndarray,
    weights: np.ndarray,
    start: np.ndarray,
    prior: Prior | None,
    steps: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """Fit shapes that are computed together; see `fit_codes`."""
    observed = [tf.constant(array) for array in (points, values, weights)]
    equations = equations_of(decoder)
    return least_squares(lambda z: equations(*observed, z), start, prior, steps)


def least_squares(
    equations: EquationsOf, start: np.ndarray, prior: Prior | None, steps: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """Move codes [s, z_dim] down the losses of s shapes; see the module.

    Args:
        equations: of codes [s, d]: the losses [s], JᵀWJ [s, d, d] and JᵀW(t - v) [s, d].
        start: the codes to begin with.
        prior: where codes are wanted; anywhere in 0..1 if None.
        steps: at most so many, taken or not.

    Returns:
        The codes, the losses before and after, and why each stopped, as in `Fits`.
    """

    def evaluate(z: np.ndarray) -> Equations:
        found = equations(tf.constant(z, tf.float32))
        return with_prior(Equations(*(a.numpy().astype(np.float64) for a in found)), z, prior)

    found = minimise(evaluate, start, bounded=start.shape[1], steps=steps)
    return found.found.astype(np.float32), *found[1:]


def with_prior(equations: Equations, x: np.ndarray, prior: Prior | None) -> Equations:
    """Add a prior of codes, the first of the numbers x [s, n], to equations."""
    if prior is None:
        return equations
    loss, normal, pull = equations
    z_dim = len(prior.mean)
    away = prior.mean - x[:, :z_dim]
    pulled = away @ prior.weights
    normal[:, :z_dim, :z_dim] += prior.weights
    pull[:, :z_dim] += pulled
    return Equations(loss + (pulled * away).sum(axis=1), normal, pull)


def equations_of(decoder: ImplicitDecoder) -> tf.types.experimental.PolymorphicFunction:
    """Return the function that makes the least squares' equations, traced once for a decoder."""
    if not hasattr(decoder, "_fitting_equations"):
        decoder._fitting_equations = graph(
            lambda *arrays: _equations(decoder, *arrays), reduce_retracing=True
        )
    return decoder._fitting_equations


def _equations(
    decoder: ImplicitDecoder,
    points: tf.Tensor,
    values: tf.Tensor,
    weights: tf.Tensor,
    z: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The loss [s], JᵀWJ [s, d, d] and JᵀW(t - v) [s, d] at codes z [s, d]."""
    found, jacobian = decoder.unsquashed_with_jacobian(points, z)
    residual, slope = residuals(decoder, found, values)
    share = weights / tf.reduce_sum(weights, axis=1, keepdims=True)
    jacobian *= (slope * tf.sqrt(share))[..., None]
    residual *= tf.sqrt(share)
    normal = tf.matmul(jacobian, jacobian, transpose_a=True)
    pull = tf.matmul(jacobian, residual[..., None], transpose_a=True)[..., 0]
    return tf.reduce_sum(residual**2, axis=1), normal, pull


def residuals(
    decoder: ImplicitDecoder, found: tf.Tensor, values: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """What values [s, m] are above the field, and its slope [s, m] in the unsquashed one, found."""
    if decoder.layout.is_clip:  # beyond 0 or 1, on the side of its value, a point is right
        right = ((values >= 1) & (found >= 1)) | ((values <= 0) & (found <= 0))
        return tf.where(right, 0.0, values - found), tf.where(right, 0.0, 1.0)
    squashed = tf.sigmoid(found)
    return values - squashed, squashed * (1 - squashed)
