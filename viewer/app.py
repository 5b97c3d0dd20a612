"""The page: a session with its panels for every browser that connects."""

import traceback
from collections.abc import Sequence
from functools import partial

import numpy as np
import viser

from imnet.base.progress import progress
from imnet_viewer.meshing import thumbnail, voxel_mesh
from imnet_viewer.models import Models
from imnet_viewer.panels.directions import Directions
from imnet_viewer.panels.kept import Kept
from imnet_viewer.panels.look import Look
from imnet_viewer.panels.own import Own
from imnet_viewer.panels.photo import Photo
from imnet_viewer.panels.sample import Sample
from imnet_viewer.panels.walk import Walk
from imnet_viewer.server import Server, bound_uploads, foreign_host, start_server
from imnet_viewer.session import Session, words
from imnet_viewer.view import set_first_view

TITLE = "IM-NET"
FOREIGN = (
    "This page was opened from {0}, which is not the viewer's own address. If {0} is your proxy, "
    "start the viewer with --page_host {0}. Without a proxy, forward the port with "
    "ssh -L 8080:localhost:8080 SERVER and open http://localhost:8080."
)


def serve(
    models: Models,
    host: str,
    port: int,
    drag_resolution: int,
    finest: int,
    page_hosts: Sequence[str] = (),
) -> Server:
    """Start serving the page; it goes on in threads until the server is stopped.

    Args:
        models: what is shown.
        host, port: to listen on.
        drag_resolution: grid of the meshes while something is dragged.
        finest: grid that a mesh is sharpened to at first.
        page_hosts: hosts of proxies under which browsers may open the page.

    Raises:
        UserError: the address cannot be listened on.
    """
    server = start_server(host, port, TITLE)
    server.gui.configure_theme(show_logo=False, show_share_button=False, control_width="large")
    set_first_view(server)
    thumbnails = shape_thumbnails(models)
    sessions: dict[int, Session] = {}

    @server.on_client_connect
    def connect(client: viser.ClientHandle) -> None:
        if (foreign := foreign_host(server, client, page_hosts)) is not None:
            client.gui.add_html(words(FOREIGN.format(foreign)))
            return
        session = Session(client, models, first_code(models), drag_resolution, finest)
        sessions[client.client_id] = session
        bound_uploads(client, session.say)
        try:
            add_panels(session, thumbnails, finest)
        except Exception:
            traceback.print_exc()
            session.say("The page could not be built; the viewer's own output says why.")

    @server.on_client_disconnect
    def disconnect(client: viser.ClientHandle) -> None:
        session = sessions.pop(client.client_id, None)
        if session is not None:
            session.close()

    return server


def add_panels(session: Session, thumbnails: list[np.ndarray], finest: int) -> None:
    """Add the tabs, and what they share. A tab without its network says what is missing."""
    gui, missing = session.gui, session.models.missing
    tabs = gui.add_tab_group()
    walks: list[Walk] = []

    def walk() -> None:
        if len(thumbnails) < 2:
            gui.add_html(words("A walk needs two shapes or more."))
        else:
            walks.append(Walk(session, list(thumbnails)))

    def own() -> None:
        if session.models.autoencoder.only_resolution is not None:
            gui.add_html(words("Codes are fitted by the implicit decoder; this one is of voxels."))
        else:
            Own(session, walks[0] if walks else None)

    for title, needed, panel in (
        ("Walk", "shapes", walk),
        ("Sample", "latent_gan", partial(Sample, session)),
        ("Directions", "shapes", partial(Directions, session)),
        ("Photo", "image_encoder", partial(Photo, session)),
        ("Your shape", "", own),
    ):
        with tabs.add_tab(title):
            if needed in missing:
                gui.add_html(words(missing[needed]))
            else:
                panel()
    with gui.add_folder("Shape"):
        look = Look(session, finest)
    with gui.add_folder("Kept"):
        Kept(session, look.suffix)
    with gui.add_folder("About the network", expand_by_default=False):
        for line in session.models.about:
            gui.add_html(words(line))


def first_code(models: Models) -> np.ndarray:
    """Return the first code [z_dim]: the first shape's, or the middle of the codes' range."""
    if models.shapes is None:
        return np.full(models.autoencoder.z_dim, 0.5, np.float32)
    return models.shapes.codes[0]


def shape_thumbnails(models: Models) -> list[np.ndarray]:
    """Draw small pictures [h, w, 3] uint8 of all shapes."""
    voxels = [] if models.shapes is None else models.shapes.voxels
    return [thumbnail(voxel_mesh(v)) for v in progress(voxels, "thumbnails", unit="shape")]
