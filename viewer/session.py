"""One browser: its shape, its meshes, its words. Nothing here is shared with another browser."""

import html
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import viser

from imnet.base.errors import UserError, one_line
from imnet.pictures.rendering import RIGHT
from imnet.surfaces import Mesh
from imnet.surfaces.triangles import sample_surface
from imnet_viewer.follower import Follower, Shown, Wanted
from imnet_viewer.meshing import code_iou, code_mesh, thumbnail, voxel_mesh
from imnet_viewer.mixtures import nearest
from imnet_viewer.models import Models

STYLES = ("surface", "wireframe", "points")
POINTS, POINT_SIZE = 2048, 0.006
COLOUR, TRUTH_COLOUR = (170, 190, 225), (225, 200, 160)
APART = 0.84  # the truth is that far to the left: the controls cover the right
THUMBNAIL_RESOLUTION = 64


class Session:
    """What one browser looks at."""

    def __init__(
        self,
        client: viser.ClientHandle,
        models: Models,
        code: np.ndarray,
        drag_resolution: int,
        finest: int,
    ):
        """Show the shape of a code [z_dim]; see `Follower` for the resolutions."""
        self.client, self.gui, self.models = client, client.gui, models
        self.style, self.with_truth, self.hidden = STYLES[0], False, False
        self.last: Shown | None = None
        self._beside: tuple[np.ndarray, Mesh] | None = None  # code; what its shape is compared with
        self._work, self._drawing = threading.Lock(), threading.Lock()
        self.figures = self.gui.add_html(words(""))
        self.message = self.gui.add_html(words(""))
        self._wanted = Wanted(code, 0.5, finest)
        self._follower = Follower(models.autoencoder, drag_resolution, self._draw, self.say)
        self._follower.want(self._wanted)

    @property
    def level(self) -> float:
        """The iso-level of the shape shown."""
        return self._wanted.level

    @property
    def code(self) -> np.ndarray:
        """The code [z_dim] of the shape shown."""
        return self._wanted.code

    def show(self, code: np.ndarray) -> None:
        """Show the shape of a code [z_dim]."""
        self.change(code=code)

    def compare(self, mesh: Mesh, code: np.ndarray) -> None:
        """Show the shape of a code [z_dim] and, beside it, a mesh in the unit frame."""
        self._beside = code, mesh
        self.show(code)

    def change(self, **changes: object) -> None:
        """Show the shape with another code, level or finest grid, see `Wanted`."""
        self._wanted = replace(self._wanted, **changes)
        self._follower.want(self._wanted)

    def restyle(self, style: str, with_truth: bool) -> None:
        """Show the shape in one of STYLES, and the nearest shape beside it or not."""
        self.style, self.with_truth = style, with_truth
        self._draw_again()

    def hide(self, hidden: bool) -> None:
        """Hide the shape, or show it again."""
        self.hidden = hidden
        self._draw_again()

    def say(self, text: str) -> None:
        """Show a message in the page."""
        content = words(text, "#b04a00")
        if self.message.content != content:
            self.message.content = content

    def finest_mesh(self, code: np.ndarray) -> Mesh:
        """Return a code's mesh on the finest grid that is asked for."""
        wanted, last = self._wanted, self.last
        if (
            last is not None
            and last.wanted.code is code
            and last.wanted.level == wanted.level
            and last.resolution >= wanted.finest
        ):
            return last.mesh
        return code_mesh(self.models.autoencoder, code, wanted.finest, wanted.level)

    def thumbnail(self, code: np.ndarray) -> np.ndarray:
        """Return a small picture [h, w, 3] of a code's shape."""
        level = self._wanted.level
        return thumbnail(code_mesh(self.models.autoencoder, code, THUMBNAIL_RESOLUTION, level))

    def guarded(
        self, action: Callable[[], None], alone: bool = False
    ) -> Callable[[viser.GuiEvent], None]:
        """Return a callback whose errors are words in the page.

        `alone` is for what takes long: it is not begun while another such action is at work.
        """

        def call(_: viser.GuiEvent) -> None:
            if alone and not self._work.acquire(blocking=False):
                self.say("Still at work on the last action: wait a moment.")
                return
            try:
                self.say("")
                action()
            except UserError as error:
                self.say(one_line(error))
            except Exception as error:  # a fault of ours, or no memory: the page lives on
                traceback.print_exc()
                self.say(f"That failed: {one_line(error)}")
            finally:
                if alone:
                    self._work.release()

        return call

    def close(self) -> None:
        """End the work for this browser."""
        self._follower.stop()

    def _draw(self, shown: Shown) -> None:
        """Put a mesh into the scene in place of the one before, and its figures into words."""
        with self._drawing:
            self.last = shown
            self._draw_last()

    def _draw_again(self) -> None:
        with self._drawing:
            if self.last is not None:
                self._draw_last()

    def _draw_last(self) -> None:
        shown = self.last
        near = nearest(shown.wanted.code, self.models.shapes.codes) if self.with_truth else None
        truth = None if near is None else voxel_mesh(self.models.shapes.voxels[near])
        if self._beside is not None and self._beside[0] is shown.wanted.code:
            near, (_, truth) = None, self._beside
        with self.client.atomic():
            self._draw_shape(shown.mesh)
            self._draw_truth(truth)
        self.figures.content = words(self._figures(shown, near))

    def _draw_shape(self, mesh: Mesh) -> None:
        scene = self.client.scene
        is_points = self.style == "points"
        scene.remove_by_name("/points" if not is_points else "/shape")
        if mesh.empty or self.hidden:
            scene.remove_by_name("/points")
            scene.remove_by_name("/shape")
        elif is_points:
            points, normals = sample_surface(*mesh, POINTS, np.random.default_rng(0))
            colours = np.uint8(np.round((normals + 1) * 127.5))
            scene.add_point_cloud("/points", np.float32(points), colours, point_size=POINT_SIZE)
        else:
            scene.add_mesh_simple(
                "/shape", np.float32(mesh.vertices), np.uint32(mesh.triangles), color=COLOUR,
                wireframe=self.style == "wireframe",
            )  # fmt: skip

    def _draw_truth(self, mesh: Mesh | None) -> None:
        if mesh is None or self.hidden:
            self.client.scene.remove_by_name("/truth")
            return
        self.client.scene.add_mesh_simple(
            "/truth", np.float32(mesh.vertices), np.uint32(mesh.triangles), color=TRUTH_COLOUR,
            flat_shading=True, position=-APART * RIGHT,
        )  # fmt: skip

    def _figures(self, shown: Shown, near: int | None) -> str:
        if shown.mesh.empty:
            return f"The field is nowhere above {shown.wanted.level:g}: no surface."
        text = (
            f"{shown.resolution}³ · {len(shown.mesh.triangles):,} triangles · "
            f"{shown.seconds * 1000:.0f} ms"
        )
        if near is not None:
            shapes, wanted = self.models.shapes, shown.wanted
            figure = code_iou(
                self.models.autoencoder, wanted.code, shapes.voxels[near], wanted.level
            )
            text += f" · nearest: {shapes.names[near]}, IoU {figure:.3f}"
        return text


def words(text: str, colour: str = "inherit") -> str:
    """Return text as HTML that shows it as it is."""
    return (
        f'<div style="margin: 0 0.75em 0.5em; font-size: 0.85em; color: {colour}; '
        f'overflow-wrap: anywhere">{html.escape(text)}</div>'
    )
