"""viser's server, which a browser cannot make serve, store or share more than the viewer means to.

This file alone uses members of viser that are not public; requirements.txt keeps to its 1.x.
"""

import contextlib
import io
import socket
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import viser
from viser import _messages
from viser.infra import ClientId

from imnet.base.errors import UserError

MOST_UPLOAD = 32 * 2**20  # bytes of a picture file
MOST_PARTS = 1000  # of an upload; browsers send parts of half a megabyte


class Server(viser.ViserServer):
    """A server without a public address: the page's share button and its message do nothing."""

    def request_share_url(self, verbose: bool = True) -> None:
        """Refuse: viser would open a tunnel to another host for whoever asks."""
        return None

    def stop(self) -> None:
        """Stop serving, without viser's line about it."""
        with contextlib.redirect_stdout(io.StringIO()):
            super().stop()


def start_server(host: str, port: int, label: str) -> Server:
    """Start the server; port 0 takes a free one.

    Raises:
        UserError: the address is not this machine's, or the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise UserError(f"--host {host} --port {port}: {error.strerror}; choose another") from error
    with contextlib.redirect_stdout(io.StringIO()):  # viser says on its own where it listens
        return Server(host, port, label=label, verbose=False)


def foreign_host(
    server: Server, client: viser.ClientHandle, page_hosts: Sequence[str]
) -> str | None:
    """Return the host of the page that connected, if it is not this server's; else None.

    `page_hosts` are the other hosts, with their ports if they have any, under which a proxy shows
    the page.
    """
    connection = server._websock_server._live_connections.get(client.client_id)
    headers = connection.request.headers if connection is not None else {}
    origin = headers.get("Origin")
    host = None if origin is None else urlsplit(origin).netloc
    return None if host in (None, headers.get("Host"), *page_hosts) else host


def bound_uploads(client: viser.ClientHandle, refuse: Callable[[str], None]) -> None:
    """Let a browser upload one file at a time, of at most MOST_UPLOAD bytes.

    `refuse` is called with words where a file is larger.
    """
    connection, gui = client._websock_connection, client.gui
    uploads = gui._current_file_upload_states

    def start(client_id: ClientId, message: _messages.FileTransferStartUpload) -> None:
        uploads.clear()
        if not 0 <= message.size_bytes <= MOST_UPLOAD or not 0 <= message.part_count <= MOST_PARTS:
            refuse(f"The file is too large: at most {MOST_UPLOAD // 2**20} MB are taken.")
        else:
            gui._handle_file_transfer_start(client_id, message)

    def part(client_id: ClientId, message: _messages.FileTransferPart) -> None:
        state = uploads.get(message.transfer_uuid)
        if state is None:
            return
        if state["transferred_bytes"] + len(message.content) > state["total_bytes"]:
            uploads.clear()
            refuse("The upload was longer than announced, and is not taken.")
        else:
            gui._handle_file_transfer_part(client_id, message)

    for kind, handler in (
        (_messages.FileTransferStartUpload, start),
        (_messages.FileTransferPart, part),
    ):
        connection.unregister_handler(kind)
        connection.register_handler(kind, handler)
