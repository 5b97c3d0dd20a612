# PYTHON_ARGCOMPLETE_OK
"""Letters in two dimensions. See --help, and README.md for the commands of a whole training."""

from IMGAN2D.options import LATENT_GAN, parse_options
from imnet.base.errors import run_program
from imnet.networks.quiet import import_tensorflow


def main() -> None:
    """Parse the flags and run the one program they mean."""
    options = parse_options()
    import_tensorflow()  # not for --help
    from IMGAN2D import programs

    if options.train:
        latent = options.model == LATENT_GAN
        program = programs.train_latent_gan if latent else programs.train
    elif options.reconstruct:
        program = programs.reconstruct
    elif options.interpolate is not None:
        program = programs.interpolate
    else:
        program = programs.sample
    program(options)


if __name__ == "__main__":
    run_program(main)
