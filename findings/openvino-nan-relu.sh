#!/bin/bash
# OpenVINO's CPU device makes 0 of Relu(NaN) and infinity of Exp(NaN), so a field that is no number becomes "outside".
#
# Behaviour: an ONNX graph of one node, float32, opset 17, given 1, NaN and -1. OpenVINO's Relu returns 0 for NaN and its Exp infinity; its Sigmoid, Tanh, LeakyRelu and Abs keep
# NaN. ONNX Runtime keeps NaN in all of them. Who is hit: an implicit decoder with Relus that is asked at a point that is no number, or whose weights hold one, gives a plain value:
# the surface has a hole in place of an error, and a check of the output for NaN finds nothing.
# Versions: openvino 2026.4.1, onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11, x86-64.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q openvino==2026.4.1 onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import numpy as np
import onnx
import onnxruntime
import openvino
from onnx import TensorProto, helper

x = np.array([1, np.nan, -1] * 16, np.float32)
found = {}
for operator in ("Relu", "Exp", "Sigmoid", "Tanh", "LeakyRelu", "Abs"):
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in "xy"]
    graph = helper.make_graph([helper.make_node(operator, ["x"], ["y"])], "g", ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    content = model.SerializeToString()
    core = openvino.Core()
    by_openvino = core.compile_model(core.read_model(content), "CPU")(x)[0]
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    by_onnxruntime = session.run(None, {"x": x})[0]
    found[operator] = float(by_openvino[1])
    print(f"{operator}: OpenVINO {by_openvino[:3]}, ONNX Runtime {by_onnxruntime[:3]}")
    assert np.isnan(by_onnxruntime[1])
assert found["Relu"] == 0 and found["Exp"] == np.inf, found
assert all(np.isnan(found[operator]) for operator in ("Sigmoid", "Tanh", "LeakyRelu", "Abs")), found
PYTHON
echo "as described"
