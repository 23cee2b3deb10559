"""Checkpoint -> config/models/<id>/segmentation.onnx. `python -m gliatrain.export --checkpoint FILE --bundle DIR`

One file, weights inside, opset 20, dynamic Z, Y, X (multiples of 16). Checks torch against ONNX Runtime and
writes results/training.json (what was trained, on what, how long) for the card.
"""
from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch

from .network import GliomaUNet, parameter_count

OPSET = 20


def load_network(checkpoint: Path) -> tuple[torch.nn.Module, dict]:
    """The running mean of the weights, in evaluation mode, and the checkpoint's facts."""
    state = torch.load(checkpoint, weights_only=False, map_location="cpu")
    model = GliomaUNet(tuple(state["widths"]))
    model.load_state_dict(state["mean"])
    return model.eval(), state


def export_onnx(model: torch.nn.Module, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    names = {2: "z", 3: "y", 4: "x"}
    torch.onnx.export(
        model, (torch.zeros(1, 4, 32, 48, 64),), str(path), input_names=["image"], output_names=["logits"],
        dynamic_axes={"image": names, "logits": names}, opset_version=OPSET, dynamo=False,
    )
    onnx.checker.check_model(str(path))


def parity(model: torch.nn.Module, path: Path) -> float:
    """Largest absolute difference of the logits, torch against ONNX Runtime, on two shapes."""
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst, rng = 0.0, np.random.default_rng(0)
    for shape in ((1, 4, 32, 32, 32), (1, 4, 48, 64, 32)):
        x = rng.standard_normal(shape, dtype=np.float32)
        with torch.no_grad():
            want = model(torch.from_numpy(x)).numpy()
        worst = max(worst, float(np.abs(want - session.run(None, {"image": x})[0]).max()))
    return worst


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--checkpoint", type=Path, default=Path("out/train/checkpoint.pt"))
    ap.add_argument("--bundle", type=Path, default=Path("../config/models/glioma-unet-2mm"))
    ap.add_argument("--earlier", type=Path, nargs="*", default=[], help="checkpoints of earlier stages, if the "
                    "settings changed between resumes and the last checkpoint does not say so")
    a = ap.parse_args()
    model, state = load_network(a.checkpoint)
    path = a.bundle / "segmentation.onnx"
    export_onnx(model, path)
    worst = parity(model, path)
    if worst > 1e-3:
        raise SystemExit(f"torch and ONNX Runtime differ by {worst}")
    stages = list(state.get("stages", []))
    for path_before in a.earlier:
        before = torch.load(path_before, weights_only=False, map_location="cpu")
        stages.append({"until_step": before["step"], **before["settings"]})
    stages = sorted(stages, key=lambda s: s["until_step"]) + [{"until_step": state["step"], **state["settings"]}]
    facts = {"parameters": parameter_count(model), "widths": state["widths"], "steps": state["step"],
             "seconds": round(state["seconds"]), "settings": state["settings"], "counts": state["counts"],
             "parity": worst, "opset": OPSET, "torch": torch.__version__.split("+")[0],
             "cores": os.cpu_count(), "stages": stages}
    results = Path(__file__).parents[1] / "results"
    results.mkdir(exist_ok=True)
    (results / "training.json").write_text(json.dumps(facts, indent=1) + "\n")
    print(f"{path}: {path.stat().st_size} bytes, parity {worst:.2e}, step {state['step']}")


if __name__ == "__main__":
    main()
