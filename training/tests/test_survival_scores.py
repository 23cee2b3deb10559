"""Survival measures: against lifelines' numbers (below, with the call that gave them), by definition, and by hand."""

import numpy as np
import pytest

from gliatrain.tabular import scores

TIME = np.array([5, 8, 8, 8, 12, 15, 15, 20, 20, 31, 40, 44], float)
EVENT = np.array([1, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0], float)
X = np.array([1.2, 0.3, 0.9, -0.5, 0.8, 0.1, -0.2, 0.4, -1.1, -0.7, 0.2, -0.9])
GROUP = np.array([1, 1, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0])


def outlived(first: tuple[float, float], second: tuple[float, float]) -> bool:
    """Whether the second patient is known to have outlived the first, each given as (time, event)."""
    (died_at, died), (seen_until, died_too) = first, second
    return died == 1 and (seen_until > died_at or (seen_until == died_at and died_too == 0))


def test_concordance_is_lifelines():
    assert scores.concordance(TIME, EVENT, X) == pytest.approx(0.8367346938775511, abs=1e-12)  # concordance_index


def test_concordance_is_harrells_definition_pair_by_pair():
    rng = np.random.default_rng(7)
    for _ in range(200):
        n = int(rng.integers(2, 12))
        # Few values, so that times, deaths and risks are often the same.
        time, event, risk = rng.integers(1, 5, n).astype(float), rng.integers(0, 2, n), rng.integers(0, 4, n).astype(float)
        right, pairs = 0.0, 0
        for i in range(n):
            for j in range(n):
                if i != j and outlived((time[i], event[i]), (time[j], event[j])):
                    pairs += 1
                    right += 1.0 if risk[i] > risk[j] else 0.5 if risk[i] == risk[j] else 0.0
        measured = scores.concordance(time, event, risk)
        assert np.isnan(measured) if pairs == 0 else measured == pytest.approx(right / pairs, abs=1e-12)


def test_kaplan_meier_is_lifelines():
    km = scores.kaplan_meier(TIME, EVENT)  # KaplanMeierFitter; its rows at times without a death repeat the one before
    assert km["time"].tolist() == [5, 8, 12, 15, 20, 40]
    assert km["survival"] == pytest.approx([0.9166666666666667, 0.75, 0.65625, 0.5625, 0.3375, 0.16875], abs=1e-12)
    assert km["lower"] == pytest.approx(
        [0.5389771805707405, 0.4084159131515948, 0.3204116375996002, 0.2436809826051868, 0.08647498256996364, 0.011331536892449512],
        abs=1e-8,
    )
    assert km["upper"][-1] == pytest.approx(0.49327954559010856, abs=1e-8)


def test_log_rank_is_lifelines():
    two = scores.log_rank(TIME, EVENT, GROUP)  # logrank_test
    assert (two["chi2"], two["p"]) == pytest.approx((3.9650229447524876, 0.04645488883026895), abs=1e-8)
    three = scores.log_rank(TIME, EVENT, np.arange(12) % 3)  # multivariate_logrank_test
    assert (three["chi2"], three["p"]) == pytest.approx((0.8409610890461001, 0.6567311554158808), abs=1e-8)
    with pytest.raises(ValueError, match="two groups"):
        scores.log_rank(TIME, EVENT, np.zeros(12))


def test_baseline_gives_back_the_hazard_without_risk():
    days, hazard = scores.breslow(TIME, EVENT, np.zeros(12))  # Nelson-Aalen when nobody differs
    assert hazard[:2] == pytest.approx([1 / 12, 1 / 12 + 2 / 11])
    assert len(days) == 6


def test_concordance_is_the_same_for_risks_of_single_precision():
    rng = np.random.default_rng(6)
    time, event, risk = rng.integers(1, 900, 300).astype(float), rng.integers(0, 2, 300), rng.standard_normal(300).astype(np.float32)
    assert scores.concordance(time, event, risk) == scores.concordance(time, event, risk.astype(np.float64))
