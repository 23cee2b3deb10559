"""Repeated nested cross-validation: the outer folds only ever see models that were chosen and fitted without them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from . import calibrate, scores
from .folds import stratified_folds
from .heads import SURVIVAL_FEATURES, Head
from .linear import fit_cox
from .model import fit_classifier, fit_survival
from .noise import Noise

OUTER_FOLDS = 5
ERROR_RATE = 0.1
HORIZONS = (6, 12, 24)


@dataclass
class OutOfFold:
    """Predictions per repeat: `clean` of the table's rows, `spoilt` of rows as the service may see them (all
    optional features there), `measured` of rows that err as the network did on whole cases alone
    (None where no mask was measured). [R, N, K] or [R, N]."""

    clean: np.ndarray
    spoilt: np.ndarray
    measured: np.ndarray | None
    fold: np.ndarray  # [R, N]
    chosen: list[dict]


@dataclass(frozen=True)
class Learner:
    """How a head is fitted, `fit(table, noise, members, rng)`, and how it answers, `predict(model, rows [N, F])`: [N, K] or [N]."""

    features: tuple[str, ...]
    fit: Callable[[pd.DataFrame, Noise, int, np.random.Generator], Any]
    predict: Callable[[Any, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Repeats:
    """How often the outer folds are drawn again, how many members each of their models has, and the seed."""

    count: int = 5
    members: int = 8
    seed: int = 7


def out_of_fold(
    table: pd.DataFrame, strata: np.ndarray, noise: Noise, learner: Learner, repeats: Repeats, say: Callable[[str], None]
) -> OutOfFold:
    """Predictions for each row of `table` by models that were chosen and fitted without it; `strata` [N] are kept even over the folds."""
    features = learner.features
    x = table[list(features)].to_numpy(float)
    parts: dict[str, list[np.ndarray]] = {k: [] for k in ("clean", "spoilt", "measured", "fold")}
    chosen = []
    for r in range(repeats.count):
        rng = np.random.default_rng([repeats.seed, r])
        fold = stratified_folds(strata, OUTER_FOLDS, rng)
        spoilt = noise.perturb(x, features, rng, drop=False)
        kinds = {"clean": x, "spoilt": spoilt}
        if noise.only_measured().measured.any():
            kinds["measured"] = noise.only_measured().perturb(x, features, rng, drop=False)
        got: dict[str, np.ndarray] = {}
        for f in range(OUTER_FOLDS):
            test = fold == f
            model = learner.fit(table[~test].reset_index(drop=True), noise, repeats.members, rng)
            chosen.append(model.chosen)
            for name, rows in kinds.items():
                p = learner.predict(model, rows[test])
                got.setdefault(name, np.full((len(x), *p.shape[1:]), np.nan))[test] = p
        for name in got:
            parts[name].append(got[name])
        parts["fold"].append(fold)
        say(f"  repeat {r + 1} of {repeats.count}")
    measured = np.array(parts["measured"]) if parts["measured"] else None
    return OutOfFold(np.array(parts["clean"]), np.array(parts["spoilt"]), measured, np.array(parts["fold"]), chosen)


def classifier_folds(
    head: Head, table: pd.DataFrame, noise: Noise, repeats: Repeats, say: Callable[[str], None]
) -> tuple[OutOfFold, np.ndarray]:
    """Out-of-fold class probabilities of all rows; rows without this head's truth still train its first stages."""
    truth = head.truth(table)
    idh = np.nan_to_num(table["idh"].to_numpy(float), nan=0)
    strata = np.nan_to_num(truth, nan=9) * 2 + idh
    learner = Learner(
        head.features, lambda t, n, m, g: fit_classifier(head, t, n, m, g), lambda model, rows: model.probabilities(head, rows)
    )
    return out_of_fold(table, strata, noise, learner, repeats, say), truth


def survival_folds(table: pd.DataFrame, noise: Noise, repeats: Repeats, say: Callable[[str], None]) -> OutOfFold:
    """Out-of-fold log risks of all rows, which must all have a known survival."""
    strata = table["event"].to_numpy(float) * 2 + (table["diagnosis"] == "Glioblastoma, IDH-wildtype").to_numpy(float)
    learner = Learner(SURVIVAL_FEATURES, fit_survival, lambda model, rows: model.log_risk(rows))
    return out_of_fold(table, strata, noise, learner, repeats, say)


def other_cohorts(table: pd.DataFrame, features: Sequence[str], answer: np.ndarray, fit: Callable, predict: Callable) -> np.ndarray:
    """Predictions for each patient by a model that saw none of the patient's cohort: [N, K] or [N]. `answer`: rows whose truth is
    known, without which a cohort can teach nothing; a patient whom no other cohort can teach about stays NaN. Rows that are
    `kept_back` are tested, never taught with."""
    x, cohort, teaches = table[list(features)].to_numpy(float), table["cohort"].to_numpy(), ~table["kept_back"].to_numpy(bool)
    out = None
    for name in np.unique(cohort):
        own = cohort == name
        if not (answer & ~own & teaches).any() or not (answer & own).any():
            continue
        p = predict(fit(table[~own & teaches].reset_index(drop=True)), x[own])
        out = np.full((len(x), *p.shape[1:]), np.nan) if out is None else out
        out[own] = p
    return np.full((len(x), 1), np.nan) if out is None else out


