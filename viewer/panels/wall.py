"""The wall: the thumbnails of all shapes, to choose from by clicks."""

from collections.abc import Callable

import numpy as np
import viser

from imnet.pictures.rendering import RIGHT, UP
from imnet_viewer.view import FACING, LOOK_AT, return_to_first_view

HEIGHT, WIDTH = 1.6, 2.0  # of the wall


def wall_places(count: int) -> tuple[np.ndarray, float]:
    """Return the positions [count, 3] of so many pictures on the wall, and their sides."""
    columns = int(np.ceil(np.sqrt(count * WIDTH / HEIGHT)))
    rows = -(-count // columns)
    side = min(WIDTH / columns, HEIGHT / rows)
    row, column = np.divmod(np.arange(count), columns)  # [count]
    x, y = (column - (columns - 1) / 2) * side, ((rows - 1) / 2 - row) * side
    return LOOK_AT + x[:, None] * RIGHT + y[:, None] * UP, 0.95 * side


class Wall:
    """The wall of one browser."""

    def __init__(
        self,
        client: viser.ClientHandle,
        thumbnails: list[np.ndarray],
        toggled: Callable[[bool], None],
        chosen: Callable[[list[int]], None],
    ):
        """Prepare it.

        Args:
            client: the browser.
            thumbnails: of all shapes.
            toggled: is called with whether the wall is open now.
            chosen: is called with the numbers that were clicked, in their order.
        """
        self.client, self.thumbnails = client, thumbnails
        self.toggled, self.chosen = toggled, chosen
        self.clicked: list[int] = []
        self.is_open, self.wanted = False, 2

    def toggle(self, wanted: int) -> None:
        """Close the wall, or show it until so many shapes are clicked."""
        if self.is_open:
            self._close()
            return
        self.is_open, self.wanted, self.clicked = True, wanted, []
        self.toggled(True)
        return_to_first_view(self.client)
        places, side = wall_places(len(self.thumbnails))
        for i, (picture, place) in enumerate(zip(self.thumbnails, places, strict=True)):
            handle = self.client.scene.add_image(
                f"/wall/{i}", picture, side, side, wxyz=FACING, position=place
            )
            handle.on_click(lambda event, i=i: self._click(i, event.target))

    def _click(self, number: int, picture: viser.ImageHandle) -> None:
        if not self.is_open:
            return
        self.clicked.append(number)
        picture.scale = 0.8
        if len(self.clicked) == self.wanted:
            self._close()
            self.chosen(self.clicked)

    def _close(self) -> None:
        self.is_open = False
        self.client.scene.remove_by_name("/wall")
        self.toggled(False)
