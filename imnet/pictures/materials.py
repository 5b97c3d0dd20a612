"""Materials and light of varied views: what a surface's parts are made of, and how it is lit."""

from dataclasses import dataclass

import cv2
import numpy as np
import scipy
from embreex.rtcore_scene import EmbreeScene

from imnet.pictures.rendering import blocked
from imnet.pictures.shapenet_views import AMBIENT, HEADLIGHT, LAMP, LAMPLIGHT
from imnet.surfaces.triangles import areas, unit

COMPONENTS, CELLS = 6, 5  # the most connected parts that differ, and cells of space
ALBEDOS = (0.1, 1.1)
MATERIALS = {(0.1, 0.4): 0.27, (0.8, 1.1): 0.28, (0.25, 0.9): 0.45}  # albedos → share of the views
KINDS = {  # share of the views
    "plain": 0.06,  # the light of `render_views`
    "lines": 0.04,  # a drawing: outlines and edges on white
    "outlined": 0.06,  # a shaded picture with them
    "silhouette": 0.03,  # one grey
    "lit": 0.81,
}


def find_regions(
    centres: np.ndarray,
    upward: np.ndarray,
    corners: np.ndarray,
    faces: np.ndarray,
    neighbours: "scipy.sparse.csr_array",
) -> list[np.ndarray]:
    """Divide a surface in ways that materials may: numbers [f] from 0 of its faces, for each way.

    The surface has the middles `centres` [f, 3] of its faces and how far these point `upward` [f],
    1 at most, `corners` [v, 3] and their numbers `faces` [f, 3]; `neighbours` [v, v] links them.
    The ways are: its connected parts; what is below, at and above the seat or board, the height
    with the most area that faces up.
    """
    _, part = scipy.sparse.csgraph.connected_components(neighbours, directed=False)
    part = part[faces[:, 0]]
    largest = np.argsort(-np.bincount(part), kind="stable")
    rank = np.empty(len(largest), int)
    rank[largest] = np.arange(len(largest))
    low, high = corners[:, 1].min(), corners[:, 1].max()
    height = (centres[:, 1] - low) / max(high - low, 1e-20)
    level = (upward > 0.8) & (height > 0.15)
    filled, edges = np.histogram(height[level], 25, (0, 1), weights=areas(corners[faces[level]]))
    top = edges[np.argmax(filled) + 1]
    band = np.digitize(height, [top - 0.1, top + 0.02])
    return [np.minimum(rank[part], COMPONENTS - 1), band]


@dataclass(frozen=True)
class Hits:
    """What the rays of one view hit. The camera's axes are `axes` [3, 3]."""

    shape: tuple[int, int]  # of the rays, rows and columns
    where: np.ndarray  # [m], numbers of the rays that hit
    face: np.ndarray  # [m]
    positions: np.ndarray  # [m, 3]
    depth: np.ndarray  # [m]
    to_camera: np.ndarray  # [m, 3], unit
    axes: np.ndarray
    scene: EmbreeScene


@dataclass(frozen=True)
class Look:
    """How one view is drawn."""

    kind: str
    albedo: tuple[float, float]  # bounds

    @property
    def lines(self) -> bool:
        """Whether it has lines, which the steps of a grid would be full of."""
        return self.kind in ("lines", "outlined")

    @classmethod
    def draw(cls, random: np.random.Generator) -> "Look":
        """Draw a kind of view and a range of albedos."""
        kind = random.choice(list(KINDS), p=list(KINDS.values()))
        albedo = random.choice(list(MATERIALS), p=list(MATERIALS.values()))
        return cls(str(kind), tuple(albedo))

    def shade(
        self,
        hits: Hits,
        flat: np.ndarray,
        smooth: np.ndarray,
        open: np.ndarray,
        regions: list[np.ndarray],
        random: np.random.Generator,
    ) -> np.ndarray:
        """Brightness [m] of what the rays hit, 0..1. The arrays of faces are those of a surface."""
        if self.kind == "silhouette":
            return np.full(len(hits.face), random.uniform(0, 0.6), np.float32)
        normals, back = _normals(hits, flat, smooth, random)
        if self.kind == "plain":
            return _plain(hits, normals)
        if self.kind == "lines":
            paper = random.uniform(0.88, 1)
            return np.where(_edges(hits, normals, random), random.uniform(0, 0.4), paper)
        light = _light(hits, normals, open[hits.face, back], random)
        bright = _albedo(hits, self.albedo, regions, random) * light
        bright += _gloss(hits, normals, random)
        bright += random.choice([0, random.uniform(0, 0.25)]) * (1 - bright)  # haze
        if self.kind == "outlined":
            bright = np.where(
                _edges(hits, normals, random), random.uniform(0, 0.8) * bright, bright
            )
        return np.clip(bright, 0, 1)


