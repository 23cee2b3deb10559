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

from .. import identities
from ..data import case_names
from . import bundle, cohorts, external, tables
from .calibrate import fit_guard, guard_distance
from .carry import LEAST_AUC, LEAST_C, carries, carry_classifier, carry_survival, why_not
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


def guard_shares(table: pd.DataFrame, noise: Noise, model, share: float, rng: np.random.Generator) -> dict:
    """Share of rows that the guard lets answer: of the table, and perturbed ones; and the limit against the median distance."""
    features = model.transform.features
    x = table[list(features)].to_numpy(float)
    guard = fit_guard(x, share)
    distances = [guard_distance(guard, rows) for rows in (x, noise.perturb(x, features, rng, drop=False))]
    return {
        "within": float((distances[0] <= guard["limit"]).mean()),
        "within_spoilt": float((distances[1] <= guard["limit"]).mean()),
        "median_distance": float(np.median(distances[0])),
        "limit": guard["limit"],
    }


def train(
    table: pd.DataFrame,
    data: Path,
    out: Path,
    *,
    clinical: pd.DataFrame | None = None,
    seed: int = 7,
    repeats: int = 5,
    members: int = 25,
    rounds: int = 300,
    noise_count: int = 150,
    evaluation: Path = EVALUATION,
) -> dict:
    """Everything; returns what evaluation.json holds. `table` has the columns `cohort` and `kept_back`; `clinical` is only tested on."""
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - started:6.0f} s] {text}", flush=True)

    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    say(f"{len(table)} patients; learning how masks err")
    noise = learn_noise(data, rng, noise_count, evaluation)
    report: dict = {
        "command": COMMAND,
        "patients": len(table),
        "cohorts": {str(k): int(v) for k, v in table["cohort"].value_counts().items()},
        "seed": seed,
        "outer": f"{repeats} x 5 folds",
        "spoilt_masks_dice": np.percentile(noise.dice, [5, 50, 95]).round(3).tolist() if len(noise.dice) else None,
        "measured_masks": {"trained_with": int((noise.measured & ~noise.kept_back).sum()), "measured_with": int(noise.kept_back.sum())},
        "heads": {},
    }
    own = table[~table["kept_back"].to_numpy(bool)].reset_index(drop=True)  # what ships is trained on these
    report["kept_back"] = len(table) - len(own)
    parts, golden, fitted = {}, {}, {}
    for head in CLASSIFIERS:
        say(f"{head.name}: across cohorts")
        across, learnt = carry_classifier(head, table, noise, OUTER_MEMBERS, rng, rounds, clinical)
        say(f"{head.name}: outer folds")
        oof, truth = classifier_folds(head, own, noise, repeats, OUTER_MEMBERS, seed, say)
        figures = {"across_cohorts": across, "within_cohorts": score_classifier(head, oof, truth, rng, rounds)}
        model = prune(fit_classifier(head, own, noise, members, rng))
        fitted[head.name] = model
        figures["chosen"] = model.chosen
        if not carries(across, LEAST_AUC):
            parts[head.name] = {"status": "not_evaluable", "reason": why_not(across, figures["within_cohorts"])}
        else:
            x = own[list(model.transform.features)].to_numpy(float)
            figures["onnx_difference"] = write_checked(
                classifier_graph(head, model),
                out / f"{head.name}.onnx",
                bundle.golden_and_training(x, rng),
                bundle.classifier_outputs(head, model),
            )
            figures["guard"] = guard_shares(own, noise, model, learnt["guard_share"], rng)
            parts[head.name] = bundle.classification_part(head, model, own, learnt, {"command": COMMAND, **figures})
            golden[head.name] = bundle.golden_part(parts[head.name], x, bundle.classifier_outputs(head, model), rng)
        report["heads"][head.name] = figures
        say(f"{head.name}: " + "; ".join(f"{k}: {f['auc']['value']:.3f}" for k, f in across.items()))
    followed = table[table["months"].notna() & table["event"].notna()].reset_index(drop=True)
    say(f"survival: {len(followed)} patients")
    across, _ = carry_survival(followed, noise, OUTER_MEMBERS, rng, max(rounds // 2, 50), clinical)
    followed = followed[~followed["kept_back"].to_numpy(bool)].reset_index(drop=True)
    oof = survival_folds(followed, noise, repeats, OUTER_MEMBERS, seed, say)
    figures = {"across_cohorts": across, "within_cohorts": score_survival(followed, oof, rng, max(rounds // 2, 50))}
    model = prune(fit_survival(followed, noise, members, rng))
    figures["chosen"] = model.chosen
    if carries(across, LEAST_C, "c_index"):
        x = followed[list(model.transform.features)].to_numpy(float)
        figures["onnx_difference"] = write_checked(
            survival_graph(model), out / "survival.onnx", bundle.golden_and_training(x, rng), bundle.survival_outputs(model)
        )
        parts["survival"] = bundle.survival_part(model, followed, oof.clean, {"command": COMMAND, **figures})
        golden["survival"] = bundle.golden_part(parts["survival"], x, bundle.survival_outputs(model), rng)
        figures["log_rank"] = parts["survival"]["evaluation"]["log_rank"]
    else:
        parts["survival"] = {"status": "not_evaluable", "reason": why_not(across, figures["within_cohorts"], "c_index")}
    report["heads"]["survival"] = figures
    say("survival: " + "; ".join(f"{k}: {f['c_index']['value']:.3f}" for k, f in across.items()))
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
    parser.add_argument("--data", type=Path, default=os.environ.get("GLIABRIDGE_DATA"), help="or GLIABRIDGE_DATA")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="folder for the table of identities")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--evaluation", type=Path, default=EVALUATION, help="what gliatrain.evaluate or gliatrain.tabular.outlines measured"
    )
    parser.add_argument("--masks", type=int, default=150, help="spoilt masks to learn outlines' errors from")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    if options.data is None:
        parser.error("--data or GLIABRIDGE_DATA must name the data folder")
    folder = options.data / "tables"
    who = identities.patients(options.data, options.cache)
    table = cohorts.pooled(
        tables.read_cohort(folder / tables.UCSF[0], folder / tables.UCSF[1]),
        cohorts.read_brats_tcga(options.data, who),
        {who[name] for names in case_names(options.data) for name in names},
    )
    train(
        table,
        options.data,
        options.out,
        clinical=cohorts.read_clinical_heads(options.data, who),
        seed=options.seed,
        repeats=options.repeats,
        noise_count=options.masks,
        evaluation=options.evaluation,
    )


if __name__ == "__main__":
    main()
