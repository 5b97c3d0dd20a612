"""Polygons to triangles, and the parts of a scene to one mesh."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from imnet.surfaces.triangles import area_vectors

_MOST = 1 << 26  # triangles or vertices of a scene: a small file can repeat a part without end
_ROUNDING = 1e-6  # of areas
_SAME, _NEAR = 1e-12, 1e-9  # of a polygon's extent: rounding, and more than it adds up to


def triangulate(vertices: np.ndarray, corners: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Triangles int64 [f, 3] of polygons, in their order.

    vertices: [v, 3]; corners: int [sum of counts], the numbers of the vertices, one polygon after
    the other; counts: int [p], the corners of each. A fan from the first corner where that stays
    within the polygon, ears where not. Polygons of fewer than three corners have no area and are
    left out. Raises ValueError if a corner is none of the vertices.
    """
    corners, counts = np.asarray(corners, np.int64), np.asarray(counts, np.int64)
    ends = counts.cumsum()
    wrong = (corners < 0) | (corners >= len(vertices))
    if wrong.any():
        first = int(wrong.argmax())
        face = np.searchsorted(ends, first, side="right") + 1
        why = "a negative number" if corners[first] < 0 else f"but there are only {len(vertices)}"
        raise ValueError(f"face {face} names vertex {corners[first]} (counted from 0), {why}")
    if (counts == 3).all():
        return corners.reshape(-1, 3)
    pieces, owners = [np.zeros((0, 3), np.int64)], [np.zeros(0, np.int64)]
    for count in np.unique(counts[counts >= 3]):
        which = np.flatnonzero(counts == count)
        polygons = corners[(ends[which] - count)[:, None] + np.arange(count)]  # [k, count]
        first = np.repeat(polygons[:, :1], count - 2, axis=1)
        fans = np.stack([first, polygons[:, 1:-1], polygons[:, 2:]], axis=2)  # [k, count - 2, 3]
        whole = area_vectors(vertices[fans]).sum(axis=1)  # [k, 3]
        folded = _overlap(vertices[fans], whole)
        pieces.append(fans[~folded].reshape(-1, 3))
        owners.append(np.repeat(which[~folded], count - 2))
        for k in np.flatnonzero(folded):
            ears = cut_ears(vertices, [polygons[k]])
            # a polygon that crosses itself has no right cut; its fan at least has all its edges
            crossed = _overlap(vertices[ears][None], whole[k : k + 1])[0]
            pieces.append(fans[k] if crossed else ears)
            owners.append(np.full(len(pieces[-1]), which[k]))
    return np.concatenate(pieces)[np.argsort(np.concatenate(owners), kind="stable")]


def cut_ears(vertices: np.ndarray, rings: list[np.ndarray]) -> np.ndarray:
    """Triangles int64 [f, 3] of one polygon, projected onto its plane. They use every corner.

    vertices: [v, 3]; rings: the numbers of the corners, [n] each: the outline, then the holes.
    Those of fewer than three corners have no area and are left out.
    """
    import mapbox_earcut  # here, because most meshes do not need it

    if len(rings[0]) < 3:
        return np.zeros((0, 3), np.int64)
    rings = [ring for ring in rings if len(ring) > 2]
    outline = vertices[rings[0]] - vertices[rings[0][0]]
    normal = np.cross(outline, np.roll(outline, -1, axis=0)).sum(axis=0)
    along = int(np.abs(normal).argmax())  # the axis to look along: what is straight stays straight
    axes = [(along + 1) % 3, (along + 2) % 3]
    corners = np.concatenate(rings)
    flat = vertices[corners][:, axes if normal[along] > 0 else axes[::-1]]  # [n, 2]
    parts = np.split(np.arange(len(corners)), np.cumsum([len(ring) for ring in rings])[:-1])
    kept = [part[_turns(flat[part])] for part in parts] if len(parts) > 1 else parts
    ends = np.cumsum([len(part) for part in kept]).astype(np.uint32)
    found = mapbox_earcut.triangulate_float64(flat[np.concatenate(kept)], ends).reshape(-1, 3)
    found = np.concatenate(kept)[found]
    if len(found) < len(corners) + 2 * len(rings) - 4:  # as many as there are if all are used
        found = _through_corners(flat, found, parts)
    return corners[found]


def _turns(ring: np.ndarray) -> np.ndarray:
    """Whether the corners of a ring [n, 2] are any but such in the middle of a straight side."""
    to, on = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
    turn = np.abs(to[:, 0] * on[:, 1] - to[:, 1] * on[:, 0])
    straight = (turn <= _SAME * np.ptp(ring) * np.hypot(*(to + on).T)) & ((to * on).sum(axis=1) > 0)
    return ~straight if (~straight).sum() > 2 else np.ones(len(ring), bool)


