# PYTHON_ARGCOMPLETE_OK
"""IM-SVR. See --help, and the README for the commands of a whole training."""

from imnet.base.errors import run_program
from imnet.programs.start import start_tensorflow
from IMSVR.options import parse_options


def main() -> int | None:
    """Parse the flags, run the one program they mean and return its exit status."""
    options = parse_options()
    with start_tensorflow(options):  # not for --help
        from IMSVR import programs

        if options.about is not None:
            return programs.about(options)
        options = programs.settled(options)
        if options.train:
            return programs.train(options)
        if options.export is not None:
            return programs.export(options)
        if options.image is not None:
            return programs.reconstruct_pictures(options)
        if options.interpolate is not None:
            return programs.interpolate(options)
        return programs.reconstruct_set(options)


def run() -> None:
    """Run the installed program."""
    run_program(main)


if __name__ == "__main__":
    run()
