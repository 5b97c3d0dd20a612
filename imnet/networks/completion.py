"""Codes fitted to points that were seen on part of a surface, at a scale and place to be found.

A point p of the cloud is at q = (p - t) / s in the decoder's frame [-1, 1]. The code z, log s and t
are the unknowns of one least squares (see `imnet.networks.fitting`): with g = dv/dq,

    dv/dlog s = -g·(p - t) / s,    dv/dt = -g / s

What is known of the field: at a point it is at the level; a step off along the normal it is 0, a
step in it is 1; on the way to the camera it is 0. The rest is unknown, there a prior holds: the
codes of other shapes. Where these shapes are symmetric, what is seen on one side is known, with
less weight, on the other. Points that no shape explains lose their weight: it is 1 / (1 + (r/c)²)
for a residual r, Cauchy's (Holland and Welsch, Robust regression, 1977).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from scipy.spatial import cKDTree

from imnet.networks.decoder import ImplicitDecoder
from imnet.networks.fitting import Prior, prior_of, residuals, with_prior
from imnet.networks.layers import graph
from imnet.networks.least_squares import Equations, Minima, minimise

VOXEL = 2 / 64  # in the decoder's frame
OUT, IN = 1.0 * VOXEL, 0.75 * VOXEL  # steps off the surface, along the normal
ON_WEIGHT = 0.1  # of a point on the surface, where the field is steeper than noise is small
FREE_WEIGHT = 1.0
NEAREST, FURTHEST = 1.5 * VOXEL, 1.2  # from a point, on the way to the camera
GAP = 3.0  # between directions in which something was seen, in their usual spacing: there is none
AROUND = 0.15  # the points, in the decoder's frame: where that is looked for
MIRRORED_WEIGHT = 0.5
ROBUST = 0.5  # residual at which a point has lost half of its weight
PRIOR_WEIGHT = 1e-2
LOG_SCALES = -0.05, 0.2  # of the whole shape's box, of that of what is seen
SHIFT, BEHIND = 0.04, 0.3  # of its centre: deviation, and at most so far behind
RANKS = (32, 150), (150, 16)  # points on the surface, and how many starts are kept
PLACING = 150, 6  # points, and steps of the place alone
FITTED = (300, 8, 8), (1500, 8, 2)  # points, steps, and how many starts take them
SYMMETRIC, SYMMETRY_SHAPES, SYMMETRY_POINTS = 0.7, 16, 8192  # IoU from which shapes are
TOGETHER = 128  # fields that are evaluated at once


class Place(NamedTuple):
    """Where a shape is: its point q in the decoder's frame [-1, 1] is at scale / 2 · q + centre."""

    scale: float
    centre: np.ndarray  # [3]


class Scan(NamedTuple):
    """What was seen of a surface, in any units.

    `normals` are unit vectors. They point out, unless `oriented` is False: then either way.
    `camera` is where it was seen from, if that is known.
    """

    points: np.ndarray  # [n, 3]
    normals: np.ndarray  # [n, 3]
    oriented: bool = True
    camera: np.ndarray | None = None  # [3]


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
    level: float = 0.5,
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
        level: of the surface.
        seed: decides which points count.
    """
    rng = np.random.default_rng(seed)
    frame = place or _box(scan.points)
    seen = _seen(scan, frame, level, symmetric, rng)
    x = _starts(codes, None if place else _view(scan, frame), rng)
    prior = prior_of(codes, PRIOR_WEIGHT)
    for count, kept in RANKS:
        x = _best(x, _losses(decoder, seen.some(count, rng), x), kept)
    in_code = np.arange(x.shape[1]) < decoder.z_dim
    if place is None:
        count, steps = PLACING
        x = _refine(decoder, seen.some(count, rng), x, None, ~in_code, steps).found
    for count, steps, starts in FITTED:
        moves = in_code | (place is None)
        found = _refine(decoder, seen.some(count, rng), x[:starts], prior, moves, steps)
        x = found.found
    code, (log_scale, *shift) = np.split(x[0], [decoder.z_dim])
    centre = frame.centre + frame.scale / 2 * np.array(shift)
    where = Place(float(frame.scale * np.exp(log_scale)), centre)
    return Completion(code.astype(np.float32), where, float(found.loss[0]), found.reasons[0])


def are_symmetric(decoder: ImplicitDecoder, codes: np.ndarray, level: float = 0.5) -> bool:
    """Whether shapes of codes [n, z_dim] mostly look the same mirrored in x."""
    points = np.random.default_rng(0).uniform(-1, 1, (SYMMETRY_POINTS, 3))
    points, mirrored = (points * side for side in (1, [-1, 1, 1]))
    shares = []
    for z in codes[:SYMMETRY_SHAPES]:
        one, other = (decoder.evaluate(places, z) > level for places in (points, mirrored))
        shares.append(np.sum(one & other) / max(np.sum(one | other), 1))
    return bool(np.mean(shares) > SYMMETRIC)


@dataclass(frozen=True)
class _Seen:
    """A scan in the decoder's frame, but for a scale and a shift that are to be found."""

    points: np.ndarray  # [n, 3]
    normals: np.ndarray  # [n, 3]
    free: np.ndarray  # [k, 3] outside of the shape
    oriented: bool
    level: float
    sides: tuple[int, ...]  # 1, and -1 for what is mirrored in x

    def some(self, count: int, rng: np.random.Generator) -> "_Seen":
        """At most `count` of the points on the surface, and as many of the free places."""
        on, off = (rng.permutation(len(array))[:count] for array in (self.points, self.free))
        return replace(self, points=self.points[on], normals=self.normals[on], free=self.free[off])

    def places(self) -> tuple[np.ndarray, ...]:
        """Where something is known: base [m, 3], offset [m, 3], side [m, 3], weight [m].

        On the surface, a step outside, a step inside, and where it is free; for each side.
        """
        n, k = len(self.points), len(self.free)
        base = np.concatenate([self.points] * 3 + [self.free])
        steps = OUT * self.normals, -IN * self.normals
        offset = np.concatenate([np.zeros((n, 3)), *steps, np.zeros((k, 3))])
        weight = np.repeat([ON_WEIGHT, 1.0, FREE_WEIGHT], [n, 2 * n, k])
        parts = [
            (base, offset, np.tile([side, 1, 1], (len(base), 1)), weight * share)
            for side, share in zip(self.sides, (1.0, MIRRORED_WEIGHT), strict=False)
        ]
        return tuple(
            np.concatenate(arrays).astype(np.float32) for arrays in zip(*parts, strict=True)
        )

    def values(self, fields: np.ndarray) -> np.ndarray:
        """What fields [s, m] should be at these places.

        Where normals may point either way, the field says which side is outside.
        """
        n = len(self.points)
        wanted = np.zeros((len(fields), len(self.sides), 3 * n + len(self.free)), np.float32)
        wanted[..., :n] = self.level
        wanted[..., 2 * n : 3 * n] = 1
        if not self.oriented:
            there = fields.reshape(wanted.shape)
            turned = there[..., n : 2 * n] > there[..., 2 * n : 3 * n]
            wanted[..., n : 2 * n], wanted[..., 2 * n : 3 * n] = turned, ~turned
        return wanted.reshape(fields.shape)


