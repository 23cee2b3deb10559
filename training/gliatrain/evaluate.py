"""Measures a bundle's ONNX file as the service runs it. `python -m gliatrain.evaluate --data DIR --bundle DIR`

Held-out BraTS cases at 2 mm and on their own 1 mm grid, stripped and in synthetic heads, per subset of
sequences; held-out clinical heads (whole tumour); tumour-free heads; procedural studies. Writes one JSON.
"""
from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort

from . import data as cohort_data
from .heads import Atlas, add_head, mirror_out_tumour
from .infer import FLIPS, OVERLAP, ROI, probabilities
from .metrics import REGIONS, score
from .postprocess import SETTINGS, clean, to_source
from .preprocess import normalise_channels
from .synthetic import procedural_head

NAMES = ("T1", "T1c", "T2", "FLAIR")
WHOLE = {"WT": (1, 2, 3)}


class Predictor:
    """ONNX Runtime session -> label maps. `image` raw [4, Z, Y, X] at 2 mm."""

    def __init__(self, path: Path, threads: int = 2, roi=ROI, overlap=OVERLAP, flips=FLIPS):
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.roi, self.overlap, self.flips = roi, overlap, flips

    def __call__(self, image: np.ndarray) -> np.ndarray:
        def run(x):
            return self.session.run(None, {"image": x})[0]
        return probabilities(normalise_channels(image), run, self.roi, self.overlap, self.flips)


def subset(image: np.ndarray, keep) -> np.ndarray:
    out = image.copy()
    for k in range(4):
        if k not in keep:
            out[k] = 0
    return out


def wanted_subsets() -> list[tuple[int, ...]]:
    """All four, without T2, T1c + FLAIR, and either alone."""
    return [(0, 1, 2, 3), (0, 1, 3), (1, 3), (3,), (1,)]


def label_at(case: dict, prob: np.ndarray, shift, native_shape) -> np.ndarray:
    """2 mm probabilities -> cleaned labels on the case's 1 mm grid. `shift`: where the array starts on the full 2 mm
    grid (voxels); source voxel i lies at 2 mm index (i + 0.5) / 2 - 0.5."""
    first = [0.25 - 0.5 - s for s in shift]
    return clean(to_source(prob, native_shape, first, (0.5,) * 3), 0.001)


def evaluate_case(case: dict, native: np.ndarray, predictor: Predictor, head: dict | None = None) -> dict:
    use = head or case
    began = time.time()
    prob = predictor(use["image"])
    seconds = time.time() - began
    shift = case["start"] if head is None else [a + b for a, b in zip(case["start"], head["shift"])]
    coarse = clean(prob.argmax(0).astype(np.uint8), 0.008)
    return {"id": case["id"], "seconds": round(seconds, 2), "voxels_2mm": list(use["label"].shape),
            "mm1": score(label_at(use, prob, shift, native.shape), native, (1, 1, 1)),
            "mm2": score(coarse, use["label"], (2, 2, 2), distances=False)}


def mean_dice(rows: list[dict], key: str = "mm1") -> dict:
    return {r: round(float(np.mean([row[key][r]["dice"] for row in rows])), 4) for r in REGIONS}


def native_label(folder: Path) -> np.ndarray:
    label, _ = cohort_data.read_lps(cohort_data.brats_file(folder, "seg"))
    return cohort_data.labels_to_classes(label)


def false_positives(predictor: Predictor, images: list[tuple[str, np.ndarray]]) -> list[dict]:
    rows = []
    for name, image in images:
        found = clean(predictor(image).argmax(0).astype(np.uint8), 0.008)
        rows.append({"id": name, "predicted_ml": round(float((found > 0).sum()) * 0.008, 2)})
    return rows


