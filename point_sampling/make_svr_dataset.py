# PYTHON_ARGCOMPLETE_OK
"""Join a point-value dataset and views of its shapes, and split them for single-view training.

Writes OUTPUT_train.hdf5 and OUTPUT_test.hdf5, and OUTPUT_only_train.hdf5, which holds the training
shapes without their views, for the autoencoder. Variants of training shapes are in the training
sets, those without views in the last one only. Variants of test shapes are in none, nor are shapes
made of two of which one tests. Without --views it splits the points alone: there is no
OUTPUT_train.hdf5.
"""

import re
import sys
import zlib
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from imnet.base.errors import UserError, run_program
from imnet.base.files import written_whole
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.base.names import names_of, read_names, write_names
from imnet.base.progress import progress
from imnet.data.checks import GRID_ATTRIBUTE, as_indices, as_occupancy, as_pixels
from imnet.data.hdf5 import find_array, find_cameras, new_hdf5, open_hdf5, read_rows
from imnet.data.sizes import CAMERAS, FRAMES, VIEW_SIZE, VOXEL_RESOLUTION
from point_sampling.parts import check_dataset_name, create_chunked, write_chunk
from point_sampling.splits import (
    read_families,
    split_by_list,
    split_by_share,
    trained_variants,
    variants_among,
)
from point_sampling.variant_names import original_of, originals_of

KINDS = {CAMERAS: np.float32, FRAMES: np.float64}  # of the arrays that are not uint8
_BATCH = 64  # shapes in memory at once, where chunks cannot be copied as they are
_SHARE = 0.8  # of the shapes that train


@dataclass(frozen=True, kw_only=True)
class Flags:
    points: Path = option(REQUIRED, "point-value dataset, FILE.hdf5")
    views: Path | None = option(None, "their views, FILE.hdf5")
    output: Path = option(REQUIRED, "FOLDER/NAME of the new sets")
    train_share: float | None = option(
        None, f"share of the sorted names that trains (default: {_SHARE})", above=0
    )
    shuffle: int | None = option(
        None, "seed: take the share of the names in a random order instead", least=0
    )
    train_names: Path | None = option(None, "list of the shapes that train, no others")
    test_names: Path | None = option(None, "list of the shapes that test, no others")
    families: Path | None = option(None, "lines 'name,family': a family is never on both sides")

    def __post_init__(self) -> None:
        """Raise UserError for values that cannot be or contradict each other."""
        check_output(self.output)
        splits = ("train_share", "train_names", "test_names")
        given = [f"--{name}" for name in splits if getattr(self, name) is not None]
        if len(given) > 1:
            raise UserError(f"{given[0]} and {given[1]} exclude each other: give one")
        if self.train_share is not None and not self.train_share < 1:
            raise UserError(f"--train_share {self.train_share:g}: must be below 1")


def check_output(output: Path) -> None:
    """Raise UserError unless `output` is the name of sets, FOLDER/NAME."""
    if output.suffix == ".hdf5" or not output.name:
        raise UserError(f"--output {output}: give FOLDER/NAME, _train.hdf5 is added to it")


def check_points(file: h5py.File) -> list[str]:
    """Return the keys of a point-value dataset. Raises UserError if it is none."""
    count = len(find_array(file, "voxels", (None, *[VOXEL_RESOLUTION] * 3, 1)))
    keys = ["voxels"]
    for key in [key for key in file if re.fullmatch(r"points_\d+", key)] or ["points_16"]:
        points, values = key, key.replace("points", "values")
        quota = find_array(file, points, (count, None, 3)).shape[1]
        find_array(file, values, (count, quota, 1))
        keys += [points, values]
    return keys


def frames_in(files: list[h5py.File]) -> list[str]:
    """Return the key of the shapes' own frames, in a list, if all files have it; else none.

    Raises UserError if a file has something else under it.
    """
    if not all(FRAMES in file for file in files):
        return []
    for file in files:
        find_array(file, FRAMES, (len(file["voxels"]), 3, 4))
    return [FRAMES]


