"""An HDF5 file built shape by shape: parallel, resumable, whole or not at all.

Each finished shape is a file in `<output>.parts/` that holds its compressed chunks. At the end the
chunks are copied into one HDF5 file.
"""

import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Callable, Iterable
from functools import partial
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from imnet.base.errors import UserError
from imnet.base.files import written_whole
from imnet.base.lock import only_builder
from imnet.base.names import counted, holds_line_end, write_names
from imnet.base.parallel import Workers, sorted_results

GZIP_LEVEL = 6  # points of a shape take 0.5% more bytes than at level 9, and 0.4 of its time
_FORMAT = 5  # of the parts: another number makes an interrupted build start over

Make = Callable[[str, Path, np.random.Generator], tuple[dict[str, np.ndarray], Any]]
Layout = dict[str, tuple[tuple[int, ...], type]]


def build(
    shapes: list[tuple[str, Path]],
    make: Make,
    layout: Layout,
    output: Path,
    *,
    settings: dict[str, Any],
    seed: int = 0,
    workers: Workers = 1,
    strategy: int = zlib.Z_DEFAULT_STRATEGY,
    names_file: Path | None = None,
    grids: dict[str, int] | None = None,
    finish: Callable[[list[str], list[Any]], None] | None = None,
) -> int:
    """Make all shapes' arrays, write them to `output` and its name list; return the exit status.

    Args:
        shapes: (name, path) of each.
        make: gives, for a name, a path and a source of random numbers, the arrays of one shape by
            key, and a note, anything that JSON can hold. The random numbers depend on `seed` and
            the name alone. Where it raises UserError, the shape is skipped and listed on stderr,
            and the status is 2.
        layout: shape and dtype of each key's array.
        output: FILE.hdf5.
        settings: the flags that decide what `make` returns. Shapes of an interrupted build are
            made again if it had other settings, or if their file has changed since.
        seed: see `make`.
        workers: processes, or a Dask scheduler.
        strategy: zlib's, with which the arrays are compressed.
        names_file: the name list; FILE.txt if None.
        grids: the grid that the points of some keys count on, which the file says too.
        finish: gets the names and notes in the file's order, and writes other files beside it.

    Raises:
        UserError: no shape is good.
    """
    check_dataset_name(output, [path for _, path in shapes])
    parts = output.with_name(output.name + ".parts")
    with only_builder(output):
        _open_parts(parts, {"format": _FORMAT, "seed": seed, **settings})
        todo, skipped = _distinct(shapes)
        work = partial(_make_part, make, parts, seed, strategy)
        notes, left = sorted_results(work, todo, workers, skipped)
        if not notes:
            shutil.rmtree(parts)
            raise UserError(f"none of the {len(shapes)} shapes is good, nothing was written")
        names = list(notes)
        _assemble([_part(parts, name) for name in names], layout, grids or {}, output)
        write_names(names_file or output.with_suffix(".txt"), names)
        if finish is not None:
            finish(names, list(notes.values()))
        shutil.rmtree(parts)
    left_out = f", {left} skipped" if left else ""
    print(f"{output}: {counted(len(names), 'shape')}{left_out}")
    return 2 if left else 0


def _distinct(shapes: list[tuple[str, Path]]) -> tuple[list[tuple[str, Path]], list[tuple]]:
    """Return the shapes whose names can stand in a list, sorted; (name, reason) of the others."""
    first, skipped = {}, []
    for name, path in shapes:
        if holds_line_end(name):
            skipped.append((name, "its name holds the end of a line, which name lists cannot hold"))
        elif first.setdefault(name, path) != path:
            skipped.append((name, f"{path} has the same name as {first[name]}"))
    return sorted(first.items()), skipped


def check_dataset_name(output: Path, sources: Iterable[Path] = ()) -> None:
    """Raise UserError unless `output` can be a dataset, FILE.hdf5, and is none of the sources."""
    if output.suffix != ".hdf5" or output.is_dir():
        raise UserError(f"--output {output}: name a file that ends in .hdf5")
    for source in {path for path in sources if path.suffix == output.suffix}:
        if source.resolve() == output.resolve():
            raise UserError(f"--output {output} is what is read: name another file")


