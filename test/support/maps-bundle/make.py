"""Makes segmentation.onnx: six inputs (T1, T1c, T2, FLAIR, ADC, rCBV), of which ADC alone decides on oedema. `python make.py`

A 1x1x1 convolution: the logit of oedema is 8 (z - 1), z the normalised ADC; background is 0 and all else -20. What is labelled
therefore tells that the map arrived, in its own channel. Needs numpy and onnx.
"""
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

weight = np.zeros((4, 6, 1, 1, 1), np.float32)
weight[2, 4] = 8
bias = np.array([0, -20, -8, -20], np.float32)
axes = ["N", 6, "Z", "Y", "X"]
graph = helper.make_graph(
    [helper.make_node("Conv", ["image", "weight", "bias"], ["logits"])], "maps",
    [helper.make_tensor_value_info("image", TensorProto.FLOAT, axes)],
    [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 4, "Z", "Y", "X"])],
    [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(bias, "bias")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model)
onnx.save(model, Path(__file__).parent / "segmentation.onnx")
