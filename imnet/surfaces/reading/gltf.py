"""glTF 2.0 and GLB: every mesh of the scene where its nodes put it, in the pose of the file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from imnet.surfaces.reading.gltf_data import Document, natural, normalized
from imnet.surfaces.reading.polygons import (
    fan_triangles,
    placed,
    put_together,
    strip_triangles,
    triangulate,
)

_DRACO = "KHR_draco_mesh_compression"
_INSTANCING = "EXT_mesh_gpu_instancing"
_VISIBILITY = "KHR_node_visibility"
_KNOWN = {_DRACO, _INSTANCING, _VISIBILITY, "KHR_mesh_quantization"}
# The starts of names that decide how a surface looks, what it means or how one acts on it, or that
# move all of a scene; not where its parts are.
_NO_SHAPE = (
    *("KHR_materials_", "ADOBE_materials_", "EXT_materials_", "MSFT_materials_", "MSFT_packing_"),
    *("KHR_texture_", "EXT_texture_", "MSFT_texture_", "KHR_lights_", "EXT_lights_", "KHR_xmp"),
    *("KHR_node_selectability", "KHR_node_hoverability", "KHR_animation_pointer", "KHR_audio"),
    *("EXT_mesh_features", "EXT_instance_features", "EXT_structural_metadata", "CESIUM_RTC"),
)
_TRIANGLES, _STRIP = 4, 5  # modes of a primitive; 6 is a fan, the lower ones points and lines
_Mesh = tuple[np.ndarray, np.ndarray]


def read_gltf(content: bytes, beside: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Vertices float64 [v, 3] and triangles int64 [f, 3].

    `beside` is the folder of the files that it refers to. Raises ValueError for a damaged file, or
    one that requires an extension which is not known here.
    """
    scene = _Scene(content, beside)
    document = scene.document
    version = str(document.get("asset", {}).get("version"))
    if version.split(".")[0] != "2":
        raise ValueError(f"it is glTF of version {version}: 2.0 is needed")
    for name in document.get("extensionsRequired", []):
        if name not in _KNOWN and not str(name).startswith(_NO_SHAPE):
            raise ValueError(f"it requires the glTF extension {name}, which is not read")
    return put_together(scene.parts())


class _Scene(Document):
    """A document's scene."""

    def __init__(self, content: bytes, beside: Path | None):
        super().__init__(content, beside)
        self.matrices: dict[int, np.ndarray] = {}  # [4, 4], of the nodes to the scene

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
        hidden = set()
        waiting = [(index, np.eye(4), False) for index in roots]
        while waiting:
            index, above, unseen = waiting.pop()
            node = self.item("nodes", index)
            if index in self.matrices:
                raise ValueError(f"its node {index} hangs in two places")
            self.matrices[index] = above @ _matrix(node)  # a hidden joint moves a skin all the same
            unseen |= node.get("extensions", {}).get(_VISIBILITY, {}).get("visible", True) is False
            if unseen:
                hidden.add(index)
            children = node.get("children", [])
            waiting += [(child, self.matrices[index], unseen) for child in children]
        for index, matrix in sorted(self.matrices.items()):
            node = nodes[index]
            if "mesh" not in node or index in hidden:
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
        return normalized(np.asarray(vertices, np.float64), accessor), corners

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
            for i in range(natural(*counts))
        ]


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