def run(data: Path, cache: Path, predictor: Predictor, names, lgg_names, with_subsets: bool, seed: int = 7) -> dict:
    rng = np.random.default_rng(seed)
    atlas = Atlas(data / "atlas")
    cases = cohort_data.load_cohort(data, cache, names)
    natives = {c["id"]: native_label(data / "brats" / c["id"]) for c in cases}
    out: dict = {"stripped": [], "head": [], "lgg": [], "procedural": []}
    silent = []
    for case in cases:
        out["stripped"].append(evaluate_case(case, natives[case["id"]], predictor))
        out["head"].append(evaluate_case(case, natives[case["id"]], predictor, add_head(case, atlas, rng)))
        print(case["id"], *(json.dumps(out[k][-1]["mm1"]) for k in ("stripped", "head")), flush=True)
        healthy = mirror_out_tumour(case, rng)
        if not healthy["label"].any():
            silent.append((case["id"] + ", tumour mirrored out", healthy["image"]))
    for case in cohort_data.load_lgg(data, cache, lgg_names):
        found = clean(predictor(case["image"]).argmax(0).astype(np.uint8), 0.008)
        out["lgg"].append({"id": case["id"], "mm2": score(found, case["label"] > 0, (2, 2, 2), WHOLE)})
    for k in range(2):
        case = procedural_head(np.random.default_rng([seed, k]), tumour=True)
        found = clean(predictor(case["image"]).argmax(0).astype(np.uint8), 0.008)
        out["procedural"].append({"id": f"procedural {k}", "mm2": score(found, case["label"], (2, 2, 2), distances=False)})
        if k < 1:
            healthy = procedural_head(np.random.default_rng([seed, 50 + k]), tumour=False)
            silent.append((f"procedural {k} without tumour", healthy["image"]))
    t1 = np.zeros((4, *atlas.head.shape), np.float32)
    t1[0] = t1[1] = t1[3] = atlas.head
    silent.append(("MNI152 T1 average as T1, T1c and FLAIR", t1))
    out["tumour_free"] = false_positives(predictor, silent)
    out["mean"] = {"stripped_mm1": mean_dice(out["stripped"]), "stripped_mm2": mean_dice(out["stripped"], "mm2"),
                   "head_mm1": mean_dice(out["head"]),
                   "lgg_WT": round(float(np.mean([r["mm2"]["WT"]["dice"] for r in out["lgg"]])), 4),
                   "procedural": mean_dice(out["procedural"], "mm2")}
    if with_subsets:
        out["subsets"] = []
        for keep in wanted_subsets():
            if len(keep) == 4:
                out["subsets"].append({"sequences": list(NAMES), "dice": out["mean"]["stripped_mm1"]})
                continue
            rows = []
            for case in cases:
                prob = predictor(subset(case["image"], keep))
                found = label_at(case, prob, case["start"], natives[case["id"]].shape)
                rows.append({"mm1": score(found, natives[case["id"]], (1, 1, 1), distances=False)})
            print(keep, mean_dice(rows), flush=True)
            out["subsets"].append({"sequences": [NAMES[k] for k in keep], "dice": mean_dice(rows)})
    return out


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--data")
    ap.add_argument("--bundle", type=Path, default=Path("../config/models/glioma-unet-2mm"))
    ap.add_argument("--cache", type=Path, default=Path("out/train/cache"))
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--validation", action="store_true", help="validation case instead of the held-out ones, no subsets")
    ap.add_argument("--no-subsets", action="store_true")
    ap.add_argument("--out", type=Path, help="JSON (default: training/results/evaluation.json)")
    a = ap.parse_args()
    data = cohort_data.data_folder(a.data)
    predictor = Predictor(a.bundle / "segmentation.onnx", a.threads)
    names = cohort_data.VALIDATION if a.validation else cohort_data.HELD_OUT
    result = run(data, a.cache, predictor, names, cohort_data.HELD_OUT_LGG, not (a.validation or a.no_subsets))
    result["postprocess"], result["overlap"], result["flips"] = SETTINGS, OVERLAP, [list(f) for f in FLIPS]
    result["command"] = "python -m gliatrain.evaluate" + (" --validation" if a.validation else "")
    result["threads"] = a.threads
    out = a.out or Path(__file__).parents[1] / "results" / "evaluation.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result["mean"]), json.dumps(result["tumour_free"]))


if __name__ == "__main__":
    main()
