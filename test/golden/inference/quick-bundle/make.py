"""Makes the quick bundle: the tiny one's manifest with a network that outlines the oedema of a generated study. `python make.py`

A 1x1x1 convolution of T1c and FLAIR: the logit of oedema is 8 (FLAIR - T1c - 2.2), both normalised; background is 0 and all else
-20. Oedema is bright in FLAIR and dark in T1c, fat and rim are bright in both. Whole services are tested with it where what is
asked is the same of every bundle: one series to register, few windows, few components. Needs numpy and onnx.
"""
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

here = Path(__file__).parent
weight = np.zeros((4, 2, 1, 1, 1), np.float32)
weight[2] = np.array([-8, 8], np.float32).reshape(2, 1, 1, 1)
bias = np.array([0, -20, -8 * 2.2, -20], np.float32)
axes = [1, 2, "z", "y", "x"]
graph = helper.make_graph(
    [helper.make_node("Conv", ["image", "w", "b"], ["logits"])], "quick",
    [helper.make_tensor_value_info("image", TensorProto.FLOAT, axes)],
    [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 4, "z", "y", "x"])],
    [numpy_helper.from_array(weight, "w"), numpy_helper.from_array(bias, "b")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model)
files = {
    "segmentation.onnx": model.SerializeToString(),
    "card.md": b"# Quick test bundle\n\nA threshold on FLAIR and contrast-enhanced T1, for tests of the service only.\n",
}
for name, data in files.items():
    (here / name).write_bytes(data)

manifest = json.loads((here.parent / "tiny-bundle" / "bundle.json").read_text())
manifest |= {
    "id": "quick-test",
    "name": "Quick test network",
    "description": "A threshold on FLAIR and contrast-enhanced T1.",
    "files": {name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in files.items()},
    "sequences": {"T1c": {"channel": 0, "required": True}, "FLAIR": {"channel": 1, "required": True}},
}
manifest["inference"] |= {"roi_size": [64, 64, 64], "overlap": 0, "tta_flips": [[]]}
manifest["postprocess"] |= {"min_component_ml": 1}
(here / "bundle.json").write_text(json.dumps(manifest, indent=1) + "\n")
