"""What a trained work leaves behind: an ONNX file and its part of a bundle manifest, checked against torch.

These parts describe whole networks, from image to answer, for the card and for other software. What the service runs is
written by bundle.py.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch

from ..export import OPSET
from .loop import Settings


def plain(value: Any) -> Any:
    """JSON without NaN: a figure that is not defined is null."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (float, np.floating)):
        return round(float(value), 6) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(plain(value), indent=1) + "\n")


def export_part(
    model: torch.nn.Module,
    example: dict[str, torch.Tensor],
    outputs: tuple[str, ...],
    out: Path,
    name: str,
    manifest: dict,
    rows: bool = False,
) -> dict:
    """Writes OUT/<name>.onnx and OUT/<name>.json and returns the manifest part; refuses where ONNX
    Runtime and torch differ by more than 1e-3 of the value (of 1, where it is smaller). `rows`: any number of them."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{name}.onnx"
    model.eval()
    torch.onnx.export(
        model,
        tuple(example.values()),
        str(path),
        input_names=list(example),
        output_names=list(outputs),
        opset_version=OPSET,
        dynamo=False,
        dynamic_axes={n: {0: "n"} for n in (*example, *outputs)} if rows else None,
    )
    onnx.checker.check_model(onnx.load(str(path)))
    with torch.no_grad():
        want = model(*example.values())
    want = want if isinstance(want, tuple) else (want,)
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    got = session.run(list(outputs), {i.name: example[i.name].numpy() for i in session.get_inputs()})
    worst = max(float((np.abs(g - w.numpy()) / np.maximum(1, np.abs(w.numpy()))).max()) for g, w in zip(got, want, strict=True))
    if not worst < 1e-3:
        raise RuntimeError(f"{name}: torch and ONNX Runtime differ by {worst}")
    data = path.read_bytes()
    part = {
        **manifest,
        "file": path.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "inputs": {k: list(v.shape) for k, v in example.items()},
        "outputs": list(outputs),
        "parity": worst,
    }
    write_json(out / f"{name}.json", part)
    return part


def save_backbone(net: torch.nn.Module, settings: Settings, seconds: float, patients: int, out: Path) -> Path:
    """The segmentation network as a checkpoint that `python -m gliatrain.export --checkpoint` makes into a bundle's
    segmentation.onnx."""
    path = out / "segmentation.pt"
    torch.save(
        {
            "mean": net.state_dict(),
            "variant": net.variant.facts(),
            "channels": net.channels,
            "step": settings.epochs,
            "seconds": seconds,
            "counts": {"fold": 0, "patients": patients},
            "settings": {"seed": settings.seed, "batch": settings.batch},
        },
        path,
    )
    return path
