"""Calibration, conformal limits and the guard: all learnt from out-of-fold predictions or the training rows.

Class-conditional limits alone keep each class's coverage, but where a class is rare most calls of it would be wrong
(a tenth of 317 intact tumours is three times all codeleted ones). So limits are then lowered, which can only raise
coverage, until of the calls of each class at least CALL_PRECISION were right; a rare class may end up never called.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from scipy.stats import beta

from .linear import sigmoid

CALL_PRECISION = 0.8
PRIOR_WRONG = 2
SHRINKAGE = 4.0  # prior: slope 1 and intercept 0, worth a few patients


def fit_platt(logit: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """(a, c) of sigmoid(a logit + c), pulled towards (1, 0) so that a dozen positives cannot bend it far."""
    x = np.column_stack([logit, np.ones(len(logit))])
    prior, beta = np.array([1.0, 0.0]), np.array([1.0, 0.0])
    ridge = SHRINKAGE * np.array([1.0, 0.25])
    for _ in range(50):
        p = sigmoid(x @ beta)
        step = np.linalg.solve((x.T * (p * (1 - p))) @ x + np.diag(ridge), x.T @ (y - p) - ridge * (beta - prior))
        beta = beta + step * min(1.0, 1.0 / max(np.abs(step).max(), 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    return float(max(beta[0], 0.05)), float(beta[1])


def conformal_limits(p: np.ndarray, truth: np.ndarray, error_rate: float) -> np.ndarray:
    """Class-conditional split-conformal limits: class k stays in the set when p_k >= limit_k, so that at most
    `error_rate` of its patients lose it. p [N, K], truth [N] class index."""
    return lower_limits(p, truth, np.array([conformal_limit(p[truth == k, k], error_rate) for k in range(p.shape[1])]))


def conformal_limit(own: np.ndarray, error_rate: float) -> float:
    """What at most `error_rate` of the patients of a class fall below; `own`: their probabilities of it."""
    rank = int(np.floor(error_rate * (len(own) + 1)))
    return float(np.sort(own)[rank - 1]) if rank >= 1 else 0.0


def lower_limits(p: np.ndarray, truth: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Withdraws calls (wrong ones first, among them the one that needs the least lowering) until the calls of each class are
    precise even if PRIOR_WRONG more had been wrong: a handful of calls proves nothing."""
    limits = limits.copy()
    while True:
        call = called(p, limits)
        for k in range(p.shape[1]):
            calls = np.flatnonzero(call == k)
            wrong = calls[truth[calls] != k]
            if len(calls) == 0 or len(wrong) + PRIOR_WRONG <= (1 - CALL_PRECISION) * (len(calls) + PRIOR_WRONG):
                continue
            limits = without_one(p, limits, call, wrong if len(wrong) else calls)
            break
        else:
            return limits


