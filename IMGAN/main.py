"""IM-AE and IM-GAN. See --help, and the README for the commands of a whole training."""

from IMGAN.options import Options, parse_options
from imnet.base.errors import run_program
from imnet.networks.quiet import import_tensorflow


def main() -> None:
    """Parse the flags and run the one program they mean."""
    options = parse_options()
    import_tensorflow()  # not for --help
    if options.ae:
        run_autoencoder(options)
    else:
        run_latent_gan(options)


def run_autoencoder(options: Options) -> None:
    """`--ae` with --train, --reconstruct, --interpolate, or alone: extract codes."""
    from IMGAN import reconstruction as autoencoder
    from IMGAN import training

    if options.train:
        training.train(options)
    elif options.reconstruct:
        autoencoder.reconstruct(options)
    elif options.interpolate is not None:
        autoencoder.interpolate(options)
    else:
        autoencoder.extract_codes(options)


def run_latent_gan(options: Options) -> None:
    """--train, --interpolate, or alone: sample."""
    from IMGAN import latent_gan

    if options.train:
        latent_gan.train(options)
    elif options.interpolate is not None:
        latent_gan.interpolate(options)
    else:
        latent_gan.sample(options)


if __name__ == "__main__":
    run_program(main)
