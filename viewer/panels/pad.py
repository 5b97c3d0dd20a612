"""The pad: a square on the floor before the shape, a ball on it, and a thumbnail at each corner."""

from collections.abc import Callable

import numpy as np
import viser

from imnet.pictures.rendering import RIGHT
from imnet_viewer.view import AWAY, FACING

FLOOR, SIDE, RADIUS = -0.52, 0.36, 0.025
PICTURE = 0.15  # side of a thumbnail
LIFT = np.array([0, RADIUS, 0])  # of the ball's middle from the floor
ACROSS, UP = SIDE * RIGHT, SIDE * AWAY
CORNER = [0, FLOOR, 0] - 0.92 * AWAY - ACROSS / 2  # of (0, 0), the lower left for the camera
PLACES = {  # of two, three and four shapes, see corner_weights
    2: [(0, 0.5), (1, 0.5)],
    3: [(0, 0), (1, 0), (0.5, 1)],
    4: [(0, 0), (1, 0), (1, 1), (0, 1)],
}


def pad_place(camera: np.ndarray, pointer: np.ndarray) -> tuple[float, float] | None:
    """Return where on the pad a ray meets the floor; its corners are (0, 0) and (1, 1).

    The ray goes from the camera's position [3] through the pointer's [3]. None if it does not go
    down to the floor. A place beside the pad is moved to its edge.
    """
    direction = np.asarray(pointer, np.float64) - camera
    if not direction[1] < 0:
        return None
    hit = camera + direction * ((FLOOR - camera[1]) / direction[1]) - CORNER
    across, up = np.clip([hit @ ACROSS / SIDE**2, hit @ UP / SIDE**2], 0, 1)
    return float(across), float(up)


def world_place(across: float, up: float) -> np.ndarray:
    """Return the position [3] on the floor of a place of the pad."""
    return CORNER + across * ACROSS + up * UP


class Pad:
    """The pad of one browser."""

    def __init__(self, client: viser.ClientHandle, moved: Callable[[float, float], None]):
        """Draw it; `moved` is called with the places that the ball is dragged to."""
        self.scene = client.scene
        corners = [world_place(x, y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
        self.scene.add_mesh_simple(
            "/pad/square", np.float32(corners), np.uint32([[0, 1, 2], [0, 2, 3]]),
            color=(215, 222, 235), side="double",
        )  # fmt: skip
        self.ball = self.scene.add_icosphere("/pad/ball", RADIUS, (230, 110, 40))
        self.place(0, 0)

        @self.ball.on_drag
        async def drag(event: viser.SceneNodeDragEvent) -> None:
            place = pad_place(event.client.camera.position, np.array(event.end_position))
            if place is not None:
                moved(*place)

    def place(self, across: float, up: float) -> None:
        """Put the ball at a place of the pad."""
        self.ball.position = world_place(across, up) + LIFT

    def draw(self, thumbnails: list[np.ndarray]) -> None:
        """Put two to four thumbnails [h, w, 3] beside the places of their shapes."""
        for i in range(4):
            self.scene.remove_by_name(f"/pad/shape{i}")
        gap = 1 + (PICTURE + 0.04) / SIDE
        for i, place in enumerate(PLACES[len(thumbnails)]):
            beside = 0.5 + gap * (np.array(place) - 0.5)
            self.scene.add_image(
                f"/pad/shape{i}", thumbnails[i], PICTURE, PICTURE,
                wxyz=FACING, position=world_place(*beside) + 2 * LIFT,
            )  # fmt: skip
