"""Walk: between the codes of two to four shapes, by sliders or by the pad on the floor."""

import numpy as np

from imnet.pictures.rendering import tile_pictures
from imnet_viewer.mixtures import corner_weights, mixture
from imnet_viewer.panels.pad import Pad
from imnet_viewer.panels.wall import Wall
from imnet_viewer.session import Session

LETTERS = "ABCD"


class Walk:
    """The controls of a walk, and where it is."""

    def __init__(self, session: Session, thumbnails: list[np.ndarray]):
        """Add the controls for the shapes that there are, with a thumbnail [h, w, 3] for each."""
        self.session, self.thumbnails = session, thumbnails
        shapes, gui = session.models.shapes, session.gui
        self.codes = list(shapes.codes)
        most = min(len(thumbnails), len(LETTERS))
        names = [f"{i} {name}" for i, name in enumerate(shapes.names)]
        self.names, self.count = names, 2
        self.strip = gui.add_image(self._strip([0, 1]))
        choose = gui.add_button("Choose from thumbnails")
        counts = [str(n) for n in range(2, most + 1)]
        self.counts = gui.add_button_group("Shapes", counts)
        self.dropdowns = [
            gui.add_dropdown(LETTERS[i], names, initial_value=names[i]) for i in range(most)
        ]
        self.across = gui.add_slider("Across", 0.0, 1.0, 0.005, 0.0)
        self.up = gui.add_slider("Up", 0.0, 1.0, 0.005, 0.0)
        self.pad = Pad(session.client, self._drag)
        self.wall = Wall(session.client, thumbnails, self._toggled, self._choose)
        self._lay_out()

        choose.on_click(session.guarded(lambda: self.wall.toggle(self.count)))
        self.counts.on_click(session.guarded(self._recount))
        for dropdown in self.dropdowns:
            dropdown.on_update(session.guarded(self._rechoose))
        for slider in (self.across, self.up):
            slider.on_update(session.guarded(self.move))

    @property
    def chosen(self) -> list[int]:
        """The numbers of the shapes to walk between."""
        return [self.names.index(d.value) for d in self.dropdowns[: self.count]]

    def add(self, name: str, code: np.ndarray, thumbnail: np.ndarray) -> None:
        """Add a shape by its code [z_dim] and thumbnail [h, w, 3], and walk from it.

        A shape that was added under this name goes.
        """
        if name in self.names:
            self.codes[-1], self.thumbnails[-1] = code, thumbnail
        else:
            self.names = [*self.names, name]
            self.codes, self.thumbnails = [*self.codes, code], [*self.thumbnails, thumbnail]
            for dropdown in self.dropdowns:
                dropdown.options = self.names
        self.dropdowns[0].value = name
        self.across.value = self.up.value = 0.0
        self._rechoose()

    def move(self) -> None:
        """Show the code where the sliders are."""
        across, up = self.across.value, self.up.value
        weights = corner_weights(self.count, across, up)
        self.session.show(mixture(np.stack([self.codes[i] for i in self.chosen]), weights))
        self.pad.place(across, up if self.count > 2 else 0.5)

    def _drag(self, across: float, up: float) -> None:
        self.across.value, self.up.value = across, up

    def _recount(self) -> None:
        self.count = int(self.counts.value)
        self._rechoose()

    def _rechoose(self) -> None:
        self._lay_out()
        self.move()

    def _choose(self, numbers: list[int]) -> None:
        for dropdown, number in zip(self.dropdowns, numbers, strict=False):
            dropdown.value = self.names[number]
        self._rechoose()

    def _toggled(self, is_open: bool) -> None:
        self.session.hide(is_open)
        self.session.say(f"Click {self.count} shapes." if is_open else "")

    def _lay_out(self) -> None:
        for i, dropdown in enumerate(self.dropdowns):
            dropdown.visible = i < self.count
        self.up.visible = self.count > 2
        self.strip.image = self._strip(self.chosen)
        self.pad.draw([self.thumbnails[i] for i in self.chosen])

    def _strip(self, numbers: list[int]) -> np.ndarray:
        letters = list(LETTERS[: len(numbers)])
        return tile_pictures([self.thumbnails[i] for i in numbers], letters)
