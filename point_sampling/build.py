"""Build a point-value dataset from shape files: parallel, resumable, whole or not at all.

Each finished shape is one file in `<output>.parts/`, which already holds its compressed chunks; at
the end they are put together as the HDF5 dataset.
"""

import argparse
import hashlib
import json
import os
import shutil
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np

from imnet.errors import UserError
from imnet.files import written_whole
from point_sampling.parallel import check_workers, over_shapes
from point_sampling.sampling import QUOTAS, point_value_pairs

_FORMAT = 1  # of the parts: another number makes an interrupted build start over


def arguments(description: str) -> argparse.ArgumentParser:
    """The flags that every sampler has."""
    parser = argparse.ArgumentParser(
        description=description,
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--input", type=Path, required=True, help="folder of shapes, searched recursively"
    )
    parser.add_argument("--output", type=Path, required=True, help="the dataset, FILE.hdf5")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random points")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")
    return parser


def add_max_resolution(parser: argparse.ArgumentParser) -> None:
    """The flag of the samplers whose source is finer than 64³."""
    parser.add_argument(
        "--max_resolution",
        type=int,
        choices=[64, 128],
        default=64,
        help="finest resolution to sample; 128 adds points_128 and values_128",
    )


def find_shapes(folder: Path, suffixes: Iterable[str]) -> list[tuple[str, Path]]:
    """All files below `folder` with one of `suffixes`, as (name, path) sorted by name and path.

    The name is the path below the folder without its suffix. Files whose name starts with a dot are
    left out: an interrupted writer's, for instance. Raises UserError if there is none.
    """
    if not folder.is_dir():
        raise UserError(f"--input {folder}: no such folder")
    paths = (path for path in folder.rglob("[!.]*") if path.suffix.lower() in suffixes)
    shapes = [(p.relative_to(folder).with_suffix("").as_posix(), p) for p in paths if p.is_file()]
    if not shapes:
        raise UserError(f"--input {folder}: no {' '.join(suffixes)} file in it or below")
    return sorted(shapes)


def build_dataset(
    shapes: list[tuple[str, Path]],
    load: Callable[[str, Path], np.ndarray],
    output: Path,
    *,
    seed: int = 0,
    workers: int = 1,
    max_resolution: int = 64,
    settings: dict[str, str] | None = None,
    names_file: Path | None = None,
    total_key: str = "total",
) -> int:
    """Sample all shapes into `output`, its name list and statistics.txt; return the exit status.

    `load(name, path)` returns a bool grid [R, R, R], with R at least `max_resolution`, or raises
    UserError: then the shape is skipped and listed on stderr, and the status is 2. `settings` are
    the flags that decide what `load` returns: when they differ from those of an interrupted build,
    it starts over. Raises UserError if no shape is good.
    """
    if output.suffix != ".hdf5" or output.is_dir():
        raise UserError(f"--output {output}: name a file that ends in .hdf5")
    if seed < 0:
        raise UserError(f"--seed {seed}: a number from 0 up is needed")
    check_workers(workers)
    parts = output.with_name(output.name + ".parts")
    _open_parts(
        parts,
        {"format": _FORMAT, "seed": seed, "max_resolution": max_resolution, **(settings or {})},
    )
    work = partial(_sample, load, parts, seed, max_resolution)
    exceeded, skipped = {}, []
    unique = dict(reversed(shapes))  # the first of each name
    for name, path in shapes:
        if unique[name] != path:
            skipped.append((name, f"{path} has the same name as {unique[name]}"))
    for name, result, reason in over_shapes(work, sorted(unique.items()), workers):
        if reason is None:
            exceeded[name] = result
        else:
            skipped.append((name, reason))
    for name, reason in sorted(skipped):
        print(f"skipped {name}: {reason}", file=sys.stderr)
    if not exceeded:
        shutil.rmtree(parts)
        raise UserError(f"none of the {len(shapes)} shapes is good, no dataset was written")
    names = sorted(exceeded)
    _assemble([_part(parts, name) for name in names], output)
    with written_whole(names_file or output.with_suffix(".txt")) as beside:
        beside.write_bytes(b"".join(os.fsencode(name) + b"\n" for name in names))
    with written_whole(output.with_name("statistics.txt")) as beside:
        beside.write_text(_statistics([exceeded[name] for name in names], total_key))
    shutil.rmtree(parts)
    print(f"{output}: {len(names)} shapes" + (f", {len(skipped)} skipped" if skipped else ""))
    return 2 if skipped else 0


