"""A training step of the image encoder, and the convolutions that it is made of.

Plain: `tf.nn.conv2d` with TensorFlow's own gradients, batch norms of `tf.nn.moments`.
"""

from dataclasses import dataclass

import numpy as np
import plain
import tensorflow as tf
from flops import convolution_flops, image_step_flops, normed_convolutions
from timing import comparison, in_turn, run_benchmark

from imnet.base.flags import option
from imnet.data.sizes import CROP_SIZE
from IMSVR.model import IMSVR
from IMSVR.ops import conv2d


@dataclass(frozen=True)
class Options:
    runs: int = option(3, "measured runs of each form", least=1)
    views: int = option(64, "views in a step", least=1)
    z_dim: int = option(128, "width of the code", least=1)
    ef_dim: int = option(
        64, "width of the image encoder; below 16 oneDNN crashes in the plain form", least=1
    )


def measure(runs: int, views: int, z_dim: int, ef_dim: int) -> list[dict]:
    """Return the row of the whole step, and one for each shape of convolution in it."""
    rng = np.random.default_rng(0)
    pictures = rng.random((views, CROP_SIZE, CROP_SIZE, 1)).astype(np.float32)
    codes = rng.random((views, z_dim)).astype(np.float32)
    ours, theirs = (IMSVR(z_dim=z_dim, ef_dim=ef_dim, gf_dim=1) for _ in range(2))
    tensors = tf.constant(pictures), tf.constant(codes)
    forms = {
        "ours": lambda: ours.train_step(pictures, codes),
        "plain": lambda: float(plain.image_step(theirs, *tensors)),
    }
    seconds, peak = in_turn(forms, runs)
    flops = image_step_flops(ours, views)
    rows = [{"what": f"step of {views} views", **comparison(seconds, peak, flops)}]

    seen = {}
    for layer, side in normed_convolutions(ours.encoder):
        seen.setdefault((side, tuple(layer.kernel.shape), layer.stride), []).append(layer)
    for (side, shape, stride), layers in seen.items():
        name = f"{len(layers)} of {shape[0]}x{shape[0]}, {shape[2]} to {shape[3]}, at {side}²"
        x = tf.constant(rng.random((views, side, side, shape[2])), tf.float32)
        for part, times in (("forward", 1), ("backward", 2 if shape[2] > 1 else 1)):
            forms = {
                form: convolution(run, x, layers[0].kernel, stride, part)
                for form, run in (("ours", conv2d), ("plain", plain.conv2d))
            }
            seconds, peak = in_turn(forms, runs)
            flops = times * views * convolution_flops(shape, side // stride)
            rows.append({"what": f"{name}, {part}", **comparison(seconds, peak, flops)})
    return rows


def convolution(run, x: tf.Tensor, kernel: tf.Variable, stride: int, part: str):
    """Return a program that takes the forward pass of a convolution, or only its gradients.

    No gradient by the views themselves, x of one channel: the step needs none.
    """

    @tf.function
    def forward() -> tf.Tensor:
        return run(x, kernel, stride)

    dy = tf.ones_like(forward())
    wanted = [kernel.value()] + ([x] if x.shape[-1] > 1 else [])

    @tf.function
    def backward() -> list[tf.Tensor]:
        # the forward pass itself is cut out of the graph: nothing asks for its values
        with tf.GradientTape() as tape:
            tape.watch(wanted)
            y = run(x, wanted[0], stride)
        return tape.gradient(y, wanted, dy)

    program = forward if part == "forward" else backward
    return lambda: [tensor.numpy() for tensor in tf.nest.flatten(program())]


if __name__ == "__main__":
    run_benchmark(measure, __doc__, Options)
