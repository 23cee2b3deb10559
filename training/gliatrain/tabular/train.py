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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .. import identities
from ..data import case_names
from . import bundle, cohorts, external, tables
from .calibrate import fit_guard, guard_distance
from .carry import MIN_AUC, MIN_C, carries, carry_classifier, carry_survival, why_not
from .heads import CLASSIFIERS, Head
from .model import Fitted, FittedCox, fit_classifier, fit_survival, prune
from .nested import Repeats, classifier_folds, score_classifier, score_survival, survival_folds
from .noise import Noise, learn_noise
from .onnx_graph import classifier_graph, survival_graph, write_checked

COMMAND = "python -m gliatrain.tabular.train"
EVALUATION = Path(__file__).parents[2] / "results" / "evaluation.json"
OUTER_MEMBERS = 8


def plain(value: Any) -> Any:
    """NaN -> None and numpy -> Python, for JSON."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(v) for v in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value


def guard_shares(table: pd.DataFrame, noise: Noise, model: Fitted, share: float, rng: np.random.Generator) -> dict:
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


@dataclass(frozen=True)
class TrainOptions:
    """seed; repeats of the outer folds; members of each head that ships; rounds of the bootstrap behind an interval; noise_count: masks
    that are spoilt to learn from; evaluation: what gliatrain.evaluate or gliatrain.tabular.outlines measured."""

    seed: int = 7
    repeats: int = 5
    members: int = 25
    rounds: int = 300
    noise_count: int = 150
    evaluation: Path = EVALUATION

    @property
    def outer(self) -> Repeats:
        return Repeats(self.repeats, OUTER_MEMBERS, self.seed)


class HeadTraining:
    """Fits, measures and writes one head after the other; `parts`, `golden` and `figures` by head, for the three files."""

    def __init__(self, noise: Noise, out: Path, options: TrainOptions, rng: np.random.Generator, say: Callable[[str], None]) -> None:
        self.noise, self.out, self.options, self.rng, self.say = noise, out, options, rng, say
        self.parts: dict[str, dict] = {}
        self.golden: dict[str, dict] = {}
        self.figures: dict[str, dict] = {}

    def classifier(self, head: Head, table: pd.DataFrame, clinical: pd.DataFrame | None) -> Fitted:
        options, rng, noise = self.options, self.rng, self.noise
        own = taught(table)
        self.say(f"{head.name}: across cohorts")
        across, learnt = carry_classifier(head, table, noise, OUTER_MEMBERS, rng, options.rounds, clinical)
        self.say(f"{head.name}: outer folds")
        oof, truth = classifier_folds(head, own, noise, options.outer, self.say)
        figures: dict[str, Any] = {"across_cohorts": across, "within_cohorts": score_classifier(head, oof, truth, rng, options.rounds)}
        model = prune(fit_classifier(head, own, noise, options.members, rng))
        figures["chosen"] = model.chosen
        self.figures[head.name] = figures
        if learnt is None or not carries(across, MIN_AUC):
            self.parts[head.name] = {"status": "not_evaluable", "reason": why_not(across, figures["within_cohorts"])}
        else:
            outputs = bundle.classifier_outputs(head, model)
            x = self.write(head.name, own, model, classifier_graph(head, model), outputs)
            figures["guard"] = guard_shares(own, noise, model, learnt.guard_share, rng)
            self.parts[head.name] = bundle.classification_part(head, model, own, learnt, {"command": COMMAND, **figures})
            self.golden[head.name] = bundle.golden_part(self.parts[head.name], x, outputs, rng)
        self.say(f"{head.name}: " + "; ".join(f"{k}: {f['auc']['value']:.3f}" for k, f in across.items()))
        return model

    def survival(self, table: pd.DataFrame, clinical: pd.DataFrame | None) -> FittedCox:
        options, rng, noise = self.options, self.rng, self.noise
        rounds = max(options.rounds // 2, 50)
        followed = table[table["months"].notna() & table["event"].notna()].reset_index(drop=True)
        self.say(f"survival: {len(followed)} patients")
        across, _ = carry_survival(followed, noise, OUTER_MEMBERS, rng, rounds, clinical)
        own = taught(followed)
        oof = survival_folds(own, noise, options.outer, self.say)
        figures: dict[str, Any] = {"across_cohorts": across, "within_cohorts": score_survival(own, oof, rng, rounds)}
        model = prune(fit_survival(own, noise, options.members, rng))
        figures["chosen"] = model.chosen
        self.figures["survival"] = figures
        if carries(across, MIN_C, "c_index"):
            outputs = bundle.survival_outputs(model)
            x = self.write("survival", own, model, survival_graph(model), outputs)
            part = bundle.survival_part(model, own, oof.clean, {"command": COMMAND, **figures})
            self.parts["survival"] = part
            self.golden["survival"] = bundle.golden_part(part, x, outputs, rng)
            figures["log_rank"] = part["evaluation"]["log_rank"]
        else:
            self.parts["survival"] = {"status": "not_evaluable", "reason": why_not(across, figures["within_cohorts"], "c_index")}
        self.say("survival: " + "; ".join(f"{k}: {f['c_index']['value']:.3f}" for k, f in across.items()))
        return model

    def write(self, name: str, own: pd.DataFrame, model: Fitted | FittedCox, graph: Any, outputs: Callable) -> np.ndarray:
        """OUT/<name>.onnx, compared with `outputs`; returns the training rows [N, F]."""
        x = own[list(model.transform.features)].to_numpy(float)
        self.figures[name]["onnx_difference"] = write_checked(
            graph, self.out / f"{name}.onnx", bundle.golden_and_training(x, self.rng), outputs
        )
        return x

    def write_tables(self, report: dict) -> None:
        for name, rows in self.golden.items():
            rows["sha256"] = hashlib.sha256((self.out / self.parts[name]["file"]).read_bytes()).hexdigest()
        for name, value in (("heads.json", {"heads": self.parts}), ("golden.json", self.golden), ("evaluation.json", report)):
            (self.out / name).write_text(json.dumps(plain(value), indent=1) + "\n")


def taught(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that are not kept back: what ships is trained on these."""
    return table[~table["kept_back"].to_numpy(bool)].reset_index(drop=True)


