"""Join a point-value dataset and views of its shapes, split: what single-view training reads.

Writes OUTPUT_train.hdf5 and OUTPUT_test.hdf5, and OUTPUT_only_train.hdf5, the training shapes
without their views, which the autoencoder learns from.
"""

import argparse
import sys
import zlib
from contextlib import ExitStack
from pathlib import Path

import h5py
import numpy as np
from tqdm import tqdm

from imnet.base.errors import UserError, run_program
from imnet.base.files import written_whole
from imnet.base.names import names_of, read_names, write_names
from imnet.data.hdf5 import open_hdf5
from imnet.pictures.views import SIZE
from point_sampling.parts import create_chunked, write_chunk
from point_sampling.splits import read_families, split_by_list, split_by_share

_BATCH = 64  # shapes in memory at once, where chunks cannot be copied as they are


def check_points(file: h5py.File) -> list[str]:
    """The keys of a point-value dataset. Raises UserError if it is none."""
    count = _check(file, "voxels", (None, 64, 64, 64, 1))[0]
    keys = ["voxels"]
    for resolution in [key[7:] for key in file if key.startswith("points_")] or ["16"]:
        points, values = f"points_{resolution}", f"values_{resolution}"
        quota = _check(file, points, (count, None, 3))[1]
        _check(file, values, (count, quota, 1))
        keys += [points, values]
    return keys


def check_views(file: h5py.File) -> None:
    """Raise UserError unless the file holds views."""
    _check(file, "pixels", (None, None, SIZE, SIZE))


def _check(file: h5py.File, key: str, shape: tuple[int | None, ...]) -> tuple[int, ...]:
    """The shape of a uint8 dataset; UserError if it is not `shape`, where None is any length."""
    data = file.get(key)
    if not isinstance(data, h5py.Dataset):
        raise UserError(f"{file.filename} has no {key}; it holds {', '.join(file) or 'nothing'}")
    fits = data.dtype == np.uint8 and data.ndim == len(shape)
    if not fits or any(n not in (None, found) for n, found in zip(shape, data.shape, strict=True)):
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        found = ", ".join(map(str, data.shape))
        raise UserError(f"{file.filename}: {key} is {data.dtype} [{found}], not uint8 [{wanted}]")
    return data.shape


def copy_shapes(source: h5py.Dataset, rows: list[int], file: h5py.File) -> None:
    """Copy some shapes of a dataset, in this order, to the same key of another file.

    Raises UserError if they cannot be read.
    """
    target = create_chunked(file, source.name[1:], len(rows), source.shape[1:], np.uint8)
    filters = ("chunks", "compression", "compression_opts", "shuffle", "fletcher32", "scaleoffset")
    alike = all(getattr(source, name) == getattr(target, name) for name in filters)
    try:
        (_copy_chunks if alike else _copy_values)(source, rows, target)
    except (OSError, zlib.error) as error:
        raise UserError(
            f"{source.file.filename}: {source.name[1:]} cannot be read: make or copy the file again"
        ) from error


def _copy_chunks(source: h5py.Dataset, rows: list[int], target: h5py.Dataset) -> None:
    """Copy shapes that are a chunk each as they are, without compressing them again."""
    for index, row in enumerate(rows):
        _, chunk = source.id.read_direct_chunk((row, *[0] * (source.ndim - 1)))
        if len(zlib.decompress(chunk)) != np.prod(source.shape[1:]):  # bytes; it has a checksum
            raise OSError(f"chunk {row} is of a wrong size")
        write_chunk(target, index, chunk)


def _copy_values(source: h5py.Dataset, rows: list[int], target: h5py.Dataset) -> None:
    for start in range(0, len(rows), _BATCH):
        batch = np.array(rows[start : start + _BATCH])
        order = np.argsort(batch)  # h5py reads ascending rows only
        target[start : start + len(batch)] = source[batch[order]][np.argsort(order)]


