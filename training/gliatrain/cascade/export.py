"""Writes the cascade's networks as ONNX files: one per stage and view, with slices as the batch and any size, and the brain's.

`python -m gliatrain.cascade.export --checkpoint OUT/checkpoint.pt --brain OUT/brain.pt --to FOLDER`. Every file is run against PyTorch on
an asymmetric input before it is kept. Padding stands inside the convolutions, and transposed convolutions of stride 2 are written as
an ordinary convolution with depth-to-space (exact), so that ONNX Runtime's blocked kernels and WebGPU take all of it. Neighbouring slices
are added up instead of being put side by side, which halves the memory of a run, and PReLU is a maximum, which takes a tenth less time.
The brain's 3D layers become 2D ones over slices (rewrite.py).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import compose, helper, numpy_helper
from torch import nn

from .. import checkpoints
from ..rewrite import rewrite
from .brain import MULTIPLE, BrainNet
from .degrade import FLAIR
from .flair import FillIn, load_fill_in
from .network import CONTEXT, WIDTH, Fuse, Up, ViewNet, ViewVariant
from .patches import STAGES, VIEWS
from .weights import NETWORKS

OPSET = 17


class UpAsConvolution(nn.Module):
    """`Up` exactly: output row 2i takes input rows i and i - 1, row 2i + 1 takes input row i alone, and so do the columns."""

    def __init__(self, up: Up) -> None:
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


class FuseAsSum(nn.Module):
    """`Fuse` exactly, without a copy of three slices' channels side by side."""

    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        parts = fuse.conv.weight.detach().split(WIDTH, 1)
        self.convs = nn.ModuleList(nn.Conv2d(WIDTH, WIDTH, 1, bias=n == 0) for n in range(len(parts)))
        for conv, part in zip(self.convs, parts, strict=True):
            conv.weight.data = part.clone()
        self.convs[0].bias.data = fuse.conv.bias.detach()
        self.act = fuse.act

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        before, own, after = self.convs
        return self.act(before(x[:-2]) + own(x[1:-1]) + after(x[2:]))


class PReLUAsMaximum(nn.Module):
    """PReLU exactly, for slopes of at most 1; ONNX Runtime's own kernel on the CPU takes several times as long."""

    def __init__(self, slope: torch.Tensor) -> None:
        super().__init__()
        self.slope = nn.Parameter(slope.detach()[:, None, None])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.maximum(x, x * self.slope)


def with_maxima(module: nn.Module) -> None:
    """Replaces each PReLU in `module` whose slopes allow it, at any depth."""
    for name, child in module.named_children():
        if isinstance(child, nn.PReLU) and bool((child.weight <= 1).all()):
            setattr(module, name, PReLUAsMaximum(child.weight))
        else:
            with_maxima(child)


def for_export(net: ViewNet) -> ViewNet:
    """The same network as ONNX Runtime runs it best; its parameters are others then."""
    for level in ("fuse1", "fuse2", "fuse3", "fuse4"):
        setattr(net, level, FuseAsSum(getattr(net, level)))
    for level in ("up1", "up2", "up3"):
        module = getattr(net, level)
        if isinstance(module, Up):
            setattr(net, level, UpAsConvolution(module))
        elif isinstance(module, nn.Sequential):
            setattr(net, level, nn.Sequential(*(UpAsConvolution(m) if isinstance(m, Up) else m for m in module)))
    with_maxima(net)
    return net.eval()


