"""The peers of bench/peers.ts: MONAI's SlidingWindowInferer over the same ONNX file, highdicom's Segmentation.

`python peers.py inference|segmentation FOLDER REPEATS` prints one JSON object. Channels float32 [C, Z, Y, X], labels uint8 [Z, Y, X].
"""
from __future__ import annotations

import io
import json
import sys
import time
from pathlib import Path

import numpy as np


def fastest(run, repeats: int):
    value, seconds = run(), []
    for _ in range(repeats):
        began = time.perf_counter()
        value = run()
        seconds.append(time.perf_counter() - began)
    return value, min(seconds)


def inference(folder: Path, repeats: int) -> dict:
    import monai
    import onnxruntime as ort
    import torch
    from monai.inferers import SlidingWindowInferer

    facts = json.loads((folder / "inference.json").read_text())
    torch.set_num_threads(facts["threads"])
    options = ort.SessionOptions()
    options.intra_op_num_threads = facts["threads"]
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = ort.InferenceSession(facts["model"], options, providers=["CPUExecutionProvider"])
    image = torch.from_numpy(np.fromfile(folder / "channels.f32", np.float32).reshape(1, -1, *facts["size"]))
    inferer = SlidingWindowInferer(tuple(facts["roi"]), sw_batch_size=1, overlap=facts["overlap"], mode="gaussian",
                                   sigma_scale=facts["sigma_scale"])

    def predict(window: torch.Tensor) -> torch.Tensor:
        logits = torch.from_numpy(session.run(None, {session.get_inputs()[0].name: window.numpy()})[0])
        parts = logits.reshape(1, facts["members"], facts["classes"], *logits.shape[2:])
        return parts.softmax(dim=2).mean(dim=1)

    def run() -> torch.Tensor:
        total = 0
        for flip in facts["tta_flips"]:
            axes = ["zyx".index(a) + 2 for a in flip]
            total = total + inferer(image.flip(axes).contiguous(), predict).flip(axes)
        return total / len(facts["tta_flips"])

    value, seconds = fastest(run, repeats)
    ours = np.fromfile(folder / "probabilities.f32", np.float32).reshape(value.shape[1:])
    return {"name": f"MONAI {monai.__version__}", "seconds": round(seconds, 3),
            "difference": float(f"{np.abs(value[0].numpy() - ours).max():.1e}")}


def segmentation(folder: Path, repeats: int) -> dict:
    import highdicom as hd
    import pydicom
    from pydicom.sr.codedict import codes

    size = json.loads((folder / "segmentation.json").read_text())["size"]
    labels = np.fromfile(folder / "labels.u8", np.uint8).reshape(size[::-1])
    images = [pydicom.dcmread(p) for p in (folder / "images").iterdir()]
    normal = np.cross(images[0].ImageOrientationPatient[:3], images[0].ImageOrientationPatient[3:])
    images.sort(key=lambda one: float(np.dot(normal, one.ImagePositionPatient)))
    algorithm = hd.AlgorithmIdentificationSequence(name="peer", version="1", family=codes.cid7162.ArtificialIntelligence)
    segments = [hd.seg.SegmentDescription(n, f"segment {n}", codes.SCT.MorphologicallyAbnormalStructure, codes.SCT.Neoplasm,
                                          hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC, algorithm) for n in (1, 2, 3)]

    def run() -> bytes:
        made = hd.seg.Segmentation(
            images, labels, hd.seg.SegmentationTypeValues.BINARY, segments, hd.UID(), 900, hd.UID(), 1,
            "peer", "peer", "1", "1")
        out = io.BytesIO()
        made.save_as(out)
        return out.getvalue()

    _, seconds = fastest(run, repeats)
    ours = hd.seg.segread(folder / "ours.dcm")
    read = ours.get_volume(combine_segments=True)
    # highdicom's volume may run along the axes the other way: compare by patient position.
    grid = hd.get_volume_from_series(images)
    read = read.match_geometry(grid)
    want = hd.Volume(labels_on(labels, images, grid), grid.affine, grid.coordinate_system)
    return {"name": f"highdicom {hd.__version__}", "seconds": round(seconds, 3),
            "difference": int((read.array != want.array).sum())}


def labels_on(labels: np.ndarray, images, grid) -> np.ndarray:
    """Slice k of the labels belongs to images[k]; `grid` may hold the slices in the other order."""
    first = np.asarray(grid.affine)[:3, 3]
    same = np.allclose(first, np.asarray(images[0].ImagePositionPatient, float), atol=1e-3)
    return labels if same else labels[::-1]


if __name__ == "__main__":
    part, folder, repeats = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    print(json.dumps({"inference": inference, "segmentation": segmentation}[part](folder, repeats)))
