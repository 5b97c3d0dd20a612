"""Views like ShapeNet's renderings (Choy et al. 2016, 3D-R2N2): grey on white, in perspective.

Axes are ShapeNet v2's: y up, the front at -z. The camera looks at the origin; its lens of 35 mm on
a sensor of 32 mm sees 49.1 degrees. Rays are cast by embreex.
"""

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

from imnet.data.sizes import ELEVATION, VIEW_SIZE
from imnet.surfaces.triangles import unit_normals

HALF_FRAME = 16 / 35  # half the sensor by the focal length: the tangent of half the field of view
PLAIN_LENS = (HALF_FRAME, 0, 0)  # as the last numbers of a camera [6], see `frame_rays`
SAMPLES = 2  # rays along each side of a pixel
LAMP = np.array([-0.48, 0.64, 0.60])  # where it stands, in the camera's axes: to its upper left
AMBIENT, HEADLIGHT, LAMPLIGHT = 0.14, 0.22, 0.52  # a face is at most 0.88 bright: white stays apart


def camera_axes(azimuth: float, elevation: float) -> np.ndarray:
    """The camera's axes [3, 3] in the shape's: its right, its up, and from the origin to it.

    Angles in degrees. From azimuth 0 it sees the front (it stands at -z), from 90 the side at +x,
    from 180 the back; from elevation 90 the top.
    """
    a, e = np.radians([azimuth, elevation])
    to_camera = np.array([np.sin(a) * np.cos(e), np.sin(e), -np.cos(a) * np.cos(e)])
    right = np.array([-np.cos(a), 0.0, -np.sin(a)])
    return np.stack([right, np.cross(to_camera, right), to_camera])


def least_distance(vertices: np.ndarray, azimuth: float, elevation: float) -> float:
    """The distance from the origin at which the camera just sees all of vertices [v, 3].

    Angles in degrees, the distance in the vertices' units.
    """
    right, up, depth = camera_axes(azimuth, elevation) @ vertices.T  # [v] each
    return float((np.maximum(abs(right), abs(up)) / HALF_FRAME + depth).max())


def choose_cameras(
    vertices: np.ndarray,
    count: int,
    random: np.random.Generator,
    *,
    spaced: bool = False,
    elevation: tuple[float, float] = ELEVATION,
    distance: tuple[float, float] = (1.15, 1.3),
) -> np.ndarray:
    """Cameras for vertices [v, 3]: float32 [count, 3], azimuth and elevation in degrees, distance.

    Azimuths are drawn from all around, or `spaced` evenly, from the front on. `elevation` and
    `distance` are the bounds of uniform draws; `distance` in multiples of the least at
    which nothing is cut off from this side, so that the shape fills 1/distance of the frame.
    Returned distances are in the vertices' units.
    """
    azimuths = np.arange(count) * 360 / count if spaced else random.uniform(0, 360, count)
    elevations = random.uniform(*elevation, count)
    factors = random.uniform(*distance, count)
    distances = [
        factor * least_distance(vertices, *angles)
        for factor, *angles in zip(factors, azimuths, elevations, strict=True)
    ]
    return np.stack([azimuths, elevations, distances], axis=1).astype(np.float32)


def render_views(
    triangles: np.ndarray,
    cameras: np.ndarray,
    random: np.random.Generator,
    normals: np.ndarray | None = None,
) -> np.ndarray:
    """Grey views of a mesh on white, uint8 [n, VIEW_SIZE, VIEW_SIZE], 255 = background.

    `triangles` [f, 3, 3] (corner, coordinate) may face either way; `normals` [f, 3] shade them,
    their own by default. `cameras` [n, 3] hold azimuth and elevation in degrees (see
    `camera_axes`) and the distance from the origin in the mesh's units. `random` jitters the four
    rays of each pixel.
    """
    if normals is None:
        normals = unit_normals(triangles)
    scene, scale = _scene(triangles)
    views = np.empty((len(cameras), VIEW_SIZE, VIEW_SIZE), np.uint8)
    for view, (azimuth, elevation, distance) in zip(views, cameras, strict=True):
        axes = camera_axes(azimuth, elevation).astype(np.float32)
        rays = _rays(random)  # [rays, 3]
        face = _cast(scene, rays, axes, distance / scale)  # -1 where nothing is hit
        hit = face >= 0
        light = np.ones(len(rays), np.float32)
        light[hit] = _brightness((normals @ axes.T)[face[hit]], rays[hit])
        light = light.reshape(VIEW_SIZE, SAMPLES, VIEW_SIZE, SAMPLES)  # row, ray, column, ray
        rays_of = light.transpose(1, 3, 0, 2).reshape(-1, VIEW_SIZE, VIEW_SIZE)  # ray, row, column
        view[:] = np.round(rays_of.mean(axis=0) * 255)
    return views


