"""Where the camera stands at first. Axes are ShapeNet v2's, as in rendered pictures."""

import numpy as np
import viser
import viser.transforms

from imnet.pictures.rendering import RIGHT, TO_CAMERA, UP

DISTANCE, FIELD_OF_VIEW = 2.9, np.radians(40)
LOOK_AT = np.array([0.0, -0.16, 0.0])
AWAY = -np.array([TO_CAMERA[0], 0, TO_CAMERA[2]]) / np.hypot(TO_CAMERA[0], TO_CAMERA[2])
# The rotation of a picture that faces the camera: x to the right, y down, z away.
FACING = viser.transforms.SO3.from_matrix(np.stack([RIGHT, -UP, -TO_CAMERA], axis=1)).wxyz


def set_first_view(server: viser.ViserServer, extent: float = 1.0) -> None:
    """Let every new browser see the shapes as the rendered pictures do.

    `extent` is the side of the cube that holds them.
    """
    server.scene.set_up_direction("+y")
    camera = server.initial_camera
    camera.position = LOOK_AT + extent * DISTANCE * TO_CAMERA
    camera.look_at, camera.up = LOOK_AT, (0, 1, 0)
    camera.fov = FIELD_OF_VIEW


def return_to_first_view(client: viser.ClientHandle) -> None:
    """Move one browser's camera back."""
    client.camera.position, client.camera.look_at = LOOK_AT + DISTANCE * TO_CAMERA, LOOK_AT
