"""Damage good files of every kind that the programs take, and count what becomes of them.

    python tests/fuzz_files.py --mutations 1000 --seed 0

Half of the damage to glTF's JSON and to the pickles of PyTorch's files is to their values: the file
around them stays whole. Right is the shape of the good file, sampled to the last bit, or its
weights. A different shape is what the damaged
file says, such as another digit in a number. The exit status is 1 after a traceback, a hang (20 s)
or a crash of the process that reads; --keep FOLDER then keeps the file.
"""

import json
import pickle
import resource
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import mesh_cases
import numpy as np
from helpers import block
from pth_cases import repacked, wrapped
from scipy.io import savemat

from imnet.base.errors import UserError, run_program
from imnet.base.flags import option, parse_flags
from imnet.networks.pytorch import read_pth
from imnet.surfaces.binvox import write_binvox
from imnet.surfaces.reading import read_triangles
from imnet.surfaces.voxelize import voxelize
from point_sampling import binvox_solids, mesh_solids
from point_sampling.fetch.ac3d import read_ac3d
from point_sampling.hsp import read_hsp
from point_sampling.original import point_value_pairs

MOST_SECONDS = 20  # a file
MOST_MEMORY = 6 << 30  # bytes
BAD = ("traceback", "hang", "crash")
OUTCOMES = ("right", "different", "refused", *BAD)
LOADERS = {  # of the shapes that are no mesh files for users
    ".ac": lambda name, path: (voxelize(read_triangles(path, reader=read_ac3d), name), None),
    ".mat": lambda name, path: (read_hsp(path), None),
    ".binvox": binvox_solids.load_with_remark,
}
ODD = (None, True, -1, 0, 2, 10**9, 0.5, 1e300, "x", "", [], {}, [0], {"index": 0})  # in JSON


@dataclass(frozen=True, kw_only=True)
class Flags:
    mutations: int = option(1000, "damaged files", least=1)
    seed: int = option(0, "of the damage", least=0)
    keep: Path | None = option(None, "folder for files that end badly")


def good_files(folder: Path) -> dict[str, bytes]:
    """Files of all kinds, by name."""
    files = mesh_cases.good_files()
    files |= {f"{case}.glb": gltf.glb() for case, gltf in mesh_cases.GLTF_CASES.items()}
    write_binvox(folder / "x.binvox", block(29))
    blocks = np.stack([np.zeros((16, 16, 16), np.uint8), np.ones((16, 16, 16), np.uint8)])
    numbers = np.ones((16, 16, 16), np.uint8)
    numbers[4:9, 3:12, 5:7] = 2
    for packed in (False, True):
        name = f"{'packed' if packed else 'plain'}.mat"
        savemat(folder / name, {"b": blocks, "bi": numbers}, do_compression=packed)
    files |= {f"{case}.gltf": gltf.gltf() for case, gltf in mesh_cases.GLTF_CASES.items()}
    others = [("epoch", pickle.dumps(3, 2)), ("loss", pickle.dumps(np.float64(0.01), 2))]
    wrapped(folder, *others, ("state_dict", None), ("names", pickle.dumps(["a", (1, 2.5)], 2)))
    return files | {
        "x.ac": mesh_cases.ac3d().encode(),
        **{path.name: path.read_bytes() for path in folder.iterdir()},
    }


def damaged(name: str, content: bytes, random: np.random.Generator) -> bytes:
    """Damage a file's bytes or, half of the time where it has a structure, what is in it."""
    inside = random.random() < 0.5
    if inside and name.endswith(".gltf"):
        return damaged_json(content, random)
    if inside and name.endswith(".pth"):
        return repacked(content, lambda pickled: damaged_bytes(pickled, random))
    return damaged_bytes(content, random)