def _open_parts(parts: Path, settings: dict) -> None:
    """Make the folder of finished shapes, emptied if it was made with other settings."""
    file = parts / "settings.json"
    text = json.dumps(settings, sort_keys=True)
    if parts.exists() and not (file.is_file() and file.read_text() == text):
        shutil.rmtree(parts)
    with written_whole(file) as beside:
        beside.write_text(text)


def _part(parts: Path, name: str) -> Path:
    return parts / f"{hashlib.sha256(os.fsencode(name)).hexdigest()[:32]}.npz"


def _sample(
    load: Callable[[str, Path], np.ndarray],
    parts: Path,
    seed: int,
    max_resolution: int,
    name: str,
    path: Path,
) -> dict[int, bool]:
    """Sample one shape into its part, unless it is there; return which resolutions exceeded."""
    try:
        with open(path, "rb") as file:
            stat = os.fstat(file.fileno())
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    source = [stat.st_size, stat.st_mtime_ns]
    part = _part(parts, name)
    resolutions = [r for r in QUOTAS if 16 < r <= max_resolution]
    try:
        with np.load(part) as done:
            if done["source"].tolist() == source:
                return dict(zip(resolutions, done["exceeded"].tolist(), strict=True))
    except (OSError, EOFError, ValueError, zipfile.BadZipFile):
        pass  # not there, or spoilt by a power cut
    grid = load(name, path)
    if not grid.any():
        raise UserError(f"{path} is empty: no voxel is occupied")
    # the name's hash, so that a shape's points depend neither on the others nor on their order
    digest = hashlib.sha256(os.fsencode(name)).digest()
    random = np.random.default_rng([seed, int.from_bytes(digest[:8], "little")])
    arrays, exceeded = point_value_pairs(grid, random, max_resolution)
    chunks = {
        key: np.frombuffer(zlib.compress(np.ascontiguousarray(array), 9), np.uint8)
        for key, array in arrays.items()
    }
    with written_whole(part) as beside:
        np.savez(beside, source=source, exceeded=list(exceeded.values()), **chunks)
    return exceeded


def _assemble(parts: list[Path], output: Path) -> None:
    """Put the compressed chunks of all parts, in this order, into one HDF5 file."""
    import h5py  # here, because the workers do without

    with np.load(parts[0]) as part:
        keys = [key for key in part.files if key not in ("source", "exceeded")]
    with written_whole(output) as beside, h5py.File(beside, "w") as file:
        for key in keys:
            if key == "voxels":
                shape = (64, 64, 64, 1)
            else:
                kind, resolution = key.split("_")
                shape = (QUOTAS[int(resolution)], 3 if kind == "points" else 1)
            file.create_dataset(
                key,
                (len(parts), *shape),
                np.uint8,
                chunks=(1, *shape),
                compression="gzip",
                compression_opts=9,
            )
        for index, path in enumerate(parts):
            with np.load(path) as part:
                for key in keys:
                    dataset = file[key]
                    start = (index, *[0] * (dataset.ndim - 1))
                    dataset.id.write_direct_chunk(start, part[key].tobytes())


def _statistics(exceeded: list[dict[int, bool]], total_key: str) -> str:
    lines = [f"{total_key}: {len(exceeded)}"]
    for resolution in exceeded[0]:
        count = sum(shape[resolution] for shape in exceeded)
        lines.append(f"exceed_{resolution}: {count}")
        lines.append(f"exceed_{resolution}_ratio: {count / len(exceeded)}")
    return "\n".join(lines) + "\n"
