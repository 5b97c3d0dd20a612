"""The implicit decoder: the values of a shape's field at points (paper section 3.1)."""

import numpy as np
import tensorflow as tf

LEAK = 0.02
REFERENCE_WIDTH = 128
POINTS_A_BATCH = 4096  # evaluation; more gains nothing: at width 128 the widest layer takes 32 MB
# (scope, width in units of gf_dim); each layer sees the one before it, the point and the code
LAYERS = (("h1_lin", 16), ("h4_lin", 8), ("h5_lin", 4), ("h6_lin", 2), ("h7_lin", 1))
OUTPUT = "h8_lin"  # sees only the layer before it


def leaky_relu(x: tf.Tensor) -> tf.Tensor:
    """max(x, 0.02 x), the activation of every network here."""
    return tf.nn.leaky_relu(x, LEAK)


def linear_variables(
    scope: str,
    rows: int,
    columns: int,
    rng: np.random.Generator,
    deviation: float | np.ndarray = 0.02,
) -> tuple[tf.Variable, tf.Variable]:
    """Make `<scope>/Matrix` [rows, columns], normal(0, deviation), and `<scope>/bias`, zeros."""
    matrix = rng.normal(0, deviation, (rows, columns)).astype(np.float32)
    return (
        tf.Variable(matrix, name=f"{scope}/Matrix"),
        tf.Variable(np.zeros(columns, np.float32), name=f"{scope}/bias"),
    )


class ImplicitDecoder(tf.Module):
    """Five layers on α = [point, code] with α fed again to each, then a sigmoid.

    The code is the same for all points of a shape, so its rows of every Matrix become a bias of
    the shape, computed once; only the point's rows are multiplied point by point.
    """

    def __init__(self, z_dim: int, gf_dim: int, rng: np.random.Generator, point_dim: int = 3):
        """Make the weights at random: normal(0, 0.02) from the original's width, gf_dim 128, up.

        A narrower network of 0.02 lets the signal die on its way and stays all zero for thousands
        of steps (so does 0.02·sqrt(128 / gf_dim)). It starts at He's scale, sqrt(2 / rows), with
        the point's few rows larger by sqrt(z_dim / point_dim), so that they weigh as much as the
        code's many.
        """
        super().__init__()
        self.point_dim = point_dim
        self.layers = []
        previous = 0
        for scope, factor in (*LAYERS, (OUTPUT, 0)):
            alpha = point_dim + z_dim if factor else 0
            rows, width = previous + alpha, factor * gf_dim or 1
            deviation = np.full((rows, 1), 0.02)
            if gf_dim < REFERENCE_WIDTH:
                deviation[:] = (2 / rows) ** 0.5
                if alpha:
                    deviation[previous : previous + point_dim] *= (z_dim / point_dim) ** 0.5
            self.layers.append(linear_variables(f"simple_net/{scope}", rows, width, rng, deviation))
            previous = width

    def __call__(self, points: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """Evaluate the fields of s shapes at m points each.

        Args:
            points: [s, m, point_dim] float32 coordinates.
            z: [s, z_dim] float32 codes.

        Returns:
            [s, m] float32 values in 0..1.
        """
        shapes, count = tf.shape(points)[0], tf.shape(points)[1]
        # Each point with its shape, one-hot: one product with the point's rows of a Matrix above
        # the shapes' biases gives the sum of both, without a pass through [s*m, width] to add them.
        which = tf.repeat(tf.eye(shapes), count, axis=0)  # [s*m, s]
        points = tf.concat([tf.reshape(points, [-1, self.point_dim]), which], 1)  # [s*m, 3 + s]
        h = None
        for matrix, bias in self.layers[:-1]:
            previous = 0 if h is None else h.shape[1]
            sizes = [previous, self.point_dim, matrix.shape[0] - previous - self.point_dim]
            of_previous, of_point, of_code = tf.split(matrix, sizes)
            of_shape = tf.matmul(z, of_code) + bias  # [s, width]
            x = tf.matmul(points, tf.concat([of_point, of_shape], 0))  # [s*m, width]
            if h is not None:
                x += tf.matmul(h, of_previous)
            h = leaky_relu(x)
        matrix, bias = self.layers[-1]
        return tf.reshape(tf.sigmoid(tf.matmul(h, matrix) + bias), [shapes, count])

    def evaluate(self, points: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Give the values [m] float32 of one shape's field, code z [z_dim], at points [m, 3]."""
        points, z = np.asarray(points, np.float32), np.asarray(z, np.float32)
        values = np.empty(len(points), np.float32)
        for i in range(0, len(points), POINTS_A_BATCH):
            batch = slice(i, i + POINTS_A_BATCH)
            values[batch] = self._evaluate(tf.constant(points[batch]), tf.constant(z))
        return values

    @tf.function(input_signature=[tf.TensorSpec([None, None]), tf.TensorSpec([None])])
    def _evaluate(self, points: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        return self(points[None], z[None])[0]


def decoder_widths(shapes: dict[str, list[int]]) -> dict[str, int]:
    """Read z_dim and gf_dim off the shapes of a checkpoint's tensors."""
    return {
        "z_dim": shapes[f"simple_net/{LAYERS[0][0]}/Matrix"][0] - 3,
        "gf_dim": shapes[f"simple_net/{LAYERS[-1][0]}/Matrix"][1],
    }
