"""What the works give the service: encoder and heads answer as the trained network does, and become part of a bundle."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch

from gliatrain.tabular import scores
from gliatrain.works import bundle, marasi, mtsunet, sgsnet
from gliatrain.works.cohort import Patient, foreground_middle
from gliatrain.works.loop import Settings, collate
from gliatrain.works.synthetic_cohort import Plan, make_cohort

TINY_BUNDLE = Path(__file__).parents[2] / "test" / "golden" / "inference" / "tiny-bundle"


def tiny(**changes) -> Settings:
    return Settings(**{"widths": (4, 6), "attended": 0, "size": (8, 8, 8), "epochs": 2, "drop_sequence": 0.0, "batch": 16, **changes})


@pytest.fixture(scope="module")
def cohort() -> list[Patient]:
    torch.set_num_threads(1)
    return make_cohort(Plan(patients=60, size=8, seed=3, noise=0.1))


def answer(out: Path, head: str, image: np.ndarray, clinical: list[float]) -> list[np.ndarray]:
    """As the service: encoder, then the head over its numbers."""
    part = json.loads((out / "service.json").read_text())
    features = ort.InferenceSession(str(out / part["encoder"]["file"])).run(["features"], {"image": image[None]})[0]
    row = np.concatenate([features[0], clinical]).astype(np.float32)
    head = part["heads"][head]
    assert len(head["features"]) == len(row) == len(head["reference"]) == len(head["guard"]["mean"])
    rows = np.stack([row, head["reference"]]).astype(np.float32)  # any number of rows
    output, members = ort.InferenceSession(str(out / head["file"])).run([head["output"], "members"], {"features": rows})
    assert len(output) == len(members) == 2
    assert members.shape[1] == bundle.MEMBERS
    return [output[0], members[0]]


def test_mtsunet_heads_answer_as_the_network(cohort, tmp_path):
    model, _ = mtsunet.train_and_evaluate(cohort, tiny(), tmp_path / "out", quiet=True)
    image = cohort[0].image
    with torch.no_grad():
        _, *want = model(torch.from_numpy(image[None]))
    for name, probabilities in zip(("idh", "1p19q", "grade"), want, strict=True):
        output, members = answer(tmp_path / "out", name, image, [])
        np.testing.assert_allclose(output, probabilities[0].numpy(), atol=1e-5)
        np.testing.assert_allclose(members.sum(1), 1, atol=1e-5)
        assert members.std(0).max() > 0  # dropout masks differ
    shutil.copytree(TINY_BUNDLE, tmp_path / "bundle")
    bundle.install(tmp_path / "out", tmp_path / "bundle")
    manifest = json.loads((tmp_path / "bundle" / "bundle.json").read_text())
    assert manifest["encoder"]["width"] == model.pooled.width
    assert manifest["heads"]["idh"]["status"] == "tabular"
    assert manifest["heads"]["survival"]["status"] == "not_evaluable"
    assert "grade-head.onnx" in manifest["files"]


def test_sgsnet_head_takes_clinical_values_as_the_service_names_them(cohort, tmp_path):
    model, _ = sgsnet.train_and_evaluate(cohort, tiny(clinical=("age", "eor")), tmp_path, quiet=True)
    part = json.loads((tmp_path / "service.json").read_text())["heads"]["survival"]
    assert part["status"] == "tabular-survival"
    assert part["features"][-3:] == ["age_years", "resection_gtr", "resection_subtotal"]
    for patient in cohort[:4]:
        gtr, partial = (float(patient.value("eor") == v) for v in (2, 1))
        output, _ = answer(tmp_path, "survival", patient.image, [patient.value("age"), gtr, partial])
        batch = collate([patient])
        with torch.no_grad():
            want = model(batch.image, model.clinical.values(batch))[1]
        np.testing.assert_allclose(output, want[0].numpy(), atol=1e-5)
    assert np.isfinite(answer(tmp_path, "survival", cohort[0].image, [np.nan] * 3)[0]).all()


def test_marasi_gives_the_service_a_curve_on_the_same_numbers(cohort, tmp_path):
    settings = tiny(clinical=("age", "eor"), options={"class_limits_days": [200, 500]})
    _model, figures = marasi.train_and_evaluate(cohort[:40], cohort[40:], settings, tmp_path, quiet=True)
    part = json.loads((tmp_path / "service.json").read_text())["heads"]["survival"]
    assert part["status"] == "tabular-survival"
    assert part["evaluation"]["c_index"] == pytest.approx(figures["c_index"], abs=1e-5)
    assert part["features"][-3:] == ["age_years", "resection_gtr", "resection_subtotal"]
    time, event, risk = [], [], []
    for patient in cohort[40:]:
        gtr, partial = (float(patient.value("eor") == v) for v in (2, 1))
        (output, members) = answer(tmp_path, "survival", patient.image, [patient.value("age"), gtr, partial])
        assert members.std() > 0
        time.append(patient.value("os_days")), event.append(patient.value("event")), risk.append(float(output[0]))
    is_stated = ~np.isnan(time)
    again = scores.concordance(*(np.array(v)[is_stated] for v in (time, event, risk)))
    assert again == pytest.approx(figures["c_index"], abs=1e-9)  # what the service answers is what was measured


def test_guard_keeps_new_patients_in_and_others_out():
    rng = np.random.default_rng(4)
    guard = bundle.guard_of(rng.standard_normal((80, 40)))
    inside = bundle.guard_distance(guard, rng.standard_normal((400, 40)))
    assert (inside <= guard["limit"]).mean() > 0.95
    assert (bundle.guard_distance(guard, rng.standard_normal((50, 40)) + 4) > guard["limit"]).all()


def test_middle_of_the_head_is_of_its_box():
    volume = np.zeros((20, 10, 12))
    volume[4:15, 2:9, 3:8] = 100
    volume[19, 9, 11] = 90  # noise fills no plane
    np.testing.assert_allclose(foreground_middle(volume), [9.5, 5.5, 5.5])
