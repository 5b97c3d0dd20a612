# PYTHON_ARGCOMPLETE_OK
"""Letters in two dimensions. See --help, and README.md for the commands of a whole training."""

from IMGAN2D.options import parse_options
from imnet.base.errors import run_program


def main() -> None:
    """Parse the flags and run the one program they mean."""
    options = parse_options()
    from IMGAN2D import programs  # not for --help

    programs.PROGRAMS[options.mode](options)


def run() -> None:
    """Run the installed program."""
    run_program(main)


if __name__ == "__main__":
    run()
