"""Where pictures were taken from: stored with a dataset's views, or chosen by their silhouettes."""

from pathlib import Path

import cv2
import numpy as np

from imnet.data.hdf5 import find_cameras, open_hdf5, read_rows
from imnet.data.sizes import CAMERAS
from imnet.pictures.shapenet_views import least_distance, render_silhouettes
from imnet.surfaces import Mesh
from IMSVR.silhouettes import agreement

AZIMUTHS, ELEVATION, DISTANCE = 24, 27.5, 1.225  # the middle of what render_views draws
TURNS, TILTS = (-7.5, -3.75, 0, 3.75, 7.5), (-5, 0, 5)  # degrees, of nearby cameras


def read_cameras(path: Path) -> np.ndarray | None:
    """Read the cameras [N, V, 3] of a set's views, or [N, V, 6] with lenses; None if unknown.

    Raises:
        UserError: they are not as many as the views.
    """
    with open_hdf5(path) as file:
        if CAMERAS not in file:
            return None
        return read_rows(find_cameras(file, file["pixels"].shape[:2]))


def usual_cameras(mesh: Mesh) -> np.ndarray:
    """Return cameras [AZIMUTHS, 3] all around a mesh in the unit frame, as training views have."""
    return _at_usual_distance(mesh, np.arange(AZIMUTHS) * 360 / AZIMUTHS, [ELEVATION])


def nearby_cameras(mesh: Mesh, camera: np.ndarray) -> np.ndarray:
    """Return cameras [c, 3] in directions near that of a camera [3], itself among them."""
    azimuth, elevation, _ = camera
    return _at_usual_distance(mesh, azimuth + np.array(TURNS), elevation + np.array(TILTS))


def _at_usual_distance(mesh: Mesh, azimuths: np.ndarray, elevations: np.ndarray) -> np.ndarray:
    """Return a camera [c, 3] for each azimuth and elevation in degrees."""
    directions = [(a, e) for a in azimuths for e in elevations]
    return np.array([(a, e, DISTANCE * least_distance(mesh.vertices, a, e)) for a, e in directions])


def silhouettes_of(mesh: Mesh, cameras: np.ndarray) -> np.ndarray:
    """Return what cameras [n, 3 or 6] see of a mesh in the unit frame, bool [n, 137, 137]."""
    return render_silhouettes(mesh.vertices[mesh.triangles], cameras)


def reframed(inside: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Move and scale a silhouette bool [h, w] until its box is another's in place and longer side.

    A photo is framed by its object, so its scale and place say nothing. It stays where either is
    empty.
    """
    if not (inside.any() and like.any()):
        return inside
    (low, high), (wanted_low, wanted_high) = _box(inside), _box(like)
    scale = (wanted_high - wanted_low).max() / (high - low).max()
    shift = ((wanted_low + wanted_high) - scale * (low + high)) / 2
    shift += (scale - 1) / 2  # from the pixels' edges to their centres
    matrix = np.column_stack([scale * np.eye(2), shift])
    return cv2.warpAffine(np.float32(inside), matrix, inside.shape[::-1]) > 0.5


def _box(inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest corner (column, row) of a silhouette, in pixels."""
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    return np.array([columns[0], rows[0]]), np.array([columns[-1] + 1, rows[-1] + 1])


def best_cameras(
    picture: np.ndarray, mesh: Mesh, cameras: np.ndarray, few: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Choose from where a mesh looks most like a picture.

    Args:
        picture: a silhouette bool [137, 137], of any scale and place in its frame.
        mesh: in the unit frame, not empty.
        cameras: [c, 3] to choose from.
        few: how many to choose.

    Returns:
        Cameras [few, 3], the best first; the picture reframed for each, bool [few, 137, 137];
        its agreement with the mesh [few].
    """
    shown = silhouettes_of(mesh, cameras)
    moved = np.array([reframed(picture, like) for like in shown])
    alike = agreement(moved, shown)
    best = np.argsort(-alike, kind="stable")[:few]
    return cameras[best], moved[best], alike[best]
