"""Checkpoints -> one ONNX file. `python -m gliatrain.export --checkpoint FILE [FILE ...] --bundle DIR`

All members of the ensemble are in one file, their logits one after the other; weights are stored in half precision and computed in
single. Opset 20, fixed window size. Checks torch against ONNX Runtime and writes results/training.json (what was trained, on what, how
long) for the card. --folds also writes each member alone to a folder, for the evaluation of each case by the member that never saw it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import helper, numpy_helper

from . import checkpoints
from .infer import ROI
from .network import GliomaNet, parameter_count, variant_from
from .rewrite import rewrite

OPSET = 20


class Ensemble(torch.nn.Module):
    """[N, channels, Z, Y, X] -> logits [N, members * 5, Z, Y, X]."""

    def __init__(self, members: list[torch.nn.Module]) -> None:
        super().__init__()
        self.members, self.channels = torch.nn.ModuleList(members), members[0].channels
        self.eval()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([member(x) for member in self.members], dim=1)


def load_network(checkpoint: Path) -> tuple[torch.nn.Module, dict]:
    """The running mean of the weights, in evaluation mode, and the checkpoint's facts."""
    state = checkpoints.load(checkpoint)
    model = GliomaNet(variant_from(state["variant"]), cin=state.get("channels", 4))
    model.load_state_dict(state["mean"])
    return model.eval(), state


def graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """`graph` and those inside of its nodes: bodies of loops, branches."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from graphs(attribute.g)


def halve(model: onnx.ModelProto, least: int = 1024) -> None:
    """Stores float32 initializers of `least` numbers or more as float16, each followed by a cast back."""
    for graph in graphs(model.graph):
        casts = []
        for tensor in graph.initializer:
            if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) < least:
                continue
            name, half = tensor.name, numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(numpy_helper.from_array(half, f"{name}_half"))
            casts.append(helper.make_node("Cast", [f"{name}_half"], [name], f"{name}_cast", to=onnx.TensorProto.FLOAT))
        nodes = [*casts, *graph.node]
        del graph.node[:]
        graph.node.extend(nodes)


def export_onnx(model: Ensemble, path: Path, roi: Sequence[int] = ROI) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        model,
        (torch.zeros(1, model.channels, *roi),),
        str(path),
        input_names=["image"],
        output_names=["logits"],
        opset_version=OPSET,
        dynamo=False,
    )
    stored = rewrite(onnx.load(str(path)))
    halve(stored)
    onnx.checker.check_model(stored)
    onnx.save(stored, str(path))


def parity(model: Ensemble, path: Path, roi: Sequence[int] = ROI) -> float:
    """Largest absolute difference of the class probabilities, torch (single precision) against ONNX Runtime."""
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    x = np.random.default_rng(0).standard_normal((1, model.channels, *roi), dtype=np.float32)
    with torch.no_grad():
        want = model(torch.from_numpy(x))
    got = torch.from_numpy(session.run(None, {"image": x})[0])
    parts = want.shape[1] // 5
    shape = (parts, 5, *roi)
    return float((want.reshape(shape).softmax(1) - got.reshape(shape).softmax(1)).abs().max())


def facts(models: list[torch.nn.Module], states: list[dict], worst: float) -> dict:
    return {
        "members": [
            {
                "steps": s["step"],
                "seconds": round(s["seconds"]),
                "counts": s["counts"],
                "settings": s["settings"],
                "stages": [*s.get("stages", []), {"until_step": s["step"], **s["settings"]}],
            }
            for s in states
        ],
        "variant": states[0]["variant"],
        "parameters": parameter_count(models[0]),
        "parity": worst,
        "opset": OPSET,
        "torch": torch.__version__.split("+")[0],
        "cores": os.cpu_count(),
        "devices": sorted({s.get("device", "CPU") for s in states}),
    }


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--checkpoint", type=Path, nargs="+", required=True)
    ap.add_argument("--bundle", type=Path, default=Path("../config/models/glioma-unet-2mm"))
    ap.add_argument("--folds", type=Path, help="folder for fold-<n>.onnx, each member alone")
    a = ap.parse_args()
    models, states = zip(*(load_network(path) for path in a.checkpoint), strict=True)
    path = a.bundle / "segmentation.onnx"
    export_onnx(Ensemble(list(models)), path)
    worst = parity(Ensemble(list(models)), path)
    if worst > 0.02:
        raise SystemExit(f"torch and ONNX Runtime differ by {worst}")
    for model, state in zip(models, states, strict=True) if a.folds else ():
        export_onnx(Ensemble([model]), a.folds / f"fold-{state['counts']['fold']}.onnx")
    results = Path(__file__).parents[1] / "results"
    results.mkdir(exist_ok=True)
    curve = {
        f"fold {s['counts']['fold']}": [json.loads(line) for line in (path.parent / "history.jsonl").read_text().splitlines()]
        for path, s in zip(a.checkpoint, states, strict=True)
    }
    (results / "history.json").write_text(json.dumps(curve) + "\n")
    (results / "training.json").write_text(
        json.dumps({"network_sha256": hashlib.sha256(path.read_bytes()).hexdigest(), **facts(list(models), list(states), worst)}, indent=1)
        + "\n"
    )
    print(f"{path}: {path.stat().st_size} bytes, parity {worst:.2e}")


if __name__ == "__main__":
    main()
