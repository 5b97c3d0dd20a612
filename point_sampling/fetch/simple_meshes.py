"""A chair, a table and a lamp of boxes and turned outlines, in millimetres, Z up."""

import numpy as np

from imnet.surfaces import Mesh

SIDES = 48  # of what is turned


def box(x: tuple, y: tuple, z: tuple) -> Mesh:
    """Return a box between two coordinates on each axis."""
    corners = np.array([(a, b, c) for a in x for b in y for c in z], float)
    quads = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
    return Mesh(corners, np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))]))


def turned(profile: np.ndarray) -> Mesh:
    """Turn a closed outline [n, 2] of (radius, height), counterclockwise, around the Z axis."""
    angles = np.arange(SIDES) / SIDES * 2 * np.pi
    around = np.stack([np.cos(angles), np.sin(angles)], -1)  # [SIDES, 2]
    radius, height = profile.T
    rings = [np.outer(radius, part) for part in around.T]
    vertices = np.stack([*rings, np.broadcast_to(height[:, None], rings[0].shape)], -1)
    i, j = np.indices((len(profile), SIDES))
    a, b = i * SIDES + j, i * SIDES + (j + 1) % SIDES
    up = (i + 1) % len(profile) * SIDES
    c, d = up + (j + 1) % SIDES, up + j
    triangles = np.stack([np.stack([a, b, c], -1), np.stack([a, c, d], -1)])
    return Mesh(vertices.reshape(-1, 3), triangles.reshape(-1, 3))


def joined(parts: list[Mesh]) -> Mesh:
    """Put meshes into one."""
    starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
    triangles = [part.triangles + start for part, start in zip(parts, starts, strict=False)]
    return Mesh(np.concatenate([part.vertices for part in parts]), np.concatenate(triangles))


def chair() -> Mesh:
    """A chair of 460 x 480 x 920 mm with a back of three slats."""
    legs = [box((x, x + 45), (y, y + 45), (0, 430)) for x in (-230, 185) for y in (-240, 195)]
    posts = [box((x, x + 45), (195, 240), (430, 920)) for x in (-230, 185)]
    slats = [box((-230, 230), (200, 235), (z, z + 80)) for z in (530, 680, 830)]
    return joined([box((-230, 230), (-240, 240), (420, 470)), *legs, *posts, *slats])


def table() -> Mesh:
    """A table of 1200 x 750 x 720 mm with a shelf."""
    legs = [box((x, x + 70), (y, y + 70), (0, 690)) for x in (-600, 530) for y in (-375, 305)]
    top, shelf = (
        box((-600, 600), (-375, 375), (680, 720)),
        box((-560, 560), (-335, 335), (180, 220)),
    )
    return joined([top, shelf, *legs])


def lamp() -> Mesh:
    """A lamp of 640 mm with a shade of 12 mm that is curved like a bell, open at both ends."""
    foot = np.array([(0.01, 0), (130, 0), (130, 18), (60, 40), (0.01, 45)])
    rod = np.array([(0.01, 40), (14, 40), (14, 600), (0.01, 600)])
    t = np.linspace(0, 1, 13)
    outer = np.stack([95 + 105 * (1 - t) ** 1.7, 360 + 280 * t], -1)
    shade = np.concatenate([outer, outer[::-1] - (12, 0)])
    bar = box((-110, 110), (-8, 8), (585, 601))  # what holds the shade
    return joined([*map(turned, (foot, rod, shade)), bar])