def damaged_json(content: bytes, random: np.random.Generator) -> bytes:
    """Remove or replace one value to three of a JSON document."""
    document = json.loads(content)
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        places = list(_places(document))
        holder, key = places[random.integers(len(places))]
        if random.random() < 0.3:
            del holder[key]
        else:
            holder[key] = ODD[random.integers(len(ODD))]
    return json.dumps(document).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """All (object or list, key or number) of a JSON document."""
    keys = value if isinstance(value, dict) else range(len(value)) if type(value) is list else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def damaged_bytes(content: bytes, random: np.random.Generator) -> bytes:
    """Flip bits, replace, cut out, cut off or repeat bytes, or exchange digits, once to thrice."""
    content = bytearray(content)
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        start = int(random.integers(len(content) + 1))
        end = start + int(random.integers(1, 5) if random.random() < 0.8 else len(content) / 4)
        digits = [k for k in range(len(content)) if content[k] in b"0123456789"]
        match random.integers(10):
            case 0 if start < len(content):
                content[start] ^= 1 << int(random.integers(8))
            case 1:
                content[start:end] = random.bytes(min(end, len(content)) - start)
            case 2:
                del content[start:end]
            case 3:
                del content[start:]
            case 4:
                content[start:start] = content[start:end] * int(random.integers(1, 5))
            case 5:
                content[start:end] = bytes(end - start)
            case _ if digits:
                content[random.choice(digits)] = random.choice(list(b"0123456789-"))
    return bytes(content)


def sampled(path: Path) -> tuple[str, bytes]:
    """What becomes of a file: "" and what it holds as bytes, or an outcome and the reason."""
    try:
        if path.suffix == ".pth":
            arrays = read_pth(path)
        else:
            load = LOADERS.get(path.suffix)
            load = load or partial(mesh_solids.load, np.eye(3), None)
            grid, *_ = load(path.stem, path)
            arrays, _ = point_value_pairs(grid, np.random.default_rng(0))
        return "", b"".join(key.encode() + arrays[key].tobytes() for key in sorted(arrays))
    except UserError as error:
        return "refused", str(error).encode()
    except Exception:
        return "traceback", traceback.format_exc().encode()


def serve(connection: Connection) -> None:
    """The process that reads: take paths, send back what becomes of them."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    while True:
        connection.send(sampled(connection.recv()))


class Reader:
    """A process that reads, started again after a hang or a crash."""

    def __init__(self):
        self.process = None

    def read(self, path: Path) -> tuple[str, bytes]:
        """As `sampled`, or "hang" or "crash"."""
        if self.process is None:
            context = get_context("spawn")
            self.connection, theirs = context.Pipe()
            self.process = context.Process(target=serve, args=(theirs,), daemon=True)
            self.process.start()
            theirs.close()
        try:
            self.connection.send(path)
            if self.connection.poll(MOST_SECONDS):
                return self.connection.recv()
            outcome = "hang"
        except (EOFError, ConnectionError):
            outcome = "crash"
        self.stop()
        return outcome, b""

    def stop(self) -> None:
        """Kill the process."""
        self.process.kill()
        self.process.join()
        self.process = None


def main() -> int:
    options = parse_flags(Flags, __doc__)
    reader = Reader()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        files, wanted = good_files(folder), {}
        counts = {name: Counter() for name in files}
        for number in range(options.mutations):
            name = list(files)[number % len(files)]
            if name not in wanted:
                (folder / name).write_bytes(files[name])
                outcome, wanted[name] = reader.read(folder / name)
                assert not outcome, (name, wanted[name])
            content = damaged(name, files[name], np.random.default_rng((options.seed, number)))
            (folder / name).write_bytes(content)
            outcome, result = reader.read(folder / name)
            outcome = outcome or ("right" if result == wanted[name] else "different")
            counts[name][outcome] += 1
            if outcome in BAD:
                print(f"{number} {name}: {outcome}\n{result.decode(errors='replace')}")
                if options.keep:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    (options.keep / f"{number} {name}").write_bytes(content)
        reader.stop()
    counts["all"] = sum(counts.values(), Counter())
    print(f"{'file':24} files {' '.join(f'{outcome:>9}' for outcome in OUTCOMES)}")
    for name, found in counts.items():
        print(f"{name:24} {found.total():5} {' '.join(f'{found[o]:9}' for o in OUTCOMES)}")
    return int(any(counts["all"][outcome] for outcome in BAD))


if __name__ == "__main__":
    run_program(main)