def behind(fill_in: onnx.ModelProto, view: onnx.ModelProto) -> onnx.ModelProto:
    """`view` with FLAIR filled in where it is all 0: an ONNX `If`, so that it costs nothing where FLAIR is there."""
    other = compose.add_prefix(fill_in, "estimate/").graph
    for node in other.node:
        node.input[:] = ["image" if name == other.input[0].name else name for name in node.input]
    kept = helper.make_graph([helper.make_node("Identity", ["image"], ["kept"])], "kept", [], [helper.make_empty_tensor_value_info("kept")])
    estimated = helper.make_graph(list(other.node), "estimated", [], [helper.make_empty_tensor_value_info(other.output[0].name)])
    out = compose.add_prefix(view, "view/")
    graph = out.graph
    for node in graph.node:
        node.input[:] = ["filled" if name == "view/image" else name for name in node.input]
        node.output[:] = ["logits" if name == "view/logits" else name for name in node.output]
    graph.input[0].name, graph.output[0].name = "image", "logits"
    numbers = {"flair": [FLAIR], "nothing": [0.0]}
    graph.initializer.extend(
        [
            *other.initializer,
            *(numpy_helper.from_array(np.array(v, np.int64 if name == "flair" else np.float32), name) for name, v in numbers.items()),
        ]
    )
    outputs = [
        helper.make_node("Gather", ["image", "flair"], ["flair image"], axis=1),
        helper.make_node("Abs", ["flair image"], ["size"]),
        helper.make_node("ReduceMax", ["size"], ["largest"], keepdims=0),
        helper.make_node("Greater", ["largest", "nothing"], ["there"]),
        helper.make_node("If", ["there"], ["filled"], then_branch=kept, else_branch=estimated),
    ]
    for place, node in enumerate(outputs):
        graph.node.insert(place, node)
    return out


def trace(net: nn.Module, example: torch.Tensor, path: Path, free: dict[int, str]) -> onnx.ModelProto:
    torch.onnx.export(
        net,
        (example,),
        str(path),
        input_names=["image"],
        output_names=["logits"],
        opset_version=OPSET,
        dynamo=False,
        dynamic_axes={"image": free, "logits": {k: f"{v}_out" for k, v in free.items()}},
    )
    return onnx.load(str(path))


def write(net: nn.Module, example: torch.Tensor, path: Path, free: dict[int, str], fill_in: FillIn | None = None) -> None:
    """Refuses a network that ONNX Runtime answers differently from PyTorch, on `example` or on the same without FLAIR."""
    model, without = rewrite(trace(net, example, path, free)), example.clone()
    without[:, FLAIR] = 0
    if fill_in:
        model = behind(trace(fill_in, example, path, free), model)
    onnx.save(model, str(path))
    onnx.checker.check_model(model)
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for image, seen in ((example, example), (without, fill_in(without) if fill_in else without)):
        with torch.no_grad():
            expected = net(seen).numpy()
        difference = float(np.abs(session.run(None, {"image": image.numpy()})[0] - expected).max())
        if difference > 1e-3 * max(1.0, float(np.abs(expected).max())):
            path.unlink()
            raise RuntimeError(f"{path.name} differs from PyTorch by {difference:.2g}")


def export_views(checkpoint: Path, folder: Path) -> list[str]:
    """The whole tumour's networks get the estimate of FLAIR that lies beside the checkpoint."""
    fill_in = load_fill_in(checkpoint.parent)
    members, names = checkpoints.load(checkpoint)["members"], []
    for stage in STAGES:
        for view in VIEWS:
            net = ViewNet(ViewVariant(NETWORKS[stage][1]))
            net.load_state_dict(members[f"{stage}/{view}"]["mean"])
            names.append(f"{stage}-{view}.onnx")
            export_view(net, folder / names[-1], fill_in if stage == "whole" else None)
    return names


def export_view(net: ViewNet, path: Path, fill_in: FillIn | None) -> None:
    """One network over slices, rewritten for ONNX Runtime, with an estimate of a missing FLAIR where one is given."""
    example = torch.from_numpy(np.random.default_rng(1).standard_normal((2 * CONTEXT + 3, 4, 40, 28), dtype=np.float32))
    with torch.no_grad():
        before = net.eval()(example)
        if not torch.allclose(for_export(net)(example), before, atol=1e-3):
            raise RuntimeError(f"{path.stem} changed when it was rewritten")
    write(net, example, path, {0: "slices", 2: "rows", 3: "columns"}, fill_in)


def export_brain(checkpoint: Path, folder: Path) -> str:
    net = BrainNet()
    net.load_state_dict(checkpoints.load(checkpoint)["net"])
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
