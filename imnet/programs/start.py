"""TensorFlow as the flags of a training want it."""

import os
from contextlib import AbstractContextManager

from imnet.networks.quiet import TF_CONFIG, import_tensorflow
from imnet.programs.training_options import TrainingOptions


def start_tensorflow(options: TrainingOptions) -> AbstractContextManager[None]:
    """Import TensorFlow; give the context that the program runs in, on one device or several.

    Raises UserError as `make_strategy` does.
    """

    if not options.distributes:
        os.environ.pop(TF_CONFIG, None)
    elif options.workers is not None or TF_CONFIG in os.environ:
        # TensorFlow's own account of a lost worker is many lines
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

    def configure() -> AbstractContextManager[None]:
        from imnet.networks.distribution import make_strategy, scope_of  # import TensorFlow

        return scope_of(make_strategy(options.devices, options.workers, options.worker))

    return import_tensorflow(configure)
