"""Photo: a picture, what the network sees of it, and the shape it gives."""

import numpy as np

from imnet_viewer.session import Session
from IMSVR.options import BACKGROUNDS

UNLIKE = "The picture is unlike the training views: do not trust its mesh."
LIKE = "The picture is like the training views."
UNKNOWN = "Which views the network learned from is not stored with it."


class Photo:
    """The controls, and the last picture."""

    def __init__(self, session: Session):
        """Add the controls."""
        self.session, gui = session, session.gui
        self.content: bytes | None = None
        upload = gui.add_upload_button("Choose a picture", mime_type="image/*")
        self.background = gui.add_dropdown("Background", BACKGROUNDS)
        self.view = gui.add_image(
            np.full((8, 8, 3), 255, np.uint8), label="As the network sees it", visible=False
        )
        self.upload = upload
        upload.on_upload(session.guarded(self._take, alone=True))
        self.background.on_update(session.guarded(self._read, alone=True))

    def _take(self) -> None:
        self.content = self.upload.value.content  # its name is the browser's, and not used
        self._read()

    def _read(self) -> None:
        if self.content is None:
            return
        view, code, unlike = self.session.models.read_photo(self.content, self.background.value)
        self.view.image = np.repeat(view[..., None], 3, axis=2)
        self.view.visible = True
        self.session.say({True: UNLIKE, False: LIKE, None: UNKNOWN}[unlike])
        self.session.show(code)
