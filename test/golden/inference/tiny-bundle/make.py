"""Makes the tiny bundle and the expected results beside it; run again only to change them: python make.py

The network is one 3x3x3 convolution with zero padding (4 channels in, 4 classes out, weights from seed 1), so borders of
windows matter. The oracle for the windows is MONAI's own sliding_window_inference with torch's convolution, on a volume with
three different sides, one of them shorter than the window.
Needs numpy, onnx, torch, monai.
"""
import base64
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from monai.inferers import sliding_window_inference
from onnx import TensorProto, helper, numpy_helper

here = Path(__file__).parent
rng = np.random.default_rng(1)
weight = (rng.standard_normal((4, 4, 3, 3, 3)) * 0.25).astype(np.float32)
bias = np.array([0.5, -0.25, 0.0, 0.25], np.float32)

shape = [1, 4, "z", "y", "x"]
graph = helper.make_graph(
    [helper.make_node("Conv", ["image", "w", "b"], ["logits"], kernel_shape=[3, 3, 3], pads=[1] * 6)],
    "tiny",
    [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
    [helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape)],
    [numpy_helper.from_array(weight, "w"), numpy_helper.from_array(bias, "b")],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model)
(here / "segmentation.onnx").write_bytes(model.SerializeToString())
(here / "card.md").write_text("# Tiny test bundle\n\nA convolution with random weights, for tests only.\n")

roi, overlap = (12, 8, 10), 0.5
image = np.round(rng.standard_normal((4, 9, 19, 23)) * 64).clip(-128, 127).astype(np.int8)


def predict(x: torch.Tensor) -> torch.Tensor:
    return torch.softmax(torch.nn.functional.conv3d(x, torch.from_numpy(weight), torch.from_numpy(bias), padding=1), 1)


def pad(x: np.ndarray) -> np.ndarray:
    """Channel minimum on both ends, the smaller half first (MONAI itself pads with one constant)."""
    before = [max(0, r - n) // 2 for r, n in zip(roi, x.shape[1:])]
    after = [max(0, r - n) - b for r, n, b in zip(roi, x.shape[1:], before)]
    return np.stack([np.pad(c, list(zip(before, after)), constant_values=c.min()) for c in x]), before


total = 0
for flip in ([], [3]):
    x = np.flip(image.astype(np.float32) / 32, flip) if flip else image.astype(np.float32) / 32
    padded, before = pad(x)
    p = sliding_window_inference(torch.from_numpy(padded.copy())[None], roi, 1, predict, overlap, "gaussian", 0.125)[0].numpy()
    p = p[(slice(None), *(slice(b, b + n) for b, n in zip(before, image.shape[1:])))]
    total = total + (np.flip(p, flip) if flip else p)
expected = (total / 2).astype(np.float32)

pack = lambda a: base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()
(here / "windows.json").write_text(json.dumps({
    "provenance": "make.py; MONAI " + __import__("monai").__version__,
    "size_zyx": image.shape[1:], "scale": 1 / 32, "image_int8": pack(image),
    "expected_uint16": pack(np.round(expected * 65535).astype("<u2")),
}))

file = lambda name: {"sha256": hashlib.sha256((here / name).read_bytes()).hexdigest(), "bytes": (here / name).stat().st_size}
not_evaluable = {"status": "not_evaluable", "reason": "a test bundle predicts nothing"}
(here / "bundle.json").write_text(json.dumps({
    "schema": "gliabridge-bundle/1", "id": "tiny-test", "version": "1.0.0", "name": "Tiny test network",
    "description": "One random convolution.", "intended_use": "Tests of the service only.",
    "authors": "Gliabridge", "copyright": "Gliabridge", "license": "Apache-2.0", "data_source": [],
    "files": {name: file(name) for name in ("segmentation.onnx", "card.md")},
    "sequences": {"T1": {"channel": 0, "required": False}, "T1c": {"channel": 1, "required": True},
                  "T2": {"channel": 2, "required": False}, "FLAIR": {"channel": 3, "required": True}},
    "preprocess": {"orientation": "LPS", "spacing_mm": [2, 2, 2], "normalisation": {
        "name": "foreground-zscore", "threshold_fraction_of_p99": 0.1, "clip_percentiles": [0.5, 99.5], "clip": [-5, 5]}},
    "network": {"file": "segmentation.onnx", "input": "image", "output": "logits", "axes": "NCZYX"},
    "inference": {"roi_size": roi, "overlap": overlap, "mode": "gaussian", "sigma_scale": 0.125, "activation": "softmax",
                  "tta_flips": [[], ["x"]]},
    "labels": [{"index": 1, "name": "necrotic core", "key": "NCR"}, {"index": 2, "name": "oedema and infiltration", "key": "ED"},
               {"index": 3, "name": "enhancing tumour", "key": "ET"}],
    "regions": {"WT": [1, 2, 3], "TC": [1, 3], "ET": [3]},
    "postprocess": {"min_component_ml": 0.1, "enhancing_min_ml": 0.1, "no_finding_below_ml": 0.5},
    "heads": {h: not_evaluable for h in ("idh", "1p19q", "mgmt", "grade", "survival")},
    "evaluation": {"note": "never evaluated"},
}, indent=1) + "\n")
