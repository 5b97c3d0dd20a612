# PYTHON_ARGCOMPLETE_OK
"""IM-AE and IM-GAN. See --help, and the README for the commands of a whole training."""

import sys

from IMGAN.options import parse_options
from IMGAN.recipes import with_recipe
from imnet.base.errors import run_program
from imnet.programs.start import start_tensorflow


def main() -> int | None:
    """Parse the flags, run the one program they mean and return its exit status."""
    options = parse_options()
    if options.recipe is not None:
        options = with_recipe(options, sys.argv[1:], parse_options)
    with start_tensorflow(options):  # not for --help
        from IMGAN import programs

        if options.about is not None:
            return programs.about(options.about)
        options = programs.settled(options)
        of_network = programs.OF_AUTOENCODER if options.ae else programs.OF_LATENT_GAN
        return of_network[options.mode](options)


def run() -> None:
    """Run the installed program."""
    run_program(main)


if __name__ == "__main__":
    run()
