"""Judges ONNX files by ONNX's own full checker and strict shape inference.

    python3 scripts/check-onnx.py model.onnx [...]

Needs the package `onnx` (Debian: python3-onnx). Exits with 1 where a file does not pass.
"""

import sys

import onnx
import onnx.checker
import onnx.shape_inference


def judge(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    shaped = {value.name for value in inferred.graph.value_info} | {value.name for value in inferred.graph.output}
    missing = [name for node in inferred.graph.node for name in node.output if name not in shaped]
    if missing:
        raise ValueError(f"no shape was inferred for {missing[:3]}")
    return model.opset_import[0].version, len(model.graph.node)


failed = False
for path in sys.argv[1:]:
    try:
        opset, nodes = judge(path)
        print(f"{path}: valid, opset {opset}, {nodes} nodes")
    except Exception as error:
        failed = True
        print(f"{path}: {error}")
sys.exit(1 if failed or len(sys.argv) == 1 else 0)
