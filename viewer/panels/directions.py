"""Directions: sliders along the principal components of the shapes' codes."""

from imnet_viewer.mixtures import along, principal_directions
from imnet_viewer.session import Session

SLIDERS, FURTHEST = 6, 3.0  # in standard deviations


class Directions:
    """The sliders, and the code that they start from."""

    def __init__(self, session: Session):
        """Add the controls."""
        self.session, gui, codes = session, session.gui, session.models.shapes.codes
        self.middle = self.start = codes.mean(axis=0)
        self.directions = principal_directions(codes, SLIDERS)
        self.sliders = [
            gui.add_slider(f"{i + 1}", -FURTHEST, FURTHEST, 0.05, 0.0)
            for i in range(len(self.directions))
        ]
        from_middle = gui.add_button("Start from the mean shape")
        from_here = gui.add_button("Start from the shape shown")

        for slider in self.sliders:
            slider.on_update(session.guarded(self._move))
        from_middle.on_click(session.guarded(lambda: self._restart(self.middle)))
        from_here.on_click(session.guarded(lambda: self._restart(session.code)))

    def _move(self) -> None:
        steps = [slider.value for slider in self.sliders]
        self.session.show(along(self.start, self.directions, steps))

    def _restart(self, code) -> None:
        for slider in self.sliders:
            slider.value = 0.0
        self.start = code
        self._move()