def copy_shapes(sources: list[tuple[h5py.Dataset, list[int]]], file: h5py.File) -> None:
    """Copy some shapes of datasets, in this order, to the same key of another file.

    The sources are arrays of that key, with the rows to take of each. All become uint8, but for
    KINDS. Raises UserError if they cannot be read, or are other numbers than the key promises.
    """
    first, count = sources[0][0], sum(len(rows) for _, rows in sources)
    key = first.name[1:]
    dtype = KINDS.get(key, np.uint8)
    target = create_chunked(file, key, count, first.shape[1:], dtype)
    if GRID_ATTRIBUTE in first.attrs:
        target.attrs[GRID_ATTRIBUTE] = first.attrs[GRID_ATTRIBUTE]
    start = 0
    for source, rows in sources:
        _copy_rows(source, rows, target, start)
        start += len(rows)


def _copy_rows(source: h5py.Dataset, rows: list[int], target: h5py.Dataset, start: int) -> None:
    """Copy rows of an array to the rows from `start` of another."""
    alike = ("dtype", "chunks", "compression", "compression_opts")
    alike += ("shuffle", "fletcher32", "scaleoffset")
    if not all(getattr(source, name) == getattr(target, name) for name in alike):
        return _copy_values(source, rows, target, start)
    try:
        _copy_chunks(source, rows, target, start)
    except (OSError, zlib.error) as error:
        raise UserError(
            f"{source.file.filename}: {source.name[1:]} cannot be read: make or copy the file again"
        ) from error


def _copy_chunks(source: h5py.Dataset, rows: list[int], target: h5py.Dataset, start: int) -> None:
    """Copy shapes that are a chunk each as they are, without compressing them again."""
    size = np.prod(source.shape[1:]) * source.dtype.itemsize  # bytes
    for index, row in enumerate(rows, start):
        _, chunk = source.id.read_direct_chunk((row, *[0] * (source.ndim - 1)))
        if len(zlib.decompress(chunk)) != size:  # it has a checksum
            raise OSError(f"chunk {row} is of a wrong size")
        write_chunk(target, index, chunk)


def _copy_values(source: h5py.Dataset, rows: list[int], target: h5py.Dataset, start: int) -> None:
    for done in range(0, len(rows), _BATCH):
        batch = np.array(rows[done : done + _BATCH])
        order = np.argsort(batch)  # h5py reads ascending rows only
        arrays = read_rows(source, batch[order])[np.argsort(order)]
        if source.dtype != target.dtype:
            arrays = as_promised(arrays, source.name[1:], source.file.filename)
        target[start + done : start + done + len(batch)] = arrays


def as_promised(arrays: np.ndarray, key: str, path: str) -> np.ndarray:
    """Return the arrays of a key as they are stored. Raises UserError for other numbers."""
    if key in KINDS:
        return arrays.astype(KINDS[key])
    if key == "pixels":
        return as_pixels(arrays, f"{path}: {key}")
    if key.startswith("points_"):
        return as_indices(arrays, int(key[7:]), f"{path}: {key}")
    return as_occupancy(arrays, f"{path}: {key}")


def choose_sides(
    names: list[str],
    left_out: set[str],
    *,
    share: float = _SHARE,
    shuffle: int | None = None,
    train_names: Path | None = None,
    test_names: Path | None = None,
    families: Path | None = None,
) -> tuple[list[str], list[str]]:
    """Split sorted names into those that train and those that test.

    Args:
        names: of the shapes that have points and views.
        left_out: names of other shapes, which may be in the lists.
        share: of the names that trains, where there is no list.
        shuffle: seed of a random order to take the share in; None takes the order of the names.
        train_names: file with the names that train.
        test_names: file with the names that test.
        families: file with the families, which are never torn.

    Raises:
        UserError: a side is empty, or a list has names that are unknown.
    """
    family_of = read_families(families) if families else {}
    if family_of and not family_of.keys() & set(names):
        raise UserError(f"--families {families} names no shape of this set")
    # copies whose original is not in the set
    family_of = {n: original_of(n) for n in names if original_of(n) != n} | family_of
    listed = train_names or test_names
    if listed is None:
        order = names
        if shuffle is not None:
            order = np.random.default_rng(shuffle).permutation(names).tolist()
        train, test = map(sorted, split_by_share(order, share, family_of))
    else:
        # a list that an earlier run wrote may have variants
        known = set(names) | left_out
        wanted = []
        for name in read_names(listed):
            wanted += [n for n in originals_of(name) if n in known] or [name]
        unknown = sorted(set(wanted) - known)
        if unknown:
            raise UserError(f"{listed}: there is no shape {unknown[0]} in this set")
        inside, outside = split_by_list(names, wanted, family_of)
        train, test = (inside, outside) if train_names else (outside, inside)
    for side, chosen in (("training", train), ("test", test)):
        if not chosen:
            raise UserError(f"no shape of {len(names)} is on the {side} side: split otherwise")
    return train, test