def over_repeats(measure: Callable, parts: np.ndarray) -> Callable:
    """Mean over repeats of measure(rows, predictions of that repeat)."""
    return lambda rows: float(np.mean([measure(rows, p) for p in parts]))


def score_classifier(head: Head, oof: OutOfFold, truth: np.ndarray, rng: np.random.Generator, rounds: int) -> dict:
    """All figures of a head from its outer folds; rows with a known truth only."""
    with_truth = np.flatnonzero(~np.isnan(truth))
    y, n = truth[with_truth].astype(int), len(with_truth)
    top = len(head.classes) - 1
    one = (y == top).astype(int)

    def figure(measure: Callable, parts: np.ndarray = oof.clean) -> dict:
        return scores.interval(over_repeats(measure, parts[:, with_truth]), n, rng, rounds)

    out = {
        "n": n,
        "classes": {c: int((y == k).sum()) for k, c in enumerate(head.classes)},
        "auc": figure(lambda rows, p: scores.auc(one[rows], p[rows, top])),
        "auc_spoilt_masks": figure(lambda rows, p: scores.auc(one[rows], p[rows, top]), oof.spoilt),
        **(
            {}
            if oof.measured is None
            else {"auc_measured_masks": figure(lambda rows, p: scores.auc(one[rows], p[rows, top]), oof.measured)}
        ),
        "brier": figure(lambda rows, p: scores.brier(y[rows], p[rows])),
        "calibration_slope": figure(lambda rows, p: scores.calibration(one[rows], p[rows, top])[0]),
        "calibration_intercept": figure(lambda rows, p: scores.calibration(one[rows], p[rows, top])[1]),
        "brier_of_prevalence": scores.brier(y, np.tile(np.bincount(y, minlength=top + 1) / n, (n, 1))),
    }
    if top > 1:
        out["macro_auc"] = figure(
            lambda rows, p: float(np.mean([scores.auc((y[rows] == k).astype(int), p[rows, k]) for k in range(top + 1)]))
        )
    sets = [calibrate.measure_sets(p[with_truth], y, f[with_truth], ERROR_RATE) for p, f in zip(oof.clean, oof.fold, strict=True)]
    out["conformal"] = {
        "error_rate": ERROR_RATE,
        "coverage": dict(zip(head.classes, np.mean([s["coverage"] for s in sets], axis=0).tolist(), strict=True)),
        "mean_set_sizes": {k: float(np.mean([s["set_sizes"][k] for s in sets])) for k in sets[0]["set_sizes"]},
        **{
            key: dict(zip(head.classes, np.mean([s[key] for s in sets], axis=0).round(2).tolist(), strict=True))
            for key in ("calls_by_class", "wrong_by_class")
        },
        "calls": float(np.mean([s["calls"] for s in sets])),
        "call_errors": float(np.nanmean([s["call_errors"] for s in sets])),
    }
    return out


def score_survival(table: pd.DataFrame, oof: OutOfFold, rng: np.random.Generator, rounds: int) -> dict:
    time, event = table["months"].to_numpy(float), table["event"].to_numpy(float)
    gbm = np.flatnonzero((table["diagnosis"] == "Glioblastoma, IDH-wildtype").to_numpy())
    everyone = np.arange(len(time))

    def figure(measure: Callable, rows: np.ndarray = everyone, parts: np.ndarray = oof.clean) -> dict:
        return scores.interval(lambda pick: over_repeats(measure, parts)(rows[pick]), len(rows), rng, rounds)

    def c(rows: np.ndarray, p: np.ndarray) -> float:
        return scores.concordance(time[rows], event[rows], p[rows])

    out = {
        "n": len(time),
        "deaths": int(event.sum()),
        "c_index": figure(c),
        "c_index_spoilt_masks": figure(c, parts=oof.spoilt),
        **({} if oof.measured is None else {"c_index_measured_masks": figure(c, parts=oof.measured)}),
    }
    if len(gbm) > 20:
        out["glioblastoma"] = {
            "n": len(gbm),
            "deaths": int(event[gbm].sum()),
            "c_index": figure(c, gbm),
            "c_index_spoilt_masks": figure(c, gbm, oof.spoilt),
        }
    out["calibration_slope"] = figure(lambda rows, p: slope_of(time[rows], event[rows], p[rows]))
    for h in HORIZONS:
        out[f"auc_{h}_months"] = figure(lambda rows, p, h=h: scores.time_auc(time[rows], event[rows], p[rows], h))
    return out


def slope_of(time: np.ndarray, event: np.ndarray, risk: np.ndarray) -> float:
    return float(fit_cox(risk[:, None], time, event, 1e-6)[0])
