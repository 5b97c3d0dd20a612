"""Figures of meshes against true shapes, of sets of shapes, of an autoencoder's reconstructions.

python evaluation/main.py --pred FOLDER --truth FOLDER|FILE.hdf5
python evaluation/main.py --generated FOLDER --reference FOLDER|FILE.hdf5
python evaluation/main.py --checkpoint FOLDER --dataset FILE.hdf5
"""

from evaluation.options import parse_options
from imnet.base.errors import run_program


def main() -> None:
    options = parse_options()
    from evaluation.tables import present  # here and below: --help starts without all of it

    if options.mode == "pred":
        from evaluation.paired import compare_folders

        present(compare_folders(options), options)
    elif options.mode == "generated":
        from evaluation.sets import compare_sets

        present(compare_sets(options), options)
    else:
        from evaluation.checkpoint import reconstruct_dataset

        present(reconstruct_dataset(options), options, on_screen=options.resolution is not None)


if __name__ == "__main__":
    run_program(main)
