"""Views that vary as photos and other renderers' pictures do, once these are cut out and framed.

For training image encoders that are to understand both. What varies a view, and how often, is in
`materials.py` (materials and light) and `photo_faults.py` (what is left of a photo); here are the
cameras, the surface and its ray casting. Axes are those of `shapenet_views.py`.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

from imnet.data.sizes import VARIED_ELEVATION, VIEW_SIZE, VOXEL_RESOLUTION
from imnet.pictures.materials import Hits, Look, find_regions
from imnet.pictures.photo_faults import Drawn, as_photographed
from imnet.pictures.rendering import openness
from imnet.pictures.shapenet_views import SAMPLES, camera_axes
from imnet.surfaces.triangles import area_vectors, unit, unit_normals

NEARNESS = (1.0, 6.0)  # from the camera to the shape, in the shape's longest sides
SHIFT = 0.05  # of half the frame, how far a shape may be off the middle
WITH_STEPS = 0.2  # share of the views of a grid that show its steps
SMOOTHING_ROUNDS = (10, 40)  # of Taubin's filter: legs become straight, edges round
OFFSET = (-0.4, 0.05)  # voxels outwards, of the surface without steps: a grid thickens thin parts
OPEN_ROUNDS = 3  # of averaging ambient occlusion over neighbouring faces
REACH = 0.4  # of ambient occlusion, in half the longest side
CROPPED, CROP = 0.06, (0.02, 0.1)  # share of the views that lack an edge, and how much of them


def choose_varied_cameras(
    vertices: np.ndarray,
    count: int,
    random: np.random.Generator,
    *,
    spaced: bool = False,
    elevation: tuple[float, float] = VARIED_ELEVATION,
    distance: tuple[float, float] = (1.15, 1.3),
) -> np.ndarray:
    """Cameras for vertices [v, 3], framed by what they see: float32 [count, 6].

    Azimuth and elevation in degrees, and the distance from the origin in the vertices' units, as of
    `choose_cameras`; then the lens: half the frame's side, and the frame's middle to the right and
    up, by the focal length each. The longer side of what is seen fills 1/`distance` of the frame.
    The perspective is drawn between that of a wide angle and nearly none.
    """
    azimuths = np.arange(count) * 360 / count if spaced else random.uniform(0, 360, count)
    elevations = random.uniform(*elevation, count)
    factors = random.uniform(*distance, count)
    near = np.ptp(vertices, axis=0).max() * np.exp(random.uniform(*np.log(NEARNESS), count))
    shifts = random.uniform(-1, 1, (count, 2))
    cameras = np.empty((count, 6), np.float32)
    for i, camera in enumerate(cameras):
        right, up, depth = camera_axes(azimuths[i], elevations[i]) @ vertices.T  # [v] each
        stand = depth.max() + near[i]
        seen = np.stack([right, up]) / (stand - depth)
        low, high = seen.min(axis=1), seen.max(axis=1)
        half = (high - low).max() / 2 * factors[i]
        middle = (low + high) / 2 + half * shifts[i] * min(SHIFT, 1 - 1 / factors[i])
        camera[:] = azimuths[i], elevations[i], stand, half, *middle
    return cameras


def render_varied_views(
    triangles: np.ndarray,
    cameras: np.ndarray,
    random: np.random.Generator,
    normals: np.ndarray | None = None,
    *,
    stepped: bool = False,
) -> np.ndarray:
    """Varied grey views of a mesh on white, uint8 [n, VIEW_SIZE, VIEW_SIZE].

    `triangles` [f, 3, 3] and `normals` [f, 3] are as of `render_views`, `cameras` [n, 6] as of
    `choose_varied_cameras`. `stepped` tells that the surface is that of a grid, whose steps most of
    the views smooth. `random` draws all that varies.
    """
    scale = np.abs(triangles).max()  # unit size, so that float32 suffices
    normals = unit_normals(triangles) if normals is None else normals
    voxel = 1 / VOXEL_RESOLUTION / scale if stepped else None
    surfaces = _surfaces(triangles / scale, normals, random, voxel)
    views = np.empty((len(cameras), VIEW_SIZE, VIEW_SIZE), np.uint8)
    for view, camera in zip(views, cameras, strict=True):
        look = Look.draw(random)
        surface = surfaces[-1 if random.random() < WITH_STEPS and not look.lines else 0]
        view[:] = _render(surface, camera / [1, 1, scale, 1, 1, 1], look, random)
    return views


@dataclass(frozen=True)
class _Surface:
    """A surface of unit size as rays meet it, and what is known of its faces."""

    scene: EmbreeScene
    corners: np.ndarray  # [v, 3]
    flat: np.ndarray  # [f, 3], normals
    smooth: np.ndarray  # [f, 3], normals
    open: np.ndarray  # [f, 2], the share of the sky that a face's front and back see
    regions: list[np.ndarray]  # numbers [f] each, see `find_regions`


def _surfaces(
    triangles: np.ndarray, normals: np.ndarray, random: np.random.Generator, voxel: float | None
) -> list[_Surface]:
    """Return the surface, and before it the same one without its steps of a `voxel` each."""
    corners, faces = _welded(triangles)
    neighbours = _neighbours(faces, len(corners))
    scene, flat, centres = _scene(triangles), unit_normals(triangles), triangles.mean(axis=1)
    front = openness(scene, centres, flat, random, REACH)
    back = front if voxel else openness(scene, centres, -flat, random, REACH)
    open = np.stack([front, back], axis=1)
    for _ in range(OPEN_ROUNDS):
        open = _along(faces, open)
    upward = flat[:, 1] if voxel else np.abs(flat[:, 1])  # faces of a mesh may point either way
    regions = find_regions(centres, upward, corners, faces, neighbours)
    given = _Surface(scene, corners, flat, normals, open, regions)
    if not voxel:
        return [given]
    corners = _without_steps(corners, neighbours, random.integers(*SMOOTHING_ROUNDS))
    outwards = unit(_at_corners(faces, len(corners), area_vectors(corners[faces])))
    corners = corners + random.uniform(*OFFSET) * voxel * outwards
    triangles = corners[faces]
    flat = unit_normals(triangles)
    smooth = unit(_along(faces, area_vectors(triangles)))
    return [_Surface(_scene(triangles), corners, flat, smooth, open, regions), given]


def _scene(triangles: np.ndarray) -> EmbreeScene:
    scene = EmbreeScene()
    TriangleMesh(scene, np.ascontiguousarray(triangles, np.float32))
    return scene


def _welded(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners [v, 3] of triangles [f, 3, 3] once each, and their numbers [f, 3]."""
    places = np.round(triangles.reshape(-1, 3) * 2**19).astype(np.int64) + 2**19
    keys = (places[:, 0] << 42) + (places[:, 1] << 21) + places[:, 2]
    _, first, numbers = np.unique(keys, return_index=True, return_inverse=True)
    return triangles.reshape(-1, 3)[first], numbers.reshape(-1, 3)


