"""A view's network one slice after the other: an ONNX `Scan` that holds what later slices need of earlier ones.

Over all slices at once, much of the time on a CPU goes into moving arrays of a hundred megabytes through memory. Slice by slice, what the
network works on stays in the cache, a run takes a fraction of the memory, and no slice is computed twice, however long the stack is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
import torch
from onnx import TensorProto, compose, helper, numpy_helper
from torch import nn

from .filled import CONSTANTS, filled_in, flair_is_there
from .network import CONTEXT, WIDTH, ViewNet


@dataclass(frozen=True)
class Held:
    """A float32 array [1, channels, H / shrunk, W / shrunk] that one slice leaves to the next; all 0 before the first."""

    name: str
    channels: int
    shrunk: int

    def zeros(self, height: int, width: int) -> torch.Tensor:
        return torch.zeros(1, self.channels, height // self.shrunk, width // self.shrunk)

    @property
    def next(self) -> str:
        return f"{self.name} for the next slice"


class SliceStep(nn.Module):
    """One slice [1, 4, H, W] and what is held -> logits [1, C, H, W] of the slice CONTEXT places before, and what to hold next.

    `net` is one that was rewritten for export (its `Fuse` is a sum). A `Fuse` answers one slice late, when it has seen the next; the finer
    levels wait for the coarser ones. The logits of the first 2 CONTEXT slices rest on zeros that were never seen: they mean nothing.
    """

    def __init__(self, net: ViewNet) -> None:
        super().__init__()
        for name, child in net.named_children():
            setattr(self, name, child)
        half = net.variant.strides
        fuses = [
            (f"{part} of fuse{level}", WIDTH, at) for level, at in enumerate((1, half, 2 * half, 2 * half), 1) for part in ("before", "sum")
        ]
        ups = [("last of up1", 2, 1), ("last but one of up1", 2, 1), ("last of up2", 4, 1)]
        self.held = [Held(*one) for one in (*fuses, *ups)]

    def forward(self, x: torch.Tensor, *held: torch.Tensor) -> tuple[torch.Tensor, ...]:
        following: list[torch.Tensor] = []

        def fuse(level: int, x: torch.Tensor) -> torch.Tensor:
            """Of the slice before `x`; `sum` is that slice's and its predecessor's part."""
            layer = getattr(self, f"fuse{level}")
            before, own, after = layer.convs
            last, both = held[2 * level - 2 : 2 * level]
            following.extend((before(x), last + own(x)))
            return layer.act(both + after(x))

        f1 = fuse(2, self.block2(self.down1(fuse(1, self.block1(x)))))
        f2 = fuse(3, self.block3(self.down2(f1)))
        f3 = fuse(4, self.block4(f2))
        up1, up2 = self.up1(f1), self.up2(f2)
        last1, before1, last2 = held[-3:]
        logits = self.last(torch.cat([before1, last2, self.up3(f3)], dim=1))
        return logits, *following, up1, last1, up2


def over_slices(step: onnx.ModelProto, held: list[Held], estimate: onnx.ModelProto | None = None) -> onnx.ModelProto:
    """The traced step as a network from "image" [D, 4, H, W] to "logits" [D - 2 CONTEXT, C, H, W], D, H and W free.

    With `estimate` (a traced FillIn), FLAIR is filled in where it is all 0; an `If`, so that it costs nothing where FLAIR is there. Weights
    are called "view/..." and "estimate/..." and stand inside the loop: ONNX Runtime blocks only convolutions whose weights it has there.
    """
    view = compose.add_prefix(step, "view/").graph
    names, following = [f"view/{one.name}" for one in held], [f"view/{one.next}" for one in held]
    seen = [helper.make_node("Unsqueeze", ["slice", "first axis"], ["view/image"])]
    before, weights, constants = [], list(view.initializer), [integers("first axis", [0])]
    if estimate:
        fill, more = filled_in(estimate, "only slice", "view/image")
        seen = [helper.make_node("Unsqueeze", ["slice", "first axis"], ["only slice"]), fill]
        before, weights, constants = flair_is_there(), [*weights, *more], [*constants, *CONSTANTS]
    body = helper.make_graph(
        [*seen, *view.node, helper.make_node("Squeeze", ["view/logits", "first axis"], ["answer"])],
        "one slice",
        [*(numbers(name, [1, one.channels]) for name, one in zip(names, held, strict=True)), numbers("slice", [4])],
        [*(numbers(name, [1, one.channels]) for name, one in zip(following, held, strict=True)), numbers("answer", [None])],
        weights,
    )
    zeros = [node for one, name in zip(held, names, strict=True) for node in zeros_of(one, name)]
    loop = helper.make_node(
        "Scan",
        [*(f"{name} at first" for name in names), "image"],
        [*(f"{name} at last" for name in names), "all"],
        num_scan_inputs=1,
        body=body,
    )
    constants += [
        integers("meaningless", [2 * CONTEXT]),
        integers("end", [np.iinfo(np.int64).max]),
        *(integers(f"shrunk {n}", [n, n]) for n in sorted({one.shrunk for one in held})),
        *(integers(f"channels {n}", [1, n]) for n in sorted({one.channels for one in held})),
    ]
    graph = helper.make_graph(
        [
            *before,
            helper.make_node("Shape", ["image"], ["height and width"], start=2),
            *zeros,
            loop,
            helper.make_node("Slice", ["all", "meaningless", "end", "first axis"], ["logits"]),
        ],
        "view",
        [numbers("image", ["slices", 4])],
        [numbers("logits", ["slices_out", None])],
        constants,
    )
    return helper.make_model(graph, opset_imports=step.opset_import, ir_version=step.ir_version)


def integers(name: str, values: list[int]) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(values, np.int64), name)


def numbers(name: str, first_axes: list) -> onnx.ValueInfoProto:
    """A float32 array with two more axes of any size."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [*first_axes, f"rows of {name}", f"columns of {name}"])


def zeros_of(one: Held, name: str) -> list[onnx.NodeProto]:
    return [
        helper.make_node("Div", ["height and width", f"shrunk {one.shrunk}"], [f"{name} height and width"]),
        helper.make_node("Concat", [f"channels {one.channels}", f"{name} height and width"], [f"{name} shape"], axis=0),
        helper.make_node("ConstantOfShape", [f"{name} shape"], [f"{name} at first"]),
    ]