def train(table: pd.DataFrame, data: Path, out: Path, clinical: pd.DataFrame | None = None, options: TrainOptions | None = None) -> dict:
    """Everything; returns what evaluation.json holds. `table` has the columns `cohort` and `kept_back`; `clinical` is only tested on."""
    options = options or TrainOptions()
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - started:6.0f} s] {text}", flush=True)

    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(options.seed)
    say(f"{len(table)} patients; learning how masks err")
    noise = learn_noise(data, rng, options.noise_count, options.evaluation)
    training = HeadTraining(noise, out, options, rng, say)
    fitted = {head.name: training.classifier(head, table, clinical) for head in CLASSIFIERS}
    survival = training.survival(table, clinical)
    report: dict[str, Any] = {
        "command": COMMAND,
        "patients": len(table),
        "cohorts": {str(k): int(v) for k, v in table["cohort"].value_counts().items()},
        "seed": options.seed,
        "outer": f"{options.repeats} x 5 folds",
        "spoilt_masks_dice": np.percentile(noise.dice, [5, 50, 95]).round(3).tolist() if len(noise.dice) else None,
        "measured_masks": {"trained_with": int((noise.measured & ~noise.kept_back).sum()), "measured_with": int(noise.kept_back.sum())},
        "heads": training.figures,
        "kept_back": len(table) - len(taught(table)),
        "external": external.run_all(data, fitted, survival, rng),
        "seconds": round(time.monotonic() - started),
    }
    training.write_tables(report)
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
    clinical = cohorts.read_clinical_heads(options.data, who)
    chosen = TrainOptions(seed=options.seed, repeats=options.repeats, noise_count=options.masks, evaluation=options.evaluation)
    train(table, options.data, options.out, clinical, chosen)


if __name__ == "__main__":
    main()