def _neighbours(faces: np.ndarray, count: int) -> "scipy.sparse.csr_array":
    """Return the matrix [v, v] that gives each corner the mean of those that it has an edge to."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    ends = np.concatenate([ends, ends[:, ::-1]])
    links = scipy.sparse.csr_array((np.ones(len(ends)), ends.T), (count, count))
    links.data[:] = 1  # edges that faces share were added up
    return scipy.sparse.diags_array(1 / np.maximum(links.sum(axis=1), 1)) @ links


def _at_corners(faces: np.ndarray, count: int, values: np.ndarray) -> np.ndarray:
    """Return the means [v, c] of values [f, c] of the faces around each of `count` corners."""
    around = scipy.sparse.csr_array(
        (np.ones(faces.size), (faces.ravel(), np.repeat(np.arange(len(faces)), 3))),
        (count, len(faces)),
    )
    return (around @ values) / np.maximum(around.sum(axis=1), 1)[:, None]


def _along(faces: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return values [f, c] of faces averaged over those around their corners."""
    return _at_corners(faces, faces.max() + 1, values)[faces].mean(axis=1)


def _without_steps(
    corners: np.ndarray, neighbours: "scipy.sparse.csr_array", rounds: int
) -> np.ndarray:
    """Return corners [v, 3] smoothed by Taubin's filter (1995), which keeps thin parts thick."""
    for _ in range(rounds):
        for strength in (0.7, -0.72):
            corners = corners + strength * (neighbours @ corners - corners)
    return corners


