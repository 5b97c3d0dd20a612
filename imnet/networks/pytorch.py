"""PyTorch's files of weights, read and written without PyTorch.

A `.pth` file is a pickle of a dictionary of tensors, whose numbers stand beside it: in a zip
archive, or behind the pickle in files of PyTorch 1.5 and older. A pickle can call anything, so the
reader admits what makes up tensors and dictionaries, and refuses the rest by name.
"""

import io
import math
import pickle
import pickletools
import re
import struct
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from imnet.base.errors import UserError
from imnet.base.files import written_whole

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
BFLOAT16 = "BFloat16Storage"  # of which numpy knows nothing
STORAGES = {
    "FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", BFLOAT16: "<u2",
    "LongStorage": "<i8", "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "<i1",
    "ByteStorage": "<u1", "BoolStorage": "?",
}  # fmt: skip
DTYPES = {
    "float32": "FloatStorage", "float64": "DoubleStorage", "float16": "HalfStorage",
    "bfloat16": BFLOAT16, "int64": "LongStorage", "int32": "IntStorage", "int16": "ShortStorage",
    "int8": "CharStorage", "uint8": "ByteStorage", "bool": "BoolStorage",
}  # fmt: skip


class _Storage:
    """The numbers of one or several tensors, filled in once they are read."""

    def __init__(self, kind: str, length: int):
        if not isinstance(length, int) or length < 0:
            raise ValueError(f"a storage of {length} numbers")
        self.kind, self.length, self.numbers = kind, length, None

    @property
    def size(self) -> int:
        """In bytes."""
        return self.length * np.dtype(STORAGES[self.kind]).itemsize

    def fill(self, data: bytes) -> None:
        """Set the numbers."""
        if len(data) != self.size:
            raise ValueError(f"a storage of {self.size} bytes has {len(data)}")
        numbers = np.frombuffer(data, STORAGES[self.kind])
        if self.kind == BFLOAT16:  # the upper half of a float32
            numbers = (numbers.astype("<u4") << 16).view("<f4")
        self.numbers = numbers


class _Tensor:
    """A view of a storage."""

    def __init__(self, storage: _Storage, offset: int, shape: tuple, strides: tuple, *_: Any):
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides

    def array(self) -> np.ndarray:
        """The values, in C order."""
        numbers = self.storage.numbers
        if len(self.shape) != len(self.strides) or min((0, *self.shape, *self.strides)) < 0:
            raise ValueError(f"a tensor of shape {self.shape} and strides {self.strides}")
        last = self.offset + sum((n - 1) * s for n, s in zip(self.shape, self.strides, strict=True))
        if 0 in self.shape:
            return np.zeros(self.shape, numbers.dtype)
        if self.offset < 0 or last >= len(numbers) or math.prod(self.shape) > len(numbers):
            raise ValueError("a tensor reaches beyond its storage")
        steps = [stride * numbers.itemsize for stride in self.strides]
        view = np.lib.stride_tricks.as_strided(numbers[self.offset :], self.shape, steps)
        return np.ascontiguousarray(view).reshape(self.shape)


class _Kind(str):
    """The name of a type of storage, or of numbers."""


class _Ignored:
    """What stands beside the weights in a training's file, such as a loss in numpy's numbers."""

    def __init__(self, *_: Any):
        pass

    def __setstate__(self, _: Any) -> None:
        pass


def _parameter(tensor: _Tensor, *_: Any) -> _Tensor:
    return tensor


ADMITTED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor"): _Tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _Tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    **{("torch", name): _Kind(name) for name in STORAGES},
    **{("torch", dtype): _Kind(name) for dtype, name in DTYPES.items()},
    ("torch.storage", "UntypedStorage"): _Kind("ByteStorage"),
    **{
        (f"numpy.{core}.multiarray", name): _Ignored
        for core in ("core", "_core")
        for name in ("scalar", "_reconstruct")
    },
    **{("numpy", name): _Ignored for name in ("dtype", "ndarray")},
    ("_codecs", "encode"): _Ignored,
}
# The parts of the port's networks: a dictionary with such names is a state dict.
_NETWORKS = re.compile(r"(.*?\.|)((?:generator|encoder|img_encoder)\..*)")


