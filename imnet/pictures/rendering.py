"""Pictures of meshes by ray casting (embreex): no OpenGL, which crashes beside TensorFlow.

Axes are ShapeNet v2's: y up, the front at -z. The camera is orthographic and sees the front, one
side and the top.
"""

import cv2
import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

from imnet.base.parallel import in_threads
from imnet.pictures.shapenet_views import camera_axes
from imnet.surfaces.triangles import Mesh, area_vectors, unit

RIGHT, UP, TO_CAMERA = camera_axes(azimuth=35, elevation=20)
TO_LIGHT = TO_CAMERA * 0.6 - RIGHT * 0.55 + UP * 0.75
TO_LIGHT /= np.linalg.norm(TO_LIGHT)

SAMPLES = 3  # rays along each side of a pixel
OCCLUSION_RAYS = 8  # a sample: 72 a pixel
COLOUR = np.array([0.80, 0.86, 0.95])
MARGIN = 1.08  # side of the frame, in extents of the shape
LABEL_HEIGHT = 18


def render_mesh(
    vertices: np.ndarray, triangles: np.ndarray, size: int = 256, *, extent: float | None = None
) -> np.ndarray:
    """A square picture of vertices [v, 3] and triangles [f, 3], uint8 [size, size, 3] RGB on white.

    Framed by the centre of its bounding box; `extent` is half the picture's side in the vertices'
    units, by default what shows all of the mesh. Faces may point either way. A mesh without
    triangles gives a picture that says "empty".
    """
    if not len(triangles):
        return _empty(size)
    vertices = np.asarray(vertices, np.float64)
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    # Unit extent around the origin: one set of tolerances, and float32 suffices.
    scale = extent or mesh_extent(vertices)
    vertices = ((vertices - (low + high) / 2) / scale).astype(np.float32)
    triangles = np.ascontiguousarray(triangles, np.int32)
    scene = EmbreeScene()
    TriangleMesh(scene, vertices, triangles)

    rng = np.random.default_rng(0)
    side = size * SAMPLES
    across = (np.arange(side) + 0.5) / side * 2 - 1
    x, y = np.meshgrid(across, -across)
    origins = _rays(x.reshape(-1, 1) * RIGHT + y.reshape(-1, 1) * UP + 4 * TO_CAMERA)  # [side², 3]
    hits = scene.run(origins, _rays(np.broadcast_to(-TO_CAMERA, origins.shape)), output=True)
    hit = hits["primID"] >= 0

    light = np.ones((len(origins), 3), np.float32)
    to_camera = TO_CAMERA.astype(np.float32)
    positions = origins[hit] - hits["tfar"][hit, None] * to_camera
    corners = triangles[hits["primID"][hit]]
    normals = _normals(vertices, triangles, corners, hits["u"][hit], hits["v"][hit])
    light[hit] = COLOUR * _brightness(scene, positions, normals, rng)[:, None]

    # The ground is as white as the background where nothing stands over it.
    floor = (low[1] - (low[1] + high[1]) / 2) / scale
    ground = origins - ((origins[:, 1] - floor) / to_camera[1])[:, None] * to_camera
    half = (high - low)[[0, 2]] / 2 / scale + 0.35
    shaded = ~hit & (np.abs(ground[:, [0, 2]]) < half).all(axis=1)
    upward = np.broadcast_to(np.float32([0, 1, 0]), (np.count_nonzero(shaded), 3))
    light[shaded] = 1 - 0.6 * (1 - openness(scene, ground[shaded], upward, rng, 0.35))[:, None]

    pixels = light.reshape(size, SAMPLES, size, SAMPLES, 3).mean(axis=(1, 3))  # [size, size, 3]
    return np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8)


def mesh_extent(vertices: np.ndarray) -> float:
    """Half the side of the square that shows the bounding box, in the units of the vertices."""
    half = np.ptp(np.asarray(vertices), axis=0) / 2
    return float(max(half @ np.abs(RIGHT), half @ np.abs(UP))) * MARGIN or 1.0


def largest_extent(meshes: list[Mesh]) -> float:
    """The extent of render_mesh that shows each of the meshes (vertices, triangles) whole."""
    return max((mesh_extent(v) for v, triangles in meshes if len(triangles)), default=1.0)


def contact_sheet(
    meshes: list[Mesh],
    labels: list[str] | None = None,
    columns: int = 8,
    tile: int = 192,
) -> np.ndarray:
    """All meshes, (vertices [v, 3], triangles [f, 3]) each, row by row, uint8 [h, w, 3] RGB.

    One scale for all, so their units must be the same: each is centred in its tile, the largest
    fills it. `labels` are written under the tiles. `columns` is the most in a row, `tile` the side
    of a tile in pixels.
    """
    extent = largest_extent(meshes)
    pictures = list(in_threads(lambda mesh: render_mesh(*mesh, tile, extent=extent), meshes))
    return tile_pictures(pictures or [np.full((tile, tile, 3), 255, np.uint8)], labels, columns)


