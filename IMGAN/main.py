# PYTHON_ARGCOMPLETE_OK
"""IM-AE and IM-GAN. See --help, and the README for the commands of a whole training."""

from IMGAN.options import parse_options
from imnet.base.errors import run_program
from imnet.programs.start import start_tensorflow


def main() -> int | None:
    """Parse the flags, run the one program they mean and return its exit status."""
    options = parse_options()
    with start_tensorflow(options):  # not for --help
        from IMGAN import programs

        if options.about is not None:
            return programs.about(options)
        options = programs.settled(options)
        if options.train:
            program = programs.train_autoencoder if options.ae else programs.train_latent_gan
        elif options.export is not None:
            program = programs.export
        elif options.fits_files:
            program = programs.fit_files
        elif options.reconstructs:
            program = programs.reconstruct
        elif options.interpolate is not None:
            program = programs.interpolate_shapes if options.ae else programs.interpolate_samples
        else:
            program = programs.extract_codes if options.ae else programs.sample
        return program(options)


def run() -> None:
    """Run the installed program."""
    run_program(main)


if __name__ == "__main__":
    run()
