"""A page without a browser, for tests and measurements: what viser's page sends and receives."""

import threading
import time
import uuid
from collections.abc import Callable
from typing import TypeVar

import msgspec
import numpy as np
import viser
import zstandard
from websockets.sync.client import connect

PATIENCE = 60  # seconds, for a busy machine
Found = TypeVar("Found")


class Page:
    """A connected page: the newest state of its controls and of its scene."""

    def __init__(self, port: int, **headers: str):
        """Connect as the page from this port does."""
        self.controls: dict[str, dict] = {}  # uuid → label, value and so on
        self.scene: dict[str, dict] = {}  # name → properties
        self.files: dict[str, dict] = {}  # transfer → name and parts
        self.meshes = 0  # how many came
        self.socket = connect(
            f"ws://127.0.0.1:{port}", subprotocols=[f"viser-v{viser.__version__}"],
            additional_headers=headers or None, max_size=None,
        )  # fmt: skip
        threading.Thread(target=self._receive, daemon=True).start()
        self.send(
            "ViewerCameraMessage", wxyz=(1, 0, 0, 0), position=(0, 0, -3), fov=0.7, near=0.1,
            far=100, image_height=600, image_width=800, look_at=(0, 0, 0), up_direction=(0, 1, 0),
        )  # fmt: skip

    def __enter__(self) -> "Page":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, kind: str, **fields: object) -> None:
        """Send a message as msgpack."""
        self.socket.send(msgspec.msgpack.encode({"type": kind, **fields}))

    def find(self, label: str) -> str:
        """Return the uuid of the control with a label, as soon as it is there."""

        def found() -> str:
            return next((u for u, c in list(self.controls.items()) if c["label"] == label), "")

        return self.wait(found)

    def set(self, label: str, value: object) -> None:
        """Move or press a control."""
        self.send("GuiUpdateMessage", uuid=self.find(label), updates={"value": value})

    def upload(
        self,
        label: str,
        content: bytes,
        name: str = "x.png",
        size: int | None = None,
        part: int = 2**19,
    ) -> None:
        """Choose a file; `size` is what the page announces, its true size by default."""
        size, transfer = len(content) if size is None else size, str(uuid.uuid4())
        parts = [content[i : i + part] for i in range(0, len(content), part)]
        common = {"source_component_uuid": self.find(label), "transfer_uuid": transfer}
        self.send(
            "FileTransferStartUpload", **common, filename=name, mime_type="image/png",
            part_count=len(parts), size_bytes=size,
        )  # fmt: skip
        for i, piece in enumerate(parts):
            self.send("FileTransferPart", **common, part_index=i, content=piece)

    def text(self) -> str:
        """Return all words in the page."""
        return " ".join(str(c.get("content") or "") for c in list(self.controls.values()))

    def wait(self, condition: Callable[[], Found]) -> Found:
        """Return what a function gives as soon as it is true."""
        end = time.monotonic() + PATIENCE
        while not (found := condition()):
            if time.monotonic() > end:
                raise TimeoutError(f"{condition}: {self.text()}")
            time.sleep(0.01)
        return found

    def vertices(self, name: str = "/shape") -> np.ndarray:
        """Return the vertices [v, 3] of a mesh in the scene, as soon as it is there."""
        return self.wait(lambda: self.scene.get(name))["vertices"].view(np.float32).reshape(-1, 3)

    def file(self, name: str) -> bytes:
        """Return the content of a file that was sent, as soon as it is there whole."""

        def whole() -> bytes:
            for sent in list(self.files.values()):
                if sent["name"] == name and len(sent["parts"]) == sent["count"]:
                    return b"".join(sent["parts"][i] for i in range(sent["count"]))
            return b""

        return self.wait(whole)

    def _receive(self) -> None:
        for data in self.socket:
            size = int.from_bytes(data[8:16], "little")
            inner = zstandard.ZstdDecompressor().decompress(data[16 : 16 + size])
            window = msgspec.msgpack.decode(inner)
            buffers, offset = [], 16 + size
            for length in window["binaryBufferLengths"]:
                offset += -offset % 8
                buffers.append(np.frombuffer(data, np.uint8, length, offset))
                offset += length
            for message in window["messages"]:
                self._take(message, buffers)

    def _take(self, message: dict, buffers: list[np.ndarray]) -> None:
        kind, props = message["type"], message.get("props") or {}
        props = {
            name: buffers[value["__binary_index"]] if _is_array(value) else value
            for name, value in props.items()
        }
        if kind == "RemoveSceneNodeMessage":
            self.scene.pop(message["name"], None)
        elif kind == "GuiUpdateMessage":
            self.controls.get(message["uuid"], {}).update(message["updates"])
        elif kind == "FileTransferStartDownload":
            sent = {"name": message["filename"], "count": message["part_count"], "parts": {}}
            self.files[message["transfer_uuid"]] = sent
        elif kind == "FileTransferPart":
            parts = self.files[message["transfer_uuid"]]["parts"]
            parts[message["part_index"]] = message["content"]
        elif kind.startswith("Gui") and "uuid" in message:
            self.controls[message["uuid"]] = {"label": None, "value": message.get("value"), **props}
        elif "name" in message and props:
            self.scene[message["name"]] = props
            self.meshes += message["name"] == "/shape"


def _is_array(value: object) -> bool:
    return isinstance(value, dict) and "__binary_index" in value
