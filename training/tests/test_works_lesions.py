"""Real lesions as the works' patients, and the page that says what was found."""

import json

import numpy as np
import pandas as pd

from gliatrain.works import lesions, report
from gliatrain.works.cohort import Patient


def test_a_cube_is_halved_and_its_axes_turned():
    x, y, z = np.mgrid[:32, :32, :32].astype(np.float32)
    small = lesions.shrink(np.stack([x, y, z]))
    assert small.shape == (3, lesions.SIDE, lesions.SIDE, lesions.SIDE)
    first = (32 - 2 * lesions.SIDE) // 2 + 0.5
    assert small[0, 0, 0, 0] == small[1, 0, 0, 0] == small[2, 0, 0, 0] == first
    assert small[0, 0, 0, 3] == first + 6
    assert small[1, 0, 3, 0] == first + 6
    assert small[2, 3, 0, 0] == first + 6


def test_institutions_are_never_split():
    names = [f"TCGA-{site}-{n:04d}" for site in ("02", "CS", "DU", "HT") for n in range(5)]
    train, test = lesions.institutions([Patient(n, np.zeros(1), None) for n in names])
    assert {p.id[5:7] for p in train} == {"02", "DU"}
    assert {p.id[5:7] for p in test} == {"CS", "HT"}


def test_age_and_radiomics_stand_beside_on_the_same_patients():
    rng = np.random.default_rng(1)
    names = [f"TCGA-{k % 4:02d}-{k:04d}" for k in range(120)]
    features = pd.DataFrame({c: rng.normal(1, 0.2, 120) for c in lesions.CARRIED}, index=names)
    mutant = (features["t1c_p90_over_brain"] + 0.05 * rng.standard_normal(120) < 1).astype(float)
    patients = [Patient(n, np.zeros(1), None, {"idh": mutant[n]}) for n in names] + [
        Patient("TCGA-00-none", np.zeros(1), None, {"idh": 1.0})
    ]
    compared = lesions.beside(*lesions.institutions(patients), features, "idh", lambda v: v == 1)
    assert compared["radiomics_and_age"]["n"] == compared["age_alone"]["n"] == 60
    assert compared["radiomics_and_age"]["auc"]["value"] > 0.9
    assert 0.2 < compared["age_alone"]["auc"]["value"] < 0.8


def test_the_page_says_what_the_results_show():
    results = json.loads(report.RESULTS.read_text())
    assert report.section(results) in report.PAGE.read_text()


def test_a_part_that_adds_nothing_is_called_so():
    figures = {"c_index": {"value": 0.644, "chance": 0.5}, "c_index_age_alone": 0.6439}
    for gain, verdict in (
        ({"value": 0.0001, "ci95": [-0.05, 0.05]}, "no gain is shown"),
        ({"value": 0.1, "ci95": [0.02, 0.16]}, "it helps"),
    ):
        page = report.section({"sgsnet": {"figures": {**figures, "gain_over_age_alone": gain}}})
        assert verdict in page
        assert "On patients: not measured." in page
    for age_alone, verdict in ((0.69, "the image adds nothing"), (0.55, "the image helps")):
        row = {"trained_on": 9, "tested_on_tcga": 8, "deaths": 5, **figures, "c_index_age_alone": age_alone}
        assert verdict in report.section({"patients": {"command": "x", "epochs": 8, "sgsnet": row}})


def made_up(k: int) -> Patient:
    """36 of 60 are TCGA's, of four institutions, with tissue results."""
    rng, is_tcga = np.random.default_rng(k), k < 36
    label = np.zeros((lesions.SIDE,) * 3, np.uint8)
    label[3:8, 3:8, 3:8] = 1 + k % 3
    clinical = {"age": float(rng.integers(20, 80)), "os_days": float(rng.integers(50, 900)), "event": float(k % 4 > 0)}
    if is_tcga:
        clinical.update({"idh": float(k // 4 % 2), "grade": float(2 + k // 4 % 3), "1p19q": float(k // 4 % 3 == 0)})
    return Patient(
        f"TCGA-{k % 4:02d}-{k:04d}" if is_tcga else f"B{k}", rng.standard_normal((4, *label.shape)).astype(np.float32), label, clinical
    )


def test_every_work_runs_on_lesions_and_is_reported(tmp_path, monkeypatch):
    patients = [made_up(k) for k in range(60)]
    rng = np.random.default_rng(0)
    features = pd.DataFrame({**{c: rng.normal(1, 0.2, 36) for c in lesions.CARRIED}, "patient": [p.id for p in patients[:36]]})
    monkeypatch.setattr(lesions, "read_patients", lambda *_: patients)
    monkeypatch.setattr(lesions, "read_brats_tcga", lambda *_: features)
    figures = lesions.run(tmp_path, tmp_path / "out", {}, 1)
    assert (figures["sgsnet"]["trained_on"], figures["sgsnet"]["tested_on_tcga"]) == (24, 36)
    assert (figures["mtsunet"]["trained_on"], figures["mtsunet"]["tested_on"]) == (18, 18)
    text = report.section({"patients": {**figures, "command": "x", "epochs": 1}})
    assert text.count("images alone, 18 patients train and 18 of other institutions test") == 3
    assert "- marasi: fitted on" in text
