# PYTHON_ARGCOMPLETE_OK
"""Join point-value datasets of different shapes into one, such as a class and another.

Writes OUTPUT.hdf5, the shapes of the inputs one after the other, and OUTPUT.txt, their names.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from imnet.base.errors import UserError, run_program
from imnet.base.files import written_whole
from imnet.base.flags import REQUIRED, option, parse_flags
from imnet.base.names import counted, names_of, read_names, write_names
from imnet.base.progress import progress
from point_sampling.variant_names import lineage_of


@dataclass(frozen=True, kw_only=True)
class Flags:
    inputs: tuple[Path, ...] = option(REQUIRED, "point-value datasets, FILE.hdf5 each")
    output: Path = option(REQUIRED, "the new dataset, FILE.hdf5")
    without: Path | None = option(
        None, "list of shapes to leave out with all that is made of them, such as a test set's"
    )


def rows_to_keep(names: list[str], left_out: set[str]) -> list[int]:
    """Return the rows of the shapes that neither are left out nor made of one that is."""
    return [row for row, name in enumerate(names) if left_out.isdisjoint(lineage_of(name))]


def main() -> None:
    options = parse_flags(Flags, __doc__)
    join(options)


def join(options: Flags) -> None:
    """Write the shapes of all inputs to one dataset."""
    from imnet.data.hdf5 import new_hdf5, open_hdf5  # these are not for --help
    from point_sampling.parts import check_dataset_name
    from point_sampling.stored_arrays import check_alike, copy_shapes, frames_in

    check_dataset_name(options.output, options.inputs)
    left_out = set(read_names(options.without)) if options.without else set()
    with ExitStack() as opened:
        files = [opened.enter_context(open_hdf5(path)) for path in options.inputs]
        keys = check_alike(files) + frames_in(files)
        names, rows = [], []
        for path, file in zip(options.inputs, files, strict=True):
            own = names_of(path, len(file["voxels"]))
            rows.append(rows_to_keep(own, left_out))
            names += [own[row] for row in rows[-1]]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise UserError(f"--inputs: more than one of them has the shape {twice}")
        if not names:
            raise UserError(f"--without {options.without}: it names all shapes, none is left")
        whole = opened.enter_context(written_whole(options.output))
        with new_hdf5(whole) as joined:
            for key in progress(keys, "joined", unit="array"):
                arrays = [file[key] for file in files]
                copy_shapes(list(zip(arrays, rows, strict=True)), joined)
        list_beside = opened.enter_context(written_whole(options.output.with_suffix(".txt")))
        write_names(list_beside, names)
    print(f"{options.output}: {counted(len(names), 'shape')}")


if __name__ == "__main__":
    run_program(main)