def _box(points: np.ndarray) -> Place:
    """The place of a shape if the points [n, 3] were all of it, but for a hundredth each side."""
    low, high = np.quantile(points, (0.01, 0.99), axis=0)
    return Place(float(np.linalg.norm(high - low)), (low + high) / 2)


def _in_frame(points: np.ndarray, frame: Place) -> np.ndarray:
    return (points - frame.centre) * (2 / frame.scale)


def _view(scan: Scan, frame: Place) -> np.ndarray:
    """The direction [3] in which the scan was seen; zeros if that is not known."""
    if scan.camera is None:
        return np.zeros(3)
    away = -_in_frame(scan.camera, frame)
    return away / max(np.linalg.norm(away), 1e-12)


def _seen(
    scan: Scan, frame: Place, level: float, symmetric: bool, rng: np.random.Generator
) -> _Seen:
    points, free = _in_frame(scan.points, frame), np.zeros((0, 3))
    if scan.camera is not None:
        camera = _in_frame(scan.camera, frame)
        free = np.concatenate([_in_front(points, camera, rng), _beside(points, camera, rng)])
    sides = (1, -1) if symmetric else (1,)
    return _Seen(points, scan.normals, free, scan.oriented, level, sides)


def _in_front(points: np.ndarray, camera: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Places [k, 3] between the points [n, 3] and the camera [3], more of them near the points."""
    ray = camera - points
    length = np.linalg.norm(ray, axis=1, keepdims=True)
    way = NEAREST + rng.random(length.shape) ** 2 * (FURTHEST - NEAREST)
    return (points + ray / np.maximum(length, 1e-12) * way)[way[:, 0] < length[:, 0]]


def _beside(points: np.ndarray, camera: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Places [k, 3] around the points [n, 3] in whose direction the camera [3] saw none of them.

    Directions further from those of all points than these are from each other, as a rule.
    """
    near = points + rng.normal(0, AROUND, points.shape)
    low, high = points.min(axis=0) - AROUND, points.max(axis=0) + AROUND
    places = np.concatenate([near, rng.uniform(low, high, points.shape)])
    directions, seen = (
        array / np.maximum(np.linalg.norm(array, axis=1, keepdims=True), 1e-12)
        for array in (places - camera, points - camera)
    )
    tree = cKDTree(seen)
    spacing = np.median(tree.query(seen, 2)[0][:, 1])
    return places[tree.query(directions)[0] > GAP * spacing]


def _starts(codes: np.ndarray, view: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
    """Codes with places [n, z_dim + 4]: as given if `view` is None, else drawn around the box."""
    places = np.zeros((len(codes), 4))
    if view is not None:  # the side that is not seen lies behind, and makes the shape larger
        codes, places = np.repeat(codes, 2, axis=0), np.repeat(places, 2, axis=0)
        places[:, 0] = rng.uniform(*LOG_SCALES, len(places))
        places[:, 1:] = rng.normal(0, SHIFT, (len(places), 3))
        places[:, 1:] += rng.uniform(0, BEHIND, (len(places), 1)) * view
    return np.concatenate([codes, places], axis=1)


def _best(x: np.ndarray, losses: np.ndarray, count: int) -> np.ndarray:
    return x[np.argsort(losses, kind="stable")[:count]]


def _losses(decoder: ImplicitDecoder, seen: _Seen, x: np.ndarray) -> np.ndarray:
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
    seen: _Seen,
    x: np.ndarray,
    prior: Prior | None,
    moves: np.ndarray,
    steps: int,
) -> Minima:
    """Fit codes with places x [s, z_dim + 4], of which those `moves` [z_dim + 4]; best first."""
    places = seen.places()
    values = seen.values(_fields(decoder, places, x))
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
