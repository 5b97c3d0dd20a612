"""Codes fitted to silhouettes: a ray is inside as far as the largest value of the field along it.

The field is evaluated at points along each ray of a picture, and the point of the largest value
takes part in the least squares of `imnet.networks.fitting`: where the picture shows the shape that
value should be 1, elsewhere 0. A few steps are taken with these points as they are (the derivative
of a maximum is that at the point where it is reached: J. Danskin, The theory of max-min, 1966);
then the rays are searched again. Points that were found on rays beside the shape stay, because all
of them must be empty. What a silhouette does not show is left to the prior.
"""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from imnet.networks.decoder import ImplicitDecoder
from imnet.networks.fitting import Prior, fit_codes
from imnet.pictures.views import camera_axes, frame_places, frame_rays
from IMSVR.photos import WHITE

RAYS, DEPTHS = 512, 32  # rays of a picture, points along each
FINER = np.arange(-3, 4, dtype=np.float32) / 4  # places around the best, in steps of the first
NEAR = 4  # pixels from the silhouette's edge; half of the rays are so near
SEARCHES, STEPS = 8, 4  # of the rays; of the least squares between them


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
    grown = ndimage.binary_dilation(inside, iterations=NEAR)
    is_near = grown & ~ndimage.binary_erosion(inside, iterations=NEAR)
    halves = [np.argwhere(part) for part in (is_near, ~is_near)]
    sizes = [min(count // 2, len(part)) for part in halves]
    chosen = [
        part[rng.choice(len(part), n, replace=False)] for part, n in zip(halves, sizes, strict=True)
    ]
    return np.concatenate(chosen)


def rays_of(pixels: np.ndarray, camera: np.ndarray) -> np.ndarray:
    """Return rays [m, 2, 3], origins and directions in the field's frame, of pixels [m, 2].

    The camera [3] is azimuth and elevation in degrees, and the distance in the unit frame.
    """
    axes = camera_axes(*camera[:2])
    directions = frame_rays(frame_places(pixels)) @ axes
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
    searches: int = SEARCHES,
) -> Fit:
    """Fit a code to rays.

    Args:
        decoder: of the code; it stays as it is.
        rays: [m, 2, 3] origins and directions in the field's frame.
        inside: bool [m], whether the shape is seen there.
        start: the code [z_dim] to begin with.
        prior: where codes are wanted; anywhere in 0..1 if None.
        searches: of the rays for their largest values.

    Returns:
        The code of the least loss among the start and those after each round of steps.
    """
    meets, points = points_along(rays)
    inside = inside[meets]
    found = np.zeros((0, 3), np.float32)
    z = best = np.asarray(start, np.float32)
    losses: list[float] = []
    for search in range(searches + 1):
        highest, values = highest_points(decoder, points, z)
        losses.append(_loss(values, inside, z, prior))
        if losses[-1] == min(losses):
            best = z
        if search == searches:
            break
        found = np.concatenate([found, highest[~inside]])
        seen = np.concatenate([highest[inside], found])
        wanted = np.arange(len(seen)) < inside.sum()
        weights = np.where(wanted, 1, 1 / (search + 1))  # a ray beside the shape counts as one too
        fits = fit_codes(
            decoder, seen[None], wanted[None], z[None], weights[None], prior, steps=STEPS
        )
        z = fits.codes[0]
    return Fit(best, losses[0], min(losses))


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


def _loss(values: np.ndarray, inside: np.ndarray, z: np.ndarray, prior: Prior | None) -> float:
    """The mean square of what rays lack, with the prior, as of `fit_codes`."""
    away = 0 if prior is None else z - prior.mean
    return float(
        np.mean((values - inside) ** 2) + (0 if prior is None else away @ prior.weights @ away)
    )
