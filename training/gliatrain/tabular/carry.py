"""Whether a head generalises: measured on cohorts whose scanners the model never saw, compared with what age alone predicts there.

A head ships only if it does in every direction (`carries`); what does not is "not evaluable", with the figures as its reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..figures import interval
from . import scores
from .calibrate import bounds, called, fit_guard, guard_distance, guard_share, limits_across
from .heads import SURVIVAL_FEATURES, Head
from .linear import fit_logistic
from .model import fit_classifier, fit_survival
from .nested import ERROR_RATE, other_cohorts
from .noise import Noise

MIN_AUC, MIN_C = 0.75, 0.65
"""In every other cohort a head must reach at least so much, and what age alone reaches there."""


def age_alone(train: pd.DataFrame, test: pd.DataFrame, y: np.ndarray) -> np.ndarray:
    """Logit of a logistic regression on the age of the training rows; y of those, NaN left out."""
    use = ~np.isnan(y) & train["age_years"].notna().to_numpy()
    age = train["age_years"].to_numpy(float)
    beta = fit_logistic((age[use, None] - 50) / 15, y[use], 1.0)
    return beta[0] + beta[1] * (test["age_years"].to_numpy(float) - 50) / 15


def direction(cohort: str, others: list[str]) -> str:
    return f"trained on {' and '.join(others)}, tested on {cohort}"


def class_figures(y: np.ndarray, score: np.ndarray, age: np.ndarray, rng: np.random.Generator, rounds: int) -> dict:
    """AUC of `score` (of the last class) and of the age, both with intervals over patients."""
    return {
        "n": len(y),
        "positives": int(y.sum()),
        "auc": scores.interval(lambda r: scores.auc(y[r], score[r]), len(y), rng, rounds),
        "auc_of_age_alone": scores.interval(lambda r: scores.auc(y[r], age[r]), len(y), rng, rounds),
    }


@dataclass(frozen=True)
class Learnt:
    """What predictions across cohorts teach a head: its class limits [K], the manifest's `calibration`, and the guard's share."""

    limits: np.ndarray
    calibration: dict
    guard_share: float


def carry_classifier(
    head: Head, table: pd.DataFrame, noise: Noise, members: int, rng: np.random.Generator, rounds: int, clinical: pd.DataFrame | None = None
) -> tuple[dict, Learnt | None]:
    """Figures by direction, and what the predictions across cohorts teach (None where they cannot be made). `clinical`: rows of a cohort
    that is never trained on."""
    truth, top = head.truth(table), len(head.classes) - 1
    usable = ~np.isnan(truth) & table["age_years"].notna().to_numpy()
    p = other_cohorts(
        table, head.features, usable, lambda t: fit_classifier(head, t, noise, members, rng), lambda m, x: m.probabilities(head, x)
    )
    use = usable & ~np.isnan(p).any(1)
    if len(np.unique(table["cohort"][use])) < 2:
        return {}, None
    cohort, x, is_top = table["cohort"].to_numpy(), table[list(head.features)].to_numpy(float), np.where(usable, truth == top, np.nan)
    tests = {
        name: Test(
            p[use & (cohort == name)],
            truth[use & (cohort == name)].astype(int),
            x[use & (cohort == name)],
            table[use & (cohort == name)],
            (cohort != name) & usable & ~table["kept_back"].to_numpy(bool),
        )
        for name in np.unique(cohort[use])
    }
    titles = {name: direction(name, sorted(set(cohort[t.taught]))) for name, t in tests.items()}
    if clinical is not None:
        name, taught = "TCGA clinical heads", usable & ~table["kept_back"].to_numpy(bool)
        tests[name] = clinical_test(head, table, clinical, taught, noise, members, rng)
        titles[name] = direction(name, sorted(set(cohort[taught])))
    given = [(t.p, t.truth) for t in tests.values()]
    limits = limits_across(given, ERROR_RATE)
    calibration = bounds(given, limits, head.classes, ERROR_RATE)
    figures, shares = {}, []
    for name, t in tests.items():
        age = age_alone(table[t.taught], t.rows, is_top[t.taught])
        call = called(t.p, limits, calibration["min_call_probability"], np.array(list(calibration["max_probability"].values())))
        guard = fit_guard(x[t.taught])
        near = np.sort(guard_distance(guard, x[t.taught]))
        rank = np.searchsorted(near, guard_distance(guard, t.x)) / len(near)
        shares.append(guard_share(rank, (call >= 0) & (call == t.truth), (call >= 0) & (call != t.truth), ERROR_RATE))
        figures[titles[name]] = {
            **class_figures((t.truth == top).astype(int), t.p[:, top], age, rng, rounds),
            "calls": int((call >= 0).sum()),
            "wrong_calls": int(((call >= 0) & (call != t.truth)).sum()),
            "calls_within_guard": int(((call >= 0) & (rank <= shares[-1])).sum()),
            "wrong_calls_within_guard": int(((call >= 0) & (call != t.truth) & (rank <= shares[-1])).sum()),
            "guard_takes_in_of_the_training": shares[-1],
        }
    return figures, Learnt(limits, calibration, min(shares))


@dataclass
class Test:
    """Patients of one cohort and what a model that saw none of it says; `taught`: rows of the table that the model saw."""

    p: np.ndarray
    truth: np.ndarray
    x: np.ndarray
    rows: pd.DataFrame
    taught: np.ndarray


def clinical_test(
    head: Head, table: pd.DataFrame, clinical: pd.DataFrame, taught: np.ndarray, noise: Noise, members: int, rng: np.random.Generator
) -> Test:
    """The clinical heads by a model like the one that ships, which was taught with none of their patients."""
    truth = head.truth(clinical)
    rows = np.flatnonzero(~np.isnan(truth) & clinical["age_years"].notna().to_numpy())
    x = np.column_stack([clinical[n].to_numpy(float) if n in clinical else np.full(len(clinical), np.nan) for n in head.features])[rows]
    model = fit_classifier(head, table[~table["kept_back"].to_numpy(bool)].reset_index(drop=True), noise, members, rng)
    return Test(model.probabilities(head, x), truth[rows].astype(int), x, clinical.iloc[rows], taught)


def carries(figures: dict, least: float, key: str = "auc") -> bool:
    """Whether it reaches, in every direction, at least `least` and at least what age alone reaches."""
    return bool(figures) and all(f[key]["value"] >= max(least, f[f"{key}_of_age_alone"]["value"]) for f in figures.values())


def why_not(figures: dict, within: dict, key: str = "auc") -> str:
    """The reason of a head that does not carry, in the manifest's words; `within`: its figures on the cohorts that it was trained on."""
    name = "AUC" if key == "auc" else "C-index"
    if not figures:
        return (
            f"Measured at one hospital only ({name} {within[key]['value']:.2f}, {interval(within[key])}), so that nothing "
            "shows that it holds for another one's scanners."
        )
    shown = "; ".join(
        f"{where}: {name} {f[key]['value']:.2f} ({interval(f[key])}), age alone {f[f'{key}_of_age_alone']['value']:.2f}"
        for where, f in figures.items()
    )
    return f"Does not carry from one hospital's scanners to another's: {shown}."


