"""TensorFlow without the lines it writes to stderr on the way up."""

import os
from collections.abc import Callable
from typing import TypeVar

TF_CONFIG = "TF_CONFIG"  # TensorFlow's own way to say what --workers and --worker say
Result = TypeVar("Result")


def import_tensorflow(configure: Callable[[], Result] = lambda: None) -> Result:
    """Import TensorFlow and find its devices, silently unless TF_CPP_MIN_LOG_LEVEL is 0.

    `configure` is called before the devices are made, and its result is given.

    TensorFlow's libraries write before they read their own settings for it; so an error of ours
    would not be the one line on stderr that a script can rely on.
    """
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # leave memory to others
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")  # no import of Keras: nothing here uses it
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2") == "0":
        return configure()
    stderr = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    try:
        import tensorflow as tf

        result = configure()
        tf.config.list_logical_devices()
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(silence)
    return result
