"""Each work trains a little on a made-up cohort whose signal is planted, and finds it; each leaves what it should."""

import json
from functools import partial

import numpy as np
import onnxruntime as ort
import pytest
import torch

from gliatrain.export import Ensemble, export_onnx, load_network, parity
from gliatrain.works import clipsa, marasi, mtsunet, sgsnet
from gliatrain.works.cohort import Patient
from gliatrain.works.library import nearest, proxy, read_library, write_library
from gliatrain.works.library_golden import PATH, make
from gliatrain.works.loop import Settings, batches, collate, fit, read_settings
from gliatrain.works.network import ClinicalInput, Pooled, Weigher, backbone, masked_segmentation_loss
from gliatrain.works.part import save_backbone
from gliatrain.works.ridge_cox import RidgeCox
from gliatrain.works.run import MADE_UP, WORKS, made_up
from gliatrain.works.synthetic_cohort import Plan, make_cohort

TINY = {"widths": (6, 8), "attended": 1, "heads": 2, "size": (8, 8, 8), "drop_sequence": 0.0, "batch": 16, "rate": 8e-3}


def tiny(**changes) -> Settings:
    return Settings(**{**TINY, **changes})


@pytest.fixture(scope="module")
def cohort() -> list[Patient]:
    torch.set_num_threads(1)
    return make_cohort(Plan(patients=96, size=8, seed=9, noise=0.1, missing=0.1, pathology=1.0))


def test_sgsnet_finds_the_planted_risk(cohort, tmp_path):
    _model, figures = sgsnet.train_and_evaluate(
        cohort, tiny(epochs=14, decay=0.05, clinical=("age",), options={"dropout": 0.3}), tmp_path, quiet=True
    )
    assert figures["c_index"]["value"] > 0.58
    assert abs(figures["c_index"]["chance"] - 0.5) < 0.03
    assert figures["dice_whole_tumour"] > 0.6
    assert sum(g["n"] for g in figures["risk_groups"]) == figures["n"] == 29
    part = json.loads((tmp_path / "survival.json").read_text())
    assert part["status"] == "image-survival"
    assert part["baseline"]["days"] == sorted(part["baseline"]["days"])
    session = ort.InferenceSession(str(tmp_path / "survival.onnx"), providers=["CPUExecutionProvider"])
    age_missing = np.array([[np.nan]], np.float32)
    risk = session.run(["log_risk"], {"image": cohort[0].image[None], "clinical": age_missing})[0]
    assert np.isfinite(risk).all()  # a missing value is imputed inside the graph
    network, facts = load_network(tmp_path / "segmentation.pt")  # gliatrain.export takes it from here
    assert facts["variant"]["widths"] == [6, 8]
    assert network(torch.from_numpy(cohort[0].image[None])).shape == (1, 5, 8, 8, 8)


def test_mtsunet_finds_the_planted_markers(cohort, tmp_path):
    _model, figures = mtsunet.train_and_evaluate(cohort, tiny(epochs=14, decay=0.05), tmp_path, quiet=True)
    for name in ("idh", "grade"):
        assert figures["heads"][name]["auc"]["value"] > 0.7, name
        assert figures["heads"][name]["auc"]["p"] < 0.05, name
        assert abs(figures["heads"][name]["auc"]["chance"] - 0.5) < 0.05
    stated = sum(not np.isnan(p.value("idh")) for p in cohort)
    assert stated < len(cohort)
    assert figures["heads"]["idh"]["n"] <= stated
    assert json.loads((tmp_path / "heads.json").read_text())["outputs"] == ["logits", "idh", "1p19q", "grade"]


def test_missing_labels_pull_on_nothing():
    scores = [torch.randn(3, len(h.classes), requires_grad=True) for h in mtsunet.HEADS]
    nan = float("nan")
    values = {"idh": torch.tensor([1.0, nan, 0.0]), "1p19q": torch.tensor([nan, nan, nan]), "grade": torch.tensor([4.0, 2.0, 1.0])}
    losses = mtsunet.head_losses(scores, values)
    assert sorted(losses) == ["grade", "idh"]  # nobody's 1p/19q is known; grade 1 is no class
    sum(losses.values()).backward()
    assert (scores[0].grad[1] == 0).all()
    assert (scores[0].grad[[0, 2]] != 0).all()
    assert scores[1].grad is None
    assert (scores[2].grad[2] == 0).all()