def _render(
    surface: _Surface, camera: np.ndarray, look: Look, random: np.random.Generator
) -> np.ndarray:
    """Draw one view uint8 [VIEW_SIZE, VIEW_SIZE], camera [6]."""
    axes, (distance, half, *middle) = camera_axes(*camera[:2]).astype(np.float32), camera[2:]
    view_of = partial(_places, axes=axes, distance=distance, half=half, middle=middle)
    places = view_of(surface.corners)
    low = np.clip(np.floor(places.min(axis=1)).astype(int), 0, VIEW_SIZE - 1)
    high = np.clip(np.ceil(places.max(axis=1)).astype(int) + 1, 1, VIEW_SIZE)
    if random.random() < CROPPED:
        low, high = _cropped(low, high, random)

    # Rays only where the shape can be: two along each side of a pixel.
    (left, top), (width, height) = low, high - low
    row, column = np.indices((height * SAMPLES, width * SAMPLES), np.float32)
    row += random.random(row.shape, np.float32)
    column += random.random(row.shape, np.float32)
    rays = np.empty((*row.shape, 3), np.float32)
    rays[..., 0] = (2 * (column / SAMPLES + left) / VIEW_SIZE - 1) * half + middle[0]
    rays[..., 1] = (1 - 2 * (row / SAMPLES + top) / VIEW_SIZE) * half + middle[1]
    rays[..., 2] = -1
    rays = rays.reshape(-1, 3)
    stand, towards = axes[2] * np.float32(distance), rays @ axes
    origins = np.ascontiguousarray(np.broadcast_to(stand, rays.shape))
    found = surface.scene.run(origins, towards, output=True)
    hit = found["primID"] >= 0
    if not hit.any():  # parts too thin for any ray
        return np.full((VIEW_SIZE, VIEW_SIZE), 255, np.uint8)
    face = found["primID"][hit]
    hits = Hits(
        shape=row.shape,
        where=np.flatnonzero(hit),
        face=face,
        positions=stand + found["tfar"][hit, None] * towards[hit],
        depth=found["tfar"][hit],
        to_camera=-unit(towards[hit]),
        axes=axes,
        scene=surface.scene,
    )
    bright = look.shade(hits, surface.flat, surface.smooth, surface.open, surface.regions, random)
    light = np.zeros(hit.shape, np.float32)
    light[hit] = bright

    def by_pixel(values: np.ndarray) -> np.ndarray:
        """The mean of rays in each pixel of the view, 0 where there are none."""
        whole = np.zeros((VIEW_SIZE, VIEW_SIZE), np.float32)
        rows = values.reshape(height, SAMPLES, -1).transpose(1, 0, 2)  # ray, row, rays
        cells = sum(rows).reshape(height, width, SAMPLES).transpose(2, 0, 1)
        whole[top : top + height, left : left + width] = sum(cells) / SAMPLES**2
        return whole

    covered = by_pixel(hit.astype(np.float32))
    above = surface.corners - [0, surface.corners[:, 1].min(), 0]
    dropped = surface.corners - above * [0, 1, 0]
    feet = above[:, 1] < 0.12
    drawn = Drawn(
        by_pixel(light), covered, view_of(dropped[feet]), view_of(dropped), elevation=camera[1]
    )
    return as_photographed(drawn, random)


def _places(
    points: np.ndarray, axes: np.ndarray, distance: float, half: float, middle: np.ndarray
) -> np.ndarray:
    """Return the columns and rows [2, v], in pixels, at which a camera sees points [v, 3]."""
    right, up, depth = axes @ points.T
    across, down = right / (distance - depth) - middle[0], middle[1] - up / (distance - depth)
    return (np.stack([across, down]) / half + 1) * (VIEW_SIZE / 2)


def _cropped(
    low: np.ndarray, high: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Take a little off one of the four sides of a box, low and high (column, row)."""
    axis = random.integers(2)
    step = np.zeros(2, int)
    step[axis] = round(random.uniform(*CROP) * (high - low)[axis])
    return (low + step, high) if random.random() < 0.5 else (low, high - step)