def tile_pictures(
    pictures: list[np.ndarray], labels: list[str] | None = None, columns: int = 8
) -> np.ndarray:
    """Pictures uint8 [h, w, 3] of one size side by side, row by row, uint8 [.., .., 3].

    `labels` are written under them. `columns` is the most in a row. What is left is white.
    """
    height, width, _ = pictures[0].shape
    columns = min(columns, len(pictures))
    row = height + (LABEL_HEIGHT if labels else 0)
    sheet = np.full((-(-len(pictures) // columns) * row, columns * width, 3), 255, np.uint8)
    for index, picture in enumerate(pictures):
        top, left = index // columns * row, index % columns * width
        sheet[top : top + height, left : left + width] = picture
        if labels:
            _write(sheet[top + height : top + row, left : left + width], labels[index])
    return sheet


def openness(
    scene: EmbreeScene,
    positions: np.ndarray,
    normals: np.ndarray,
    rng: np.random.Generator,
    distance: float,
) -> np.ndarray:
    """Share [m] of cosine-weighted rays from points [m, 3] that meet nothing within `distance`.

    The surface has unit size, and normals [m, 3] point to the side that is meant.
    """
    # Points on a sphere that touches the surface from above are cosine-weighted directions; a
    # spiral on it, turned at random, spreads them evenly.
    normals, ray = _rays(normals), np.arange(OCCLUSION_RAYS, dtype=np.float32)
    place, angle = rng.random((2, len(normals), 1), np.float32)
    height = (ray + place) * np.float32(2 / OCCLUSION_RAYS) - 1  # [m, rays]
    turn = ray * np.float32(2.4) + angle * np.float32(2 * np.pi)
    width = np.sqrt(1 - height**2)
    towards = np.stack([width * np.cos(turn), height, width * np.sin(turn)], axis=-1)
    towards += normals[:, None]
    towards /= np.sqrt(np.einsum("mrc,mrc->mr", towards, towards))[..., None] + np.float32(1e-20)
    starts = np.repeat(_rays(positions + 0.004 * normals), OCCLUSION_RAYS, axis=0)
    hidden = blocked(scene, starts, towards.reshape(-1, 3), distance)
    return 1 - hidden.reshape(-1, OCCLUSION_RAYS).mean(axis=1)


def blocked(
    scene: EmbreeScene, starts: np.ndarray, towards: np.ndarray, distance: float
) -> np.ndarray:
    """Whether rays [m, 3] from points [m, 3] meet a surface within `distance`, bool [m]."""
    reach = np.full(len(starts), distance, np.float32)
    return scene.run(_rays(starts), _rays(towards), dists=reach, query="OCCLUDED") >= 0


def _rays(vectors: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(vectors, np.float32)


def _normals(vertices, triangles, corners, u, v) -> np.ndarray:
    """Smooth unit normals [m, 3] towards the camera at (u, v) of the triangles `corners` [m, 3]."""
    faces = area_vectors(vertices[triangles])  # [f, 3]
    smooth = np.stack(
        [
            np.bincount(triangles.ravel(), np.repeat(faces[:, axis], 3), len(vertices))
            for axis in range(3)
        ],
        axis=1,
    )  # [v, 3], weighted by area
    smooth = unit(smooth)[corners]  # [m, 3, 3]
    weights = np.stack([1 - u - v, u, v], axis=1)  # [m, 3]
    normals = unit((weights[:, :, None] * smooth).sum(axis=1))
    flat = unit(area_vectors(vertices[corners]))
    # At creases and between faces of opposite orientation an average is no normal.
    crease = np.abs((normals * flat).sum(axis=1)) < 0.5
    normals[crease] = flat[crease]
    return normals * np.where(normals @ TO_CAMERA < 0, -1, 1)[:, None]


def _brightness(scene, positions, normals, rng) -> np.ndarray:
    """Light [m] at points of the mesh: the sky, a large lamp, and the camera's own light."""
    lamp = unit(TO_LIGHT + 0.15 * rng.normal(size=positions.shape))  # its size softens the shadows
    lit = np.maximum((normals * lamp).sum(axis=1), 0)
    lit *= ~blocked(scene, positions + 0.004 * normals, lamp, 10.0)
    sky = openness(scene, positions, normals, rng, 0.8)
    return sky * (0.4 + 0.25 * np.abs(normals @ TO_CAMERA)) + 0.5 * lit


def _empty(size: int) -> np.ndarray:
    picture = np.full((size, size, 3), 255, np.uint8)
    _write(picture, "empty")
    return picture


def _write(area: np.ndarray, text: str) -> None:
    """Write one line into the middle of an area [h, w, 3], smaller if it would not fit.

    The font has ASCII only; OpenCV crashes at names of other bytes.
    """
    height, width = area.shape[:2]
    text = text.encode("ascii", "replace").decode()
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, 0.4
    wide = cv2.getTextSize(text, font, scale, 1)[0][0]
    scale *= min(1.0, 0.95 * width / max(wide, 1))
    wide, tall = cv2.getTextSize(text, font, scale, 1)[0]
    canvas = np.ascontiguousarray(area)
    where = ((width - wide) // 2, (height + tall) // 2)
    cv2.putText(canvas, text, where, font, scale, (90, 90, 90), 1, cv2.LINE_AA)
    area[:] = canvas
