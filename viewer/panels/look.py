"""Look: how the shape is shown, and what is saved of it."""

import cv2
import numpy as np

from imnet.base.errors import UserError
from imnet.base.files import MESH_FORMATS
from imnet_viewer.follower import RESOLUTIONS
from imnet_viewer.meshing import mesh_file
from imnet_viewer.session import STYLES, Session

PATIENCE = 20.0  # seconds for a browser to render a picture


class Look:
    """The controls that every tab shares."""

    def __init__(self, session: Session, finest: int):
        """Add the controls."""
        self.session, gui = session, session.gui
        self.level = gui.add_slider("Iso-level", 0.05, 0.95, 0.01, 0.5)
        self.style = gui.add_button_group("Show", STYLES)
        self.truth = gui.add_checkbox("Nearest shape", False, hint="its voxels, and the IoU")
        self.truth.disabled = session.models.shapes is None
        self.finest = gui.add_dropdown(
            "Sharpen to", [str(r) for r in RESOLUTIONS], initial_value=str(finest)
        )
        self.format = gui.add_dropdown("Format", [f[1:] for f in MESH_FORMATS], initial_value="ply")
        download = gui.add_button("Download the mesh", icon="download")
        screenshot = gui.add_button("Save a picture", icon="camera")

        for control in (self.level, self.finest):
            control.on_update(session.guarded(self._change))
        self.truth.on_update(session.guarded(self._restyle))
        self.style.on_click(session.guarded(self._restyle))
        download.on_click(session.guarded(self._download, alone=True))
        screenshot.on_click(session.guarded(self._screenshot, alone=True))

    def suffix(self) -> str:
        """The suffix of the mesh files that are wanted."""
        return f".{self.format.value}"

    def _change(self) -> None:
        self.session.change(level=self.level.value, finest=int(self.finest.value))

    def _restyle(self) -> None:
        self.session.restyle(self.style.value, self.truth.value)

    def _download(self) -> None:
        mesh = self.session.finest_mesh(self.session.code)
        if mesh.empty:
            raise UserError("there is no surface to download: choose another iso-level")
        content, name = mesh_file(mesh, self.suffix()), f"shape{self.suffix()}"
        self.session.client.send_file_download(name, content, save_immediately=True)

    def _screenshot(self) -> None:
        camera = self.session.client.camera
        picture = self.session.client.get_render(
            camera.image_height, camera.image_width, transport_format="png", timeout=PATIENCE
        )  # [h, w, 3 or 4] RGB
        colours = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}[picture.shape[2]]
        _, content = cv2.imencode(".png", cv2.cvtColor(np.ascontiguousarray(picture), colours))
        name = "shape.png"
        self.session.client.send_file_download(name, content.tobytes(), save_immediately=True)
