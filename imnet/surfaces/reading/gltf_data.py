"""What a glTF document holds: JSON, buffers, views of buffers, accessors of numbers."""

import base64
import binascii
import json
import struct
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

import numpy as np

from imnet.base.files import other_thing
from imnet.surfaces.reading.text import plain_text

_TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
_MOST_ZEROS = 1 << 24  # values that no byte of the file stands for


class Document:
    """A document with its buffers. The methods raise ValueError where it is damaged."""

    def __init__(self, content: bytes, beside: Path | None):
        """Read the JSON of a .gltf or .glb file. `beside` is the folder of the buffers' files."""
        self.document, self.binary = _chunks(content)
        self.beside = beside
        self.buffers: dict[int, bytes] = {}
        self.read_values: dict[tuple[int, str], np.ndarray] = {}  # by accessor and type

    def item(self, kind: str, index: Any) -> dict[str, Any]:
        """One of the document's lists. Raises ValueError if the reference leads nowhere."""
        there = self.document.get(kind, [])
        if type(index) is not int or not 0 <= index < len(there):
            raise ValueError(f"it refers to {kind}[{index}], and has {len(there)}")
        return there[index]

    def values(self, index: Any, kind: str) -> np.ndarray:
        """An accessor's values as float64 [count, width], sparse and normalized ones too."""
        if (index, kind) in self.read_values:
            return self.read_values[index, kind]
        accessor = self.item("accessors", index)
        if accessor.get("type") != kind:
            raise ValueError(f"its accessor {index} is {accessor.get('type')}, not {kind}")
        count, sparse = natural(accessor["count"]), accessor.get("sparse")
        if "bufferView" in accessor:
            values = self.read(accessor, count, _WIDTHS[kind]).astype(np.float64)
        elif sparse is None or count * _WIDTHS[kind] > _MOST_ZEROS:
            raise ValueError(f"its accessor {index} promises {count} values without any data")
        else:
            values = np.zeros((count, _WIDTHS[kind]))
        if sparse is not None:
            many = natural(sparse["count"])
            at = self.read(sparse["indices"], many, 1)[:, 0].astype(np.int64)
            if (at >= count).any() or (at < 0).any():
                raise ValueError(f"its accessor {index} replaces values beyond its {count}")
            fresh = {"componentType": accessor["componentType"], **sparse["values"]}
            values[at] = self.read(fresh, many, _WIDTHS[kind])
        self.read_values[index, kind] = normalized(values, accessor)
        return self.read_values[index, kind]

    def read(self, accessor: dict[str, Any], count: int, width: int) -> np.ndarray:
        """The stored numbers [count, width] of an accessor or of a part of a sparse one."""
        data, stride = self.view(accessor["bufferView"])
        component = np.dtype(_TYPES[accessor["componentType"]])
        start, size = natural(accessor.get("byteOffset", 0)), component.itemsize * width
        stride = stride or size
        if count and start + stride * (count - 1) + size > len(data):
            raise ValueError(
                f"an accessor promises {count} values of {size} bytes, its view has only "
                f"{len(data)} bytes"
            )
        if not count:
            return np.zeros((0, width), component)
        return np.ndarray((count, width), component, data, start, (stride, component.itemsize))

    def view(self, index: Any) -> tuple[bytes, int]:
        """The bytes of a buffer view and its stride, 0 for none."""
        view = self.item("bufferViews", index)
        compressed = next((n for n in view.get("extensions", {}) if "meshopt" in n), None)
        buffer = self.item("buffers", view["buffer"])
        if compressed and "uri" not in buffer and not (view["buffer"] == 0 and self.binary):
            raise ValueError(f"it requires the glTF extension {compressed}, which is not read")
        data = self.buffer(view["buffer"])
        start, length = natural(view.get("byteOffset", 0)), natural(view["byteLength"])
        if start + length > len(data):
            raise ValueError(f"its view {index} ends behind its buffer of {len(data)} bytes")
        return data[start : start + length], natural(view.get("byteStride", 0))

    def buffer(self, index: int) -> bytes:
        """A buffer's bytes: of the GLB, of a data: URI, or of a file beside the document."""
        if index not in self.buffers:
            buffer = self.item("buffers", index)
            if "uri" in buffer:
                data = _fetch(str(buffer["uri"]), self.beside)
            elif index == 0 and self.binary is not None:
                data = self.binary
            else:
                raise ValueError(f"its buffer {index} has no data")
            length = natural(buffer["byteLength"])
            if length > len(data):
                reason = f": it is {other}" if (other := other_thing(data)) else ""
                raise ValueError(
                    f"its buffer {index} promises {length} bytes and has {len(data)}{reason}"
                )
            self.buffers[index] = data[:length]
        return self.buffers[index]


def _chunks(content: bytes) -> tuple[dict[str, Any], bytes | None]:
    """The JSON document and, of a GLB, its binary chunk."""
    binary = None
    text = content
    if content.startswith(b"glTF"):
        if len(content) < 20:
            raise ValueError("it is cut short")
        version, length = struct.unpack_from("<II", content, 4)
        if version != 2:
            raise ValueError(f"it is GLB of version {version}: 2 is needed")
        chunks, at = [], 12
        while at < length:
            size, kind = struct.unpack_from("<I4s", content.ljust(at + 8, b"\0"), at)
            if at + 8 + size > len(content):
                raise ValueError(f"it is cut short: {length} bytes promised, {len(content)} found")
            chunks.append((kind, content[at + 8 : at + 8 + size]))
            at += 8 + size
        if not chunks or chunks[0][0] != b"JSON":
            raise ValueError("its first chunk is not JSON")
        text = chunks[0][1]
        binary = next((data for kind, data in chunks[1:2] if kind == b"BIN\0"), None)
    document = json.loads(plain_text(text).decode("utf-8"))
    if not isinstance(document, dict):
        raise ValueError("its JSON is no object")
    return document, binary


def _fetch(uri: str, beside: Path | None) -> bytes:
    if uri.startswith("data:"):
        kind, comma, data = uri.partition(",")
        if not comma:
            raise ValueError("it has a data: URI without data")
        try:
            return (
                base64.b64decode(unquote(data), validate=True)
                if kind.endswith(";base64")
                else unquote_to_bytes(data)
            )
        except binascii.Error as error:
            raise ValueError(f"it has a damaged data: URI ({error})") from error
    if beside is None or "://" in uri:
        raise ValueError(f"its buffer is elsewhere, at {uri[:80]}")
    for name in (unquote(uri), uri, unquote(uri).replace("\\", "/")):  # written on Windows
        try:
            if (beside / name).is_file():
                return (beside / name).read_bytes()
        except OSError as error:
            raise ValueError(f"its buffer {name[:80]}: {error.strerror}") from error
    raise ValueError(f"its buffer {unquote(uri)[:80]} is missing: it belongs beside it")


def normalized(values: np.ndarray, accessor: dict[str, Any]) -> np.ndarray:
    """Whole numbers of a normalized accessor as the fractions they stand for."""
    component = np.dtype(_TYPES[accessor["componentType"]])
    if not accessor.get("normalized") or component.kind == "f":
        return values
    return np.maximum(values / np.iinfo(component).max, -1)


def natural(value: Any) -> int:
    """Return a value that is a count or an offset. Raises ValueError for anything else."""
    if type(value) is not int or value < 0:
        raise ValueError(f"it has {value!r} where a count or an offset belongs")
    return value