class _Unpickler(pickle.Unpickler):
    """Admits tensors, storages, numbers and dictionaries, and nothing else."""

    def __init__(self, file: BinaryIO, path: Path, find: Callable[[str, _Storage], None]):
        super().__init__(file, encoding="utf-8")
        self.file, self.path, self.find = file, path, find
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands for a name; nothing is imported."""
        if (module, name) not in ADMITTED:
            raise UserError(
                f"{self.path} asks for {module}.{name}: refused, a file of weights holds tensors "
                "and dictionaries alone"
            )
        found = ADMITTED[module, name]
        return partial(found) if callable(found) else found  # a pickle can change what it gets

    def load(self) -> Any:
        """Unpickle one object. Raises ValueError for a pickle that would take all memory."""
        start = self.file.tell()
        for opcode, argument, _ in pickletools.genops(self.file):
            if opcode.name in ("PUT", "LONG_BINPUT") and int(argument) > self.file.tell():
                raise ValueError(f"a pickle with {argument} objects")  # a table of so many
        self.file.seek(start)
        return super().load()

    def persistent_load(self, identity: tuple) -> _Storage:
        """Return the storage that a pickle refers to."""
        _, kind, key, _, length, *_ = identity
        if kind not in STORAGES:
            raise ValueError(f"a storage of type {kind}")
        key = str(key)
        if key not in self.storages:
            self.storages[key] = _Storage(kind, length)
            self.find(key, self.storages[key])
        return self.storages[key]


def read_pth(path: str | Path) -> dict[str, np.ndarray]:
    """Read the tensors of a `.pth` file by name, each of its own dtype (bfloat16 as float32).

    Of the dictionaries in it, the one with most names of the port's networks is taken, without what
    stands in front of these (`module.`, `_orig_mod.`, `model.`) and without `num_batches_tracked`.

    Raises:
        UserError: the file is damaged or no state dict, or asks for a call that is not admitted.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            content = (
                _read_zip(file, path) if zipfile.is_zipfile(file) else _read_legacy(file, path)
            )
        tensors = {name: tensor.array() for name, tensor in _state_dict(content).items()}
    except UserError:
        raise
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    except Exception as error:  # unpickling a damaged file raises anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{path} is no whole file of PyTorch weights: {reason}") from error
    if not tensors:
        raise UserError(f"{path} holds no tensors")
    return tensors


def _read_zip(file: BinaryIO, path: Path) -> Any:
    with zipfile.ZipFile(file) as archive:
        pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise ValueError("its archive has no data.pkl")
        folder = pickles[0].removesuffix("data.pkl")
        order = f"{folder}byteorder"
        if order in archive.namelist() and archive.read(order) != b"little":
            raise ValueError("its numbers are big-endian")

        def find(key: str, storage: _Storage) -> None:
            member = archive.getinfo(f"{folder}data/{key}")
            if member.file_size != storage.size:
                raise ValueError(f"storage {key} has {member.file_size} bytes, not {storage.size}")
            storage.fill(archive.read(member))

        return _Unpickler(io.BytesIO(archive.read(pickles[0])), path, find).load()


def _read_legacy(file: BinaryIO, path: Path) -> Any:
    def load() -> _Unpickler:
        return _Unpickler(file, path, lambda key, storage: None)

    file.seek(0)
    if load().load() != LEGACY_MAGIC:
        raise ValueError("it starts with another number")
    load().load()  # version of the protocol
    load().load()  # sizes of C's types
    unpickler = load()
    content = unpickler.load()
    for key in load().load():
        storage = unpickler.storages[str(key)]
        (length,) = struct.unpack("<q", file.read(8))
        if length != storage.length:
            raise ValueError(f"storage {key} has {length} numbers, not {storage.length}")
        storage.fill(file.read(storage.size))
    return content


def _state_dict(content: Any) -> dict[str, _Tensor]:
    """The tensors of the state dict, which may stand inside dictionaries beside others."""
    if not isinstance(content, Mapping):
        raise ValueError("it holds no dictionary")
    dictionaries, found = [content], []
    for dictionary in dictionaries:  # which grows: those inside follow
        tensors = {
            str(name): tensor
            for name, tensor in dictionary.items()
            if isinstance(tensor, _Tensor) and not str(name).endswith("num_batches_tracked")
        }
        fronts = Counter(m[1] for name in tensors if (m := _NETWORKS.fullmatch(name)))
        front, count = fronts.most_common(1)[0] if fronts else ("module.", 0)
        found.append((count, {n.removeprefix(front): tensor for n, tensor in tensors.items()}))
        inside = [value for value in dictionary.values() if isinstance(value, Mapping)]
        dictionaries += [value for value in inside if not any(value is d for d in dictionaries)]
    count, tensors = max(found, key=lambda pair: pair[0])
    return tensors if count else next((t for _, t in found if t), {})


def write_pth(path: str | Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Write float32 tensors by name as a state dict, which `torch.load` reads, whole or not."""
    arrays = {name: np.asarray(array, "<f4", order="C") for name, array in tensors.items()}
    with written_whole(path) as beside, zipfile.ZipFile(beside, "w") as archive:
        archive.writestr("archive/data.pkl", _pickled(arrays))
        archive.writestr("archive/byteorder", "little")
        for key, array in enumerate(arrays.values()):
            archive.writestr(f"archive/data/{key}", array.tobytes())
        archive.writestr("archive/version", "3\n")


def _pickled(arrays: Mapping[str, np.ndarray]) -> bytes:
    """The pickle of a state dict, written out because PyTorch's names cannot be imported here."""

    def value(item: int | str) -> bytes:
        if isinstance(item, str):
            return b"X" + struct.pack("<I", len(item.encode())) + item.encode()
        return b"\x8a\x08" + struct.pack("<q", item)

    def several(items: tuple) -> bytes:
        return b"(" + b"".join(map(value, items)) + b"t"

    empty = b"ccollections\nOrderedDict\n)R"
    parts = [b"\x80\x02", empty, b"("]
    for key, (name, array) in enumerate(arrays.items()):
        strides = tuple(stride // array.itemsize for stride in array.strides)
        parts += [value(name), b"ctorch._utils\n_rebuild_tensor_v2\n(("]
        parts += [value("storage"), b"ctorch\nFloatStorage\n", value(str(key)), value("cpu")]
        parts += [value(array.size), b"tQ", value(0), several(array.shape), several(strides)]
        parts += [b"\x89", empty, b"tR"]
    return b"".join([*parts, b"u."])
