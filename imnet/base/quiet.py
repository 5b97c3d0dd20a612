"""TensorFlow without the lines it writes to stderr on the way up."""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

TF_CONFIG = "TF_CONFIG"  # TensorFlow's own way to say what --workers and --worker say
Result = TypeVar("Result")


def import_tensorflow() -> None:
    """Import TensorFlow and look for its GPUs, silently unless TF_CPP_MIN_LOG_LEVEL is 0.

    Devices can still be configured afterwards. Nothing is done where it is imported already.
    """
    if "tensorflow" not in sys.modules:
        with _silence(), _no_collection():
            import tensorflow as tf

            tf.config.list_physical_devices()


def start_tensorflow(configure: Callable[[], Result]) -> Result:
    """Import TensorFlow, `configure` it and make its devices, silently as `import_tensorflow`.

    Return what `configure` returns, which is called before the devices are made.
    """
    with _silence(), _no_collection():
        import tensorflow as tf

        result = configure()
        tf.config.list_logical_devices()
    return result


@contextmanager
def _silence() -> Iterator[None]:
    """Drop what is written to stderr in the block.

    TensorFlow's libraries write before they read their own settings for it; so an error of ours
    would not be the one line on stderr that a script can rely on.
    """
    # TensorFlow's own choice is by a list of processors, which lacks many that oneDNN is fast on.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # leave memory to others
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")  # no import of Keras: nothing here uses it
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2") == "0":
        yield
        return
    stderr = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(silence)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Import in the block without Python's search for garbage, which takes a tenth of the time.

    What is there afterwards stays: no later search goes through TensorFlow's objects either.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
