"""How good a head is: discrimination, calibration, survival curves, each with a bootstrap interval over patients.

For survival, event 1 = death seen, 0 = censored (alive when last seen), and a higher risk means an earlier death. Survival
measures are checked against lifelines' numbers in tests/test_survival_scores.py.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import chi2, norm, rankdata

from .linear import fit_logistic


def auc(y: np.ndarray, score: np.ndarray) -> float:
    """Area under the ROC curve (Mann-Whitney, ties count half); NaN without both classes."""
    positive = y == 1
    n1, n0 = positive.sum(), (~positive).sum()
    if n1 == 0 or n0 == 0:
        return float("nan")
    return float((rankdata(score)[positive].sum() - n1 * (n1 + 1) / 2) / (n1 * n0))


def brier(y: np.ndarray, p: np.ndarray) -> float:
    """Mean squared error; p [N] of class 1, or [N, K] of classes 0..K-1 (summed over classes, halved)."""
    if p.ndim == 1:
        return float(np.mean((p - y) ** 2))
    return float(np.mean(np.sum((p - np.eye(p.shape[1])[y.astype(int)]) ** 2, axis=1)) / 2)


def calibration(y: np.ndarray, p: np.ndarray) -> tuple[float, float]:
    """Slope and intercept of the logistic regression of y on logit(p) (Cox 1958)."""
    logit = np.log(np.clip(p, 1e-6, 1 - 1e-6) / np.clip(1 - p, 1e-6, 1))
    intercept, slope = fit_logistic(logit[:, None], y.astype(float), 1e-6)
    return float(slope), float(intercept)


def concordance(time: np.ndarray, event: np.ndarray, risk: np.ndarray) -> float:
    """Harrell's C: of the pairs in which one is known to have died first, the share whose risk was higher, ties of risk as half.

    Who is censored on the day of another's death outlived them (Harrell 1982); two deaths on one day have no order. NaN without a pair.
    """
    died = event[:, None] == 1
    pairs = died & ((time[:, None] < time[None]) | ((time[:, None] == time[None]) & (event[None] == 0)))
    return float(((np.sign(risk[:, None] - risk[None]) + 1) / 2)[pairs].mean(dtype=float)) if pairs.any() else float("nan")


def kaplan_meier(time: np.ndarray, event: np.ndarray) -> dict[str, np.ndarray]:
    """Steps at each death: time as given, survival, Greenwood 95 % interval on the log-log scale (Kaplan and Meier 1958)."""
    steps = np.unique(time[event == 1])
    survival, variance, z = 1.0, 0.0, norm.ppf(0.975)
    out: dict[str, list[float]] = {"survival": [], "lower": [], "upper": []}
    for t in steps:
        at_risk, deaths = (time >= t).sum(), ((time == t) & (event == 1)).sum()
        survival *= 1 - deaths / at_risk
        variance += deaths / (at_risk * (at_risk - deaths)) if at_risk > deaths else 0.0
        out["survival"].append(survival)
        if 0 < survival < 1:
            spread = np.exp(z * np.sqrt(variance) / abs(np.log(survival)))
            out["lower"].append(survival**spread)
            out["upper"].append(survival ** (1 / spread))
        else:
            out["lower"].append(survival)
            out["upper"].append(survival)
    return {"time": np.asarray(steps, float), **{k: np.asarray(v, float) for k, v in out.items()}}


def step_at(times: np.ndarray, values: np.ndarray, t: np.ndarray | float, start: float) -> np.ndarray:
    """Step function that is `start` before its first time."""
    return np.concatenate([[start], values])[np.searchsorted(times, t, side="right")]


def time_auc(time: np.ndarray, event: np.ndarray, risk: np.ndarray, horizon: float) -> float:
    """Cumulative/dynamic AUC at `horizon`, deaths weighted by the inverse probability of not being censored."""
    censoring = kaplan_meier(time, 1 - event)
    case, control = (time <= horizon) & (event == 1), time > horizon
    if not case.any() or not control.any():
        return float("nan")
    weight = 1 / np.maximum(step_at(censoring["time"], censoring["survival"], time[case] - 1e-9, 1.0), 1e-3)
    wins = (np.sign(risk[case][:, None] - risk[control][None]) + 1) / 2
    return float((weight[:, None] * wins).sum() / (weight.sum() * control.sum()))


def breslow(time: np.ndarray, event: np.ndarray, risk: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times of the deaths and the cumulative baseline hazard of S(t|x) = exp(-H0(t) exp(risk)) (Breslow 1974)."""
    deaths = np.unique(time[event == 1])
    r = np.exp(risk)
    return deaths, np.cumsum([((time == t) & (event == 1)).sum() / r[time >= t].sum() for t in deaths])


def log_rank(time: np.ndarray, event: np.ndarray, group: np.ndarray) -> dict[str, float]:
    """Log-rank test over all groups (Mantel 1966): chi squared, degrees of freedom, p."""
    names = np.unique(group)
    if len(names) < 2:
        raise ValueError("log-rank: two groups or more are needed")
    observed, expected = np.zeros(len(names)), np.zeros(len(names))
    variance = np.zeros((len(names), len(names)))
    for t in np.unique(time[event == 1]):
        n = np.array([((group == g) & (time >= t)).sum() for g in names], float)
        d = np.array([((group == g) & (time == t) & (event == 1)).sum() for g in names], float)
        total, deaths = n.sum(), d.sum()
        observed += d
        expected += deaths * n / total
        if total > 1:
            share = n / total
            variance += deaths * (total - deaths) / (total - 1) * (np.diag(share) - np.outer(share, share))
    gap = (observed - expected)[:-1]
    statistic = float(gap @ np.linalg.pinv(variance[:-1, :-1]) @ gap)
    return {"chi2": statistic, "df": len(names) - 1, "p": float(chi2.sf(statistic, len(names) - 1))}


def interval(measure: Callable[[np.ndarray], float], n: int, rng: np.random.Generator, rounds: int = 500) -> dict:
    """measure(rows) on all rows, with the 2.5 and 97.5 percentiles over resampled patients."""
    draws = np.array([measure(rng.integers(0, n, n)) for _ in range(rounds)])
    draws = draws[np.isfinite(draws)]
    low, high = np.percentile(draws, [2.5, 97.5]) if len(draws) else (np.nan, np.nan)
    return {"value": float(measure(np.arange(n))), "ci95": [float(low), float(high)]}
