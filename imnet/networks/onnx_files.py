"""Networks as ONNX files, which other runtimes than TensorFlow run, in inference mode."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from imnet.base.errors import UserError
from imnet.base.files import written_whole
from imnet.networks.decoder import ImplicitDecoder, clip, leaky_clip
from imnet.networks.layers import LEAK
from imnet.networks.norms import BatchNorm

OPSET, IR_VERSION = 17, 8  # both of 2022: the oldest that every runtime still in use reads

Shapes = Mapping[str, list[int | str]]  # by tensor; a letter is a size that each call chooses


class Graph:
    """A network that is put together node by node.

    Its tensors are known by their names. Channels come second, as in PyTorch.
    """

    def __init__(self, inputs: Shapes, outputs: Shapes):
        """Start without nodes; the last one that is added gives the output."""
        self.inputs, self.outputs = inputs, outputs
        self.nodes: list[tuple[str, list[str], str, dict[str, Any]]] = []
        self.weights: dict[str, np.ndarray] = {}

    def __str__(self) -> str:
        """The shapes of what goes in and comes out."""
        sides = [
            ", ".join(f"{name} [{', '.join(map(str, shape))}]" for name, shape in side.items())
            for side in (self.inputs, self.outputs)
        ]
        return " → ".join(sides)

    def add(self, operation: str, *inputs: Any, **attributes: Any) -> str:
        """Add a node and return its output. Inputs are names of tensors; any other is a weight."""
        names = [i if isinstance(i, str) else self._weight(np.asarray(i)) for i in inputs]
        output = f"{operation}_{len(self.nodes)}"
        self.nodes.append((operation, names, output, attributes))
        return output

    def _weight(self, array: np.ndarray) -> str:
        name = f"weight_{len(self.weights)}"
        self.weights[name] = array.astype(np.float32 if array.dtype.kind == "f" else np.int64)
        return name

    def leaky_relu(self, x: str) -> str:
        """Add the activation."""
        return self.add("LeakyRelu", x, alpha=LEAK)

    def convolution(
        self,
        x: str,
        kernel: tf.Variable,
        bias: tf.Variable | None = None,
        stride: int = 1,
        padding: tuple[int, int] = (0, 0),
        transposed: bool = False,
    ) -> str:
        """Add a convolution.

        Args:
            x: [n, channels, *size].
            kernel: [*size, channels, out]; [*size, out, channels] if transposed.
            bias: [out].
            stride: on every axis.
            padding: before and behind every axis.
            transposed: whether it is a deconvolution.
        """
        axes = len(kernel.shape) - 2
        weights = [np.moveaxis(kernel.numpy(), (-1, -2), (0, 1)), *([] if bias is None else [bias])]
        pads = [side for side in padding for _ in range(axes)]
        operation = "ConvTranspose" if transposed else "Conv"
        return self.add(operation, x, *weights, strides=[stride] * axes, pads=pads)

    def norm(self, x: str, norm: tf.Module) -> str:
        """Add a norm of `imnet.networks.norms` on x [n, channels, ...]; instance norms on 3D x."""
        if isinstance(norm, BatchNorm):
            weights = norm.gamma, norm.beta, norm.moving_mean, norm.moving_variance
            return self.add("BatchNormalization", x, *weights, epsilon=norm.epsilon)
        # ONNX's own InstanceNormalization loses a digit of the codes, see mean_of_positions.
        centred = self.add("Sub", x, self._mean(x))
        variance = self._mean(self.add("Mul", centred, centred))
        deviation = self.add("Sqrt", self.add("Add", variance, norm.epsilon))
        x = self.add("Div", centred, deviation)
        if norm.variables:
            gamma, beta = (np.reshape(weight, [-1, 1, 1, 1]) for weight in (norm.gamma, norm.beta))
            x = self.add("Add", self.add("Mul", x, gamma), beta)
        return x

    def _mean(self, x: str) -> str:
        """Add the mean over all positions of x [n, channels, d, d, d], axis by axis."""
        for axis in (4, 3, 2):
            x = self.add("ReduceMean", x, axes=[axis])
        return x

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all. Raises UserError without the package onnx."""
        try:
            import onnx  # optional
        except ImportError:
            raise UserError(
                f"{path} is written by a package that is missing: pip install onnx"
            ) from None
        helper = onnx.helper
        *nodes, (operation, names, _, attributes) = self.nodes
        nodes.append((operation, names, next(iter(self.outputs)), attributes))
        inputs, outputs = (
            [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, s) for n, s in side.items()]
            for side in (self.inputs, self.outputs)
        )
        graph = helper.make_graph(
            [helper.make_node(op, names, [out], **more) for op, names, out, more in nodes],
            path.stem,
            inputs,
            outputs,
            [onnx.numpy_helper.from_array(array, name) for name, array in self.weights.items()],
        )
        model = helper.make_model(
            graph,
            producer_name="implicit-decoder",
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
        )
        with written_whole(path) as beside:
            beside.write_bytes(model.SerializeToString())


SQUASHES = {
    tf.sigmoid: lambda graph, x: graph.add("Sigmoid", x),
    clip: lambda graph, x: graph.add("Clip", x, 0.0, 1.0),
    leaky_clip: lambda graph, x: _leaky_clip(graph, x),
}


def _leaky_clip(graph: Graph, x: str) -> str:
    leak = graph.add("Mul", x, 0.01)
    return graph.add("Max", graph.add("Min", x, graph.add("Add", leak, 0.99)), leak)


def decoder_graph(decoder: ImplicitDecoder) -> Graph:
    """Return an implicit decoder: points [s, m, 3] in [-1, 1] and codes z → values [s, m]."""
    point_dim, scale = decoder.layout.point_dim, decoder.layout.point_scale
    graph = Graph(
        {"points": ["s", "m", point_dim], "z": ["s", decoder.z_dim]}, {"values": ["s", "m"]}
    )
    h, previous = "", 0
    for (matrix, bias), layer in zip(decoder.layers[:-1], decoder.layout.layers, strict=True):
        if layer.sees_input:  # the code's part is the same for all points of a shape
            ends = [previous, previous + point_dim]
            of_previous, of_point, of_code = np.split(matrix.numpy(), ends)
            of_shape = graph.add("Unsqueeze", graph.add("Gemm", "z", of_code, bias), [1])
            x = graph.add("Add", graph.add("MatMul", "points", scale * of_point), of_shape)
            if previous:
                x = graph.add("Add", x, graph.add("MatMul", h, of_previous))
        else:
            x = graph.add("Add", graph.add("MatMul", h, matrix), bias)
        h, previous = graph.leaky_relu(x), matrix.shape[1]
    matrix, bias = decoder.layers[-1]
    x = graph.add("Squeeze", graph.add("Add", graph.add("MatMul", h, matrix), bias), [2])
    SQUASHES[decoder.layout.squash](graph, x)
    return graph
