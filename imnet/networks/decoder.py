"""The implicit decoder: the values of a shape's field at points (paper section 3.1)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from imnet.networks.devices import points_a_batch
from imnet.networks.layers import graph, leaky_relu, linear_variables, product

REFERENCE_WIDTH = 128  # gf_dim of all three public versions


class Layer(NamedTuple):
    """A hidden layer of the decoder."""

    scope: str  # in checkpoints, below simple_net/
    width: int  # in units of gf_dim
    sees_input: bool  # whether it sees α = [point, code] beside the layer before it


def clip(x: tf.Tensor) -> tf.Tensor:
    """min(max(x, 0), 1)."""
    return tf.clip_by_value(x, 0.0, 1.0)


def leaky_clip(x: tf.Tensor) -> tf.Tensor:
    """max(min(x, 0.01 x + 0.99), 0.01 x)."""
    return tf.maximum(tf.minimum(x, 0.01 * x + 0.99), 0.01 * x)


def logits_of_clip(x: tf.Tensor) -> tf.Tensor:
    """4 (x - 0.5): its logistic curve and the clip touch where both are 0.5."""
    return 4 * (x - 0.5)


@dataclass(frozen=True)
class DecoderLayout:
    """What an implicit decoder is made of.

    Attributes:
        layers: the hidden layers, each followed by a leaky ReLU.
        output: scope of the last layer, which sees only the layer before it.
        squash: what makes its output a value of the field, 0 outside and 1 inside.
        logits: what makes its output the logits of a cross-entropy.
        is_clip: whether values beyond 0 and 1 are clipped, flat or nearly so.
        point_scale: factor between points in [-1, 1] and what the first layer sees.
        output_mean: mean of the last layer's first weights.
        point_dim: coordinates of a point.
    """

    layers: tuple[Layer, ...]
    output: str
    squash: Callable[[tf.Tensor], tf.Tensor]
    logits: Callable[[tf.Tensor], tf.Tensor] = tf.identity
    is_clip: bool = False
    point_scale: float = 1.0
    output_mean: float = 0.0
    point_dim: int = 3

    def widths(self, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
        """Read z_dim and gf_dim off the shapes of a checkpoint's tensors, by name.

        Raises:
            KeyError: there is no such decoder.
        """
        ends = [f"simple_net/{self.layers[i].scope}/Matrix" for i in (0, -1)]
        if not shapes.keys() >= {*ends, f"simple_net/{self.output}/Matrix"}:
            raise KeyError("decoder")
        first, last = (shapes[name] for name in ends)
        return {"z_dim": first[0] - self.point_dim, "gf_dim": last[1] // self.layers[-1].width}


ORIGINAL = DecoderLayout(
    layers=(
        Layer("h1_lin", 16, True),
        Layer("h4_lin", 8, True),
        Layer("h5_lin", 4, True),
        Layer("h6_lin", 2, True),
        Layer("h7_lin", 1, True),
    ),
    output="h8_lin",
    squash=tf.sigmoid,
)
IMPROVED = DecoderLayout(
    layers=(
        Layer("h1_lin", 8, True),
        Layer("h2_lin", 8, False),
        Layer("h3_lin", 8, False),
        Layer("h4_lin", 4, False),
        Layer("h5_lin", 2, False),
        Layer("h6_lin", 1, False),
    ),
    output="h7_lin",
    squash=clip,
    logits=logits_of_clip,
    is_clip=True,
    point_scale=0.5,
)
PYTORCH = replace(IMPROVED, squash=leaky_clip, output_mean=1e-5)


class ImplicitDecoder(tf.Module):
    """Layers on α = [point, code], the last one squashed to a value.

    The code is the same for all points of a shape, so its rows of every Matrix become a bias of
    the shape, computed once. Only the point's rows are multiplied point by point.
    """

    def __init__(
        self, z_dim: int, gf_dim: int, rng: np.random.Generator, layout: DecoderLayout = ORIGINAL
    ):
        """Make the weights at random: normal(0, 0.02) from the original's width, gf_dim 128, up.

        With 0.02 the signal of a narrower network dies on its way, and all values stay zero for
        thousands of steps (so does 0.02·sqrt(128 / gf_dim)). It starts at He's scale,
        sqrt(2 / rows). The point's few rows are larger by sqrt(z_dim / point_dim), so that they
        weigh as much as the code's many.
        """
        super().__init__()
        self.layout, self.z_dim, self.gf_dim = layout, z_dim, gf_dim
        point_dim = layout.point_dim
        self.layers = []
        previous = 0
        for scope, factor, sees_input in (*layout.layers, Layer(layout.output, 0, False)):
            rows = previous + (point_dim + z_dim if sees_input else 0)
            width = factor * gf_dim or 1
            deviation = np.full((rows, 1), 0.02)
            if gf_dim < REFERENCE_WIDTH:
                deviation[:] = (2 / rows) ** 0.5
                if sees_input:
                    deviation[previous : previous + point_dim] *= (z_dim / point_dim) ** 0.5
            mean = 0.0 if factor else layout.output_mean
            self.layers.append(
                linear_variables(f"simple_net/{scope}", rows, width, rng, deviation, mean)
            )
            previous = width

    def __call__(self, points: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """Evaluate the fields of s shapes at m points each.

        Args:
            points: [s, m, point_dim] float32 coordinates in [-1, 1].
            z: [s, z_dim] float32 codes.

        Returns:
            [s, m] float32 values, 0 outside and 1 inside.
        """
        return self.layout.squash(self.unsquashed(points, z))

    def unsquashed(self, points: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """Return the values before they are squashed. Arguments and result as in __call__."""
        return tf.reshape(self._output(points, z), tf.shape(points)[:2])

    def unsquashed_with_jacobian(
        self, points: tf.Tensor, z: tf.Tensor, in_points: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the values before they are squashed [s, m], and their slopes [s, m, z_dim] in z.

        One pass backward gives each point's slopes in what the layers sum that see the code; the
        code's rows of these layers lead from there to z. With `in_points` the slopes in the point
        follow, [s, m, z_dim + point_dim].
        """
        seen: list[tuple[tf.Tensor, tf.Tensor]] = []
        with tf.GradientTape() as tape:
            tape.watch([z, points])
            output = self._output(points, z, seen)
            total = tf.reduce_sum(output)
        *slopes, in_point = tape.gradient(total, [*(sums for sums, _ in seen), points])
        in_z = [
            product(tf.matmul, slope, tf.transpose(rows))
            for slope, (_, rows) in zip(slopes, seen, strict=True)
        ]
        size = tf.shape(points)[:2]
        jacobian = tf.reshape(tf.add_n(in_z), tf.concat([size, [self.z_dim]], 0))
        if in_points:
            jacobian = tf.concat([jacobian, in_point], 2)
        return tf.reshape(output, size), jacobian

    def _output(
        self,
        points: tf.Tensor,
        z: tf.Tensor,
        seen: list[tuple[tf.Tensor, tf.Tensor]] | None = None,
    ) -> tf.Tensor:
        """Return the last layer's linear output [s * m, 1].

        `seen` is given the sums [s * m, width] of each layer that sees the code, and the code's
        rows [z_dim, width] of its Matrix.
        """
        shapes, count = tf.shape(points)[0], tf.shape(points)[1]
        point_dim = self.layout.point_dim
        if self.layout.point_scale != 1:
            points = points * self.layout.point_scale  # a caller's array stays as it is
        # Each point with its shape, one-hot: one product with the point's rows of a Matrix above
        # the shapes' biases gives the sum of both, without a pass through [s*m, width] to add them.
        which = tf.repeat(tf.eye(shapes), count, axis=0)  # [s*m, s]
        points = tf.concat([tf.reshape(points, [-1, point_dim]), which], 1)  # [s*m, 3 + s]
        h = None
        for (matrix, bias), layer in zip(self.layers[:-1], self.layout.layers, strict=True):
            previous = 0 if h is None else h.shape[1]
            if layer.sees_input:
                sizes = [previous, point_dim, matrix.shape[0] - previous - point_dim]
                of_previous, of_point, of_code = tf.split(matrix, sizes)
                of_shape = tf.matmul(z, of_code) + bias  # [s, width]
                x = product(tf.matmul, points, tf.concat([of_point, of_shape], 0))  # [s*m, width]
                if h is not None:
                    x += product(tf.matmul, h, of_previous)
                if seen is not None:
                    seen.append((x, of_code))
            else:
                x = product(tf.matmul, h, matrix) + bias
            h = leaky_relu(x)
        matrix, bias = self.layers[-1]
        return product(tf.matmul, h, matrix) + bias

    def field(self, z: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        """Return the field of a code z [z_dim]: points [m, 3] in [-1, 1] → values [m] float32.

        If it is clipped, it also has its values before the clipping, see Field of imnet.surfaces.
        """
        field = partial(self.evaluate, z=z)
        if self.layout.is_clip:
            field.unsquashed = partial(self.evaluate_unsquashed, z=z)
            field.squash = lambda values: self.layout.squash(values).numpy()
        return field

    def evaluate(self, points: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return the values [m] float32 of one shape's field, code z [z_dim], at points [m, 3]."""
        return self._in_batches(self._values, points, z)

    def evaluate_unsquashed(self, points: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return the values before they are squashed. Arguments and result as in `evaluate`."""
        return self._in_batches(self._unsquashed, points, z)

    @staticmethod
    def _in_batches(function: Callable, points: np.ndarray, z: np.ndarray) -> np.ndarray:
        points, z = np.asarray(points, np.float32), tf.constant(z, tf.float32)
        values, size = np.empty(len(points), np.float32), points_a_batch()
        for i in range(0, len(points), size):
            values[i : i + size] = function(tf.constant(points[i : i + size]), z)
        return values

    @graph(input_signature=[tf.TensorSpec([None, None]), tf.TensorSpec([None])])
    def _values(self, points: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        return self(points[None], z[None])[0]

    @graph(input_signature=[tf.TensorSpec([None, None]), tf.TensorSpec([None])])
    def _unsquashed(self, points: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        return self.unsquashed(points[None], z[None])[0]
