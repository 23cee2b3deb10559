"""Measures the networks' ONNX files as the service runs them. `python -m gliatrain.evaluate --data DIR --folds DIR`

Every whole case and every clinical head is tested once, by a member (FOLDS/fold-<n>.onnx) whose own record of training
(results/training.json) holds nothing of its patient; where every member saw the patient, the case is not tested:
at 2 mm and on its own 1 mm grid, stripped and in a synthetic head, with each sequence missing; tumour-free heads and
procedural studies. The shipped file is the ensemble of these members. Resumable: OUT keeps what was measured with exactly these
networks. Writes one JSON.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from . import data as cohort_data
from . import identities
from .data import Case
from .infer import FLIPS, OVERLAP, ROI, probabilities
from .metrics import REGIONS, score
from .postprocess import SETTINGS, clean, decide, to_source
from .preprocess import normalise_channels
from .synthetic import procedural_phantom
from .synthetic_heads import Atlas, add_head, mirror_out_tumour
from .tabular.noise import feature_errors

NAMES = ("T1", "T1c", "T2", "FLAIR")
WHOLE = {"WT": (1, 2, 3)}
VOLUMES = {"WT": ("WT",), "TC": ("TC",), "ET": ("ET",), "ED": ("WT", "TC"), "NCR": ("TC", "ET")}
"""Regions and labels whose volume is reported, the labels as differences of regions."""
SUBSETS = ((0, 1, 2, 3), (1, 2, 3), (0, 2, 3), (0, 1, 3), (0, 1, 2), (1, 3), (3,), (1,))
"""All, each sequence missing, T1c + FLAIR, and either alone."""


class Predictor:
    """ONNX Runtime session -> probabilities. `image` raw [4, Z, Y, X] at 2 mm."""

    def __init__(
        self, path: Path, threads: int = 2, roi: Sequence[int] = ROI, overlap: float = OVERLAP, flips: Sequence[Sequence[str]] = FLIPS
    ) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.members = self.session.get_outputs()[0].shape[1] // 5
        self.roi, self.overlap, self.flips = roi, overlap, flips

    def __call__(self, image: np.ndarray, flips: Sequence[Sequence[str]] | None = None) -> np.ndarray:
        def run(x: np.ndarray) -> np.ndarray:
            return self.session.run(None, {"image": x})[0]

        return probabilities(normalise_channels(image), run, self.roi, self.overlap, flips or self.flips, self.members)


def subset(image: np.ndarray, keep: Sequence[int]) -> np.ndarray:
    out = image.copy()
    for k in range(4):
        if k not in keep:
            out[k] = 0
    return out


def label_at(prob: np.ndarray, shift: Sequence[int], native_shape: Sequence[int]) -> np.ndarray:
    """2 mm probabilities -> cleaned labels on the case's 1 mm grid. `shift`: where the array starts on the full 2 mm
    grid (voxels); source voxel i lies at 2 mm index (i + 0.5) / 2 - 0.5."""
    return clean(to_source(prob, native_shape, [0.25 - 0.5 - s for s in shift], (0.5,) * 3), 0.001)


def evaluate_case(case: Case, native: np.ndarray, predictor: Predictor) -> dict:
    began = time.time()
    prob = predictor(case.image)
    seconds = time.time() - began
    coarse = clean(decide(prob), 0.008)
    return {
        "seconds": round(seconds, 2),
        "voxels_2mm": list(case.label.shape),
        "mm1": score(label_at(prob, case.start, native.shape), native, (1, 1, 1)),
        "mm2": score(coarse, case.label, (2, 2, 2), distances=False),
        "feature_errors": feature_errors(case.image[1], case.label > 0, coarse > 0, (2, 2, 2)),
    }


def whole_case(data: Path, case: Case, predictor: Predictor, atlas: Atlas, seed: int, row: dict) -> Iterator[dict]:
    """Everything that is measured on one whole BraTS case and is not in `row` yet; yields the row after each part."""
    rng = np.random.default_rng([seed, sum(case.id.encode())])
    label, _ = cohort_data.read_lps(cohort_data.brats_file(data / "brats" / case.id, "seg"))
    native = cohort_data.labels_to_classes(label)
    head, healthy = add_head(case, atlas, rng), mirror_out_tumour(case)

    def without(keep: Sequence[int]) -> dict:
        segmented = label_at(predictor(subset(case.image, keep), ((),)), case.start, native.shape)
        return score(segmented, native, (1, 1, 1), distances=False)

    parts = {
        "stripped": lambda: evaluate_case(case, native, predictor),
        "head": lambda: evaluate_case(head, native, predictor),
        "tumour_mirrored_out_ml": lambda: None if healthy.label.any() else found_ml(predictor, healthy.image),
        "subsets": lambda: {"+".join(NAMES[k] for k in keep): without(keep) for keep in SUBSETS},
    }
    for name, measure in parts.items():
        if name not in row:
            row = {**row, name: measure()}
            yield row


def found_ml(predictor: Predictor, image: np.ndarray) -> float:
    return round(float((clean(decide(predictor(image)), 0.008) > 0).sum()) * 0.008, 2)


def mean_dice(rows: list[dict]) -> dict:
    return {r: round(float(np.mean([row[r]["dice"] for row in rows])), 4) for r in REGIONS}


def relative_error(scores: list[dict], region: str, without: str | None = None) -> float:
    """68th percentile over cases of the volume's relative error, of a region or of the difference of two. Robust: a single missed
    tumour does not widen it."""

    def volume(score: dict, which: str) -> float:
        return score[region][which] - (score[without][which] if without else 0)

    pairs = [(volume(s, "predicted_ml"), volume(s, "truth_ml")) for s in scores]
    return round(float(np.percentile([abs(p - t) / p for p, t in pairs if p > 0 and t > 0], 68)), 3)


def summary(rows: dict) -> dict:
    cases = list(rows["whole"].values())
    inside = [c["head"]["mm1"] for c in cases if "head" in c]  # a run that was stopped early measured fewer
    part = [c["subsets"] for c in cases if "subsets" in c]
    subsets = {key: mean_dice([one[key] for one in part]) for key in (part[0] if part else {})}
    invented = [c["stripped"]["mm1"]["ET"]["predicted_ml"] for c in cases if c["stripped"]["mm1"]["ET"]["truth_ml"] == 0]
    relative = {key: relative_error([c["stripped"]["mm1"] for c in cases], *regions) for key, regions in VOLUMES.items()}
    return {
        "stripped_mm1": mean_dice([c["stripped"]["mm1"] for c in cases]),
        "stripped_mm2": mean_dice([c["stripped"]["mm2"] for c in cases]),
        "head_mm1": mean_dice(inside) if inside else None,
        "subsets": subsets,
        "lgg_WT": round(float(np.mean([r["WT"]["dice"] for r in rows["lgg"].values()])), 4),
        "enhancement_where_there_is_none_ml": invented,
        "volume_relative_error_68": relative,
        "tumour_free_ml": rows["tumour_free"],
    }


def network_digests(folds: Path) -> dict[str, str]:
    return {f"fold-{k}": hashlib.sha256((folds / f"fold-{k}.onnx").read_bytes()).hexdigest() for k in range(cohort_data.FOLDS)}


def rows_so_far(out: Path, networks: dict[str, str]) -> dict:
    """What OUT holds for these networks, and nothing for others."""
    old = json.loads(out.read_text()) if out.exists() else {}
    return old["rows"] if old.get("networks") == networks else {"whole": {}, "lgg": {}, "procedural": {}, "tumour_free": {}}


def run(data: Path, cache: Path, folds: Path, out: Path, threads: int, members: list[dict], seed: int = 7) -> dict:
    """`members`: the record of each fold's training."""
    networks = network_digests(folds)
    rows = rows_so_far(out, networks)
    atlas, (brats, heads), table = Atlas(data / "atlas"), cohort_data.case_names(data), identities.patients(data, cache)
    whole, clinical = (identities.tested_by(members, table, names) for names in (brats, heads))

    def keep(part: str, name: str, value: Any) -> None:
        rows[part][name] = value
        out.write_text(json.dumps({"networks": networks, "rows": rows}, indent=1) + "\n")
        print(part, name, json.dumps(value)[:220], flush=True)

    for fold in range(cohort_data.FOLDS):
        predictor = Predictor(folds / f"fold-{fold}.onnx", threads)
        unfinished = [n for n in whole[fold] if "subsets" not in rows["whole"].get(n, {})]
        for case in cohort_data.load_cohort(data, cache, unfinished):
            for row in whole_case(data, case, predictor, atlas, seed, rows["whole"].get(case.id, {"fold": fold})):
                keep("whole", case.id, row)
        for case in cohort_data.load_lgg(data, cache, [n for n in clinical[fold] if n not in rows["lgg"]]):
            segmented = clean(decide(predictor(case.image)), 0.008)
            keep("lgg", case.id, {"fold": fold, **score(segmented, case.label > 0, (2, 2, 2), WHOLE)})
        for k in range(2):
            name = f"procedural {k}, member {fold}"
            if name not in rows["procedural"]:
                case = procedural_phantom(np.random.default_rng([seed, k]), tumour=True)
                segmented = clean(decide(predictor(case.image)), 0.008)
                keep("procedural", name, score(segmented, case.label, (2, 2, 2), distances=False))
        silent = {
            f"procedural without tumour, member {fold}": lambda: procedural_phantom(np.random.default_rng([seed, 50]), tumour=False).image,
            f"MNI152 T1 average as T1, T1c and FLAIR, member {fold}": lambda: np.stack(
                [atlas.head, atlas.head, np.zeros_like(atlas.head), atlas.head]
            ).astype(np.float32),
        }
        for name, make in silent.items():
            if name not in rows["tumour_free"]:
                keep("tumour_free", name, found_ml(predictor, make()))
    return rows


