"""Writers of PyTorch's files of weights as training scripts wrap them."""

import io
import pickle
import zipfile

import numpy as np

from imnet.networks.pytorch import write_pth

WEIGHTS = {
    "generator.linear_1.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "encoder.conv_5.bias": np.float32([1, 2]),
}
PICKLE = "archive/data.pkl"


def inside(stream):
    """A pickle's opcodes without its frame, to stand in another."""
    return stream.removeprefix(b"\x80\x02").removesuffix(b".")


def wrapped(folder, *items):
    """A file that holds a dictionary of (name, pickled value); None stands for the state dict."""
    write_pth(folder / "plain.pth", WEIGHTS)
    plain = (folder / "plain.pth").read_bytes()
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        state = archive.read(PICKLE)
    parts = [inside(pickle.dumps(n, 2)) + inside(state if v is None else v) for n, v in items]
    whole = b"\x80\x02}(" + b"".join(parts) + b"u."
    (folder / "wrapped.pth").write_bytes(repacked(plain, lambda _: whole))
    return folder / "wrapped.pth", state


def repacked(content, change):
    """The bytes of a file with its pickle changed by a function, its checksums right."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[PICKLE] = change(members[PICKLE])
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return file.getvalue()
