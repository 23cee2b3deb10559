"""Writes the cascade's networks as ONNX files: two per stage and view, for any number and size of slices, and the brain's.

`python -m gliatrain.cascade.export --checkpoint OUT/checkpoint.pt --brain OUT/brain.pt --to FOLDER`. Every file is run against PyTorch on
an asymmetric input before it is kept. Padding stands inside the convolutions, and transposed convolutions of stride 2 are written as
an ordinary convolution with depth-to-space (exact), so that ONNX Runtime's blocked kernels and WebGPU take all of it. Neighbouring slices
are added up instead of being put side by side, which halves the memory of a run, and PReLU is a maximum, which takes a tenth less time.
The brain's 3D layers become 2D ones over slices (rewrite.py).
An accelerator runs NAME.onnx, in which slices are the batch; the CPU runs NAME.cpu.onnx, which takes one slice after the other (stream.py).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import nn

from .. import checkpoints
from ..rewrite import rewrite
from .brain import MULTIPLE, BrainNet
from .degrade import FLAIR
from .filled import behind
from .flair import FillIn, load_fill_in
from .network import CONTEXT, WIDTH, Fuse, Up, ViewNet, ViewVariant
from .patches import STAGES, VIEWS
from .stream import SliceStep, over_slices
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


def trace(net: nn.Module, inputs: dict[str, torch.Tensor], outputs: list[str], path: Path, free: dict[int, str]) -> onnx.ModelProto:
    """`free`: the axes of any size, by what they count, of every input and output."""
    torch.onnx.export(
        net,
        tuple(inputs.values()),
        str(path),
        input_names=list(inputs),
        output_names=outputs,
        opset_version=OPSET,
        dynamo=False,
        dynamic_axes={name: {axis: f"{of} of {name}" for axis, of in free.items()} for name in (*inputs, *outputs)},
    )
    return onnx.load(str(path))


def save(model: onnx.ModelProto, path: Path, answers: list[tuple[torch.Tensor, torch.Tensor]]) -> None:
    """Refuses a model that ONNX Runtime answers differently: `answers` are images and what PyTorch makes of them."""
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for image, expected in answers:
        difference = float(np.abs(session.run(None, {"image": image.numpy()})[0] - expected.numpy()).max())
        if difference > 1e-3 * max(1.0, float(expected.abs().max())):
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
            names += export_view(net, folder / f"{stage}-{view}.onnx", fill_in if stage == "whole" else None)
    return names


def view_files(name: str) -> dict[str, str]:
    """The files of a network over slices, as a manifest names them."""
    return {"file": f"{name}.onnx", "cpu_file": f"{name}.cpu.onnx"}


def export_view(net: ViewNet, path: Path, fill_in: FillIn | None = None) -> list[str]:
    """One network over slices, rewritten for ONNX Runtime, with an estimate of a missing FLAIR where one is given.

    The names of both files; the network is another one afterwards.
    """
    image = torch.from_numpy(np.random.default_rng(1).standard_normal((2 * CONTEXT + 3, 4, 40, 28), dtype=np.float32))
    without = image.clone()
    without[:, FLAIR] = 0
    free = {0: "slices", 2: "rows", 3: "columns"}
    with torch.no_grad():
        answers = [(image, net.eval()(image)), (without, net(fill_in(without) if fill_in else without))]
        view = trace(for_export(net), {"image": image}, ["logits"], path, free)
        save(behind(trace(fill_in, {"image": image}, ["filled"], path, free), view) if fill_in else view, path, answers)
        for_cpu = path.with_name(view_files(path.stem)["cpu_file"])
        save(one_by_one(net, image, for_cpu, fill_in), for_cpu, answers)
    return [path.name, for_cpu.name]


def one_by_one(net: ViewNet, image: torch.Tensor, path: Path, fill_in: FillIn | None = None) -> onnx.ModelProto:
    """A network that was rewritten, slice by slice; `path` is written to meanwhile."""
    step, free = SliceStep(net), {2: "rows", 3: "columns"}
    held = {one.name: one.zeros(*image.shape[2:]) for one in step.held}
    traced = trace(step, {"image": image[:1], **held}, ["logits", *(one.next for one in step.held)], path, free)
    return over_slices(traced, step.held, trace(fill_in, {"image": image[:1]}, ["filled"], path, free) if fill_in else None)


def export_brain(checkpoint: Path, folder: Path) -> str:
    net = BrainNet()
    net.load_state_dict(checkpoints.load(checkpoint)["net"])
    image = torch.from_numpy(np.random.default_rng(2).standard_normal((1, 4, 2 * MULTIPLE, 3 * MULTIPLE, 4 * MULTIPLE), dtype=np.float32))
    path = folder / "brain.onnx"
    with torch.no_grad():
        traced = trace(net.eval(), {"image": image}, ["logits"], path, {2: "z", 3: "y", 4: "x"})
        save(rewrite(traced), path, [(image, net(image))])
    return path.name


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
