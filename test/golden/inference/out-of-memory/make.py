"""Makes `hungry.onnx`, `insatiable.onnx` and `hungry-3d.onnx`: logits = 2 image + 1, with a buffer on the way that no machine can give.

Image and logits are float32 of one shape. The buffer of the first grows as d^17, d the number of slices: 10 TB for 40, 76 MB for 20. The
second needs 10 TB for any input. The third is 3D and grows as z^17. `python make.py`
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

HERE = Path(__file__).parent
FLOATS = 2.5e12


def network(exponent: float, shape: list[str], axis: int) -> onnx.ModelProto:
    numbers = {
        "axis": np.array([axis], np.int64),
        "forty": np.array([40.0]),
        "exponent": np.array([exponent]),
        "floats": np.array([FLOATS]),
        "none": np.array([0], np.int64),
        "one": np.array([1.0], np.float32),
        "two": np.array([2.0], np.float32),
    }
    nodes = [
        helper.make_node("Shape", ["image"], ["shape"]),
        helper.make_node("Gather", ["shape", "axis"], ["slices"]),
        helper.make_node("Cast", ["slices"], ["d"], to=onnx.TensorProto.DOUBLE),
        helper.make_node("Div", ["d", "forty"], ["share"]),
        helper.make_node("Pow", ["share", "exponent"], ["grown"]),
        helper.make_node("Mul", ["grown", "floats"], ["size"]),
        helper.make_node("Cast", ["size"], ["length"], to=onnx.TensorProto.INT64),
        helper.make_node("Concat", ["none", "length"], ["pads"], axis=0),
        helper.make_node("Pad", ["one", "pads"], ["buffer"]),
        helper.make_node("ReduceMax", ["buffer"], ["most"], keepdims=1),
        helper.make_node("Mul", ["image", "two"], ["twice"]),
        helper.make_node("Add", ["twice", "most"], ["logits"]),
    ]
    value = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name in ("image", "logits")]
    inits = [numpy_helper.from_array(array, name) for name, array in numbers.items()]
    graph = helper.make_graph(nodes, "hungry", value[:1], value[1:], inits)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model


SLICES, VOLUME = ["d", "c", "h", "w"], ["n", "c", "z", "y", "x"]
for name, *rest in (("hungry", 17.0, SLICES, 0), ("insatiable", 0.0, SLICES, 0), ("hungry-3d", 17.0, VOLUME, 2)):
    onnx.save(network(*rest), HERE / f"{name}.onnx")
