"""What the examples share: sequence names, graph wrappers, ONNX export with a parity check, and the bundle folder itself."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HEADS = ("idh", "1p19q", "mgmt", "grade", "survival")
INTENDED = "Research use only. Not a medical device; not for diagnosis or treatment decisions."
NOT_MEASURED = {"status": "not_measured"}
# What a class may be called in other tools -> the label that the service knows by this key.
LABELS = {
    "NCR": ("necrotic core", r"ncr|necro|non.?enh|tumou?r core|net\b"),
    "ED": ("oedema and infiltration", r"oedema|edema|\bed\b|infiltrat|whole tumou?r"),
    "ET": ("enhancing tumour", r"enhanc|\bet\b"),
}
SEQUENCES = {
    "T1c": r"t1.?(ce|c|gd|wce|w.?gd|.*contrast)\b",
    "FLAIR": r".*flair",
    "T1": r"t1w?\b",
    "T2": r"t2w?\b",
    "ADC": r"adc\b|apparent.diffusion.*",
    "rCBV": r"r?cbv\b",
}


class Refused(SystemExit):
    """The model needs something that the service does not do; the message says what."""


def sequence_of(name: str) -> str:
    for sequence, pattern in SEQUENCES.items():
        if re.fullmatch(pattern, name.strip().lower().replace("_", "-")):
            return sequence
    raise Refused(f'channel "{name}" is none of {", ".join(SEQUENCES)}: the service has no such input')


def label_key(name: str) -> str:
    """The service's key for a class; "non-enhancing core" is not enhancing tumour."""
    text = name.strip().lower().replace("_", " ")
    for key in ("ET", "NCR", "ED"):
        if re.search(LABELS[key][1], text) and not (key == "ET" and "non" in text):
            return key
    raise Refused(f'class "{name}" is no necrotic core, oedema or enhancing tumour: name it so in the file')


def load_weights(path: Path) -> dict:
    """Somebody else's checkpoint, of which only tensors, numbers and text are read: unpickling anything more could run arbitrary
    code. NumPy's scalars, which nnU-Net stores among its figures, are allowed."""
    import torch

    scalar = np.float64(0).__reduce__()[0]
    scalars = [scalar, (scalar, "numpy.core.multiarray.scalar"), np.dtype, *(type(np.dtype(t)) for t in ("f4", "f8", "i8", "bool"))]
    with torch.serialization.safe_globals(scalars):
        return torch.load(path, map_location="cpu", weights_only=True)


def nested_regions(network, order: list[int]):
    """Sigmoid regions, each inside the one before -> classes, for the service's softmax.

    `order` are the output channels from the widest region to the narrowest. With region logits a >= b >= c the classes'
    logits are 0, a, a + b, a + b + c: the class that leads is the one that thresholding each region at 1/2 leaves on top,
    exactly. The probabilities are those of an adjacent-category model, not the sigmoids themselves.
    """
    import torch

    class NestedRegions(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, x):
            y = self.network(x)
            parts = [y[:, k : k + 1] for k in order]
            for n in range(len(parts) - 2, -1, -1):  # a region holds those inside it
                parts[n] = torch.maximum(parts[n], parts[n + 1])
            classes = [torch.zeros_like(parts[0])]
            for part in parts:
                classes.append(classes[-1] + part)
            return torch.cat(classes, dim=1)

    return NestedRegions()


def picked_classes(network, order: list[int]):
    """Reorders the network's classes."""
    import torch

    class Picked(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, x):
            return self.network(x)[:, order]

    return Picked()


def from_lps_zyx(network, axcodes: str):
    """A network on [N, C, first, second, third axis] of `axcodes` (MONAI's words: "RAS") -> on the service's N, C, Z, Y, X of LPS."""
    import torch

    letters = {"L": ("x", False), "R": ("x", True), "P": ("y", False), "A": ("y", True), "S": ("z", False), "I": ("z", True)}
    try:
        axes = [letters[code] for code in axcodes]
    except KeyError:
        raise Refused(f'orientation "{axcodes}" is not understood') from None
    if sorted(a for a, _ in axes) != ["x", "y", "z"]:
        raise Refused(f'orientation "{axcodes}" does not name three axes')
    there = [0, 1, *("zyx".index(a) + 2 for a, _ in axes)]
    back = [there.index(n) for n in range(5)]
    flips = [n + 2 for n, (_, flipped) in enumerate(axes) if flipped]

    class Oriented(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, x):
            x = x.permute(there)
            y = self.network(x.flip(flips) if flips else x)
            return (y.flip(flips) if flips else y).permute(back)

    return Oriented(), [next(n for n, (a, _) in enumerate(axes) if a == axis) for axis in "zyx"]