def carry_survival(
    table: pd.DataFrame, noise: Noise, members: int, rng: np.random.Generator, rounds: int, clinical: pd.DataFrame | None = None
) -> tuple[dict, np.ndarray]:
    """Figures by direction and the log risks across cohorts [N]."""
    usable = (table["months"].notna() & table["event"].notna() & table["age_years"].notna()).to_numpy()
    risk = other_cohorts(table, SURVIVAL_FEATURES, usable, lambda t: fit_survival(t, noise, members, rng), lambda m, x: m.log_risk(x))
    if np.isnan(risk).all():
        return {}, risk
    tests = [(name, table["cohort"] == name) for name in np.unique(table["cohort"])]
    figures = {
        direction(name, sorted(set(table["cohort"][~own]))): survival_figures(table[own], risk[own.to_numpy()], rng, rounds)
        for name, own in tests
    }
    if clinical is not None:
        rest = table[~table["kept_back"].to_numpy(bool)].reset_index(drop=True)
        use = clinical[clinical["months"].notna() & clinical["event"].notna() & clinical["age_years"].notna()]
        x = np.column_stack([use[n].to_numpy(float) if n in use else np.full(len(use), np.nan) for n in SURVIVAL_FEATURES])
        figures[direction("TCGA clinical heads", sorted(set(rest["cohort"])))] = survival_figures(
            use, fit_survival(rest, noise, members, rng).log_risk(x), rng, rounds
        )
    return figures, risk


def survival_figures(table: pd.DataFrame, risk: np.ndarray, rng: np.random.Generator, rounds: int) -> dict:
    time, event, age = (table[n].to_numpy(float) for n in ("months", "event", "age_years"))

    def of(score: np.ndarray) -> dict:
        return scores.interval(lambda r: scores.concordance(time[r], event[r], score[r]), len(time), rng, rounds)

    return {"n": len(time), "deaths": int(event.sum()), "c_index": of(risk), "c_index_of_age_alone": of(age)}
