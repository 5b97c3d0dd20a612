"""Self-contained HTML pages of meshes: viser's own page with a recorded scene in it."""

import numpy as np
import viser

from imnet.surfaces import Mesh
from imnet_viewer.session import COLOUR
from imnet_viewer.view import set_first_view

FRAME_SECONDS, PAUSE_SECONDS = 0.12, 0.8
PITCH = 1.1  # between shapes of a set, the side of a shape's cube being 1


def walk_page(server: viser.ViserServer, meshes: list[Mesh], stops: int) -> str:
    """Return a page in which one mesh becomes the next, there and back; it rests every `stops`."""
    set_first_view(server)
    recording = server.get_scene_serializer()
    order = [*range(len(meshes)), *range(len(meshes) - 2, 0, -1)]
    for i in order:
        _add(server, "/shape", meshes[i], np.zeros(3))
        recording.insert_sleep(FRAME_SECONDS if i % stops else PAUSE_SECONDS)
    return recording.as_html()


def set_page(server: viser.ViserServer, meshes: list[Mesh]) -> str:
    """Return a page in which meshes stand in rows on the floor."""
    columns = int(np.ceil(np.sqrt(len(meshes))))
    rows = -(-len(meshes) // columns)
    set_first_view(server, max(columns, rows) * PITCH)
    for i, mesh in enumerate(meshes):
        row, column = divmod(i, columns)
        place = [((columns - 1) / 2 - column) * PITCH, 0, (row - (rows - 1) / 2) * PITCH]
        _add(server, f"/shape{i}", mesh, np.array(place))
    return server.get_scene_serializer().as_html()


def _add(server: viser.ViserServer, name: str, mesh: Mesh, place: np.ndarray) -> None:
    server.scene.add_mesh_simple(
        name, np.float32(mesh.vertices), np.uint32(mesh.triangles), color=COLOUR, position=place
    )