def test_ablations_take_their_part_out():
    names = set(mtsunet.ABLATIONS)
    assert names == {"full", "without tumour-aware pooling", "without T2-FLAIR module"}
    whole, blind = mtsunet.MtsUNet(tiny()), mtsunet.MtsUNet(tiny(), difference=False)
    assert whole.pooled.net.stem.difference is not None
    assert blind.pooled.net.stem.difference is None
    assert mtsunet.MtsUNet(tiny(), aware=False).pooled.width == sum(TINY["widths"])
    row = {"dice_whole_tumour": 0.5, "heads": {h.name: {"auc": {"value": 0.75}} for h in mtsunet.HEADS}}
    assert mtsunet.table({"full": row}).splitlines()[1].split() == ["full", "0.500", "0.750", "0.750", "0.750"]


def test_marasi_carries_over_to_another_scanner(cohort, tmp_path):
    other = make_cohort(Plan(patients=80, size=8, seed=10, noise=0.15, contrast=0.8))
    settings = tiny(epochs=5, clinical=("age", "kps"), options={"class_limits_days": [200, 600]})
    model, figures = marasi.train_and_evaluate(cohort, other, settings, tmp_path, quiet=True)
    assert figures["mri_and_clinical_standardised_on_b"]["auc"] > 0.6
    assert figures["permutation_auc"]["p"] < 0.05
    assert figures["mri_and_clinical_standardised_on_b"]["macro_f1"] > 1 / 3
    assert abs(figures["auc_shuffled_labels"] - 0.5) < 0.12
    assert figures["tested_on"] + figures["undecided_b"] == 80
    assert figures["undecided_b"] > 0
    assert not any(p.requires_grad for p in model.encoder.parameters())  # frozen


def test_survival_classes_leave_out_who_was_lost_early():
    def at(days, event):
        return marasi.survival_class(Patient("x", np.zeros(1), None, {"os_days": days, "event": event}), (300, 450))

    assert [at(299, 1), at(300, 1), at(450, 1), at(451, 0), at(299, 0), at(400, 0), at(float("nan"), float("nan"))] == [
        0,
        1,
        2,
        2,
        -1,
        -1,
        -1,
    ]
    truth, guess = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1])
    assert marasi.macro_f1(truth, guess) == pytest.approx((2 / 3 + 0.5 + 0) / 3)


def test_clipsa_aligns_and_its_library_answers(cohort, tmp_path):
    # Half as many epochs leave the alignment so weak that another processor's rounding decides whether it shows.
    settings = tiny(epochs=30, batch=32, options={"embedding": 8, "neighbours": 6, "source": "made up", "without_pathology": False})
    _model, figures = clipsa.train_and_evaluate(cohort, settings, tmp_path, quiet=True)
    assert figures["retrieval"]["hit"] > 2.5 * figures["retrieval"]["chance"]
    assert figures["c_index_mri_and_proxy"] > 0.55
    assert figures["c_index_true_pathology"] > 0.6
    assert figures["gain"]["value"] == pytest.approx(figures["c_index_mri_and_proxy"] - figures["c_index_mri"])
    facts, keys, _values = read_library(tmp_path)
    assert facts["rows"] == 67
    assert (facts["key_width"], facts["value_width"]) == (8, 16)
    np.testing.assert_allclose(np.linalg.norm(keys, axis=1), 1, rtol=1e-5)
    assert not any(p.id in (tmp_path / "library.json").read_text() for p in cohort)  # no patient's id


def test_info_nce_is_lowest_for_partners():
    a = torch.eye(4)
    right, scale = clipsa.info_nce(a, a, torch.tensor(3.0)), torch.tensor(3.0)
    assert right < clipsa.info_nce(a, a.roll(1, 0), scale)
    assert float(clipsa.info_nce(a, a, torch.tensor(-9.0))) == pytest.approx(np.log(4), abs=1e-3)


def test_ridge_cox_finds_the_direction():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((150, 3))
    time = rng.exponential(np.exp(-1.5 * x[:, 1]))
    head = RidgeCox(x, time, np.ones(150))
    assert np.abs(head.beta).argmax() == 1
    assert head.beta[1] > 0.8
    assert np.abs(head.beta[[0, 2]]).max() < 0.3


def test_library_by_hand_and_golden(tmp_path):
    keys, values = np.array([[1, 0], [0, 1], [-1, 0.0]]), np.array([[2.0], [3.0], [-1.0]])
    write_library(tmp_path, keys, values, 2, 0.5, {})
    rows, cosine = nearest(keys, np.array([1.0, 1.0]), 2)
    assert rows.tolist() == [0, 1]
    assert cosine == pytest.approx([0.5**0.5] * 2)
    assert proxy(keys, values, np.array([2.0, 2.0]), 2, 0.5) == pytest.approx([2.5])
    (tmp_path / "library.bin").write_bytes(b"\0" * 36)
    with pytest.raises(ValueError, match="not the file"):
        read_library(tmp_path)
    fresh, kept = make(), json.loads(PATH.read_text())
    assert fresh["library"] == kept["library"]
    assert fresh["matrix"] == kept["matrix"]
    for a, b in zip(fresh["cases"], kept["cases"], strict=True):
        assert a["rows"] == b["rows"]
        assert a["proxy"] == pytest.approx(b["proxy"], abs=1e-12)


