"""Calibration, conformal limits and the guard: all learnt from out-of-fold predictions or the training rows.

Class-conditional limits alone keep each class's coverage, but where a class is rare most calls of it would be wrong
(a tenth of 317 intact tumours is three times all codeleted ones). So limits are then lowered, which can only raise
coverage, until of the calls of each class at least CALL_PRECISION were right; a rare class may end up never called.
"""
from __future__ import annotations

import numpy as np

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
    limits = []
    for k in range(p.shape[1]):
        own = np.sort(p[truth == k, k])
        rank = int(np.floor(error_rate * (len(own) + 1)))
        limits.append(own[rank - 1] if rank >= 1 else 0.0)
    return lower_limits(p, truth, np.array(limits))


def lower_limits(p: np.ndarray, truth: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Takes back calls (wrong ones first, of them the one that needs the least lowering) until each class's calls are
    precise, as if PRIOR_WRONG more had been wrong: a handful of calls proves nothing."""
    limits = limits.copy()
    while True:
        inside = p >= limits
        single = inside.sum(1) == 1
        called = inside.argmax(1)
        for k in range(p.shape[1]):
            calls = np.flatnonzero(single & (called == k))
            wrong = calls[truth[calls] != k]
            if len(calls) == 0 or len(wrong) + PRIOR_WRONG <= (1 - CALL_PRECISION) * (len(calls) + PRIOR_WRONG):
                continue
            rows = wrong if len(wrong) else calls
            gap = limits - p[rows]
            gap[:, k] = np.inf
            row, other = np.unravel_index(np.argmin(gap), gap.shape)
            limits[other] = p[rows[row], other]
            break
        else:
            return limits


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
        "calls": int(called.sum()), "call_errors": float(wrong[called].mean()) if called.any() else float("nan"),
    }


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
