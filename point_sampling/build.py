"""What the samplers share: their flags, the shapes of a folder, a point-value dataset."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np

from imnet.base.errors import UserError
from imnet.base.files import written_whole
from point_sampling.parts import build
from point_sampling.sampling import QUOTAS, point_value_pairs


def arguments(
    description: str,
    *,
    source: str = "folder of shapes, searched recursively",
    drawn: str = "points",
) -> argparse.ArgumentParser:
    """The flags that every sampler has: what --input is, and what --seed draws, for --help."""
    parser = argparse.ArgumentParser(
        description=description,
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--input", type=Path, required=True, help=source)
    parser.add_argument("--output", type=Path, required=True, help="the dataset, FILE.hdf5")
    parser.add_argument("--seed", type=int, default=0, help=f"seed of the random {drawn}")
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


def add_axes(parser: argparse.ArgumentParser) -> None:
    """The flags of the programs that read meshes; parse them with `parse_signed`."""
    parser.add_argument("--up", default="+y", help="axis of the meshes that points up")
    parser.add_argument("--front", default="-z", help="axis of the meshes that points to the front")


def parse_signed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Parse the command line; argparse alone would take the -z of "--front -z" for a flag."""
    words = iter(sys.argv[1:])
    signed = ("--up", "--front")
    return parser.parse_args(
        [f"{word}={next(words, '')}" if word in signed else word for word in words]
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
    quotas = {r: quota for r, quota in QUOTAS.items() if r <= max_resolution}
    layout = {"voxels": ((64, 64, 64, 1), np.uint8)}
    for resolution, quota in quotas.items():
        layout[f"points_{resolution}"] = (quota, 3), np.uint8
        layout[f"values_{resolution}"] = (quota, 1), np.uint8

    def write_statistics(_names: list[str], exceeded: list[list[bool]]) -> None:
        resolutions = [resolution for resolution in quotas if resolution > 16]
        with written_whole(output.with_name("statistics.txt")) as beside:
            beside.write_text(_statistics(resolutions, exceeded, total_key))

    return build(
        shapes,
        partial(_sample, load, max_resolution),
        layout,
        output,
        settings={"max_resolution": max_resolution, **(settings or {})},
        seed=seed,
        workers=workers,
        names_file=names_file,
        finish=write_statistics,
    )


def _sample(
    load: Callable[[str, Path], np.ndarray],
    max_resolution: int,
    name: str,
    path: Path,
    random: np.random.Generator,
) -> tuple[dict[str, np.ndarray], list[bool]]:
    """Sample one shape: its arrays, and which resolutions exceeded."""
    grid = load(name, path)
    if not grid.any():
        raise UserError(f"{path} is empty: no voxel is occupied")
    arrays, exceeded = point_value_pairs(grid, random, max_resolution)
    return arrays, list(exceeded.values())


def _statistics(resolutions: list[int], exceeded: list[list[bool]], total_key: str) -> str:
    lines = [f"{total_key}: {len(exceeded)}"]
    for resolution, flags in zip(resolutions, zip(*exceeded, strict=True), strict=True):
        lines.append(f"exceed_{resolution}: {sum(flags)}")
        lines.append(f"exceed_{resolution}_ratio: {sum(flags) / len(flags)}")
    return "\n".join(lines) + "\n"
