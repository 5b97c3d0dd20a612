"""What depends on the device that TensorFlow computes on."""

import tensorflow as tf
from tensorflow.python.framework.test_util import IsMklEnabled


def on_gpu() -> bool:
    """Whether TensorFlow has a GPU, which it then uses."""
    return bool(tf.config.list_logical_devices("GPU"))


def uses_onednn() -> bool:
    """Whether TensorFlow's products and convolutions on a CPU are oneDNN's."""
    return bool(IsMklEnabled())


def points_a_batch() -> int:
    """How many points to evaluate at once.

    On a CPU more gains nothing: at width 128 the widest layer takes 32 MB. A GPU needs more to be
    kept busy.
    """
    return 65536 if on_gpu() else 4096
