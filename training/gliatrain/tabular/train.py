"""Trains and measures every tabular head. `python -m gliatrain.tabular.train --data DIR --out DIR`

DIR of --data holds `tables/` (see tables.py) and, if there, the label maps and cubes for noise.py. Writes
<head>.onnx, heads.json (manifest parts), golden.json (rows for the service's tests) and evaluation.json.
"""
from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd

from . import bundle, external, tables
from .calibrate import fit_guard, guard_distance
from .heads import CLASSIFIERS
from .model import fit_classifier, fit_survival, prune
from .nested import classifier_folds, score_classifier, score_survival, survival_folds
from .noise import Noise, learn_noise
from .onnx_graph import classifier_graph, survival_graph, write_checked

COMMAND = "python -m gliatrain.tabular.train"
EVALUATION = Path(__file__).parents[2] / "results" / "evaluation.json"
OUTER_MEMBERS = 8


def plain(value):
    """NaN -> None and numpy -> Python, for JSON."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(v) for v in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value


def guard_shares(table: pd.DataFrame, noise: Noise, model, rng: np.random.Generator) -> dict:
    """Share of rows that the guard lets answer: of the table, and perturbed ones."""
    features = model.transform.features
    x = table[list(features)].to_numpy(float)
    guard = fit_guard(x)
    within = [guard_distance(guard, rows) <= guard["limit"] for rows in (x, noise.perturb(x, features, rng, drop=False))]
    return {"within": float(within[0].mean()), "within_spoilt": float(within[1].mean())}


def train(table: pd.DataFrame, data: Path, out: Path, *, seed: int = 7, repeats: int = 5, members: int = 25,
          rounds: int = 300, noise_count: int = 150, evaluation: Path = EVALUATION) -> dict:
    """Everything; returns what evaluation.json holds."""
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - started:6.0f} s] {text}", flush=True)

    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    say(f"{len(table)} patients; learning how masks err")
    noise = learn_noise(data, rng, noise_count, evaluation)
    report: dict = {"command": COMMAND, "patients": len(table), "seed": seed,
                    "outer": f"{repeats} x 5 folds", "spoilt_masks_dice": np.percentile(
                        noise.dice, [5, 50, 95]).round(3).tolist() if len(noise.dice) else None,
                    "measured_masks": int(noise.measured.sum()), "heads": {}}
    parts, golden, fitted = {}, {}, {}
    for head in CLASSIFIERS:
        say(f"{head.name}: outer folds")
        oof, truth = classifier_folds(head, table, noise, repeats, OUTER_MEMBERS, seed, say)
        figures = score_classifier(head, oof, truth, rng, rounds)
        model = prune(fit_classifier(head, table, noise, members, rng))
        fitted[head.name] = model
        figures["chosen"] = model.chosen
        low, high = figures["auc"]["ci95"]
        if low <= 0.5:
            parts[head.name] = {"status": "not_evaluable", "reason": (
                f"Image, age and sex do not tell it: measured AUC {figures['auc']['value']:.2f} "
                f"(95 % interval {low:.2f} to {high:.2f}, {figures['n']} patients, patients kept apart).")}
        else:
            x = table[list(model.transform.features)].to_numpy(float)
            figures["onnx_difference"] = write_checked(
                classifier_graph(head, model), out / f"{head.name}.onnx", bundle.golden_and_training(x, rng),
                bundle.classifier_outputs(head, model))
            parts[head.name] = bundle.classification_part(head, model, table, oof.clean, truth, {"command": COMMAND, **figures})
            golden[head.name] = bundle.golden_part(parts[head.name], x, bundle.classifier_outputs(head, model), rng)
        figures["guard"] = guard_shares(table, noise, model, rng)
        report["heads"][head.name] = figures
        say(f"{head.name}: AUC {figures['auc']['value']:.3f} {np.round(figures['auc']['ci95'], 3).tolist()}")
    followed = table[table["months"].notna() & table["event"].notna()].reset_index(drop=True)
    say(f"survival: outer folds, {len(followed)} patients")
    oof = survival_folds(followed, noise, repeats, OUTER_MEMBERS, seed, say)
    figures = score_survival(followed, oof, rng, max(rounds // 2, 50))
    model = prune(fit_survival(followed, noise, members, rng))
    figures["chosen"] = model.chosen
    x = followed[list(model.transform.features)].to_numpy(float)
    figures["onnx_difference"] = write_checked(survival_graph(model), out / "survival.onnx",
                                               bundle.golden_and_training(x, rng), bundle.survival_outputs(model))
    parts["survival"] = bundle.survival_part(model, followed, oof.clean, {"command": COMMAND, **figures})
    golden["survival"] = bundle.golden_part(parts["survival"], x, bundle.survival_outputs(model), rng)
    report["heads"]["survival"] = {**figures, "log_rank": parts["survival"]["evaluation"]["log_rank"]}
    say(f"survival: C {figures['c_index']['value']:.3f}")
    report["external"] = external.run_all(data, fitted, model, rng)
    report["seconds"] = round(time.monotonic() - started)
    for name, rows in golden.items():
        rows["sha256"] = hashlib.sha256((out / parts[name]["file"]).read_bytes()).hexdigest()
    for name, value in (("heads.json", {"heads": parts}), ("golden.json", golden), ("evaluation.json", report)):
        (out / name).write_text(json.dumps(plain(value), indent=1) + "\n")
    say("done")
    return plain(report)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path,
                        default=os.environ.get("GLIABRIDGE_DATA"), help="or GLIABRIDGE_DATA")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    if options.data is None:
        parser.error("--data or GLIABRIDGE_DATA must name the data folder")
    folder = options.data / "tables"
    table = tables.read_cohort(folder / tables.UCSF[0], folder / tables.UCSF[1])
    train(table, options.data, options.out, seed=options.seed, repeats=options.repeats)


if __name__ == "__main__":
    main()
