# PYTHON_ARGCOMPLETE_OK
"""Figures of meshes against true shapes, of sets of shapes, of an autoencoder's reconstructions.

python evaluation/main.py --pred FOLDER --truth FOLDER|FILE.hdf5
python evaluation/main.py --generated FOLDER --reference FOLDER|FILE.hdf5
python evaluation/main.py --checkpoint FOLDER --dataset FILE.hdf5
"""

import dataclasses
from typing import TYPE_CHECKING

from imnet.base.errors import run_program
from imnet_evaluation.options import Options, parse_options

if TYPE_CHECKING:
    from imnet_evaluation.tables import Report


def evaluate(options: Options) -> "Report":
    """Compute the figures that the flags ask for.

    Raises:
        UserError: a file or folder cannot be used.
    """
    from imnet_evaluation.paired import (
        Frames,
        Measures,
    )  # here and below: --help starts without all of it

    measures = Measures(
        points=options.points,
        seed=options.seed,
        normalise=options.normalise,
        thresholds=options.thresholds,
        light_field=options.lfd,
    )
    frames = Frames(options.pred_frame, options.truth_frame, options.resolution)
    if options.mode == "pred":
        from imnet_evaluation.paired import compare_folders

        return compare_folders(
            options.pred,
            options.truth,
            frames,
            measures,
            prefix=options.prefix,
            workers=options.pool,
        )
    if options.mode == "generated":
        from imnet_evaluation.sets import compare_sets

        return compare_sets(
            options.generated,
            options.reference,
            frames,
            measures,
            prefix=options.prefix,
            samples=options.samples,
            emd_points=options.emd_points,
            workers=options.pool,
        )
    from imnet_evaluation.checkpoint import reconstruct_dataset

    return reconstruct_dataset(
        options.checkpoint, options.dataset, options.resolution, measures, options.fit
    )


def present(report: "Report", options: Options) -> None:
    """Print the report, and write the files that the flags name."""
    from imnet_evaluation.tables import print_report, write_report, write_table

    print_report(report, with_table=options.mode != "checkpoint" or options.resolution is not None)
    if options.csv:
        write_table(options.csv, report.rows)
    if options.json:
        write_report(options.json, report, dataclasses.asdict(options))


def main() -> None:
    options = parse_options()
    present(evaluate(options), options)


def run() -> None:
    """Run the installed program."""
    run_program(main)


if __name__ == "__main__":
    run()
