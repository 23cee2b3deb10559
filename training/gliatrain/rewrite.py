"""3D layers of an ONNX file as ONNX Runtime runs them best: its blocked kernels are those of 2D convolutions, and WebGPU has no transposed
convolution in 3D.

A 3x3x3 convolution becomes three 2D ones over the slices, summed (equal but for the order of the sum); a transposed one of size and stride
2 becomes a 1x1x1 convolution and depth-to-space (exact). Weights keep their names and shapes: their parts are taken inside the graph, which
ONNX Runtime does once when it loads it. Of one volume at a time, [1, C, Z, Y, X].
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper


def attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {one.name: helper.get_attribute_value(one) for one in node.attribute}


class Graph:
    """The nodes that take the place of one, and the constants that they need."""

    def __init__(self, prefix: str) -> None:
        self.prefix, self.nodes, self.constants = prefix, [], []  # type: ignore[var-annotated]

    def add(self, op: str, *inputs: str, output: str | None = None, **attrs: Any) -> str:
        name = output or f"{self.prefix}/{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], f"{self.prefix}/{op}{len(self.nodes)}", **attrs))
        return name

    def whole(self, *values: int) -> str:
        name = f"{self.prefix}/constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name


def is_plain_convolution(node: onnx.NodeProto) -> bool:
    facts = attributes(node)
    stride = facts.get("strides", [1, 1, 1])
    return (
        node.op_type == "Conv"
        and facts["kernel_shape"] == [3, 3, 3]
        and facts.get("pads") == [1] * 6
        and facts.get("dilations", [1, 1, 1]) == [1, 1, 1]
        and facts.get("group", 1) == 1
        and len(set(stride)) == 1
    )


def is_doubling(node: onnx.NodeProto) -> bool:
    facts = attributes(node)
    return (
        node.op_type == "ConvTranspose"
        and facts["kernel_shape"] == facts.get("strides") == [2, 2, 2]
        and not any(facts.get("pads", [0]))
        and not any(facts.get("output_padding", [0]))
        and facts.get("group", 1) == 1
    )


def over_slices(node: onnx.NodeProto) -> Graph:
    """Slices are the batch of three 2D convolutions, which take the slice before, the slice itself and the one after."""
    image, weight, *bias = node.input
    stride = attributes(node).get("strides", [1])[0]
    graph = Graph(node.output[0])
    slices = graph.add("Transpose", graph.add("Squeeze", image, graph.whole(0)), perm=[1, 0, 2, 3])
    padded = graph.add("Pad", slices, graph.whole(1, 0, 0, 0, 1, 0, 0, 0))
    along, step = graph.whole(0), graph.whole(stride)
    parts = []
    for n, end in enumerate((-2, -1, sys.maxsize)):
        own = graph.add("Slice", padded, graph.whole(n), graph.whole(end), along, step)
        kernel = graph.add("Squeeze", graph.add("Slice", weight, graph.whole(n), graph.whole(n + 1), graph.whole(2)), graph.whole(2))
        parts.append(
            graph.add(
                "Conv", own, kernel, *(bias if n == 0 else []), kernel_shape=[3, 3], pads=[1] * 4, strides=[stride] * 2, dilations=[1, 1]
            )
        )
    joined = graph.add("Transpose", graph.add("Sum", *parts), perm=[1, 0, 2, 3])
    graph.add("Unsqueeze", joined, graph.whole(0), output=node.output[0])
    return graph


def over_voxels(node: onnx.NodeProto, cout: int) -> Graph:
    """Each voxel becomes 2 x 2 x 2, none of which another one reaches."""
    image, weight, *bias = node.input
    graph = Graph(node.output[0])
    kernel = graph.add("Transpose", graph.add("Reshape", weight, graph.whole(0, -1)), perm=[1, 0])
    spread = graph.add("Conv", image, graph.add("Unsqueeze", kernel, graph.whole(2, 3, 4)), kernel_shape=[1, 1, 1])
    size = graph.add("Slice", graph.add("Shape", image), graph.whole(2), graph.whole(5))
    apart = graph.add("Concat", graph.whole(cout, 2, 2, 2), size, axis=0)
    beside = graph.add("Transpose", graph.add("Reshape", spread, apart), perm=[0, 4, 1, 5, 2, 6, 3])
    twice = graph.add("Concat", graph.whole(1, cout), graph.add("Mul", size, graph.whole(2, 2, 2)), axis=0)
    if bias:
        doubled = graph.add("Reshape", beside, twice)
        graph.add("Add", doubled, graph.add("Reshape", bias[0], graph.whole(1, -1, 1, 1, 1)), output=node.output[0])
    else:
        graph.add("Reshape", beside, twice, output=node.output[0])
    return graph


def rewrite(model: onnx.ModelProto, convolutions: bool = True, doublings: bool = True) -> onnx.ModelProto:
    """Replaces such layers in `model` and returns it; the others stay as they are."""
    shapes = {one.name.removesuffix("_half"): list(one.dims) for one in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        if convolutions and node.op_type == "Conv" and is_plain_convolution(node):
            graph = over_slices(node)
        elif doublings and node.op_type == "ConvTranspose" and is_doubling(node):
            graph = over_voxels(node, shapes[node.input[1]][1])
        else:
            nodes.append(node)
            continue
        nodes += graph.nodes
        model.graph.initializer.extend(graph.constants)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model
