"""Your shape: what a file holds, the encoder's answer, and the fit as it converges."""

from IMGAN.shape_files import SHAPE_SUFFIXES
from imnet.base.errors import UserError
from imnet_viewer.own_shapes import (
    AXES,
    ENCODED,
    FITTED,
    OwnShape,
    fit_in_steps,
    read_own_file,
)
from imnet_viewer.panels.walk import Walk
from imnet_viewer.session import Session

NAME = "your shape"
DOUBT = " Do not trust it."


class Own:
    """The controls, and the shape of the last file."""

    def __init__(self, session: Session, walk: Walk | None):
        """Add the controls; the shape can be walked from in `walk`."""
        self.session, self.walk, gui = session, walk, session.gui
        self.own: OwnShape | None = None
        self.content: tuple[bytes, str] | None = None
        self.upload = gui.add_upload_button("Choose a mesh, voxels or a scan", mime_type="*/*")
        self.up = gui.add_dropdown("Up", AXES, initial_value="+y")
        self.front = gui.add_dropdown("Front", AXES, initial_value="-z")
        self.which = gui.add_button_group("Code", [ENCODED, FITTED], visible=False)
        self.join = gui.add_button("Walk from here", visible=False)
        self.upload.on_upload(session.guarded(self._take, alone=True))
        for axis in (self.up, self.front):
            axis.on_update(session.guarded(self._read, alone=True))
        self.which.on_click(session.guarded(self._choose))
        self.join.on_click(session.guarded(self._join))

    def _take(self) -> None:
        suffix = "." + self.upload.value.name.rpartition(".")[2].lower()
        if suffix not in SHAPE_SUFFIXES:
            raise UserError(f"A file of {' '.join(SHAPE_SUFFIXES)} is wanted.")
        self.content = self.upload.value.content, suffix
        self._read()

    def _read(self) -> None:
        if self.content is None:
            return
        self.own, session = None, self.session
        file, models = read_own_file(*self.content, self.up.value, self.front.value), session.models
        known = models.known_codes() if file.scan is not None else None
        for own in fit_in_steps(models.autoencoder, file, known, session.level):
            self.own = own
            session.compare(own.observed, own.code)
            session.say(f"{own.how}: {own.figures}.{'' if own.trusted else DOUBT}")
        self.which.visible = own.encoded is not None
        self.join.visible = self.walk is not None

    def _choose(self) -> None:
        if self.own is not None:
            code = self.own.encoded if self.which.value == ENCODED else self.own.code
            self.session.compare(self.own.observed, code)

    def _join(self) -> None:
        if self.own is not None and self.walk is not None:
            code = self.session.code
            self.walk.add(NAME, code, self.session.thumbnail(code))
