"""A network behind the estimate of FLAIR, as ONNX: an `If`, so that it costs nothing where FLAIR is there."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import compose, helper, numpy_helper

from .degrade import FLAIR

CONSTANTS = [numpy_helper.from_array(np.array([FLAIR], np.int64), "flair"), numpy_helper.from_array(np.zeros(1, np.float32), "nothing")]


def flair_is_there() -> list[onnx.NodeProto]:
    """Nodes from "image" and CONSTANTS to "there": whether any voxel of FLAIR is other than 0."""
    return [
        helper.make_node("Gather", ["image", "flair"], ["flair image"], axis=1),
        helper.make_node("Abs", ["flair image"], ["size"]),
        helper.make_node("ReduceMax", ["size"], ["largest"], keepdims=0),
        helper.make_node("Greater", ["largest", "nothing"], ["there"]),
    ]


def filled_in(estimate: onnx.ModelProto, image: str, output: str) -> tuple[onnx.NodeProto, list[onnx.TensorProto]]:
    """The node that gives `image` where FLAIR is "there" and the estimate's answer for it elsewhere, and its weights, "estimate/..."."""
    other = compose.add_prefix(estimate, "estimate/").graph
    for node in other.node:
        node.input[:] = [image if name == other.input[0].name else name for name in node.input]
    as_it_is = helper.make_node("Identity", [image], ["kept"])
    branches = [
        helper.make_graph(nodes, name, [], [helper.make_empty_tensor_value_info(answer)])
        for name, nodes, answer in (("kept", [as_it_is], "kept"), ("estimated", list(other.node), other.output[0].name))
    ]
    return helper.make_node("If", ["there"], [output], then_branch=branches[0], else_branch=branches[1]), list(other.initializer)


def behind(estimate: onnx.ModelProto, view: onnx.ModelProto) -> onnx.ModelProto:
    """`view` (from "image" to "logits") with FLAIR filled in where it is all 0."""
    node, weights = filled_in(estimate, "image", "view/image")
    out = compose.add_prefix(view, "view/")
    graph = out.graph
    for one in graph.node:
        one.output[:] = ["logits" if name == "view/logits" else name for name in one.output]
    graph.input[0].name, graph.output[0].name = "image", "logits"
    graph.initializer.extend([*weights, *CONSTANTS])
    nodes = [*flair_is_there(), node, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return out