def export_network(model, path: Path, channels: int, roi: list[int], tolerance: float = 1e-3) -> float:
    """Fixed window, opset 20; refuses a network to which ONNX Runtime gives another answer than torch. `roi` is Z, Y, X."""
    import onnxruntime as ort
    import torch

    torch.set_num_threads(1)
    model.eval()
    torch.onnx.export(
        model, (torch.zeros(1, channels, *roi),), str(path), input_names=["image"], output_names=["logits"], opset_version=20, dynamo=False
    )
    x = np.random.default_rng(0).standard_normal((1, channels, *roi), dtype=np.float32)
    with torch.no_grad():
        want = model(torch.from_numpy(x)).numpy()
    got = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {"image": x})[0]
    worst = float(np.abs(want - got).max())
    if worst > tolerance * max(1.0, float(np.abs(want).max())):
        raise Refused(f"torch and ONNX Runtime differ by {worst}")
    return worst


def digest(path: Path) -> dict:
    data = path.read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def card(name: str, source: str, differences: list[str], facts: dict) -> str:
    lines = [
        f"# {name}",
        "",
        INTENDED,
        "",
        f"Made from {source}. Not measured: no figure is claimed.",
        "",
        "## How it runs",
        *(f"- {key}: {value}" for key, value in facts.items()),
        "",
        "## Where the service differs from the tool it came from",
        *(f"- {d}" for d in differences),
        "",
        "## Sign-off",
        "Not signed off. See config/models/README.md.",
        "",
    ]
    return "\n".join(lines)


@dataclass(frozen=True)
class Model:
    """What a converted network is. `keys`: its labels (NCR, ED, ET) in their order; `spacing_zyx` in mm, `roi_zyx` in voxels along Z, Y, X;
    overlap (share of a window), mode ("constant", "gaussian") and sigma_scale of the sliding window as MONAI means them; flips by letters
    of axes; `differences`: one sentence for each thing that the service does differently from the tool."""

    name: str
    source: str
    license: str
    sequences: list[str]
    keys: list[str]
    spacing_zyx: list[float]
    roi_zyx: list[int]
    overlap: float
    mode: str
    sigma_scale: float
    flips: list[list[str]]
    differences: list[str]


def write_segmentation_bundle(folder: Path, model: Model) -> dict:
    """Writes bundle.json and card.md beside the existing segmentation.onnx. Every sequence is required: the network never saw fewer."""
    sequences, keys = model.sequences, model.keys
    if len(set(sequences)) != len(sequences):
        raise Refused(f"two channels are the same sequence: {', '.join(sequences)}")
    index = {key: n + 1 for n, key in enumerate(keys)}
    regions = {
        "WT": [index[k] for k in keys],
        "TC": [index[k] for k in ("NCR", "ET") if k in index],
        "ET": [index[k] for k in ("ET",) if k in index],
    }
    facts = {
        "channels": ", ".join(sequences),
        "classes": ", ".join(["background", *keys]),
        "spacing (Z, Y, X)": f"{model.spacing_zyx} mm",
        "window (Z, Y, X)": model.roi_zyx,
        "normalisation": "nonzero-zscore",
        "source": model.source,
    }
    (folder / "card.md").write_text(card(model.name, model.source, model.differences, facts))
    manifest = {
        "schema": "gliabridge-bundle/1",
        "id": folder.resolve().name,
        "version": "1.0.0",
        "name": model.name,
        "description": f"Made from {model.source}.",
        "intended_use": INTENDED,
        "authors": "see the source",
        "copyright": "see the source",
        "license": model.license,
        "data_source": [model.source],
        "files": {f: digest(folder / f) for f in ("segmentation.onnx", "card.md")},
        "sequences": {s: {"channel": n, "required": True} for n, s in enumerate(sequences)},
        "preprocess": {
            "orientation": "LPS",
            "spacing_mm": list(reversed(model.spacing_zyx)),
            "normalisation": {"name": "nonzero-zscore", "threshold_fraction_of_p99": 0.1},
        },
        "network": {"file": "segmentation.onnx", "input": "image", "output": "logits", "axes": "NCZYX"},
        "inference": {
            "roi_size": list(model.roi_zyx),
            "overlap": model.overlap,
            "mode": model.mode,
            "sigma_scale": model.sigma_scale,
            "activation": "softmax",
            "blend": "logits",
            "padding": "zero",
            "tta_flips": model.flips,
        },
        "labels": [{"index": index[k], "name": LABELS[k][0], "key": k} for k in keys],
        "regions": {name: members for name, members in regions.items() if members},
        "postprocess": {"connectivity": 26, "min_component_ml": 0, "enhancing_min_ml": 0, "no_finding_below_ml": 0},
        "heads": {h: {"status": "not_evaluable", "reason": "this bundle has no such head"} for h in HEADS},
        "evaluation": NOT_MEASURED,
    }
    (folder / "bundle.json").write_text(json.dumps(manifest, indent=1) + "\n")
    return manifest
