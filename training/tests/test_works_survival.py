"""Survival losses and measures: against lifelines' numbers (below, with the call that gave them) and by hand."""

import numpy as np
import pytest
import torch

from gliatrain.works import survival

TIME = np.array([5, 8, 8, 8, 12, 15, 15, 20, 20, 31, 40, 44], float)
EVENT = np.array([1, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0], float)
X = np.array([1.2, 0.3, 0.9, -0.5, 0.8, 0.1, -0.2, 0.4, -1.1, -0.7, 0.2, -0.9])
GROUP = np.array([1, 1, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0])


def test_efron_is_lifelines():
    # lifelines 0.30.3: CoxPHFitter().fit(frame, "t", "e") -> params_, log_likelihood_
    risk = torch.tensor(1.8289929490362995 * X, requires_grad=True)
    loss = survival.cox_loss(risk, torch.tensor(TIME), torch.tensor(EVENT))
    assert float(loss.detach()) * EVENT.sum() == pytest.approx(11.377817625752385, abs=1e-8)
    loss.backward()
    assert float((risk.grad * torch.tensor(X)).sum()) == pytest.approx(0, abs=1e-6)  # its fit is our stationary point


def test_breslow_is_its_definition_and_ties_differ():
    risk, total = 0.7 * X, 0.0
    for i in np.flatnonzero(EVENT):
        total -= risk[i] - np.log(np.exp(risk[TIME[i] <= TIME]).sum())
    args = (torch.tensor(risk), torch.tensor(TIME), torch.tensor(EVENT))
    assert float(survival.cox_loss(*args, ties="breslow")) == pytest.approx(total / EVENT.sum(), abs=1e-10)
    assert float(survival.cox_loss(*args)) < float(survival.cox_loss(*args, ties="breslow"))
    with pytest.raises(ValueError, match="efron or breslow"):
        survival.cox_loss(*args, ties="exact")


def test_nobody_died_gives_no_pull():
    risk = torch.tensor([1.0, 2.0], requires_grad=True)
    none = torch.zeros(2)
    loss = survival.cox_loss(risk, torch.tensor([3.0, 4.0]), none) + survival.ranking_loss(risk, torch.tensor([3.0, 4.0]), none)
    loss.backward()
    assert float(loss.detach()) == 0
    assert torch.equal(risk.grad, torch.zeros(2))


def test_ranking_counts_only_pairs_whose_order_is_known():
    time, event = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 0.0, 1.0])
    # comparable: 0 before 1, 0 before 2; hinges 1 - (2 - 0) -> 0 and 1 - (2 - 1.5) -> 0.5
    assert float(survival.ranking_loss(torch.tensor([2.0, 0.0, 1.5]), time, event)) == pytest.approx(0.25)


def test_concordance_kaplan_meier_and_log_rank_are_lifelines():
    assert survival.concordance(TIME, EVENT, X) == pytest.approx(0.8367346938775511, abs=1e-12)  # concordance_index
    km = survival.kaplan_meier(TIME, EVENT)  # KaplanMeierFitter; its rows at times without a death repeat the one before
    assert km["days"] == [5, 8, 12, 15, 20, 40]
    assert km["survival"] == pytest.approx([0.9166666666666667, 0.75, 0.65625, 0.5625, 0.3375, 0.16875], abs=1e-12)
    assert km["lower"] == pytest.approx(
        [0.5389771805707405, 0.4084159131515948, 0.3204116375996002, 0.2436809826051868, 0.08647498256996364, 0.011331536892449512],
        abs=1e-8,
    )
    assert km["upper"][-1] == pytest.approx(0.49327954559010856, abs=1e-8)
    two = survival.log_rank(TIME, EVENT, GROUP)  # logrank_test
    assert (two["chi_square"], two["p"]) == pytest.approx((3.9650229447524876, 0.04645488883026895), abs=1e-8)
    three = survival.log_rank(TIME, EVENT, np.arange(12) % 3)  # multivariate_logrank_test
    assert (three["chi_square"], three["p"]) == pytest.approx((0.8409610890461001, 0.6567311554158808), abs=1e-8)
    with pytest.raises(ValueError, match="two groups"):
        survival.log_rank(TIME, EVENT, np.zeros(12))


def test_baseline_gives_back_the_hazard_without_risk():
    base = survival.breslow_baseline(TIME, EVENT, np.zeros(12))  # Nelson-Aalen when nobody differs
    assert base["cumulative_hazard"][:2] == pytest.approx([1 / 12, 1 / 12 + 2 / 11])
    assert len(base["days"]) == 6


def test_permutation_tells_signal_from_chance():
    found = survival.permutation_p(lambda t, e: survival.concordance(t, e, X), (TIME, EVENT), rounds=200)
    assert found["p"] < 0.05
    assert abs(found["chance"] - 0.5) < 0.05
    noise = np.random.default_rng(3).permutation(X)
    assert survival.permutation_p(lambda t, e: survival.concordance(t, e, noise), (TIME, EVENT), rounds=200)["p"] > 0.05
