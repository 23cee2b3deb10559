"""Measures a bundle's heads on tables in the UCSF-PDGM format.
`python -m gliatrain.tabular.evaluate --bundle DIR --features CSV --labels CSV [--json FILE]`

DIR holds bundle.json (or heads.json as train.py writes it) and the ONNX files. As in the service, a head does
not answer for a row that lacks a required feature or lies outside the guard; figures are of the answered rows.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pandas as pd

from . import scores
from .calibrate import guard_distance
from .heads import CLASSIFIERS
from .tables import GBM, read_cohort
from .train import plain


def read_parts(folder: Path) -> dict:
    path = folder / "bundle.json"
    return json.loads((path if path.exists() else folder / "heads.json").read_text())["heads"]


def answers(part: dict, folder: Path, table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Output [N, K] and which rows the head answers for."""
    x = table[part["features"]].to_numpy(float)
    required = [part["features"].index(n) for n in part["required"]]
    answered = ~np.isnan(x[:, required]).any(1) & (guard_distance(part["guard"], x) <= part["guard"]["limit"])
    session = ort.InferenceSession((folder / part["file"]).read_bytes(), providers=["CPUExecutionProvider"])
    return session.run([part["output"]], {part["input"]: x.astype(np.float32)})[0].astype(float), answered


def evaluate(folder: Path, table: pd.DataFrame, rounds: int = 500, seed: int = 1) -> dict:
    rng = np.random.default_rng(seed)
    out: dict[str, dict] = {}
    for name, part in read_parts(folder).items():
        if part["status"] == "not_evaluable":
            out[name] = {"status": "not_evaluable", "reason": part["reason"]}
            continue
        output, answered = answers(part, folder, table)
        if part["status"] == "tabular-survival":
            out[name] = survival_figures(part, output[:, 0], answered, table, rng, rounds)
        else:
            truth = next(h for h in CLASSIFIERS if h.name == name).truth(table)
            out[name] = class_figures(part, output, answered, truth, rng, rounds)
    return out


def class_figures(part: dict, p: np.ndarray, answered: np.ndarray, truth: np.ndarray, rng: np.random.Generator, rounds: int) -> dict:
    has_outcome = ~np.isnan(truth)
    rows = np.flatnonzero(has_outcome & answered)
    p, y = p[rows], truth[rows].astype(int)
    top = len(part["classes"]) - 1
    one = (y == top).astype(int)
    inside = p >= np.array([part["conformal"]["limits"][c] for c in part["classes"]])
    called = inside.sum(1) == 1
    wrong = ~inside[np.arange(len(y)), y]
    n = len(rows)
    return {
        "n": n,
        "positives": int(one.sum()),
        "without_result": int((~has_outcome).sum()),
        "not_evaluable": int((has_outcome & ~answered).sum()),
        "auc": scores.interval(lambda r: scores.auc(one[r], p[r, top]), n, rng, rounds),
        "brier": scores.interval(lambda r: scores.brier(y[r], p[r]), n, rng, rounds),
        "calibration_slope": scores.interval(lambda r: scores.calibration(one[r], p[r, top])[0], n, rng, rounds),
        "calls": int(called.sum()),
        "wrong_calls": int(wrong[called].sum()),
        "left_out": float(wrong.mean()),
    }


def survival_figures(
    part: dict, risk: np.ndarray, answered: np.ndarray, table: pd.DataFrame, rng: np.random.Generator, rounds: int
) -> dict:
    time, event = table["months"].to_numpy(float), table["event"].to_numpy(float)
    has_outcome = ~np.isnan(time) & ~np.isnan(event)
    rows = np.flatnonzero(has_outcome & answered)
    gbm = rows[(table["diagnosis"] == GBM).to_numpy()[rows]]

    def c(own: np.ndarray) -> dict:
        return scores.interval(lambda r: scores.concordance(time[own[r]], event[own[r]], risk[own[r]]), len(own), rng, min(rounds, 200))

    out = {
        "n": len(rows),
        "deaths": int(event[rows].sum()),
        "not_evaluable": int((has_outcome & ~answered).sum()),
        "c_index": c(rows),
        "auc_months": {str(h): scores.time_auc(time[rows], event[rows], risk[rows], h) for h in part["horizons_months"]},
    }
    if len(gbm) >= 20:
        out["c_index_glioblastoma"] = {"n": len(gbm), **c(gbm)}
    return out


def show(report: dict) -> str:
    def span(figure: dict) -> str:
        return f"{figure['value']:.3f} ({figure['ci95'][0]:.3f} to {figure['ci95'][1]:.3f})"

    lines = []
    for name, f in report.items():
        if f.get("status") == "not_evaluable":
            lines.append(f"{name:9} not evaluable: {f['reason']}")
        elif "auc" in f:
            lines.append(
                f"{name:9} n {f['n']} ({f['positives']} of the last class)  AUC {span(f['auc'])}  Brier "
                f"{span(f['brier'])}  slope {span(f['calibration_slope'])}  calls {f['calls']} "
                f"({f['wrong_calls']} wrong)  not evaluable {f['not_evaluable']}"
            )
        else:
            within = f"  within glioblastoma {span(f['c_index_glioblastoma'])}" if "c_index_glioblastoma" in f else ""
            times = ", ".join(f"{h}: {v:.3f}" for h, v in f["auc_months"].items())
            lines.append(
                f"{name:9} n {f['n']} ({f['deaths']} deaths)  C {span(f['c_index'])}{within}  AUC at months "
                f"{times}  not evaluable {f['not_evaluable']}"
            )
    return "\n".join([*lines, "Patients that a head was trained on make its figures look better than they are."])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    report = evaluate(options.bundle, read_cohort(options.features, options.labels))
    print(show(report))
    if options.json:
        options.json.write_text(json.dumps(plain(report), indent=1) + "\n")


if __name__ == "__main__":
    main()
