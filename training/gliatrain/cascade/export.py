"""Writes the cascade's networks as ONNX files: one a stage and view, slices as the batch, sizes free; and the brain's.

`python -m gliatrain.cascade.export --checkpoint OUT/checkpoint.pt --brain OUT/brain.pt --to FOLDER`. Every file is run against PyTorch on
an asymmetric input before it is kept. Padding stands inside the convolutions, and transposed convolutions of stride 2 are written as
an ordinary convolution with depth-to-space (exact), so that ONNX Runtime's blocked kernels and WebGPU take all of it.
"""
from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import nn

from .brain import MULTIPLE, BrainNet
from .network import CONTEXT, Down, Up, ViewNet, ViewVariant
from .patches import STAGES, VIEWS
from .weights import NETWORKS

OPSET = 17


class UpAsConvolution(nn.Module):
    """`Up` exactly: output row 2i takes input rows i and i - 1, row 2i + 1 takes input row i alone, and so do the columns."""

    def __init__(self, up: Up):
        super().__init__()
        w = up.conv.weight.detach()  # [in, out, 3, 3]
        cin, cout = w.shape[:2]
        taps = torch.zeros(cout, 2, 2, cin, 2, 2)  # out, row and column parity, in, kernel (previous, own)
        for row in range(3):
            for column in range(3):
                # k = 0: even, own; k = 1: odd, own; k = 2: the even one of the next input, so seen from there the previous.
                (py, ky), (px, kx) = ((0, 1), (1, 1), (0, 0))[row], ((0, 1), (1, 1), (0, 0))[column]
                taps[:, py, px, :, ky, kx] = w[:, :, row, column].T
        self.conv = nn.Conv2d(cin, 4 * cout, 2)
        self.conv.weight.data = taps.reshape(4 * cout, cin, 2, 2)
        self.conv.bias.data = up.conv.bias.detach().repeat_interleave(4)
        self.shuffle, self.act = nn.PixelShuffle(2), up.act

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(self.shuffle(self.conv(nn.functional.pad(x, (1, 0, 1, 0)))))


def shifted(net: ViewNet, threshold: float) -> ViewNet:
    """The same network with its target's logit moved so that the probability `threshold` becomes 1/2 (calibrate.py)."""
    last = nn.Conv2d(net.last.in_channels, net.last.out_channels, 3, padding=1)
    last.weight = net.last.weight
    last.bias = nn.Parameter(torch.tensor([0.0, math.log((1 - threshold) / threshold)]))
    net.last = last
    return net


def for_export(net: ViewNet) -> ViewNet:
    """The same network with its transposed convolutions rewritten."""
    for level in ("up1", "up2", "up3"):
        module = getattr(net, level)
        if isinstance(module, Up):
            setattr(net, level, UpAsConvolution(module))
        elif isinstance(module, nn.Sequential):
            setattr(net, level, nn.Sequential(*(UpAsConvolution(m) if isinstance(m, Up) else m for m in module)))
    return net.eval()


def write(net: nn.Module, example: torch.Tensor, path: Path, free: dict[int, str]) -> None:
    torch.onnx.export(net, (example,), str(path), input_names=["image"], output_names=["logits"], opset_version=OPSET, dynamo=False,
                      dynamic_axes={"image": free, "logits": {k: f"{v}_out" for k, v in free.items()}})
    model = onnx.load(str(path))
    onnx.checker.check_model(model)
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    with torch.no_grad():
        expected = net(example).numpy()
    difference = float(np.abs(session.run(None, {"image": example.numpy()})[0] - expected).max())
    if difference > 1e-3 * max(1.0, float(np.abs(expected).max())):
        path.unlink()
        raise RuntimeError(f"{path.name} differs from PyTorch by {difference:.2g}")


def export_views(checkpoint: Path, folder: Path, thresholds: dict[str, float] | None = None) -> list[str]:
    """`thresholds`: of each stage, 1/2 when absent."""
    members, names = torch.load(checkpoint, weights_only=True)["members"], []
    for stage in STAGES:
        for view in VIEWS:
            net = ViewNet(ViewVariant(NETWORKS[stage][1]))
            net.load_state_dict(members[f"{stage}/{view}"]["mean"])
            net = shifted(net, (thresholds or {}).get(stage, 0.5)).eval()
            example = torch.from_numpy(np.random.default_rng(1).standard_normal((2 * CONTEXT + 3, 4, 40, 28), dtype=np.float32))
            with torch.no_grad():
                before = net(example)
                if not torch.allclose(for_export(net)(example), before, atol=1e-3):
                    raise RuntimeError(f"{stage}/{view} changed when it was rewritten")
            names.append(f"{stage}-{view}.onnx")
            write(net, example, folder / names[-1], {0: "slices", 2: "rows", 3: "columns"})
    return names


def export_brain(checkpoint: Path, folder: Path) -> str:
    net = BrainNet()
    net.load_state_dict(torch.load(checkpoint, weights_only=True)["net"])
    example = torch.from_numpy(np.random.default_rng(2).standard_normal((1, 4, 2 * MULTIPLE, 3 * MULTIPLE, 4 * MULTIPLE), dtype=np.float32))
    write(net.eval(), example, folder / "brain.onnx", {2: "z", 3: "y", 4: "x"})
    return "brain.onnx"


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--checkpoint", type=Path, default=Path("out/cascade/checkpoint.pt"))
    ap.add_argument("--brain", type=Path, default=Path("out/cascade/brain.pt"))
    ap.add_argument("--to", type=Path, default=Path("out/cascade/onnx"))
    a = ap.parse_args()
    a.to.mkdir(parents=True, exist_ok=True)
    print("\n".join([export_brain(a.brain, a.to), *export_views(a.checkpoint, a.to)]))


if __name__ == "__main__":
    main()
