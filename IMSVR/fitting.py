"""Codes fitted to pictures: closer to their silhouettes than the image encoder's."""

from typing import NamedTuple

import numpy as np

from imnet.base.progress import progress
from imnet.networks.decoder import ImplicitDecoder
from imnet.networks.fitting import Prior, prior_of
from imnet.surfaces import Mesh, marching_cubes, sample_field
from IMSVR.cameras import best_cameras, nearby_cameras, silhouettes_of, usual_cameras
from IMSVR.silhouettes import RAYS, agreement, choose_pixels, fit_rays, inside_of, rays_of

PRIOR = 0.01  # weight, by the table in supplementary_material/fitting.md
FEW = 3  # cameras that a single picture of unknown camera is fitted from
USUAL_VARIANCE = 0.04  # of a number of the shipped networks' codes
ROUNDS = 2  # of fitting and turning the cameras
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
        known: training codes [N, z_dim], of which the prior is made; without them it is the start.
        level: of the surfaces.
        seed: decides the rays.
    """
    prior = None if known is None else prior_of(known, PRIOR)
    fits = []
    for i, seen in enumerate(progress(views, "fitting", unit="shape")):
        where = None if cameras is None else cameras[i]
        wanted = prior or near_start(starts[i])
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
            single picture is fitted from the FEW best ones. Scale and place in the frame are then
            as the shape has them.
        prior: where codes are wanted.
        level: of the surface whose silhouettes are compared.
        seed: decides the rays.

    Returns:
        The code, which is `start` where the silhouettes do not agree more with it.
    """
    pictures = inside_of(views)
    shape = shape_of(decoder, start, level)
    if cameras is not None:
        before = _agreement(shape, cameras, pictures)
        code = _fit(decoder, pictures, cameras, start, prior, seed)
        after = _agreement(shape_of(decoder, code, level), cameras, pictures)
        return _better(Fitted(start, cameras, before, before), Fitted(code, cameras, before, after))
    if shape.empty:
        return Fitted(start, np.zeros((len(views), 3)), *np.zeros((2, len(views))))
    few = FEW if len(views) == 1 else 1
    chosen = [best_cameras(picture, shape, usual_cameras(shape), few)[0] for picture in pictures]
    best = None
    for cameras in np.stack(chosen, axis=1):  # [v, 3]
        cameras, moved, before = _turned(pictures, shape, cameras)
        if best is None:
            best = Fitted(start, cameras, before, before)
        code = start
        for _ in range(ROUNDS):
            code = _fit(decoder, moved, cameras, code, prior, seed)
            seen = shape_of(decoder, code, level)
            if seen.empty:
                break
            cameras, moved, after = _turned(pictures, seen, cameras)
            best = _better(best, Fitted(code, cameras, best.before, after))
    return best


def shape_of(decoder: ImplicitDecoder, code: np.ndarray, level: float) -> Mesh:
    """Return a code's mesh in the unit frame, fine enough for silhouettes."""
    grid = sample_field(decoder.field(code), RESOLUTION, level)
    return marching_cubes(grid, level).in_unit_frame()


def _fit(
    decoder: ImplicitDecoder,
    pictures: np.ndarray,
    cameras: np.ndarray,
    start: np.ndarray,
    prior: Prior | None,
    seed: int,
) -> np.ndarray:
    """Fit a code to silhouettes bool [v, 137, 137] from cameras [v, 3]."""
    rng = np.random.default_rng(seed)
    rays, inside = [], []
    for picture, camera in zip(pictures, cameras, strict=True):
        pixels = choose_pixels(picture, RAYS, rng)
        rays.append(rays_of(pixels, camera))
        inside.append(picture[tuple(pixels.T)])
    return fit_rays(decoder, np.concatenate(rays), np.concatenate(inside), start, prior).code


def _turned(
    pictures: np.ndarray, shape: Mesh, cameras: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Choose each picture's camera near [v, 3]; see `best_cameras` for the result, of v each."""
    found = [
        best_cameras(picture, shape, nearby_cameras(shape, camera))
        for picture, camera in zip(pictures, cameras, strict=True)
    ]
    return tuple(np.concatenate(arrays) for arrays in zip(*found, strict=True))


def _agreement(shape: Mesh, cameras: np.ndarray, pictures: np.ndarray) -> np.ndarray:
    """Return the agreement [v] of a shape, seen from cameras, with pictures."""
    if shape.empty:
        return np.zeros(len(pictures))
    return agreement(silhouettes_of(shape, cameras), pictures)


def _better(first: Fitted, second: Fitted) -> Fitted:
    """Return the one whose silhouettes agree more."""
    return second if second.after.mean() > first.after.mean() else first
