"""TensorFlow as the flags of a training want it."""

import os
from contextlib import AbstractContextManager

from imnet.base import quiet
from imnet.programs.training_options import TrainingOptions


def start_tensorflow(options: TrainingOptions) -> AbstractContextManager[None]:
    """Import TensorFlow; return the context that the program runs in, on one device or several.

    Raises UserError as `make_strategy` does.
    """

    if not options.distributes:
        os.environ.pop(quiet.TF_CONFIG, None)
    elif options.workers is not None or quiet.TF_CONFIG in os.environ:
        # TensorFlow's own account of a lost worker is many lines
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

    def configure() -> AbstractContextManager[None]:
        from imnet.networks.distribution import make_strategy, scope_of  # import TensorFlow

        workers = options.workers, options.worker, options.wait
        return scope_of(make_strategy(options.devices, *workers))

    return quiet.start_tensorflow(configure)
