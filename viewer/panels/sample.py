"""Sample: new codes of the latent GAN, and their neighbours."""

import numpy as np

from imnet.pictures.rendering import tile_pictures
from imnet_viewer.session import Session

NEIGHBOURS = 6


class Sample:
    """The controls of sampling, and the noise of the sample shown."""

    def __init__(self, session: Session):
        """Add the controls."""
        self.session, self.models, gui = session, session.models, session.gui
        self.rng = np.random.default_rng()
        self.noise = self.models.draw_noise(self.rng)
        self.near = np.empty((0, len(self.noise)), np.float32)  # noise of the neighbours
        new = gui.add_button("New sample")
        neighbours = gui.add_button("Neighbours of this sample")
        self.strip = gui.add_image(np.full((8, 8, 3), 255, np.uint8), visible=False)
        numbers = [str(i) for i in range(NEIGHBOURS)]
        self.choice = gui.add_button_group("Take", numbers, visible=False)

        new.on_click(session.guarded(self._new))
        neighbours.on_click(session.guarded(self._find_neighbours, alone=True))
        self.choice.on_click(session.guarded(self._take))

    def _new(self) -> None:
        self.noise = self.models.draw_noise(self.rng)
        self._show()

    def _find_neighbours(self) -> None:
        self.near = self.models.neighbours(self.noise, NEIGHBOURS, self.rng)
        codes = self.models.sample(self.near)
        labels = [str(i) for i in range(NEIGHBOURS)]
        pictures = [self.session.thumbnail(z) for z in codes]
        self.strip.image = tile_pictures(pictures, labels, columns=3)
        self.strip.visible = self.choice.visible = True
        self._show()

    def _take(self) -> None:
        self.noise = self.near[int(self.choice.value)]
        self._show()

    def _show(self) -> None:
        self.session.show(self.models.sample(self.noise[None])[0])
