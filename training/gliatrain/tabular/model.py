"""Fits heads: choice of the candidate inside the training rows, calibration from inner folds, bootstrap members.

`Fitted` is what the ONNX graph computes: one transform, a weight matrix per stage and member, a Platt pair per
stage. Everything is learnt from the rows it is given, so an outer fold only has to call `fit_classifier`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import pandas as pd

from . import linear
from .calibrate import fit_platt
from .folds import bootstrap_rows, stratified_folds
from .heads import SURVIVAL_FEATURES, SURVIVAL_PENALTIES, SURVIVAL_SUBSETS, Head, Stage
from .noise import Noise

INNER_FOLDS = 5


Model = TypeVar("Model", "Fitted", "FittedCox")


@dataclass
class Fitted:
    """Logits [N, M, S] = design [N, P] @ weights [P, M, S] + bias [M, S]; design has the kind "hinge"."""

    transform: linear.Transform
    weights: np.ndarray
    bias: np.ndarray
    platt: np.ndarray  # [S, 2]: slope, intercept
    chosen: list[dict]

    def logits(self, x: np.ndarray) -> np.ndarray:
        return np.einsum("np,pms->nms", self.transform(x), self.weights) + self.bias

    def members(self, head: Head, x: np.ndarray) -> np.ndarray:
        """[N, M, K]"""
        return head.combine(linear.sigmoid(self.logits(x) * self.platt[:, 0] + self.platt[:, 1]))

    def probabilities(self, head: Head, x: np.ndarray) -> np.ndarray:
        """[N, K]: of the mean of the members' logits."""
        mean = self.logits(x).mean(1)
        return head.combine(linear.sigmoid(mean * self.platt[:, 0] + self.platt[:, 1]))


def prune(fitted: Model) -> Model:
    """The same model without the features that it gives no weight, so that the service need not have them."""
    t = fitted.transform
    count = len(t.features)
    strength = np.abs(fitted.weights).reshape(3, count, -1).max(axis=(0, 2))
    keep = np.flatnonzero(strength > 0)
    smaller = linear.Transform(tuple(t.features[n] for n in keep), t.mean[keep], t.sd[keep], t.kind)
    return replace(fitted, transform=smaller, weights=fitted.weights[np.concatenate([keep + b * count for b in range(3)])])


def columns_of(features: Sequence[str], subset: Sequence[str], kind: str) -> np.ndarray:
    """Columns of the hinge design that a candidate uses."""
    chosen = np.flatnonzero([n in subset for n in features])
    blocks = 1 if kind == "linear" else 3
    return np.concatenate([chosen + b * len(features) for b in range(blocks)])


def candidates(stage: Stage) -> list[dict]:
    return [{"subset": s, "kind": k, "penalty": p} for s in stage.subsets for k in stage.kinds for p in stage.penalties]


def fit_classifier(head: Head, table: pd.DataFrame, noise: Noise, members: int, rng: np.random.Generator) -> Fitted:
    x = table[list(head.features)].to_numpy(float)
    transform = linear.fit_transform(x, head.features, "hinge")
    design = transform(x)
    noisy = transform(noise.perturb(x, head.features, rng))
    weights = np.zeros((design.shape[1], members, len(head.stages)))
    bias, platt, chosen = np.zeros((members, len(head.stages))), [], []
    for s, stage in enumerate(head.stages):
        y = stage.label(table)
        rows = np.flatnonzero(~np.isnan(y))
        own, y = design[rows], y[rows]
        best, logit = choose(stage, head, own, noisy[rows], y, rng)
        platt.append(fit_platt(logit, y))
        chosen.append({"stage": stage.name, **best, "subset": list(best["subset"])})
        use = columns_of(head.features, best["subset"], best["kind"])
        for m in range(members):
            pick = bootstrap_rows(y, rng)
            beta = fit_both(own[pick][:, use], noisy[rows][pick][:, use], y[pick], best["penalty"])
            bias[m, s], weights[use, m, s] = beta[0], beta[1:]
    return Fitted(transform, weights, bias, np.array(platt), chosen)


