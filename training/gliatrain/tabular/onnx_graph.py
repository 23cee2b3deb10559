"""Writes a fitted head as ONNX: logs, standardising, missing values, spline, members and calibration in the graph.

input    features       float32 [N, F], raw values in the units of features.py, NaN = missing
output   probabilities  float32 [N, K] and members float32 [N, M, K]; survival: log_risk [N, 1] and members [N, M]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

from . import linear
from .heads import Head
from .model import Fitted, FittedCox

OPSET, IR = 17, 9
TOLERANCE = 1e-5


class Graph:
    """Collects nodes and constants under generated names."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: Any, dtype: Any = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def add(self, op: str, *inputs: str, to: str | None = None, **attributes: Any) -> str:
        name = to or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def cut(self, value: str, start: int, stop: int, axis: int) -> str:
        return self.add("Slice", value, *(self.constant([v], np.int64) for v in (start, stop, axis)))

    def model(self, name: str, features: int, outputs: dict[str, list]) -> onnx.ModelProto:
        def value(n: str, shape: Sequence[int | str]) -> Any:
            return helper.make_tensor_value_info(n, TensorProto.FLOAT, shape)

        graph = helper.make_graph(
            self.nodes, name, [value("features", ["N", features])], [value(n, s) for n, s in outputs.items()], self.constants
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR, producer_name="gliatrain")
        onnx.checker.check_model(model, full_check=True)
        return model


def design(g: Graph, t: linear.Transform) -> str:
    """The hinge design of `linear.Transform`."""
    logged = t.logged.astype(np.float32)
    logs = g.add("Log", g.add("Max", "features", g.constant(linear.LEAST)))
    mixed = g.add("Where", g.constant(t.logged, bool), logs, "features") if logged.any() else "features"
    z = g.add("Div", g.add("Sub", mixed, g.constant(t.mean)), g.constant(t.sd))
    z = g.add("Where", g.add("IsNaN", z), g.constant(0.0), z)
    z = g.add("Clip", z, g.constant(-linear.CLIP), g.constant(linear.CLIP))
    knot = g.constant(linear.KNOT)
    up = g.add("Relu", g.add("Sub", z, knot))
    down = g.add("Relu", g.add("Sub", g.add("Neg", z), knot))
    return g.add("Concat", z, up, down, axis=1)


def classifier_graph(head: Head, fitted: Fitted) -> onnx.ModelProto:
    g = Graph()
    p, m, s = fitted.weights.shape
    flat = g.add("MatMul", design(g, fitted.transform), g.constant(fitted.weights.reshape(p, m * s)))
    logits = g.add("Reshape", flat, g.constant([-1, m, s], np.int64))
    logits = g.add("Add", logits, g.constant(fitted.bias))
    mean = g.add("ReduceMean", logits, axes=[1], keepdims=1)
    every = g.add("Concat", logits, mean, axis=1)  # member m is the ensemble
    stage = g.add("Sigmoid", g.add("Add", g.add("Mul", every, g.constant(fitted.platt[:, 0])), g.constant(fitted.platt[:, 1])))
    one = g.constant(1.0)
    parts = [g.cut(stage, i, i + 1, 2) for i in range(s)]
    if head.name == "grade":
        four, three = parts
        lower = g.add("Sub", one, four)
        classes = [g.add("Mul", lower, g.add("Sub", one, three)), g.add("Mul", lower, three), four]
    else:
        positive = parts[0]
        for other in parts[1:]:
            positive = g.add("Mul", positive, other)
        classes = [g.add("Sub", one, positive), positive]
    table = g.add("Concat", *classes, axis=2)
    k = len(classes)
    g.add("Slice", table, *(g.constant([v], np.int64) for v in (0, m, 1)), to="members")
    g.add("Reshape", g.cut(table, m, m + 1, 1), g.constant([-1, k], np.int64), to="probabilities")
    return g.model(head.name, len(fitted.transform.features), {"probabilities": ["N", k], "members": ["N", m, k]})


def survival_graph(fitted: FittedCox) -> onnx.ModelProto:
    g = Graph()
    members = fitted.weights.shape[1]
    flat = g.add("MatMul", design(g, fitted.transform), g.constant(fitted.weights))
    g.add("Add", flat, g.constant(fitted.bias), to="members")
    g.add("ReduceMean", "members", to="log_risk", axes=[1], keepdims=1)
    return g.model("survival", len(fitted.transform.features), {"log_risk": ["N", 1], "members": ["N", members]})


def write_checked(model: onnx.ModelProto, path: Path, x: np.ndarray, reference: Callable[[np.ndarray], Sequence[np.ndarray]]) -> float:
    """Writes the model; raises if onnxruntime and `reference(rows)` (the outputs in order, float64) differ by more
    than TOLERANCE on the rows x; returns the largest difference."""
    onnx.save(model, str(path))
    session = ort.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    rows = x.astype(np.float32)
    got = session.run(None, {"features": rows})
    names = [o.name for o in session.get_outputs()]
    order = sorted(range(len(names)), key=lambda n: names[n] == "members")
    worst = max(float(np.abs(got[n] - b).max()) for n, b in zip(order, reference(rows.astype(float)), strict=True))
    if not worst <= TOLERANCE:
        raise ValueError(f"{path.name}: onnxruntime differs from the reference by {worst:.2e}")
    return worst
