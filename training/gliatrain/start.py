"""Weights to start from: a segmentation checkpoint, or the 2 mm network of a bundle (unet.onnx, segmentation.onnx: its first member).

A bundle's file holds the weights in half precision and without the heads of deep supervision, which start anew. Where the network is
made without the T2-FLAIR module, its first layer has channels that the file's lacks: those start anew as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from . import checkpoints
from .attention import WindowBlock
from .network import GliomaNet

MEMBER, ANONYMOUS = "members.0.", "onnx::"
SUPERVISION = ("heads.1.", "heads.2.")
FIRST_LAYER = "stem."


def block_weights(block: WindowBlock, arrays: Iterator[np.ndarray]) -> dict[str, torch.Tensor]:
    """The exporter transposes the linear weights of a block, spreads its table of biases over the pairs, and names none of them."""
    qkv, spread, *others = (torch.from_numpy(next(arrays)) for _ in range(5))
    table = torch.zeros_like(block.bias)
    table[block.index.reshape(-1)] = spread.permute(1, 2, 0).reshape(-1, block.heads)
    names = ("out.weight", "mlp.0.weight", "mlp.2.weight")
    return {"qkv.weight": qkv.T, "bias": table, **{name: one.T for name, one in zip(names, others, strict=True)}}


def of_bundle(path: Path) -> dict[str, torch.Tensor]:
    """The first member's weights under GliomaNet's names."""
    stored = [
        (one.name.removesuffix("_half"), numpy_helper.to_array(one).astype(np.float32)) for one in onnx.load(str(path)).graph.initializer
    ]
    weights = {name.removeprefix(MEMBER): torch.from_numpy(value) for name, value in stored if name.startswith(MEMBER)}
    anonymous = (value for name, value in stored if name.startswith(ANONYMOUS))
    for name, module in GliomaNet().named_modules():
        if isinstance(module, WindowBlock):
            weights.update({f"{name}.{k}": v for k, v in block_weights(module, anonymous).items()})
    return weights


def begin(net: GliomaNet, path: str | Path) -> GliomaNet:
    """Puts the file's weights into `net`. Raises ValueError where they are those of a network of another size."""
    weights = of_bundle(Path(path)) if str(path).endswith(".onnx") else checkpoints.load(path)["mean"]
    for name, own in net.named_parameters():
        value = weights.get(name)
        if value is None and name.startswith(SUPERVISION):
            continue
        if value is not None and name.startswith(FIRST_LAYER) and not net.variant.difference:
            value = fitted(value, own)
        if value is None or value.shape != own.shape:
            shape = "no such weights" if value is None else f"{list(value.shape)}"
            raise ValueError(
                f"{path}: {name} is {list(own.shape)} here and has {shape} there; widths, attended and heads must be the file's"
            )
        with torch.no_grad():
            own.copy_(value)
    return net


def fitted(value: torch.Tensor, own: nn.Parameter) -> torch.Tensor:
    """`own` with the file's channels in its first ones."""
    out = own.detach().clone()
    out[: len(value)] = value
    return out