def _through_corners(
    flat: np.ndarray, triangles: np.ndarray, rings: list[np.ndarray]
) -> np.ndarray:
    """Triangles [f, 3] of a polygon [n, 2], cut at the corners that lie on their edges.

    With holes, mapbox_earcut leaves out corners on straight sides: what they belong to would gape.
    `rings` are the numbers of the corners of each.
    """
    numbers, following = (np.concatenate([np.roll(r, -k) for r in rings]) for k in (0, 1))
    sides = {*zip(numbers, following, strict=True), *zip(following, numbers, strict=True)}
    found, before, within = triangles.tolist(), 0, _NEAR * np.ptp(flat)
    while len(found) > before:
        before, edges = len(found), {(t[k - 1], t[k]) for t in found for k in range(3)}
        whole = sides | {(b, a) for a, b in edges}  # edges with a neighbour, or without need of one
        found = [part for t in found for part in _cut(flat, t, whole, within)]
    return np.array(found, np.int64).reshape(-1, 3)


def _cut(
    flat: np.ndarray, triangle: list[int], whole: set[tuple[int, int]], within: float
) -> list[list[int]]:
    """A triangle, cut at the corners on its first edge that is not whole and has some."""
    for k in range(3):
        a, b, opposite = triangle[k - 1], triangle[k], triangle[k - 2]
        if (a, b) in whole:
            continue
        edge, to = flat[b] - flat[a], flat - flat[a]
        along, whole_way = to @ edge, edge @ edge
        beside = np.abs(to[:, 0] * edge[1] - to[:, 1] * edge[0])
        on = (along > 0) & (along < whole_way) & (beside < within * np.sqrt(whole_way))
        on = np.flatnonzero(on)
        on = on[~np.isin(on, triangle)]
        if len(on):
            way = [a, *on[np.argsort(along[on])].tolist(), b]
            return [[*pair, opposite] for pair in pairwise(way)]
    return [triangle]


def strip_triangles(indices: np.ndarray) -> np.ndarray:
    """Triangles [n - 2, 3] of a triangle strip [n], all facing as the first does."""
    triangles = np.stack([indices[:-2], indices[1:-1], indices[2:]], axis=1)
    triangles[1::2] = triangles[1::2, [1, 0, 2]]
    return triangles


def fan_triangles(indices: np.ndarray) -> np.ndarray:
    """Triangles [n - 2, 3] of a triangle fan [n]."""
    first = np.full(max(len(indices) - 2, 0), indices[0] if len(indices) else 0)
    return np.stack([first, indices[1:-1], indices[2:]], axis=1)


def placed(
    vertices: np.ndarray, triangles: np.ndarray, matrix: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Vertices [v, 3] moved by an affine matrix [4, 4]; a mirrored part keeps its outside."""
    if np.linalg.det(matrix[:3, :3]) < 0:
        triangles = triangles[:, ::-1]
    return vertices @ matrix[:3, :3].T + matrix[:3, 3], triangles


def put_together(
    parts: Iterable[tuple[np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray]:
    """All parts, (vertices [v, 3], triangles [f, 3]) each, as one mesh.

    Raises ValueError if they have more triangles or vertices than any memory holds.
    """
    vertices, triangles = [np.zeros((0, 3))], [np.zeros((0, 3), np.int64)]
    first = {}  # where the vertices of an array begin: parts that share it share them
    before = total = 0
    for part_vertices, part_triangles in parts:
        total += len(part_triangles)
        if max(total, before) > _MOST:
            raise ValueError(f"its parts have more than {_MOST} triangles or vertices")
        if id(part_vertices) not in first:
            first[id(part_vertices)] = before
            vertices.append(part_vertices)
            before += len(part_vertices)
        triangles.append(part_triangles + first[id(part_vertices)])
    return np.concatenate(vertices), np.concatenate(triangles)


def _overlap(corners: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Whether triangles [k, n, 3, 3] have another area than their polygons: bool [k].

    Seen along `whole` [k, 3], the area vectors of the polygons. A fan does where it leaves its
    polygon, because a part of it folds back.
    """
    along = np.abs(np.einsum("kni,ki->kn", area_vectors(corners), whole)).sum(axis=1)
    area = (whole**2).sum(axis=1)
    return np.abs(along - area) > _ROUNDING * area