def _normals(
    hits: Hits, flat: np.ndarray, smooth: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Normals [m, 3] towards the camera, flat or smooth, and 1 [m] where that is a face's back."""
    share = random.choice([0, 1, random.random()], p=[0.2, 0.5, 0.3])
    power = random.choice([1, random.uniform(1, 4)])  # towards the axes: boards of a grid are even
    normals = flat * (1 - share) + smooth * share
    if power != 1:
        normals = np.sign(normals) * np.abs(normals) ** power
    normals = unit(normals.astype(np.float32)[hits.face])
    back = np.einsum("mi,mi->m", flat[hits.face], hits.to_camera) < 0
    normals[back] *= -1
    return normals, back.astype(int)


def _plain(hits: Hits, normals: np.ndarray) -> np.ndarray:
    facing = np.abs(np.einsum("mi,mi->m", normals, hits.to_camera))
    lit = normals @ (LAMP.astype(np.float32) @ hits.axes)
    return AMBIENT + HEADLIGHT * facing + LAMPLIGHT * np.maximum(lit, 0)


def _direction(hits: Hits, random: np.random.Generator) -> np.ndarray:
    """Draw a lamp's direction [3], from above, rather before the shape than behind it."""
    right, _, camera = hits.axes
    across = np.cross(right, [0, 1, 0])  # level
    across *= -1 if across @ camera < 0 else 1  # towards the camera
    turn, height = random.normal(0, np.radians(60)), np.radians(random.uniform(5, 85))
    level = np.cos(turn) * across + np.sin(turn) * right
    return np.float32(np.cos(height) * level + np.sin(height) * np.array([0, 1, 0]))


def _light(
    hits: Hits, normals: np.ndarray, open: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Light [m] of the sky, the camera's own lamp, one or two lamps; about 1 at most."""
    sky, head, lamp, fill = random.dirichlet([1.2, 0.7, 1.0, 0.3])
    occlusion = open ** random.uniform(0, 2)
    gradient = random.uniform(0, 0.5)  # how much darker what faces down is
    light = sky * occlusion * (1 - gradient + gradient * normals[:, 1])
    light += head * np.abs(np.einsum("mi,mi->m", normals, hits.to_camera))
    direction = _direction(hits, random)
    lit = np.maximum(normals @ direction, 0)
    if random.random() < 0.35 and lamp > 0.1:
        soft = random.uniform(0, 0.2)
        towards = unit(direction + soft * random.standard_normal(normals.shape, np.float32))
        lit *= ~blocked(hits.scene, hits.positions + np.float32(0.01) * normals, towards, 4.0)
    light += lamp * lit + fill * np.maximum(normals @ _direction(hits, random), 0)
    light /= np.quantile(light, 0.95) + 1e-6
    return np.maximum(light, 0) ** random.uniform(0.5, 1.5) * random.uniform(0.8, 1.1)


def _albedo(
    hits: Hits, bounds: tuple[float, float], regions: list[np.ndarray], random: np.random.Generator
) -> np.ndarray:
    """Albedo [m]: of one material, or of one for each region, with a pattern or without."""
    way = random.choice(["one", "parts", "bands", "cells"], p=[0.3, 0.2, 0.3, 0.2])
    if way == "one":
        region = np.zeros(len(hits.face), int)
    elif way == "cells":
        seeds = random.uniform(-1, 1, (random.integers(2, CELLS + 1), 3)).astype(np.float32)
        places = hits.positions.copy()
        places[:, 0] = np.abs(places[:, 0])  # furniture is symmetric
        region = np.argmin(((places[:, None] - seeds) ** 2).sum(axis=2), axis=1)
    else:
        region = regions[way == "bands"][hits.face]
    count = region.max(initial=0) + 1
    albedos = random.uniform(*bounds, count)
    if random.random() < 0.5:
        albedos = random.uniform(*ALBEDOS, count)
    albedo = albedos[region].astype(np.float32)
    if random.random() < 0.25:
        patterned = (random.random(count) < 0.7)[region]
        albedo[patterned] *= _pattern(hits.positions[patterned], random)
    return albedo


def _pattern(positions: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A pattern of stripes, checks, grain or spots at positions [m, 3], around 1."""
    waves = random.integers(1, 5)
    directions = random.standard_normal((waves, 3))
    if random.random() < 0.5:  # along the axes, as cloth and boards are
        directions = np.eye(3)[random.integers(0, 3, waves)]
    frequency = np.exp(random.uniform(np.log(8), np.log(80), (waves, 1)))
    phases = positions @ (directions * frequency).T.astype(np.float32)
    value = np.cos(phases + np.float32(random.uniform(0, 6.28, waves))).mean(axis=1)
    if random.random() < 0.4:
        value = np.sign(value)
    return 1 + np.float32(random.uniform(0.05, 0.4)) * value


def _gloss(hits: Hits, normals: np.ndarray, random: np.random.Generator) -> np.ndarray | float:
    """Highlights [m] of a lamp (Blinn's), on a third of the views."""
    if random.random() > 0.35:
        return 0.0
    between = unit(hits.to_camera + _direction(hits, random))
    exponent = np.exp(random.uniform(np.log(5), np.log(80)))
    facing = np.maximum(np.einsum("mi,mi->m", normals, between), 0)
    return random.uniform(0.1, 0.7) * facing**exponent


def _edges(hits: Hits, normals: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Whether a hit [m] is near an outline or a crease."""
    depth = np.full(hits.shape, 1e3, np.float32)
    depth.flat[hits.where] = hits.depth
    facing = np.zeros((*hits.shape, 3), np.float32)
    facing.reshape(-1, 3)[hits.where] = normals
    edge = np.zeros(hits.shape, np.uint8)
    step, turn = random.uniform(0.02, 0.06), random.uniform(0.4, 0.9)
    above, below, left, right = np.s_[:-1], np.s_[1:], np.s_[:, :-1], np.s_[:, 1:]
    for before, after in ((above, below), (left, right)):
        jump = np.abs(depth[before] - depth[after]) > step
        jump |= (facing[before] * facing[after]).sum(axis=2) < turn
        edge[before] |= jump
        edge[after] |= jump
    wide = random.integers(1, 4)
    return cv2.dilate(edge, np.ones((wide, wide), np.uint8)).flat[hits.where] > 0