def label_loss(model, batch):
    return masked_segmentation_loss(model(batch.image)[0], batch.label)


def test_a_run_goes_on_where_it_stopped(cohort, tmp_path):
    def run(folder, *stops):
        for epochs in stops:
            torch.manual_seed(4)
            model, settings = Pooled(tiny()), tiny(epochs=epochs)
            fit(model, cohort[:20], partial(label_loss, model), settings, tmp_path / folder, quiet=True)
        return model

    short = run("parts", 1, 1)  # the second finds nothing left to do
    assert len((tmp_path / "parts" / "history.jsonl").read_text().splitlines()) == 1
    assert short.net.stem.images[0].weight.isfinite().all()
    run("parts", 2)
    assert [json.loads(line)["epoch"] for line in (tmp_path / "parts" / "history.jsonl").read_text().splitlines()] == [1, 2]
    with pytest.raises(ValueError, match="other settings"):
        fit(short, cohort[:20], lambda _: None, tiny(epochs=3, seed=2), tmp_path / "parts", quiet=True)
    with pytest.raises(ValueError, match="or patients"):
        fit(short, cohort[:21], lambda _: None, tiny(epochs=3), tmp_path / "parts", quiet=True)


def test_batches_hold_every_patient_once_and_no_rest_alone():
    parts = batches(33, 16, seed=1, epoch=0)
    assert sorted(len(p) for p in parts) == [16, 17]
    assert sorted(np.concatenate(parts)) == list(range(33))
    assert not np.array_equal(parts[0], batches(33, 16, seed=1, epoch=1)[0])


def test_patients_without_an_expert_label_do_not_teach_the_segmentation(cohort):
    model = Pooled(tiny()).train()
    some = [Patient(p.id, p.image, None if k else p.label, p.clinical) for k, p in enumerate(cohort[:3])]
    batch = collate(some)
    outs, _ = model(batch.image)
    assert masked_segmentation_loss(outs, batch.label) == masked_segmentation_loss([o[:1] for o in outs], batch.label[:1])
    assert masked_segmentation_loss([o[1:] for o in outs], batch.label[1:]) is None


def test_weights_follow_the_losses():
    weigh = Weigher(("a", "b"))
    optimiser = torch.optim.SGD(weigh.parameters(), lr=0.2)
    for _ in range(300):
        optimiser.zero_grad()
        weigh({"a": torch.tensor(4.0), "b": torch.tensor(0.5)}).backward()
        optimiser.step()
    assert weigh.weights() == pytest.approx({"a": 1 / 8, "b": 1.0}, rel=1e-3)  # exp(-s) L + s / 2 is least at exp(s) = 2 L


def test_a_missing_clinical_value_is_the_mean_and_says_so():
    people = [Patient(str(k), np.zeros((4, 8, 8, 8), np.float32), None, {"age": a}) for k, a in enumerate((40.0, 60.0, float("nan")))]
    out = ClinicalInput(("age",), people)(torch.tensor([[60.0], [float("nan")]]))
    assert out.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_optional_channels_are_declared_by_the_settings(tmp_path):
    patients = make_cohort(Plan(patients=2, size=8, extra=1))
    settings = tiny(channels=("t1", "t1c", "t2", "flair", "adc"))
    outs, vector = Pooled(settings).eval()(collate(patients).image)
    assert outs[0].shape == (2, 5, 8, 8, 8)
    assert torch.isfinite(vector).all()
    path = save_backbone(backbone(settings), settings, 0, 2, tmp_path)
    network = Ensemble([load_network(path)[0]])
    export_onnx(network, tmp_path / "segmentation.onnx", roi=(8, 8, 8))
    assert parity(network, tmp_path / "segmentation.onnx", roi=(8, 8, 8)) < 1e-2
    with pytest.raises(ValueError, match="channels begin with"):
        Pooled(tiny(channels=("flair", "t1")))


def test_settings_are_checked():
    for work in WORKS:
        assert read_settings(work).widths == (16, 32, 64, 128, 128)
    for name in MADE_UP[:-1]:
        assert made_up(name)[0].size == (12, 12, 12)
    with pytest.raises(ValueError, match="unknown speed"):
        read_settings("sgsnet", speed=3)