def without_one(p: np.ndarray, limits: np.ndarray, call: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Limits lowered just far enough that one of the called `rows` is no longer a call."""
    gap = limits - p[rows]
    gap[np.arange(len(rows)), call[rows]] = np.inf
    row, other = np.unravel_index(np.argmin(gap), gap.shape)
    lowered = limits.copy()
    lowered[other] = p[rows[row], other]
    return lowered


def measure_sets(p: np.ndarray, truth: np.ndarray, fold: np.ndarray, error_rate: float) -> dict:
    """Cross-conformal: limits from the other folds, sets in this one. Coverage per class, set sizes, wrong calls."""
    inside = np.zeros(p.shape, bool)
    for f in np.unique(fold):
        inside[fold == f] = p[fold == f] >= conformal_limits(p[fold != f], truth[fold != f], error_rate)
    size = inside.sum(1)
    called = size == 1
    wrong = ~inside[np.arange(len(truth)), truth]
    given = np.where(called, inside.argmax(1), -1)
    return {
        "calls_by_class": [int((given == k).sum()) for k in range(p.shape[1])],
        "wrong_by_class": [int(((given == k) & (truth != k)).sum()) for k in range(p.shape[1])],
        "coverage": [float(1 - wrong[truth == k].mean()) for k in range(p.shape[1])],
        "set_sizes": {str(s): int((size == s).sum()) for s in range(p.shape[1] + 1)},
        "calls": int(called.sum()),
        "call_errors": float(wrong[called].mean()) if called.any() else float("nan"),
    }


BIN_EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
MIN_CALL_PROBABILITY, MIN_CALLS = 0.8, 10
MIN_BOUND = 0.5
"""A probability of up to a half claims nothing that would need a bound."""


def upper_bound(wrong: int, n: int, level: float = 0.95) -> float:
    """One-sided bound of an error rate of which `wrong` in `n` were seen (Clopper and Pearson 1934); for none wrong it is the rule
    of three, 3 / n."""
    return 1.0 if wrong >= n else float(beta.ppf(level, wrong + 1, n - wrong))


def limits_across(cohorts: list[tuple[np.ndarray, np.ndarray]], error_rate: float) -> np.ndarray:
    """Conformal limits that hold in every cohort (p [N, K], truth [N]) with enough patients of a class to say so: the least of
    each class's limits; then lowered as `lower_limits` does over all of them, and until in no cohort of MIN_CALLS calls or more
    a share above `error_rate` of them is wrong."""
    p, truth = (np.concatenate(part) for part in zip(*cohorts, strict=True))
    limits = np.array(
        [
            min(
                conformal_limit(q[t == k, k], error_rate)
                for q, t in [(p, truth), *cohorts]
                if (t == k).sum() * error_rate >= 1 or t is truth
            )
            for k in range(p.shape[1])
        ]
    )
    limits = lower_limits(p, truth, limits)
    while True:
        for q, t in cohorts:
            call = called(q, limits)
            wrong = np.flatnonzero((call >= 0) & (call != t))
            if (call >= 0).sum() >= MIN_CALLS and len(wrong) > error_rate * (call >= 0).sum():
                limits = without_one(q, limits, call, wrong)
                break
        else:
            return limits


def bounds(cohorts: list[tuple[np.ndarray, np.ndarray]], limits: np.ndarray, classes: Sequence[str], error_rate: float) -> dict:
    """What the calibration data can show, by cohort, of probabilities p [N, K] of patients whom the model never saw: how often the
    likeliest class was wrong by its probability; the highest probability that each class may be given, one minus the least upper
    bound of the error among those who were given at least so much; and the least probability at which a class may be called, at
    least MIN_CALL_PROBABILITY, from where on no more than `error_rate` of the calls were wrong in any cohort (1 where nothing shows it)."""
    p, truth = (np.concatenate(part) for part in zip(*cohorts, strict=True))
    top, most = p.argmax(1), p.max(1)
    wrong = top != truth
    bins = []
    for low, high in itertools.pairwise(BIN_EDGES):
        own = (most >= low) & ((most < high) | (high == 1.0))
        bins.append({"lower": low, "upper": high, "n": int(own.sum()), "wrong": int(wrong[own].sum())})

    def most_of(k: int) -> float:
        rows = [p[:, k] >= t for t in np.arange(0.5, 0.995, 0.01)]
        return max([MIN_BOUND, *(1 - upper_bound(int((truth[r] != k).sum()), int(r.sum())) for r in rows if r.any())])

    highest = np.array([round(most_of(k), 4) for k in range(len(classes))])

    def is_safe(t: float) -> bool:
        counts = []
        for q, y in [(p, truth), *cohorts]:
            given = called(q, limits, t, highest)
            counts.append(((given >= 0).sum(), ((given >= 0) & (given != y)).sum()))
        return counts[0][0] >= MIN_CALLS and all(w <= error_rate * n for n, w in counts if n >= MIN_CALLS)

    least = next((round(float(t), 2) for t in np.arange(MIN_CALL_PROBABILITY, 0.995, 0.01) if is_safe(t)), 1.0)
    return {
        "n_by_class": {c: int((truth == k).sum()) for k, c in enumerate(classes)},
        "bins": bins,
        "max_probability": dict(zip(classes, highest.tolist(), strict=True)),
        "min_call_probability": least,
    }


def bounded(p: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Rows drawn towards "all classes equally likely" just far enough that none is above its bound, as the service does it."""
    alike = 1 / p.shape[1]
    share = np.where(p > most, (p - most) / np.maximum(p - alike, 1e-12), 0).max(1, keepdims=True)
    return (1 - share) * p + share * alike


def called(p: np.ndarray, limits: np.ndarray, least: float = 0.0, most: np.ndarray | None = None) -> np.ndarray:
    """The class that is called, -1 for none: likeliest, alone in the conformal set, and within its bound probable enough."""
    inside = p >= limits
    top = p.argmax(1)
    alone = (inside.sum(1) == 1) & inside[np.arange(len(p)), top] & ((p if most is None else bounded(p, most)).max(1) >= least)
    return np.where(alone, top, -1)


GUARD_SHARES = (0.975, 0.95, 0.9, 0.8)


def guard_share(rank: np.ndarray, right: np.ndarray, wrong: np.ndarray, error_rate: float) -> float:
    """How much of the training data the guard may accept: the largest of GUARD_SHARES up to which, of the calls on another cohort,
    no more than `error_rate` were wrong (fewer than MIN_CALLS calls decide nothing). `rank`: share of the training rows that lie
    nearer than each patient of the other cohort."""
    for share in GUARD_SHARES:
        own = rank <= share
        calls = wrong[own].sum() + right[own].sum()
        if calls < MIN_CALLS or wrong[own].sum() <= error_rate * calls:
            return share
    return GUARD_SHARES[-1]


def fit_guard(x: np.ndarray, share: float = 0.99) -> dict:
    """Mean, precision and the squared Mahalanobis distance that `share` of the training rows stay below."""
    mean = np.nanmean(x, axis=0)
    away = np.where(np.isnan(x), 0.0, x - mean)
    sd = away.std(0)
    sd[sd == 0] = 1.0
    correlation = (away / sd).T @ (away / sd) / len(x)
    precision = np.linalg.inv(correlation + 1e-3 * np.eye(len(sd))) / np.outer(sd, sd)
    precision = (precision + precision.T) / 2
    guard = {"mean": mean.tolist(), "precision": precision.tolist()}
    # A hair above: the quantile can be a patient's own distance, which another order of summation may exceed.
    return {**guard, "limit": float(np.quantile(guard_distance(guard, x), share)) * (1 + 1e-6)}


def guard_distance(guard: dict, x: np.ndarray) -> np.ndarray:
    """Squared Mahalanobis distance of each row; a missing feature takes the mean."""
    away = np.where(np.isnan(x), 0.0, x - np.asarray(guard["mean"]))
    return np.einsum("ni,ij,nj->n", away, np.asarray(guard["precision"]), away)
