"""Kept: the shapes that were kept, and their export."""

from collections.abc import Callable

import numpy as np

from imnet.base.errors import UserError
from imnet.pictures.rendering import tile_pictures
from imnet_viewer.meshing import collection_file
from imnet_viewer.session import Session

MOST = 60
EMPTY = np.full((8, 8, 3), 255, np.uint8)


class Kept:
    """The controls, and the codes that were kept with their thumbnails."""

    def __init__(self, session: Session, suffix: Callable[[], str]):
        """Add the controls; `suffix` gives that of the mesh files to export."""
        self.suffix = suffix
        self.session, gui = session, session.gui
        self.codes: list[np.ndarray] = []
        self.pictures: list[np.ndarray] = []
        keep = gui.add_button("Keep this one", icon="heart")
        self.strip = gui.add_image(EMPTY, visible=False)
        self.number = gui.add_dropdown("Number", ["-"], visible=False)
        self.actions = gui.add_button_group("Do", ["show", "forget"], visible=False)
        export = gui.add_button("Export all kept")
        self.progress = gui.add_progress_bar(0, visible=False)

        keep.on_click(session.guarded(self._keep, alone=True))
        self.actions.on_click(session.guarded(self._act))
        export.on_click(session.guarded(self._export, alone=True))

    def _keep(self) -> None:
        if len(self.codes) >= MOST:
            raise UserError(f"{MOST} shapes are kept, which is the most: export or forget some")
        code = self.session.code
        picture = self.session.thumbnail(code)
        self.codes, self.pictures = [*self.codes, code], [*self.pictures, picture]
        self._lay_out()

    def _act(self) -> None:
        i = int(self.number.value)
        if self.actions.value == "show":
            self.session.show(self.codes[i])
            return
        self.codes = self.codes[:i] + self.codes[i + 1 :]
        self.pictures = self.pictures[:i] + self.pictures[i + 1 :]
        self._lay_out()

    def _lay_out(self) -> None:
        numbers = [str(i) for i in range(len(self.codes))]
        for part in (self.strip, self.number, self.actions):
            part.visible = bool(numbers)
        if numbers:
            self.strip.image = tile_pictures(self.pictures, numbers, columns=4)
            self.number.options = numbers
            self.number.value = numbers[-1]

    def _export(self) -> None:
        codes = self.codes
        if not codes:
            raise UserError("nothing is kept yet: press “Keep this one” first")
        meshes = []
        self.progress.visible = True
        try:
            for i, code in enumerate(codes):
                meshes.append(self.session.finest_mesh(code))
                self.progress.value = 100 * (i + 1) / len(codes)
        finally:
            self.progress.visible = False
        content = collection_file(codes, meshes, self.suffix())
        self.session.client.send_file_download("kept.zip", content, save_immediately=True)
