"""Networks as ONNX files, which other runtimes than TensorFlow run, in inference mode."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from imnet.base.errors import UserError
from imnet.base.files import written_whole
from imnet.networks.decoder import ImplicitDecoder
from imnet.networks.devices import plain_graphs
from imnet.networks.layers import leaky_relu

OPSET = 17  # of 2022, with file format 8: the oldest that every runtime still in use reads

TensorShapes = Mapping[str, list[int | str]]  # by tensor; a letter is a size that each call chooses


class Graph(NamedTuple):
    """A function of float32 tensors, which are passed by name, and the names of what it returns."""

    function: Callable[..., tf.Tensor]
    inputs: TensorShapes
    outputs: TensorShapes  # of one tensor

    def __str__(self) -> str:
        """The shapes of what goes in and comes out."""
        sides = [
            ", ".join(f"{name} [{', '.join(map(str, shape))}]" for name, shape in side.items())
            for side in (self.inputs, self.outputs)
        ]
        return " → ".join(sides)

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all. Raises UserError without the package tf2onnx."""
        try:
            import tf2onnx  # optional
        except ImportError:
            raise UserError(
                f"{path} is written by a package that is missing: pip install tf2onnx"
            ) from None
        (output,) = self.outputs
        specs = [
            tf.TensorSpec([None if isinstance(size, str) else size for size in shape], name=name)
            for name, shape in self.inputs.items()
        ]
        function = tf.function(lambda *x: {output: self.function(*x)}, autograph=False)
        with plain_graphs():
            model, _ = tf2onnx.convert.from_function(
                function, specs, OPSET, custom_op_handlers=HANDLERS
            )
        shapes = {**self.inputs, **self.outputs}
        for tensor in (*model.graph.input, *model.graph.output):
            for axis, size in zip(
                tensor.type.tensor_type.shape.dim, shapes[tensor.name], strict=True
            ):
                if isinstance(size, str):
                    axis.dim_param = size
        with written_whole(path) as beside:
            beside.write_bytes(model.SerializeToString())


def _sigmoid(graph: Any, node: Any, *_: object) -> None:
    """Make a sigmoid 1 / (1 + exp(-x)).

    ONNX Runtime's own is 2% off at -12, 0 from -16 on, and falls in places.
    """
    one = graph.make_const(f"{node.name}_one", np.float32(1)).output[0]
    power = graph.make_node("Exp", graph.make_node("Neg", node.input).output).output[0]
    node.type = "Reciprocal"
    graph.replace_inputs(node, graph.make_node("Add", [power, one]).output)


def _mean(graph: Any, node: Any, *_: object) -> None:
    """Make a mean axis by axis: in one sum the codes lose a digit, see `mean_of_positions`."""
    x, axes = node.input[0], sorted(np.ravel(node.inputs[1].get_tensor_value()))
    for axis in axes[:0:-1]:
        x = graph.make_node("ReduceMean", [x], {"axes": [axis]}).output[0]
    node.type = "ReduceMean"
    graph.replace_inputs(node, [x])
    node.set_attr("axes", axes[:1])


HANDLERS = {"Sigmoid": (_sigmoid, []), "Mean": (_mean, [])}


def decoder_graph(decoder: ImplicitDecoder) -> Graph:
    """Return an implicit decoder: points [s, m, 3] in [-1, 1] and codes z → values [s, m].

    It is the decoder's forward pass without the one-hot rows, which few runtimes have.
    """
    layout = decoder.layout
    weights = [(matrix.numpy(), bias.numpy()) for matrix, bias in decoder.layers]

    def values(points: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        h = None
        for (matrix, bias), layer in zip(weights[:-1], layout.layers, strict=True):
            if layer.sees_input:  # the code's part is the same for all points of a shape
                ends = [-layout.point_dim - decoder.z_dim, -decoder.z_dim]
                of_previous, of_point, of_code = np.split(matrix, ends)
                of_shape = tf.expand_dims(z @ of_code + bias, 1)
                x = points @ (layout.point_scale * of_point) + of_shape
                x = x if h is None else x + h @ of_previous
            else:
                x = h @ matrix + bias
            h = leaky_relu(x)
        matrix, bias = weights[-1]
        return layout.squash(tf.squeeze(h @ matrix + bias, 2))

    inputs = {"points": ["s", "m", layout.point_dim], "z": ["s", decoder.z_dim]}
    return Graph(values, inputs, {"values": ["s", "m"]})
