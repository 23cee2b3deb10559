"""Each part of a work helps on the made-up cohort that was made to need it; the same training without it is measured beside it.

The first tests measure the cohorts themselves, without any network: the signal is where the part looks and plainly less elsewhere.
Those that train are slow (`pytest -m "not slow"` leaves them out) and take the very cohorts of configs/synthetic.toml.
"""

import numpy as np
import pytest
import torch

from gliatrain.tabular import scores
from gliatrain.works import report, sgsnet, survival
from gliatrain.works.cohort import Patient
from gliatrain.works.loop import Settings
from gliatrain.works.run import PARTS, made_up, run_made_up
from gliatrain.works.synthetic_cohort import Plan, make_cohort

T2, FLAIR = 2, 3


def idh_auc(patients: list[Patient], number) -> float:
    """AUC for IDH of one number per patient, whichever way round."""
    truth = np.array([int(p.value("idh")) for p in patients])
    area = scores.auc(truth, np.array([number(p) for p in patients]))
    return max(area, 1 - area)


def under(p: Patient, volume: np.ndarray) -> float:
    return float(volume[p.label > 0].mean())


def test_decoys_blur_the_marker_in_a_mean_over_the_image():
    patients = made_up("mtsunet-pooling")[2]
    assert idh_auc(patients, lambda p: under(p, p.image[T2] - p.image[FLAIR])) > 0.95
    assert idh_auc(patients, lambda p: (p.image[T2] - p.image[FLAIR]).mean()) < 0.8


def test_a_common_field_hides_the_mismatch_from_either_sequence():
    patients = made_up("mtsunet-difference")[2]
    assert idh_auc(patients, lambda p: under(p, p.image[T2] - p.image[FLAIR])) > 0.95
    assert idh_auc(patients, lambda p: under(p, p.image[T2])) < 0.65
    assert idh_auc(patients, lambda p: under(p, p.image[FLAIR])) < 0.65


def test_survival_hangs_on_the_tumour_more_than_on_age():
    patients = made_up("sgsnet")[2]
    time, event = (np.array([p.value(n) for p in patients]) for n in ("os_days", "event"))
    volume = np.array([(p.label == 1).sum() for p in patients])
    brightness = np.array([p.image[0][p.label == 1].mean() for p in patients])
    tumour = scores.concordance(time, event, volume / volume.std() + brightness / brightness.std())
    assert tumour > 0.7
    assert scores.concordance(time, event, np.array([p.value("age") for p in patients])) < 0.6


def test_a_gain_is_that_of_the_score_and_its_interval_holds_nothing_when_nothing_changed():
    rng = np.random.default_rng(1)
    truth = np.repeat([0, 1], 40)
    noise, better = rng.standard_normal(80), truth + 0.3 * rng.standard_normal(80)
    gain = survival.gain(scores.auc, (truth,), noise, better, seed=1)
    assert gain["value"] == pytest.approx(scores.auc(truth, better) - scores.auc(truth, noise))
    assert gain["ci95"][0] > 0.2
    same = survival.gain(scores.auc, (truth,), better, better, seed=1)  # what a part that does nothing gives
    assert same == {"value": 0.0, "ci95": [0.0, 0.0]}
    assert not report.shown(same)
    other = truth + 0.3 * rng.standard_normal(80)  # another network, as good
    low, high = survival.gain(scores.auc, (truth,), other, better, seed=1)["ci95"]
    assert low <= 0 <= high


def test_without_an_image_sgsnet_is_no_better_than_age(tmp_path):
    torch.set_num_threads(1)
    blind = [
        Patient(p.id, np.zeros_like(p.image), p.label, p.clinical)
        for p in make_cohort(Plan(patients=80, size=8, seed=41, hazard=(1, 1, 1)))
    ]
    settings = Settings(widths=(4, 6), attended=0, size=(8, 8, 8), epochs=3, batch=20, rate=8e-3, clinical=("age",))
    figures = sgsnet.train_and_evaluate(blind[:40], settings, tmp_path, True, blind[40:])[1]
    assert figures["c_index_age_alone"] > 0.55
    assert figures["gain_over_age_alone"]["value"] <= 1e-9
    assert not report.shown(figures["gain_over_age_alone"])


def test_the_page_says_what_was_found():
    def entry(low: float, high: float) -> dict:
        one = {"with": 0.9, "without": 0.7, "gain": {"value": (low + high) / 2, "ci95": [low, high]}}
        return {"mtsunet-pooling": {"patients": 5, "figures": {"tested_on": 7, "heads": {"idh": one}}}}

    def line(low: float, high: float) -> str:
        return report.made_up(entry(low, high))[-1]

    assert line(0.1, 0.3).endswith("without it 0.700, gain 0.200 (95 % interval 0.100 to 0.300): it helps.")
    assert line(-0.1, 0.3).endswith("no gain is shown.")
    assert line(-0.3, -0.1).endswith("it is worse.")
    trials = [{"cohort": "clipsa"}, {"cohort": "sgsnet"}, {"cohort": "clipsa"}]
    assert "by trial: clipsa 2, sgsnet 1." in report.made_up({"trials": trials})[-2]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "heads"), [("mtsunet-pooling", ("idh", "grade")), ("mtsunet-difference", ("idh",))])
def test_mtsunet_needs_the_part(tmp_path, name, heads):
    torch.set_num_threads(1)
    figures = run_made_up(name, tmp_path, quiet=True)["figures"]
    assert figures["dice_with"] > 0.6
    assert figures["heads"]["idh"]["with"] > 0.9
    for head in heads:
        assert report.shown(figures["heads"][head]["gain"]), f"{PARTS[name]}, {head}: {figures['heads'][head]}"


@pytest.mark.slow
def test_sgsnet_needs_the_image(tmp_path):
    torch.set_num_threads(1)
    figures = run_made_up("sgsnet", tmp_path, quiet=True)["figures"]
    assert figures["c_index"]["value"] > 0.65
    assert figures["c_index"]["p"] < 0.05
    assert report.shown(figures["gain_over_age_alone"]), figures["gain_over_age_alone"]


@pytest.mark.slow
def test_marasi_needs_the_image(tmp_path):
    torch.set_num_threads(1)
    figures = run_made_up("marasi", tmp_path, quiet=True)["figures"]
    assert report.shown(figures["gain_of_mri"]), figures["gain_of_mri"]


@pytest.mark.slow
def test_clipsa_needs_the_slides_of_past_patients(tmp_path):
    torch.set_num_threads(1)
    figures = run_made_up("clipsa", tmp_path, quiet=True)["figures"]
    assert figures["retrieval"]["hit"] > 2 * figures["retrieval"]["chance"]
    for name in ("gain_over_mri_without_pathology", "gain"):
        assert report.shown(figures[name]), f"{name}: {figures[name]}"
