"""Codes fitted to pictures: closer to their silhouettes than the image encoder's."""

from typing import NamedTuple

import numpy as np

from imnet.base.progress import progress
from imnet.networks.decoder import ImplicitDecoder
from imnet.networks.fitting import Prior, prior_of
from imnet.surfaces import Mesh, marching_cubes, sample_field
from IMSVR.cameras import best_cameras, nearby_cameras, silhouettes_of, usual_cameras
from IMSVR.silhouettes import STEPS, agreement, choose_pixels, fit_rays, inside_of, rays_of

PRIOR = 0.01  # weight, by the table in supplementary_material/fitting.md
CHOSEN = 200  # how many times the prior weighs where the cameras are chosen
RAYS, RAYS_TOGETHER = 512, 1024  # of a picture; of all pictures of a shape, at most
FEW, BRIEF = 3, 3  # cameras that a single picture is fitted from at first, and the searches of that
USUAL_VARIANCE = 0.04  # of a number of the shipped networks' codes
RESOLUTION = 64  # of the meshes whose silhouettes are compared


class Fitted(NamedTuple):
    """A code [z_dim] and how its shape's silhouettes agree with v pictures.

    The cameras are [v, 3], `before` and `after` the IoUs [v] of the silhouettes of the code to
    begin with and of this one.
    """

    code: np.ndarray
    cameras: np.ndarray
    before: np.ndarray
    after: np.ndarray


def fit_shapes(
    decoder: ImplicitDecoder,
    views: list[np.ndarray],
    starts: np.ndarray,
    cameras: np.ndarray | None,
    known: np.ndarray | None,
    level: float,
    seed: int = 0,
) -> list[Fitted]:
    """Fit a code to each of n shapes' views; see `fit_pictures`.

    Args:
        decoder: of the codes.
        views: [v, 137, 137] of each shape.
        starts: codes [n, z_dim].
        cameras: [n, v, 3], or None if unknown.
        known: training codes [N, z_dim], of which the prior is made; without them, and where the
            cameras are unknown, it is around the start.
        level: of the surfaces.
        seed: decides the rays.
    """
    prior = None if known is None else prior_of(known, PRIOR)
    fits = []
    for i, seen in enumerate(progress(views, "fitting", unit="shape")):
        where = None if cameras is None else cameras[i]
        wanted = prior or near_start(starts[i])
        if cameras is None:  # or a wrong shape makes up for a camera that is a little wrong
            wanted = Prior(starts[i], CHOSEN * wanted.weights)
        fits.append(fit_pictures(decoder, seen, starts[i], where, wanted, level, seed))
    return fits


def near_start(start: np.ndarray) -> Prior:
    """Return a prior around a code [z_dim] whose numbers vary as usual codes do."""
    return Prior(start, np.eye(len(start)) * (PRIOR / USUAL_VARIANCE / len(start)))


def fit_pictures(
    decoder: ImplicitDecoder,
    views: np.ndarray,
    start: np.ndarray,
    cameras: np.ndarray | None = None,
    prior: Prior | None = None,
    level: float = 0.5,
    seed: int = 0,
) -> Fitted:
    """Fit a code to the silhouettes of one shape's pictures.

    Args:
        decoder: of the code; it stays as it is.
        views: [v, 137, 137] uint8, white where the shape is not.
        start: the code [z_dim] to begin with, such as the image encoder's.
        cameras: [v, 3], as in `render_views`. If None, each picture's is chosen among those that
            training views have, by the silhouette of the shape of `start`, and then nearby; a
            single picture is fitted from the FEW best ones at first. Scale and place in the frame
            are then as the shape has them.
        prior: where codes are wanted.
        level: of the surface whose silhouettes are compared.
        seed: decides the rays.

    Returns:
        The code, which is `start` where the silhouettes do not agree more with it.
    """
    pictures = inside_of(views)
    many = len(views)

    def look(code: np.ndarray, where: np.ndarray) -> _Look:
        shape = shape_of(decoder, code, level)
        if shape.empty:
            return _Look(code, where, pictures, np.zeros(many))
        if cameras is not None:
            return _Look(code, where, pictures, agreement(silhouettes_of(shape, where), pictures))
        return _Look(code, *_turned(pictures, shape, where))

    def fit(seen: _Look, steps: int) -> _Look:
        rays = _rays_of(seen.pictures, seen.cameras, seed)
        return look(fit_rays(decoder, *rays, seen.code, prior, steps).code, seen.cameras)

    if cameras is not None:
        first = best = look(start, cameras)
    else:
        shape = shape_of(decoder, start, level)
        if shape.empty:
            return Fitted(start, np.zeros((many, 3)), np.zeros(many), np.zeros(many))
        usual, few = usual_cameras(shape), FEW if many == 1 else 1
        chosen = np.stack([best_cameras(seen, shape, usual, few)[0] for seen in pictures], axis=1)
        begun = [look(start, where) for where in chosen]
        first = _best(begun)
        best = _best([first, *(fit(seen, BRIEF) for seen in begun)])
    best = _best([best, fit(best, STEPS)])
    return Fitted(best.code, best.cameras, first.alike, best.alike)


class _Look(NamedTuple):
    """A code, its pictures' cameras [v, 3] and silhouettes, and how it agrees with each [v]."""

    code: np.ndarray
    cameras: np.ndarray
    pictures: np.ndarray
    alike: np.ndarray


def _best(looks: list[_Look]) -> _Look:
    """Return the one that agrees most, the first of equals."""
    return max(looks, key=lambda seen: seen.alike.mean())


def shape_of(decoder: ImplicitDecoder, code: np.ndarray, level: float) -> Mesh:
    """Return a code's mesh in the unit frame, fine enough for silhouettes."""
    grid = sample_field(decoder.field(code), RESOLUTION, level)
    return marching_cubes(grid, level).in_unit_frame()


def _rays_of(pictures: np.ndarray, cameras: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose rays [m, 2, 3] of silhouettes bool [v, 137, 137], and say which are inside, [m]."""
    rng, count = np.random.default_rng(seed), min(RAYS, RAYS_TOGETHER // len(pictures))
    rays, inside = [], []
    for picture, camera in zip(pictures, cameras, strict=True):
        pixels = choose_pixels(picture, count, rng)
        rays.append(rays_of(pixels, camera))
        inside.append(picture[tuple(pixels.T)])
    return np.concatenate(rays), np.concatenate(inside)


def _turned(
    pictures: np.ndarray, shape: Mesh, cameras: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Choose each picture's camera near [v, 3]; see `best_cameras` for the result, of v each."""
    found = [
        best_cameras(picture, shape, nearby_cameras(shape, camera))
        for picture, camera in zip(pictures, cameras, strict=True)
    ]
    return tuple(np.concatenate(arrays) for arrays in zip(*found, strict=True))
