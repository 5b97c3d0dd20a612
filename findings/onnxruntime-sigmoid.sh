#!/bin/bash
# ONNX Runtime's Sigmoid on a CPU leaves 0..1, falls in places, and is 0 long before float32 is.
#
# Behaviour: an ONNX graph of one Sigmoid node, float32, opset 17, run by the CPU provider. Its largest value is above 1; it is exactly 0 at inputs where the true value,
# 1.4e-7 at -15.8, is far from float32's smallest number (1e-38); it is not monotone; its relative error reaches 0.29 above -15 (AVX-512). 1 / (1 + exp(-x)), written as
# Neg, Exp, Add, Reciprocal, has none of this. Who is hit: decoders of implicit fields, whose values are wanted in 0..1 and rising with the logit.
# Versions: onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11, x86-64.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper


def session(nodes):
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])],
        [helper.make_tensor("one", TensorProto.FLOAT, [], [1.0])],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    made = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return lambda x: made.run(None, {"x": x})[0]


x = np.linspace(-30, 30, 600_001, dtype=np.float32)
truth = 1 / (1 + np.exp(-x.astype(np.float64)))
forms = {
    "Sigmoid": [helper.make_node("Sigmoid", ["x"], ["y"])],
    "1 / (1 + exp(-x))": [
        helper.make_node("Neg", ["x"], ["a"]),
        helper.make_node("Exp", ["a"], ["b"]),
        helper.make_node("Add", ["b", "one"], ["c"]),
        helper.make_node("Reciprocal", ["c"], ["y"]),
    ],
}
found = {}
for name, nodes in forms.items():
    y = session(nodes)(x)
    zeros = x[y == 0]
    above = x > -15
    error = np.abs(y - truth)[above] / truth[above]
    found[name] = (y.max() > 1, len(zeros) > 0, bool((np.diff(y) < 0).any()), error.max() > 1e-3)
    print(
        f"{name}: largest {y.max():.9g}; zeros {len(zeros)}, up to {zeros.max() if len(zeros) else '-'};"
        f" falls {int((np.diff(y) < 0).sum())} times; relative error above -15 at most {error.max():.2g}"
    )
assert found["Sigmoid"] == (True, True, True, True), found
assert found["1 / (1 + exp(-x))"] == (False, False, False, False), found
PYTHON
echo "as described"
