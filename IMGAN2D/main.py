# PYTHON_ARGCOMPLETE_OK
"""Letters in two dimensions. See --help, and README.md for the commands of a whole training."""

from IMGAN2D.options import LATENT_GAN, parse_options
from imnet.base.errors import run_program


def main() -> None:
    """Parse the flags and run the one program they mean."""
    options = parse_options()
    from IMGAN2D import programs  # not for --help

    if options.about is not None:
        program = programs.about
    elif options.train:
        latent = options.kind == LATENT_GAN
        program = programs.train_latent_gan if latent else programs.train
    elif options.reconstruct:
        program = programs.reconstruct
    elif options.interpolate is not None:
        program = programs.interpolate
    else:
        program = programs.sample
    program(options)


def run() -> None:
    """Run the installed program."""
    run_program(main)


if __name__ == "__main__":
    run()
