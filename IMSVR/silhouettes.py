"""Codes fitted to silhouettes: a ray is inside as far as the largest value of the field along it.

The field is evaluated at points along each ray of a picture, and the point of the largest value
takes part in the least squares of `imnet.networks.fitting`: where the picture shows the shape that
value should be 1, elsewhere 0. The derivative of a maximum is that at the point where it is reached
(J. Danskin, The theory of max-min, 1966), so each step takes the slopes there, and searches the
rays anew. What a silhouette does not show is left to the prior.
"""

from typing import NamedTuple

import numpy as np
import scipy
import tensorflow as tf

from imnet.data.sizes import WHITE
from imnet.networks.decoder import ImplicitDecoder
from imnet.networks.fitting import Prior, equations_of, least_squares
from imnet.pictures.shapenet_views import camera_axes, frame_places, frame_rays

DEPTHS = 24  # points along a ray
FINER = np.arange(-3, 4, dtype=np.float32) / 4  # places around the best, in steps of the first
NEAR = 4  # pixels from the silhouette's edge; half of the rays are so near
STEPS = 16  # of the least squares


class Fit(NamedTuple):
    """A code [z_dim], and its losses before and after."""

    code: np.ndarray
    loss_before: float
    loss: float


def inside_of(views: np.ndarray) -> np.ndarray:
    """Return where views [..., 137, 137] uint8 show the shape, bool."""
    return views < WHITE


def agreement(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the IoU [...] of silhouettes bool [..., h, w], 0 where both are empty."""
    union = (a | b).sum(axis=(-2, -1))
    return (a & b).sum(axis=(-2, -1)) / np.maximum(union, 1)


def choose_pixels(inside: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Choose pixels [m, 2] of a silhouette bool [h, w], m <= count, half of them near its edge."""
    grown = scipy.ndimage.binary_dilation(inside, iterations=NEAR)
    is_near = grown & ~scipy.ndimage.binary_erosion(inside, iterations=NEAR)
    halves = [np.argwhere(part) for part in (is_near, ~is_near)]
    sizes = [min(count // 2, len(part)) for part in halves]
    chosen = [
        part[rng.choice(len(part), n, replace=False)] for part, n in zip(halves, sizes, strict=True)
    ]
    return np.concatenate(chosen)


def rays_of(pixels: np.ndarray, camera: np.ndarray) -> np.ndarray:
    """Return rays [m, 2, 3], origins and directions in the field's frame, of pixels [m, 2].

    The camera [3] is azimuth and elevation in degrees, and the distance in the unit frame; a camera
    [6] has a lens too, see `frame_rays`.
    """
    axes = camera_axes(*camera[:2])
    directions = frame_rays(frame_places(pixels), camera) @ axes
    origins = np.broadcast_to(2 * camera[2] * axes[2], directions.shape)
    return np.stack([origins, directions], axis=1)


def points_along(rays: np.ndarray, depths: int = DEPTHS) -> tuple[np.ndarray, np.ndarray]:
    """Return points along rays [m, 2, 3], an origin and a direction each, within [-1, 1]³.

    Returns:
        Which rays meet the cube, bool [m], and points [k, depths, 3] float32 of the k that do, at
        the middles of equal steps.
    """
    origins, directions = rays[:, 0], rays[:, 1]
    directions = np.where(directions == 0, 1e-12, directions)
    ends = (np.array([-1.0, 1.0])[:, None, None] - origins) / directions  # [2, m, 3]
    enters = np.maximum(ends.min(axis=0).max(axis=1), 0)
    leaves = ends.max(axis=0).min(axis=1)
    meets = leaves > enters
    first, last = enters[meets, None], leaves[meets, None]
    at = first + (last - first) * (np.arange(depths) + 0.5) / depths  # [k, depths]
    points = origins[meets, None] + at[..., None] * directions[meets, None]
    return meets, points.astype(np.float32)


def fit_rays(
    decoder: ImplicitDecoder,
    rays: np.ndarray,
    inside: np.ndarray,
    start: np.ndarray,
    prior: Prior | None = None,
    steps: int = STEPS,
) -> Fit:
    """Fit a code to rays.

    Args:
        decoder: of the code; it stays as it is.
        rays: [m, 2, 3] origins and directions in the field's frame.
        inside: bool [m], whether the shape is seen there.
        start: the code [z_dim] to begin with.
        prior: where codes are wanted; anywhere in 0..1 if None.
        steps: of the least squares, at most.
    """
    meets, points = points_along(rays)
    if not meets.any():
        return Fit(start, 0.0, 0.0)
    values = tf.constant(inside[meets][None], tf.float32)
    equations = equations_of(decoder)

    def of_code(z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        highest, _ = highest_points(decoder, points, z[0])
        return equations(tf.constant(highest[None]), values, tf.ones_like(values), z)

    codes, before, after, _ = least_squares(of_code, start[None], prior, steps)
    return Fit(codes[0], float(before[0]), float(after[0]))


def highest_points(
    decoder: ImplicitDecoder, points: np.ndarray, z: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the points [m, 3] of the largest values [m] of a code's field along rays.

    `points` [m, depths, 3] are along the rays, z [z_dim] is the code. Around the best of them the
    ray is searched in finer steps: a shape between two points would have to be too large.
    """
    best, _ = _best(decoder, points, z)
    steps = (points[:, 1] - points[:, 0])[:, None]  # [m, 1, 3]
    return _best(decoder, best[:, None] + steps * FINER[:, None], z)


def _best(
    decoder: ImplicitDecoder, points: np.ndarray, z: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return of points [m, depths, 3] those of the largest values, [m, 3], and these [m]."""
    values = decoder.evaluate_unsquashed(points.reshape(-1, 3), z).reshape(points.shape[:2])
    where = np.arange(len(points)), values.argmax(axis=1)
    return points[where], decoder.layout.squash(values[where]).numpy()
