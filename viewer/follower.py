"""Follows what is wanted: a quick mesh at once, finer ones as soon as nothing else is wanted."""

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from IMGAN.model import Autoencoder
from imnet.base.errors import UserError, one_line
from imnet.surfaces import Mesh
from imnet_viewer.meshing import DRAG_STRIDE, Stale, code_mesh

REST = 0.25  # seconds without a move, after which a mesh is sharpened
RESOLUTIONS = (64, 128, 256)


@dataclass(frozen=True, eq=False)
class Wanted:
    """A shape to be shown: code [z_dim], iso-level, and the finest grid of its mesh."""

    code: np.ndarray
    level: float
    finest: int


@dataclass(frozen=True)
class Shown:
    """A mesh in the unit frame, made for `wanted` on a grid of `resolution`, in `seconds`."""

    wanted: Wanted
    mesh: Mesh
    resolution: int
    seconds: float


class Follower:
    """A thread that makes the meshes of one page. The newest wish replaces all before it."""

    def __init__(
        self,
        autoencoder: Autoencoder,
        drag_resolution: int,
        show: Callable[[Shown], None],
        say: Callable[[str], None],
    ):
        """Start the thread.

        Args:
            autoencoder: makes the fields.
            drag_resolution: grid of the quick meshes.
            show: is called with each mesh, from the thread.
            say: is called with the words of an error.
        """
        self._autoencoder, self._drag_resolution = autoencoder, drag_resolution
        self._show, self._say = show, say
        self._wanted: Wanted | None = None
        self._followed: Wanted | None = None
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def want(self, wanted: Wanted) -> None:
        """Show this next."""
        with self._changed:
            self._wanted = wanted
            self._changed.notify()

    def stop(self) -> None:
        """End the thread, soon."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def _follow(self) -> None:
        while (wanted := self._next()) is not None:
            try:
                self._show_stages(wanted)
            except Stale:
                continue
            except UserError as error:
                self._say(one_line(error))
            except Exception as error:  # a fault of ours, or no memory: the page lives on
                traceback.print_exc()
                self._say(f"no mesh: {one_line(error)}")

    def _next(self) -> Wanted | None:
        """Wait for a wish that was not followed yet; None ends the thread."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._wanted is not self._followed)
            self._followed = self._wanted
            return None if self._stopped else self._wanted

    def _show_stages(self, wanted: Wanted) -> None:
        def stale() -> bool:
            return self._stopped or self._wanted is not wanted

        self._make(wanted, self._drag_resolution, lambda: self._stopped, DRAG_STRIDE)
        with self._changed:
            if self._changed.wait_for(stale, REST):
                return
        for resolution in RESOLUTIONS:
            if self._drag_resolution < resolution <= wanted.finest:
                self._make(wanted, resolution, stale)

    def _make(
        self,
        wanted: Wanted,
        resolution: int,
        stale: Callable[[], bool],
        stride: int | None = None,
    ) -> None:
        began = time.perf_counter()
        mesh = code_mesh(self._autoencoder, wanted.code, resolution, wanted.level, stale, stride)
        self._show(Shown(wanted, mesh, resolution, time.perf_counter() - began))