def fit_both(clean: np.ndarray, noisy: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    """Each patient once as the table has it and once as the service may see it, at half the weight each."""
    return linear.fit_logistic(np.vstack([clean, noisy]), np.tile(y, 2), penalty, np.full(2 * len(y), 0.5))


def choose(
    stage: Stage, head: Head, design: np.ndarray, noisy: np.ndarray, y: np.ndarray, rng: np.random.Generator
) -> tuple[dict, np.ndarray]:
    """The candidate of the least cross-validated log loss after calibration, half on the table's rows and half on
    perturbed ones; and its out-of-fold logits of the table's rows."""
    fold = stratified_folds(y, INNER_FOLDS, rng)
    best: dict = {}
    best_loss, best_logit = np.inf, np.zeros(len(y))
    for candidate in candidates(stage):
        use = columns_of(head.features, candidate["subset"], candidate["kind"])
        logit = np.zeros((2, len(y)))
        for f in range(INNER_FOLDS):
            train, test = fold != f, fold == f
            beta = fit_both(design[train][:, use], noisy[train][:, use], y[train], candidate["penalty"])
            logit[:, test] = [beta[0] + rows[test][:, use] @ beta[1:] for rows in (design, noisy)]
        slope, intercept = fit_platt(logit.ravel(), np.tile(y, 2))
        calibrated = slope * logit + intercept
        loss = float(np.mean(np.logaddexp(0, np.where(y == 1, -calibrated, calibrated))))
        if loss < best_loss:
            best, best_loss, best_logit = candidate, loss, logit[0]
    return best, best_logit


@dataclass
class FittedCox:
    """Log risk [N, M] = design @ weights [P, M] + bias [M], scaled by the out-of-fold slope already."""

    transform: linear.Transform
    weights: np.ndarray
    bias: np.ndarray
    chosen: dict

    def members(self, x: np.ndarray) -> np.ndarray:
        return self.transform(x) @ self.weights + self.bias

    def log_risk(self, x: np.ndarray) -> np.ndarray:
        return self.members(x).mean(1)


def fit_survival(table: pd.DataFrame, noise: Noise, members: int, rng: np.random.Generator) -> FittedCox:
    """Rows with a known time. Penalty and features by the inner folds' partial likelihood, then members."""
    x = table[list(SURVIVAL_FEATURES)].to_numpy(float)
    time, event = table["months"].to_numpy(float), table["event"].to_numpy(float)
    transform = linear.fit_transform(x, SURVIVAL_FEATURES, "hinge")
    design = transform(x)
    noisy = transform(noise.perturb(x, SURVIVAL_FEATURES, rng))
    fold = stratified_folds(event, INNER_FOLDS, rng)
    best: dict = {}
    best_value, best_risk = -np.inf, np.zeros(len(time))
    for subset in SURVIVAL_SUBSETS:
        for penalty in SURVIVAL_PENALTIES:
            use = columns_of(SURVIVAL_FEATURES, subset, "linear")
            risk = np.zeros(len(time))
            for f in range(INNER_FOLDS):
                train = fold != f
                risk[~train] = design[~train][:, use] @ fit_both_cox(
                    design[train][:, use], noisy[train][:, use], time[train], event[train], penalty
                )
            value = partial_likelihood(time, event, risk)
            if value > best_value:
                best, best_value, best_risk = {"subset": list(subset), "penalty": penalty}, value, risk
    slope = float(np.clip(linear.fit_cox(best_risk[:, None], time, event, 1e-6)[0], 0.2, 3.0))
    use = columns_of(SURVIVAL_FEATURES, best["subset"], "linear")
    weights = np.zeros((design.shape[1], members))
    for m in range(members):
        pick = bootstrap_rows(event, rng)
        weights[use, m] = slope * fit_both_cox(design[pick][:, use], noisy[pick][:, use], time[pick], event[pick], best["penalty"])
    bias = -(design @ weights).mean(0)
    return FittedCox(transform, weights, bias, {**best, "slope": slope})


def fit_both_cox(clean: np.ndarray, noisy: np.ndarray, time: np.ndarray, event: np.ndarray, penalty: float) -> np.ndarray:
    return linear.fit_cox(np.vstack([clean, noisy]), np.tile(time, 2), np.tile(event, 2), penalty, np.full(2 * len(time), 0.5))


def partial_likelihood(time: np.ndarray, event: np.ndarray, risk: np.ndarray) -> float:
    at_risk = time[None] >= time[:, None]
    peak = risk.max()
    return float(np.sum(event * (risk - peak - np.log(at_risk @ np.exp(risk - peak)))))
