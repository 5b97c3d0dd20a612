"""What a photo's way into a view leaves on it: blur, noise, JPEG, shadows, a rough cutting out."""

from dataclasses import dataclass

import cv2
import numpy as np

from imnet.data.sizes import VIEW_SIZE, WHITE

CLEAN = 0.35  # share of the views that have none of what follows
SHADOW, HALO, LOST, FILLED = 0.2, 0.3, 0.1, 0.04  # shares of the views, see `as_photographed`
BLUR, SMALL, SHARPENED, NOISE, JPEG = 0.3, 0.25, 0.1, 0.2, 0.35  # likewise
LEAST = 0.1  # of the shape's pixels, which stay darker than white at least


@dataclass(frozen=True)
class Drawn:
    """A view before it is photographed."""

    light: np.ndarray  # [VIEW_SIZE, VIEW_SIZE], 0..1, times `covered`
    covered: np.ndarray  # [VIEW_SIZE, VIEW_SIZE], 0..1, the shape's share of a pixel
    feet: np.ndarray  # [2, g], columns and rows of corners near the ground, dropped onto it
    under: np.ndarray  # [2, v], of all corners, dropped onto the ground
    elevation: float  # degrees


def as_photographed(drawn: Drawn, random: np.random.Generator) -> np.ndarray:
    """Draw what happens to a view; return it uint8 [VIEW_SIZE, VIEW_SIZE], 255 = background.

    A share of the views is CLEAN. Of the others, a soft shadow on the ground and a seam of the
    background's grey stay around the shape; what is as light as the background is lost; gaps are
    filled with it. The picture is blurred, was small, is sharpened, noisy, or a JPEG.
    """
    if random.random() < CLEAN:
        view = _as_bytes(drawn.light + 1 - drawn.covered)
    else:
        view = _as_file(_cut_out(drawn, random), random)
    view[view >= WHITE] = 255
    inside = drawn.covered > 0.5
    if (view[inside] < 255).sum() < LEAST * inside.sum():  # a white shape that is all but gone
        view = _as_bytes(1 - drawn.covered * random.uniform(0.05, 0.3))
    return view


def _as_bytes(picture: np.ndarray) -> np.ndarray:
    return np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def _cut_out(drawn: Drawn, random: np.random.Generator) -> np.ndarray:
    """Return a view, 0..1, blurred and roughly cut out of its background, with its shadow."""
    light, covered = drawn.light, drawn.covered
    if random.random() < BLUR:
        sigma = random.uniform(0.4, 1.1)
        light, covered = (cv2.GaussianBlur(part, (0, 0), sigma) for part in (light, covered))
    background = 1.0
    if random.random() < HALO:
        background = random.choice([random.uniform(0.8, 1), random.uniform(0.1, 1)], p=[0.7, 0.3])
    shadow = np.ones_like(covered)
    if random.random() < SHADOW:
        shadow = 1 - random.uniform(0.05, 0.4) * _shadow(drawn, random)
    picture = light + (1 - covered) * background * shadow
    kept = covered > random.uniform(0.05, 0.6) if background < 1 else np.ones(covered.shape, bool)
    kept |= shadow < random.uniform(0.7, 0.95)
    if random.random() < FILLED:
        wide = random.integers(4, 12)
        kept = cv2.morphologyEx(kept.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((wide, wide))) > 0
    if random.random() < LOST:
        kept &= np.abs(picture - min(background, 0.99)) > random.uniform(0.02, 0.1)
    return np.where(kept, picture, 1)


def _shadow(drawn: Drawn, random: np.random.Generator) -> np.ndarray:
    """A soft shadow, 0..1, around the feet or under all of the shape."""
    ground = drawn.feet if random.random() < 0.6 else drawn.under
    deep = max(np.sin(np.radians(drawn.elevation)), 0.15)  # a circle on the ground, as it is seen
    spread = random.uniform(1.5, 7)
    aside = random.normal(0, spread / 2, 2) * [1, deep]
    column, row = np.clip(ground + aside[:, None], 0, VIEW_SIZE - 1).astype(int)
    dots = np.zeros((VIEW_SIZE, VIEW_SIZE), np.float32)
    dots[row, column] = 1
    soft = cv2.GaussianBlur(dots, (0, 0), spread, sigmaY=spread * deep)
    return np.minimum(soft * (random.uniform(1, 2) / max(soft.max(), 1e-6)), 1)


def _as_file(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return a picture, 0..1, as uint8 that was small, sharpened, noisy, compressed."""
    if random.random() < SMALL:
        side = random.integers(56, 125)
        small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
        picture = cv2.resize(small, picture.shape, interpolation=cv2.INTER_CUBIC)
    if random.random() < SHARPENED:
        soft = cv2.GaussianBlur(picture, (0, 0), 1)
        picture = picture + random.uniform(0.3, 1) * (picture - soft)
    if random.random() < NOISE:
        noise = random.standard_normal(picture.shape, np.float32) * random.uniform(0.005, 0.03)
        picture = picture + noise * (picture < 1)
    picture = _as_bytes(picture)
    if random.random() < JPEG:
        quality = int(random.integers(30, 96))
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    return picture
