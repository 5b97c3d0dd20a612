"""What a scan tells of a field: where it is inside, where outside.

A step off a point of the cloud, along its normal, the field is 0, a step in it is 1. On the way to
the camera it is 0, and so it is in directions in which the camera saw nothing. The rest is unknown.
Where shapes are symmetric, what is seen on one side is known, with less weight, on the other.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import scipy

VOXEL = 2 / 64  # in the decoder's frame
OUT, IN = 1.0 * VOXEL, 0.25 * VOXEL  # steps off the surface, along the normal
FREE_WEIGHT = 6.0
NEAREST, FURTHEST = 1.5 * VOXEL, 1.2  # from a point, on the way to the camera
GAP = 3.0  # between directions in which something was seen, in their usual spacing: there is none
AROUND = 0.15  # the points, in the decoder's frame: where that is looked for
MIRRORED_WEIGHT = 0.5


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
class Seen:
    """A scan in the decoder's frame, but for a scale and a shift that are to be found."""

    points: np.ndarray  # [n, 3]
    normals: np.ndarray  # [n, 3]
    free: np.ndarray  # [k, 3] outside of the shape
    oriented: bool
    sides: tuple[int, ...]  # 1, and -1 for what is mirrored in x

    def some(self, count: int, rng: np.random.Generator) -> "Seen":
        """At most `count` of the points on the surface, and as many of the free places."""
        on, off = (rng.permutation(len(array))[:count] for array in (self.points, self.free))
        return replace(self, points=self.points[on], normals=self.normals[on], free=self.free[off])

    def places(self) -> tuple[np.ndarray, ...]:
        """Where something is known: base [m, 3], offset [m, 3], side [m, 3], weight [m].

        A step outside, a step inside, and where it is free; for each side.
        """
        n, k = len(self.points), len(self.free)
        base = np.concatenate([self.points, self.points, self.free])
        offset = np.concatenate([OUT * self.normals, -IN * self.normals, np.zeros((k, 3))])
        weight = np.repeat([1.0, FREE_WEIGHT], [2 * n, k])
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
        wanted = np.zeros((len(fields), len(self.sides), 2 * n + len(self.free)), np.float32)
        wanted[..., n : 2 * n] = 1
        if not self.oriented:
            there = fields.reshape(wanted.shape)
            turned = there[..., :n] > there[..., n : 2 * n]
            wanted[..., :n], wanted[..., n : 2 * n] = turned, ~turned
        return wanted.reshape(fields.shape)


def place_of_box(points: np.ndarray) -> Place:
    """The place of a shape if the points [n, 3] were all of it, but for a hundredth each side."""
    low, high = np.quantile(points, (0.01, 0.99), axis=0)
    return Place(float(np.linalg.norm(high - low)), (low + high) / 2)


def _in_frame(points: np.ndarray, frame: Place) -> np.ndarray:
    return (points - frame.centre) * (2 / frame.scale)


def view_of(scan: Scan, frame: Place) -> np.ndarray:
    """The direction [3] in which the scan was seen; zeros if that is not known."""
    if scan.camera is None:
        return np.zeros(3)
    away = -_in_frame(scan.camera, frame)
    return away / max(np.linalg.norm(away), 1e-12)


def seen_of(scan: Scan, frame: Place, symmetric: bool, rng: np.random.Generator) -> Seen:
    """Return what a scan tells in a place's frame, mirrored too where shapes are symmetric."""
    points, free = _in_frame(scan.points, frame), np.zeros((0, 3))
    if scan.camera is not None:
        camera = _in_frame(scan.camera, frame)
        free = np.concatenate([_in_front(points, camera, rng), _beside(points, camera, rng)])
    sides = (1, -1) if symmetric else (1,)
    return Seen(points, scan.normals, free, scan.oriented, sides)


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
    tree = scipy.spatial.cKDTree(seen)
    gaps = tree.query(seen, 2)[0][:, 1]
    if not gaps.any():
        return np.zeros((0, 3))
    return places[tree.query(directions)[0] > GAP * np.median(gaps[gaps > 0])]