def choose_sides(
    names: list[str], left_out: set[str], options: argparse.Namespace
) -> tuple[list[str], list[str]]:
    """The names that train and those that test, out of sorted `names`, by the flags.

    Raises UserError for an empty side, and for names in the lists that are neither among `names`
    nor `left_out`.
    """
    families = read_families(options.families) if options.families else {}
    if families and not families.keys() & set(names):
        raise UserError(f"--families {options.families} names no shape of this set")
    if not 0 < options.train_share < 1:
        raise UserError(f"--train_share {options.train_share:g}: between 0 and 1 is needed")
    listed = options.train_names or options.test_names
    if listed is None:
        order = names
        if options.shuffle is not None:
            order = np.random.default_rng(options.shuffle).permutation(names).tolist()
        train, test = map(sorted, split_by_share(order, options.train_share, families))
    else:
        wanted = read_names(listed)
        unknown = sorted(set(wanted) - set(names) - left_out)
        if unknown:
            raise UserError(f"{listed}: there is no shape {unknown[0]} in this set")
        inside, outside = split_by_list(names, wanted, families)
        train, test = (inside, outside) if options.train_names else (outside, inside)
    for side, chosen in (("training", train), ("test", test)):
        if not chosen:
            raise UserError(f"no shape of {len(names)} is on the {side} side: split otherwise")
    return train, test


def _rows(path: Path, data: h5py.Dataset) -> dict[str, int]:
    return {name: row for row, name in enumerate(names_of(path, len(data)))}


def write_set(
    path: Path, names: list[str], sources: list[tuple[h5py.Dataset, dict[str, int]]], title: str
) -> None:
    """Write these shapes of all sources, datasets with each name's row, to an HDF5 file."""
    with h5py.File(path, "w") as file:
        for data, rows in tqdm(sources, title, unit="array", disable=None):
            copy_shapes(data, [rows[name] for name in names], file)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--points", type=Path, required=True, help="point-value dataset, FILE.hdf5")
    parser.add_argument("--views", type=Path, required=True, help="their views, FILE.hdf5")
    parser.add_argument("--output", type=Path, required=True, help="FOLDER/NAME of the new sets")
    split = parser.add_mutually_exclusive_group()
    split.add_argument(
        "--train_share", type=float, default=0.8, help="share of the sorted names that trains"
    )
    parser.add_argument(
        "--shuffle", type=int, help="seed: take the share of the names in a random order instead"
    )
    split.add_argument("--train_names", type=Path, help="list of the shapes that train, no others")
    split.add_argument("--test_names", type=Path, help="list of the shapes that test, no others")
    parser.add_argument(
        "--families", type=Path, help="lines 'name,family': a family is never on both sides"
    )
    options = parser.parse_args()
    if options.output.suffix == ".hdf5" or not options.output.name:
        raise UserError(f"--output {options.output}: give FOLDER/NAME, _train.hdf5 is added to it")

    with open_hdf5(options.points) as points, open_hdf5(options.views) as views:
        keys = check_points(points)
        check_views(views)
        point_rows = _rows(options.points, points["voxels"])
        view_rows = _rows(options.views, views["pixels"])
        names = sorted(point_rows.keys() & view_rows.keys())
        left_out = sorted(point_rows.keys() ^ view_rows.keys())
        for name in left_out:
            lack = "views" if name in point_rows else "points"
            print(f"left out {name}: it has no {lack}", file=sys.stderr)
        if not names:
            raise UserError(f"{options.points} and {options.views} have no shape in common")
        train, test = choose_sides(names, set(left_out), options)
        all_points = [(points[key], point_rows) for key in keys]
        pixels = (views["pixels"], view_rows)
        with ExitStack() as whole:  # all files or none
            for suffix, chosen, sources in (
                ("train", train, [*all_points, pixels]),
                ("test", test, [*all_points, pixels]),
                ("only_train", train, all_points),
            ):
                path = options.output.with_name(f"{options.output.name}_{suffix}.hdf5")
                beside = whole.enter_context(written_whole(path))
                write_set(beside, chosen, sources, suffix)
                beside = whole.enter_context(written_whole(path.with_suffix(".txt")))
                write_names(beside, chosen)
    print(
        f"{options.output}: {len(train)} training and {len(test)} test shapes"
        + (f", {len(left_out)} left out" if left_out else "")
    )
    return 2 if left_out else 0


if __name__ == "__main__":
    run_program(main)