def create_chunked(file: Any, key: str, count: int, shape: tuple[int, ...], dtype: type) -> Any:
    """Create a dataset [count, *shape] in an open HDF5 file: one chunk a shape, in gzip."""
    return file.create_dataset(
        key,
        (count, *shape),
        dtype,
        chunks=(1, *shape),
        compression="gzip",
        compression_opts=GZIP_LEVEL,
    )


def write_chunk(dataset: Any, index: int, chunk: bytes) -> None:
    """Write an already compressed chunk of a dataset that `create_chunked` made."""
    dataset.id.write_direct_chunk((index, *[0] * (dataset.ndim - 1)), chunk)


def _open_parts(parts: Path, settings: dict[str, Any]) -> None:
    """Make the folder of finished shapes; empty it if it was made with other settings."""
    file = parts / "settings.json"
    text = json.dumps(settings, sort_keys=True)
    if parts.exists() and not (file.is_file() and file.read_text() == text):
        shutil.rmtree(parts)
    with written_whole(file) as beside:
        beside.write_text(text)


def _part(parts: Path, name: str) -> Path:
    return parts / f"{hashlib.sha256(os.fsencode(name)).hexdigest()[:32]}.part"


def _make_part(make: Make, parts: Path, seed: int, strategy: int, name: str, path: Path) -> Any:
    """Make the part of one shape, unless it is there; return its note."""
    try:
        with open(path, "rb") as file:
            stat = os.fstat(file.fileno())
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    source = [stat.st_size, stat.st_mtime_ns]
    part = _part(parts, name)
    done = _read_part(part)
    if done is not None and done[0]["source"] == source:
        return done[0]["note"]
    # seeded by the name, so that a shape depends neither on the others nor on their order
    digest = hashlib.sha256(os.fsencode(name)).digest()
    random = np.random.default_rng([seed, int.from_bytes(digest[:8], "little")])
    arrays, note = make(name, path, random)
    chunks = {key: _compressed(array, strategy) for key, array in arrays.items()}
    body = b"".join(chunks.values())
    sizes = {key: len(chunk) for key, chunk in chunks.items()}
    head = {"source": source, "note": note, "sizes": sizes, "checksum": zlib.crc32(body)}
    with written_whole(part) as beside:
        beside.write_bytes(json.dumps(head).encode() + b"\n" + body)
    return note


def _compressed(array: np.ndarray, strategy: int) -> bytes:
    """Compress an array as a chunk of a dataset that `create_chunked` makes."""
    compressor = zlib.compressobj(GZIP_LEVEL, strategy=strategy)
    return compressor.compress(np.ascontiguousarray(array)) + compressor.flush()


def _read_part(part: Path) -> tuple[dict[str, Any], dict[str, bytes]] | None:
    """Return what a part says of itself, and its chunks; None if it is missing or damaged."""
    try:
        first, _, body = part.read_bytes().partition(b"\n")
        head = json.loads(first)
    except (OSError, ValueError):
        return None
    if zlib.crc32(body) != head["checksum"]:
        return None
    ends = list(accumulate(head["sizes"].values(), initial=0))
    return head, {key: body[a:b] for key, (a, b) in zip(head["sizes"], pairwise(ends), strict=True)}


def _assemble(parts: list[Path], layout: Layout, grids: dict[str, int], output: Path) -> None:
    """Put the compressed chunks of all parts, in this order, into one HDF5 file."""
    # here, because workers need no h5py, which is slow
    from imnet.data.checks import GRID_ATTRIBUTE
    from imnet.data.hdf5 import new_hdf5

    with new_hdf5(output) as file:
        for key, (shape, dtype) in layout.items():
            data = create_chunked(file, key, len(parts), shape, dtype)
            if key in grids:
                data.attrs[GRID_ATTRIBUTE] = grids[key]
        for index, path in enumerate(parts):
            _, chunks = _read_part(path)
            for key in layout:
                write_chunk(file[key], index, chunks[key])
