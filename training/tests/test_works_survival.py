"""Survival losses, chance and gain: against lifelines' numbers (below, with the call that gave them) and by hand."""

import numpy as np
import pytest
import torch

from gliatrain.tabular import scores
from gliatrain.works import survival

TIME = np.array([5, 8, 8, 8, 12, 15, 15, 20, 20, 31, 40, 44], float)
EVENT = np.array([1, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0], float)
X = np.array([1.2, 0.3, 0.9, -0.5, 0.8, 0.1, -0.2, 0.4, -1.1, -0.7, 0.2, -0.9])


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


def test_permutation_tells_signal_from_chance():
    signal = survival.permutation_p(lambda t, e: scores.concordance(t, e, X), (TIME, EVENT), rounds=200)
    assert signal["p"] < 0.05
    assert abs(signal["chance"] - 0.5) < 0.05
    noise = np.random.default_rng(3).permutation(X)
    assert survival.permutation_p(lambda t, e: scores.concordance(t, e, noise), (TIME, EVENT), rounds=200)["p"] > 0.05
