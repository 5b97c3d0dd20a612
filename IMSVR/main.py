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
            return programs.about(options.about)
        return programs.PROGRAMS[options.mode](programs.settled(options))


def run() -> None:
    """Run the installed program."""
    run_program(main)


if __name__ == "__main__":
    run()
