"""glTF 2.0 and GLB: every mesh of the scene where its nodes put it, in the pose of the file."""

import base64
import binascii
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

import numpy as np

from imnet.base.files import other_thing
from imnet.surfaces.reading.polygons import (
    fan_triangles,
    placed,
    put_together,
    strip_triangles,
    triangulate,
)
from imnet.surfaces.reading.text import plain_text

_DRACO = "KHR_draco_mesh_compression"
_INSTANCING = "EXT_mesh_gpu_instancing"
_KNOWN = {_DRACO, _INSTANCING, "KHR_mesh_quantization"}
# these decide how a surface looks, not where it is
_LOOKS = (
    "KHR_materials_",
    "KHR_texture_",
    "EXT_texture_",
    "MSFT_texture_",
    "KHR_lights_",
    "KHR_xmp",
)
_TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
_TRIANGLES, _STRIP = 4, 5  # modes of a primitive; 6 is a fan, the lower ones points and lines
_MOST_ZEROS = 1 << 24  # values that no byte of the file stands for
_Mesh = tuple[np.ndarray, np.ndarray]


def read_gltf(content: bytes, beside: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Vertices float64 [v, 3] and triangles int64 [f, 3].

    `beside` is the folder of the files that it refers to. Raises ValueError for a damaged file, or
    one that requires an extension which is not known here.
    """
    document, binary = _chunks(content)
    version = str(document.get("asset", {}).get("version"))
    if version.split(".")[0] != "2":
        raise ValueError(f"it is glTF of version {version}: 2.0 is needed")
    for name in document.get("extensionsRequired", []):
        if name not in _KNOWN and not str(name).startswith(_LOOKS):
            raise ValueError(f"it requires the glTF extension {name}, which is not read")
    return put_together(_Scene(document, binary, beside).parts())


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


class _Scene:
    """A document with its buffers."""

    def __init__(self, document: dict[str, Any], binary: bytes | None, beside: Path | None):
        self.document, self.binary, self.beside = document, binary, beside
        self.buffers: dict[int, bytes] = {}
        self.read_values: dict[tuple[int, str], np.ndarray] = {}  # by accessor and type
        self.matrices: dict[int, np.ndarray] = {}  # [4, 4], of the nodes to the scene

    def item(self, kind: str, index: Any) -> dict[str, Any]:
        """One of the document's lists. Raises ValueError if the reference leads nowhere."""
        there = self.document.get(kind, [])
        if type(index) is not int or not 0 <= index < len(there):
            raise ValueError(f"it refers to {kind}[{index}], and has {len(there)}")
        return there[index]

    def parts(self) -> Iterator[_Mesh]:
        """Vertices [v, 3] and triangles [f, 3] of every mesh that the scene shows."""
        nodes = self.document.get("nodes", [])
        if self.document.get("scenes"):
            roots = self.item("scenes", self.document.get("scene", 0)).get("nodes", [])
        else:  # then every node is shown, and without nodes every mesh
            below = {child for node in nodes for child in node.get("children", [])}
            roots = [index for index in range(len(nodes)) if index not in below]
        if not nodes:
            for mesh in self.document.get("meshes", []):
                for primitive in mesh["primitives"]:
                    yield self.primitive(primitive, mesh.get("weights", []), None)
        waiting = [(index, np.eye(4)) for index in roots]
        while waiting:
            index, above = waiting.pop()
            node = self.item("nodes", index)
            if index in self.matrices:
                raise ValueError(f"its node {index} hangs in two places")
            self.matrices[index] = above @ _matrix(node)
            waiting += [(child, self.matrices[index]) for child in node.get("children", [])]
        for index, matrix in sorted(self.matrices.items()):
            node = nodes[index]
            if "mesh" not in node:
                continue
            mesh = self.item("meshes", node["mesh"])
            weights = node.get("weights", mesh.get("weights", []))
            rigid = []
            for primitive in mesh["primitives"]:
                skin = node.get("skin") if "JOINTS_0" in primitive["attributes"] else None
                part = self.primitive(primitive, weights, skin)
                if skin is None:
                    rigid.append(part)
                else:  # the joints alone place it
                    yield part
            vertices, triangles = put_together(rigid)
            for instance in self.instances(node):
                yield placed(vertices, triangles, matrix @ instance)

    def primitive(self, primitive: dict[str, Any], weights: list[float], skin: int | None) -> _Mesh:
        """Vertices and triangles of a primitive: in its mesh's frame, or posed by a skin."""
        mode = primitive.get("mode", _TRIANGLES)
        attributes = primitive["attributes"]
        if mode not in range(7):
            raise ValueError(f"it has a primitive of mode {mode}, which does not exist")
        if mode < _TRIANGLES or "POSITION" not in attributes:
            return np.zeros((0, 3)), np.zeros((0, 3), np.int64)
        draco = primitive.get("extensions", {}).get(_DRACO)
        accessor = self.item("accessors", attributes["POSITION"])
        if draco is not None and "bufferView" not in accessor:
            vertices, indices, mode = *self.compressed(primitive, draco, accessor), _TRIANGLES
        else:
            vertices = self.values(attributes["POSITION"], "VEC3")
            if "indices" in primitive:
                indices = self.values(primitive["indices"], "SCALAR")[:, 0].astype(np.int64)
            else:
                indices = np.arange(len(vertices))
        if mode == _TRIANGLES and len(indices) % 3:
            raise ValueError(f"it has a primitive of {len(indices)} corners: no whole triangles")
        if mode == _TRIANGLES:
            triangles = indices.reshape(-1, 3)
        else:
            triangles = (strip_triangles if mode == _STRIP else fan_triangles)(indices)
        triangulate(vertices, triangles.ravel(), np.full(len(triangles), 3))  # refuses wrong ones
        for weight, target in zip(weights, primitive.get("targets", []), strict=False):
            if weight and "POSITION" in target:
                vertices = vertices + weight * self.values(target["POSITION"], "VEC3")
        return vertices if skin is None else self.skinned(vertices, attributes, skin), triangles

    def compressed(
        self, primitive: dict[str, Any], draco: dict[str, Any], accessor: dict[str, Any]
    ) -> _Mesh:
        """Vertices [v, 3] and corners [n] of a Draco-compressed primitive."""
        try:
            import DracoPy  # optional
        except ImportError:
            raise ValueError(f"it requires {_DRACO}: pip install DracoPy to read it") from None
        data, _ = self.view(draco["bufferView"])
        try:
            mesh = DracoPy.decode(data)
            vertices = mesh.get_attribute_by_unique_id(draco["attributes"]["POSITION"])["data"]
        except Exception as error:  # a decoder of another project raises what it likes
            reason = " ".join(str(error).split())
            raise ValueError(f"its {_DRACO} data is damaged: {reason}") from error
        corners, promised = np.asarray(mesh.faces, np.int64).ravel(), [accessor["count"]]
        if "indices" in primitive:
            promised.append(self.item("accessors", primitive["indices"])["count"])
        if [len(vertices), len(corners)][: len(promised)] != promised:
            raise ValueError(
                f"its {_DRACO} data holds {len(vertices)} vertices and {len(corners)} corners, "
                f"promised are {promised}"
            )
        return _normalized(np.asarray(vertices, np.float64), accessor), corners

    def skinned(self, vertices: np.ndarray, attributes: dict[str, int], index: int) -> np.ndarray:
        """Vertices [v, 3] where the joints of a skin take them (linear blend)."""
        skin = self.item("skins", index)
        missing = next((joint for joint in skin["joints"] if joint not in self.matrices), None)
        if missing is not None:
            raise ValueError(f"its skin {index} hangs on node {missing}, which the scene lacks")
        matrices = np.stack([self.matrices[joint] for joint in skin["joints"]])  # [j, 4, 4]
        if "inverseBindMatrices" in skin:
            binds = self.values(skin["inverseBindMatrices"], "MAT4").reshape(-1, 4, 4)
            if len(binds) < len(matrices):
                raise ValueError(f"its skin {index} has {len(matrices)} joints, {len(binds)} binds")
            matrices = matrices @ binds[: len(matrices)].transpose(0, 2, 1)  # column-major
        moved = np.zeros_like(vertices)
        total = np.zeros((len(vertices), 1))
        homogeneous = np.append(vertices, np.ones((len(vertices), 1)), axis=1)  # [v, 4]
        for name in sorted(name for name in attributes if name.startswith("JOINTS_")):
            joints = self.values(attributes[name], "VEC4").astype(np.int64)
            shares = self.values(attributes[name.replace("JOINTS", "WEIGHTS")], "VEC4")
            for joint, share in zip(joints.T, shares.T, strict=True):
                placed_by = np.einsum("vij,vj->vi", matrices[joint][:, :3], homogeneous)
                moved += share[:, None] * placed_by
                total += share[:, None]
        return moved / np.where(total == 0, 1, total)

    def instances(self, node: dict[str, Any]) -> list[np.ndarray]:
        """The matrices [4, 4] at which a node repeats its mesh; the identity if it does not."""
        found = node.get("extensions", {}).get(_INSTANCING)
        if found is None:
            return [np.eye(4)]
        fields = (("TRANSLATION", "VEC3"), ("ROTATION", "VEC4"), ("SCALE", "VEC3"))
        columns = {
            name.lower(): self.values(found["attributes"][name], kind)
            for name, kind in fields
            if name in found["attributes"]
        }
        counts = {self.item("accessors", at)["count"] for at in found["attributes"].values()}
        if len(counts) != 1:
            raise ValueError(f"it has a mesh with {sorted(counts)} instances: one count is needed")
        return [
            _matrix({name: column[i] for name, column in columns.items()})
            for i in range(_natural(*counts))
        ]

    def values(self, index: Any, kind: str) -> np.ndarray:
        """An accessor's values as float64 [count, width], sparse and normalized ones too."""
        if (index, kind) in self.read_values:
            return self.read_values[index, kind]
        accessor = self.item("accessors", index)
        if accessor.get("type") != kind:
            raise ValueError(f"its accessor {index} is {accessor.get('type')}, not {kind}")
        count, sparse = _natural(accessor["count"]), accessor.get("sparse")
        if "bufferView" in accessor:
            values = self.read(accessor, count, _WIDTHS[kind]).astype(np.float64)
        elif sparse is None or count * _WIDTHS[kind] > _MOST_ZEROS:
            raise ValueError(f"its accessor {index} promises {count} values without any data")
        else:
            values = np.zeros((count, _WIDTHS[kind]))
        if sparse is not None:
            many = _natural(sparse["count"])
            at = self.read(sparse["indices"], many, 1)[:, 0].astype(np.int64)
            if (at >= count).any() or (at < 0).any():
                raise ValueError(f"its accessor {index} replaces values beyond its {count}")
            fresh = {"componentType": accessor["componentType"], **sparse["values"]}
            values[at] = self.read(fresh, many, _WIDTHS[kind])
        self.read_values[index, kind] = _normalized(values, accessor)
        return self.read_values[index, kind]

    def read(self, accessor: dict[str, Any], count: int, width: int) -> np.ndarray:
        """The stored numbers [count, width] of an accessor or of a part of a sparse one."""
        data, stride = self.view(accessor["bufferView"])
        component = np.dtype(_TYPES[accessor["componentType"]])
        start, size = _natural(accessor.get("byteOffset", 0)), component.itemsize * width
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
        start, length = _natural(view.get("byteOffset", 0)), _natural(view["byteLength"])
        if start + length > len(data):
            raise ValueError(f"its view {index} ends behind its buffer of {len(data)} bytes")
        return data[start : start + length], _natural(view.get("byteStride", 0))

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
            length = _natural(buffer["byteLength"])
            if length > len(data):
                reason = f": it is {other}" if (other := other_thing(data)) else ""
                raise ValueError(
                    f"its buffer {index} promises {length} bytes and has {len(data)}{reason}"
                )
            self.buffers[index] = data[:length]
        return self.buffers[index]


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
    for name in (unquote(uri), uri):
        try:
            if (beside / name).is_file():
                return (beside / name).read_bytes()
        except OSError as error:
            raise ValueError(f"its buffer {name[:80]}: {error.strerror}") from error
    raise ValueError(f"its buffer {unquote(uri)[:80]} is missing: it belongs beside it")


def _matrix(node: dict[str, Any]) -> np.ndarray:
    """The matrix [4, 4] of a node to the one above it."""
    if "matrix" in node:
        return np.array(node["matrix"], np.float64).reshape(4, 4).T  # stored column by column
    quaternion = np.array(node.get("rotation", (0, 0, 0, 1)), np.float64)
    x, y, z, w = quaternion / (np.linalg.norm(quaternion) or 1)  # stored in few digits
    rotation = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(rotation) * np.array(node.get("scale", (1, 1, 1)), np.float64)
    matrix[:3, 3] = node.get("translation", (0, 0, 0))
    return matrix


def _normalized(values: np.ndarray, accessor: dict[str, Any]) -> np.ndarray:
    """Whole numbers of a normalized accessor as the fractions they stand for."""
    component = np.dtype(_TYPES[accessor["componentType"]])
    if not accessor.get("normalized") or component.kind == "f":
        return values
    return np.maximum(values / np.iinfo(component).max, -1)


def _natural(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"it has {value!r} where a count or an offset belongs")
    return value