def _rows(path: Path, data: h5py.Dataset) -> dict[str, int]:
    return {name: row for row, name in enumerate(names_of(path, len(data)))}


def write_set(
    path: Path, names: list[str], sources: list[tuple[h5py.Dataset, dict[str, int]]], title: str
) -> None:
    """Write these shapes of all sources to an HDF5 file.

    A source is an array and the row of each name.
    """
    with new_hdf5(path) as file:
        for data, rows in progress(sources, title, unit="array"):
            copy_shapes([(data, [rows[name] for name in names])], file)


def main() -> int:
    options = parse_flags(Flags, __doc__)
    outputs = {
        suffix: options.output.with_name(f"{options.output.name}_{suffix}.hdf5")
        for suffix in ("test", "only_train", "train")
    }
    for path in outputs.values():
        check_dataset_name(path, filter(None, (options.points, options.views)))
    with ExitStack() as opened:
        points = opened.enter_context(open_hdf5(options.points))
        keys = check_points(points) + frames_in([points])
        point_rows = _rows(options.points, points["voxels"])
        all_points = [(points[key], point_rows) for key in keys]
        all_arrays, view_rows = all_points, point_rows
        if options.views:
            views = opened.enter_context(open_hdf5(options.views))
            pixels = find_array(views, "pixels", (None, None, VIEW_SIZE, VIEW_SIZE))
            view_rows = _rows(options.views, pixels)
            all_arrays = [*all_points, (pixels, view_rows)]
            if CAMERAS in views:
                cameras = find_cameras(views, pixels.shape[:2])
                all_arrays.append((cameras, view_rows))
        variants = variants_among(point_rows)
        names = sorted((point_rows.keys() & view_rows.keys()) - variants.keys())
        left_out = sorted((point_rows.keys() ^ view_rows.keys()) - variants.keys())
        for name in left_out:
            lack = "views" if name in point_rows else "points"
            print(f"left out {name}: it has no {lack}", file=sys.stderr)
        if not names and not options.views:
            raise UserError(
                f"{options.points} has only shapes made of two: join it with what they are made of"
            )
        if not names:
            raise UserError(f"{options.points} and {options.views} have no shape in common")
        train, test = choose_sides(
            names,
            set(left_out),
            share=_SHARE if options.train_share is None else options.train_share,
            shuffle=options.shuffle,
            train_names=options.train_names,
            test_names=options.test_names,
            families=options.families,
        )
        varied = trained_variants(variants, train, test)
        only_train = sorted([*train, *varied])
        with_views = [name for name in only_train if name in view_rows]
        sets = [("test", test, all_arrays), ("only_train", only_train, all_points)]
        if options.views:
            sets.append(("train", with_views, all_arrays))
        with ExitStack() as whole:  # all files or none
            for suffix, chosen, sources in sets:
                path = outputs[suffix]
                beside = whole.enter_context(written_whole(path))
                write_set(beside, chosen, sources, suffix)
                beside = whole.enter_context(written_whole(path.with_suffix(".txt")))
                write_names(beside, chosen)
    print(
        f"{options.output}: {len(train)} training and {len(test)} test shapes"
        + (f", {len(varied)} copies of the training shapes" if varied else "")
        + (f", {len(left_out)} left out" if left_out else "")
    )
    return 2 if left_out else 0


if __name__ == "__main__":
    run_program(main)
