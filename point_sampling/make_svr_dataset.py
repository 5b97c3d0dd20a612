# PYTHON_ARGCOMPLETE_OK
"""Join a point-value dataset and views of its shapes, and split them for single-view training.

Writes OUTPUT_train.hdf5 and OUTPUT_test.hdf5, and OUTPUT_only_train.hdf5, which holds the training
shapes without their views, for the autoencoder. Variants of training shapes are in the training
sets, those without views in the last one only. Variants of test shapes are in none, nor are shapes
made of two of which one tests. Without --views it splits the points alone: there is no
OUTPUT_train.hdf5.
"""

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from imnet.base.errors import UserError, run_program
from imnet.base.files import written_whole
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.base.names import names_of, write_names
from imnet.data.sizes import CAMERAS, VIEW_SIZE
from point_sampling.splits import SHARE, choose_sides, trained_variants, variants_among


@dataclass(frozen=True, kw_only=True)
class Flags:
    points: Path = option(REQUIRED, "point-value dataset, FILE.hdf5")
    views: Path | None = option(None, "their views, FILE.hdf5")
    output: Path = option(REQUIRED, "FOLDER/NAME of the new sets")
    train_share: float | None = option(
        None, f"share of the sorted names that trains (default: {SHARE})", above=0
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


def _rows(path: Path, count: int) -> dict[str, int]:
    return {name: row for row, name in enumerate(names_of(path, count))}


def main() -> int:
    options = parse_flags(Flags, __doc__)
    return make_sets(options)


def make_sets(options: Flags) -> int:
    """Write the sets; return the exit status, 2 if a shape has no points or no views."""
    from imnet.data.hdf5 import find_array, find_cameras, open_hdf5  # these are not for --help
    from point_sampling.parts import check_dataset_name
    from point_sampling.stored_arrays import check_points, frames_in, write_set

    outputs = {
        suffix: options.output.with_name(f"{options.output.name}_{suffix}.hdf5")
        for suffix in ("test", "only_train", "train")
    }
    for path in outputs.values():
        check_dataset_name(path, filter(None, (options.points, options.views)))
    with ExitStack() as opened:
        points = opened.enter_context(open_hdf5(options.points))
        keys = check_points(points) + frames_in([points])
        point_rows = _rows(options.points, len(points["voxels"]))
        all_points = [(points[key], point_rows) for key in keys]
        all_arrays, view_rows = all_points, point_rows
        if options.views:
            views = opened.enter_context(open_hdf5(options.views))
            pixels = find_array(views, "pixels", (None, None, VIEW_SIZE, VIEW_SIZE))
            view_rows = _rows(options.views, len(pixels))
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
            share=SHARE if options.train_share is None else options.train_share,
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