def render_silhouettes(triangles: np.ndarray, cameras: np.ndarray) -> np.ndarray:
    """Where a mesh is seen: bool [n, VIEW_SIZE, VIEW_SIZE], by a ray through each pixel's centre.

    `triangles` [f, 3, 3] and `cameras` [n, 3] as of `render_views`, or [n, 6] with lenses.
    """
    scene, scale = _scene(triangles)
    places = frame_places(np.indices((VIEW_SIZE, VIEW_SIZE)).reshape(2, -1).T)
    faces = [
        _cast(scene, frame_rays(places, camera), camera_axes(*camera[:2]), camera[2] / scale)
        for camera in cameras
    ]
    return np.stack(faces).reshape(-1, VIEW_SIZE, VIEW_SIZE) >= 0


def frame_places(pixels: np.ndarray) -> np.ndarray:
    """Return places [m, 2] in a view's frame of the centres of pixels [m, 2], row and column.

    The frame is [-1, 1]², to the right and up.
    """
    right, up = (
        (pixels[:, 1] + 0.5) * (2 / VIEW_SIZE) - 1,
        1 - (pixels[:, 0] + 0.5) * (2 / VIEW_SIZE),
    )
    return np.stack([right, up], axis=1)


def frame_rays(places: np.ndarray, camera: np.ndarray) -> np.ndarray:
    """Return directions [m, 3], in the camera's axes, through places [m, 2] of its frame.

    A camera [3] has the usual lens. A camera [6] also holds half its frame's side, and its frame's
    middle to the right and up, by the focal length each.
    """
    half, *middle = camera[3:] if len(camera) == 6 else PLAIN_LENS
    return np.column_stack([places + np.array(middle) / half, np.full(len(places), -1 / half)])


def _scene(triangles: np.ndarray) -> tuple[EmbreeScene, float]:
    """Return triangles [f, 3, 3] at unit size, so that float32 suffices, and their size before."""
    scale = np.abs(triangles).max()
    scene = EmbreeScene()
    TriangleMesh(scene, np.ascontiguousarray(triangles / scale, np.float32))
    return scene, scale


def _cast(scene: EmbreeScene, rays: np.ndarray, axes: np.ndarray, distance: float) -> np.ndarray:
    """Return the faces [m] that rays [m, 3] in the camera's axes [3, 3] hit, -1 for none."""
    axes = axes.astype(np.float32)
    origins = np.broadcast_to(axes[2] * np.float32(distance), rays.shape)
    return scene.run(np.ascontiguousarray(origins), np.ascontiguousarray(rays @ axes, np.float32))


def scan_surface(
    triangles: np.ndarray, camera: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The points [n, 3] of a mesh that a camera sees, and where it stands [3].

    `triangles` [f, 3, 3] and `camera` [3] are as in `render_views`, as are the rays: four a pixel.
    """
    azimuth, elevation, distance = camera
    axes = camera_axes(azimuth, elevation)
    scene = EmbreeScene()
    TriangleMesh(scene, np.ascontiguousarray(triangles, np.float32))
    rays = (_rays(random) @ axes).astype(np.float32)  # [rays, 3]
    stand = distance * axes[2]
    origins = np.broadcast_to(stand.astype(np.float32), rays.shape)
    found = scene.run(np.ascontiguousarray(origins), rays, output=True)
    hit = found["primID"] >= 0
    return stand + found["tfar"][hit, None] * rays[hit], stand


def _rays(random: np.random.Generator) -> np.ndarray:
    """Directions float32 [(VIEW_SIZE * SAMPLES)², 3] in the camera's axes, row by row."""
    side = VIEW_SIZE * SAMPLES
    row, column = np.indices((side, side), np.float32)
    row += random.random(row.shape, np.float32)
    column += random.random(row.shape, np.float32)
    rays = np.empty((side, side, 3), np.float32)
    rays[..., 0] = column * (2 / side) - 1
    rays[..., 1] = 1 - row * (2 / side)
    rays[..., 2] = -1 / HALF_FRAME
    return rays.reshape(-1, 3)


def _brightness(normals: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """Brightness [m] of faces with `normals` [m, 3] seen along `rays` [m, 3], camera's axes."""
    facing = -np.einsum("mi,mi->m", normals, rays) / np.sqrt(np.einsum("mi,mi->m", rays, rays))
    lit = normals @ LAMP * np.sign(facing)  # of the side that is seen
    return AMBIENT + HEADLIGHT * np.abs(facing) + LAMPLIGHT * np.maximum(lit, 0)