def set_apart(rows: dict, members: list[dict], table: dict[str, str]) -> tuple[dict, dict[str, list[str]]]:
    """The rows of cases that their member never saw, and the names of the others: an earlier edition of the folds matched cubes by
    label maps alone and did not recognise clinical heads."""
    seen = [identities.seen_by(record, table) for record in members]
    kept, apart = dict(rows), {}
    for part in ("whole", "lgg"):
        apart[part] = sorted(n for n, row in rows[part].items() if identities.patient_of(table, n) in seen[row["fold"]])
        kept[part] = {n: row for n, row in rows[part].items() if n not in apart[part]}
    return kept, apart


def keep_point(path: Path, training: dict, mean: dict) -> list[dict]:
    """Adds what was measured after so many steps (the members' mean) to the curve in `path`; a point at as many steps is replaced."""
    steps = round(float(np.mean([m["steps"] for m in training["members"]])))
    old = json.loads(path.read_text()) if path.exists() else []
    point = {"steps": steps, "stripped": mean["stripped_mm1"], "head": mean["head_mm1"], "lgg_WT": mean["lgg_WT"]}
    points = sorted([p for p in old if p["steps"] != steps] + [point], key=lambda p: p["steps"])
    path.write_text(json.dumps(points, indent=1) + "\n")
    return points


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--data")
    ap.add_argument("--folds", type=Path, default=Path("out/folds"))
    ap.add_argument("--cache", type=Path, default=Path("out/train/cache"))
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--only-summary", action="store_true", help="measure nothing, work out the summary of what is measured")
    ap.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "results" / "evaluation.json")
    a = ap.parse_args()
    training = json.loads((a.out.parent / "training.json").read_text())
    data, members = cohort_data.data_folder(a.data), identities.records(training)
    if a.only_summary:
        old = json.loads(a.out.read_text())
        rows, networks, threads = old["rows"], old["networks"], old["threads"]
    else:
        rows, networks, threads = run(data, a.cache, a.folds, a.out, a.threads, members), network_digests(a.folds), a.threads
    clean, apart = set_apart(rows, members, identities.patients(data, a.cache))
    result = {
        "command": "python -m gliatrain.evaluate",
        "threads": threads,
        "roi": list(ROI),
        "overlap": OVERLAP,
        "flips": [list(f) for f in FLIPS],
        "postprocess": SETTINGS,
        "networks": networks,
        "patient_seen": apart,
        "mean": summary(clean),
        "rows": rows,
    }
    a.out.write_text(json.dumps(result, indent=1) + "\n")
    if not a.only_summary:
        keep_point(a.out.parent / "learning.json", training, result["mean"])
    print(json.dumps(result["mean"]))


if __name__ == "__main__":
    main()
