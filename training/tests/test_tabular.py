"""Tabular heads on a synthetic cohort whose signal is planted, and the parts against independent formulas."""

import json

import numpy as np
import onnxruntime as ort
import pandas as pd
import pytest
from scipy.stats import norm

from gliatrain.tabular import calibrate, carry, evaluate, features, heads, install, linear, nested, noise, scores, tables, train

N = 300


def cohort(seed: int = 3, n: int = N) -> pd.DataFrame:
    """Two hospitals, the second with another contrast. Planted: mutants are young and enhance little over the brain, codeleted ones
    are high mutants, grade 4 is wildtype, risk rises with age and falls with resection; MGMT is a coin."""
    rng = np.random.default_rng(seed)
    t = pd.DataFrame({name: rng.normal(1.0, 0.2, n) for name in features.IMAGE})
    for name in features.SHAPE:
        t[name] = np.exp(rng.normal(4, 0.5, n))
    t["ID"] = [f"S{i:03}" for i in range(n)]
    t["age_years"], t["sex_male"] = rng.normal(55, 14, n), (rng.random(n) < 0.6).astype(float)
    gtr = (rng.random(n) < 0.5).astype(float)
    t["resection_gtr"], t["resection_subtotal"], t["kps"] = gtr, (1 - gtr) * (rng.random(n) < 0.8), np.nan
    t["cohort"], t["patient"], t["kept_back"] = np.where(rng.random(n) < 0.5, "north", "south"), t["ID"], rng.random(n) < 0.1
    score = -(t["age_years"] - 55) / 14 * 2 - np.log(t["t1c_p90_over_brain"].clip(0.05)) * 6
    t["idh"] = (score + rng.logistic(0, 0.7, n) > 1.5).astype(float)
    t["1p19q"] = ((t["idh"] == 1) & ((t["height"] - 1) / 0.2 + rng.logistic(0, 0.2, n) > 0.3)).astype(float)
    t["mgmt"] = (rng.random(n) < 0.6).astype(float)
    t["grade"] = np.where(t["idh"] == 0, 4, np.where(rng.random(n) < 0.5, 2, 3)).astype(float)
    risk = (t["age_years"] - 55) / 14 - 0.8 * gtr
    death, end = rng.exponential(20 * np.exp(-risk)), rng.uniform(5, 60, n)
    t["months"], t["event"] = np.minimum(death, end) + 0.01, (death <= end).astype(float)
    t["diagnosis"] = np.where(t["idh"] == 0, tables.GBM, "Astrocytoma, IDH-mutant")
    return t


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("heads")
    return out, train.train(cohort(), out / "no-data", out, options=train.TrainOptions(repeats=1, members=6, rounds=40))


def test_planted_signal_is_found_and_absent_signal_is_not(trained):
    heads = {name: figures["within_cohorts"] for name, figures in trained[1]["heads"].items()}
    assert heads["idh"]["auc"]["value"] > 0.85
    assert heads["1p19q"]["auc"]["value"] > 0.8
    assert heads["grade"]["auc"]["value"] > 0.85
    assert 0.35 < heads["mgmt"]["auc"]["value"] < 0.62
    assert heads["survival"]["c_index"]["value"] > 0.68
    across = trained[1]["heads"]["idh"]["across_cohorts"]
    assert set(across) == {"trained on south, tested on north", "trained on north, tested on south"}
    assert all(f["auc"]["value"] > max(0.85, f["auc_of_age_alone"]["value"] + 0.02) for f in across.values())
    parts = json.loads((trained[0] / "heads.json").read_text())["heads"]
    assert parts["mgmt"]["status"] == "not_evaluable"
    assert "AUC" in parts["mgmt"]["reason"]
    assert parts["idh"]["status"] == "tabular"
    assert parts["survival"]["status"] == "tabular-survival"


def test_a_signal_that_one_hospital_contradicts_does_not_ship():
    """T1c over brain means the opposite in the south: within all patients the head is good, across hospitals it is not."""
    t, rng = cohort(), np.random.default_rng(4)
    south = (t["cohort"] == "south").to_numpy()
    t["age_years"] = rng.normal(55, 14, len(t))
    t["idh"] = np.where(south, t["t1c_p90_over_brain"] > 1, t["t1c_p90_over_brain"] < 1).astype(float)
    figures, _ = carry.carry_classifier(heads.IDH, t, noise.Noise(), 4, rng, 20)
    assert all(f["auc"]["value"] < 0.2 for f in figures.values())
    assert not carry.carries(figures, carry.MIN_AUC)
    assert "Does not carry" in (reason := carry.why_not(figures, {}))
    assert "age alone" in reason
    alone, learnt = carry.carry_classifier(heads.IDH, t.assign(cohort="south"), noise.Noise(), 4, rng, 20)
    assert (alone, learnt) == ({}, None)
    assert not carry.carries(alone, 0.5)


def test_what_is_kept_back_is_tested_and_never_taught():
    t, seen = cohort(), []

    def fit(rows):
        seen.append(set(rows["ID"]))
        return rows["cohort"].iloc[0]

    p = nested.other_cohorts(t, ("age_years",), np.ones(len(t), bool), fit, lambda model, x: np.full(len(x), model == "north", float))
    kept = set(t["ID"][t["kept_back"]])
    assert kept
    assert not kept & (seen[0] | seen[1])
    assert not np.isnan(p).any()
    assert (p == (t["cohort"] == "south")).all()  # the model of the north answers for the south, and the other way round


def test_manifest_parts_fit_together(trained):
    parts = json.loads((trained[0] / "heads.json").read_text())["heads"]
    for part in parts.values():
        if part["status"] == "not_evaluable":
            continue
        count = len(part["features"])
        assert len(part["reference"]) == len(part["guard"]["mean"]) == count
        precision = np.array(part["guard"]["precision"])
        assert precision.shape == (count, count)
        assert (np.linalg.eigvalsh(precision) > 0).all()
        assert sorted(n for g in part["groups"].values() for n in g) == sorted(part["features"])
        assert len(part["groups"]) <= 12
        assert set(part["required"]) <= set(part["features"])
    curve = parts["survival"]["risk_groups"]
    assert [g["upper_log_risk"] is None for g in curve] == [False, False, True]
    months = parts["survival"]["baseline"]["months"]
    assert months == sorted(set(months))
    assert months[-1] > parts["survival"]["horizons_months"][-1]


def test_onnx_gives_the_golden_numbers(trained):
    out = trained[0]
    golden = json.loads((out / "golden.json").read_text())
    parts = json.loads((out / "heads.json").read_text())["heads"]
    assert {"idh", "grade", "survival"} <= set(golden) == {name for name, part in parts.items() if "file" in part}
    for name, g in golden.items():
        session = ort.InferenceSession(str(out / parts[name]["file"]))
        rows = np.array(g["rows"], dtype=float).astype(np.float32)
        output, members = session.run([parts[name]["output"], "members"], {"features": rows})
        np.testing.assert_allclose(output, g[parts[name]["output"]], atol=1e-5)
        np.testing.assert_allclose(members, g["members"], atol=1e-5)
        if name != "survival":
            np.testing.assert_allclose(members.sum(-1), 1, atol=1e-5)


def test_new_patients_are_predicted_and_strange_ones_refused(trained):
    new = cohort(seed=99)
    new.loc[0, list(features.SHAPE)] = 1e7
    new.loc[1, "age_years"] = np.nan
    report = evaluate.evaluate(trained[0], new, rounds=30)
    assert report["idh"]["auc"]["value"] > 0.85
    assert report["survival"]["c_index"]["value"] > 0.68
    assert report["idh"]["not_evaluable"] >= 2
    assert "not evaluable" in evaluate.show(report)


def test_install_rewrites_the_manifest_and_the_card(trained, tmp_path, monkeypatch):
    (tmp_path / "old.onnx").write_bytes(b"x")
    (tmp_path / "bundle.json").write_text(
        json.dumps(
            {
                "files": {"old.onnx": {"sha256": "0", "bytes": 1}, "card.md": {"sha256": "1", "bytes": 2}},
                "heads": {"idh": {"status": "tabular", "file": "old.onnx"}},
            }
        )
    )
    (tmp_path / "card.md").write_text("# Name\n\n## Known limits\n- y\n")
    monkeypatch.setattr("sys.argv", ["install", "--bundle", str(tmp_path), "--heads", str(trained[0])])
    install.main()
    card = (tmp_path / "card.md").read_text()
    assert "trained on south, tested on north" in card
    assert card.index("### IDH") < card.index("## Known limits")
    copied = [part["file"] for part in json.loads((trained[0] / "heads.json").read_text())["heads"].values() if "file" in part]
    manifest = json.loads((tmp_path / "bundle.json").read_text())
    assert set(manifest["files"]) == {"card.md", *copied}
    assert not (tmp_path / "old.onnx").exists()
    assert manifest["files"]["idh.onnx"]["bytes"] == (tmp_path / "idh.onnx").stat().st_size


def test_scale_free_features_ignore_unit_and_bins():
    x = np.random.default_rng(0).gamma(4, 90, 20000)
    a, b = features.first_order(x), features.first_order(0.01 * x)
    for name in a:
        assert a[name] == pytest.approx(b[name], rel=1e-6), name
    sd = x.std()
    for width in (sd / 8, sd / 40):  # the table's bins, in other units
        p = np.unique(np.floor(x / width), return_counts=True)[1] / len(x)
        assert (p**2).sum() * sd / width == pytest.approx(a["t1c_density_energy"], rel=0.02)
        assert -(p * np.log2(p)).sum() + np.log2(width / sd) == pytest.approx(a["t1c_density_entropy"], abs=0.03)


def test_location_by_hand():
    box = ((10.0, 110.0), (0.0, 200.0), (20.0, 120.0))
    location = features.location((80, 50, 45), (70, 40, 30), (95, 60, 60), box)
    assert location == {"midline_distance": 0.4, "midline_crossing": -0.2, "depth": 0.25, "height": 0.25}


def test_logistic_and_cox_at_their_optimum():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(80, 3))
    y = (x[:, 0] + rng.logistic(size=80) > 0).astype(float)
    beta = linear.fit_logistic(x, y, 2.0)
    p = 1 / (1 + np.exp(-(beta[0] + x @ beta[1:])))
    np.testing.assert_allclose(x.T @ (y - p), 2.0 * beta[1:], atol=1e-3)
    time, event = np.round(rng.exponential(np.exp(-x[:, 1])), 1) + 0.1, (rng.random(80) < 0.7).astype(float)
    beta = linear.fit_cox(x, time, event, 0.5)

    def loss(b):
        risk = x @ b
        own = sum(risk[i] - np.log(np.exp(risk[time >= time[i]]).sum()) for i in range(80) if event[i])
        return -own + 0.25 * b @ b

    for step in np.eye(3) * 1e-3:
        assert loss(beta) < loss(beta + step)
        assert loss(beta) < loss(beta - step)


def test_scores_by_hand():
    assert scores.auc(np.array([0, 0, 1, 1]), np.array([0.1, 0.5, 0.5, 0.9])) == pytest.approx(0.875)
    time, event = np.array([2.0, 4.0, 4.0, 7.0]), np.array([1, 1, 0, 1])
    curve = scores.kaplan_meier(time, event)
    np.testing.assert_allclose(curve["survival"], [0.75, 0.5, 0.0])
    variance = 1 / (4 * 3) + 1 / (3 * 2)
    spread = np.exp(norm.ppf(0.975) * np.sqrt(variance) / -np.log(0.5))
    np.testing.assert_allclose([curve["lower"][1], curve["upper"][1]], [0.5**spread, 0.5 ** (1 / spread)])
    # Who is censored at 4 outlived who died at 4, with the higher risk: one pair of five is wrong.
    assert scores.concordance(time, event, np.array([3.0, 1, 2, 0])) == pytest.approx(4 / 5)
    _months, hazard = scores.breslow(time, event, np.zeros(4))
    np.testing.assert_allclose(hazard, [1 / 4, 1 / 4 + 1 / 3, 1 / 4 + 1 / 3 + 1])
    two = scores.log_rank(np.array([1.0, 2, 3, 4]), np.array([1, 1, 1, 1]), np.array([0, 0, 1, 1]))
    assert two["chi2"] == pytest.approx((2 - 5 / 6) ** 2 / (1 / 4 + 2 / 9), rel=1e-9)
    assert two["df"] == 1


def test_bounds_say_no_more_than_the_patients_show():
    assert calibrate.upper_bound(0, 12) == pytest.approx(1 - 0.05 ** (1 / 12))
    assert calibrate.upper_bound(0, 300) == pytest.approx(3 / 300, rel=0.01)
    assert calibrate.upper_bound(4, 4) == calibrate.upper_bound(0, 0) == 1
    p = np.array([[0.99, 0.01]] * 30 + [[0.01, 0.99]] * 4)  # perfect, but four patients are four
    truth = np.repeat([0, 1], [30, 4])
    bounds = calibrate.bounds([(p, truth)], np.array([0.5, 0.5]), ("intact", "codeleted"), 0.1)
    assert bounds["n_by_class"] == {"intact": 30, "codeleted": 4}
    assert bounds["max_probability"]["intact"] == pytest.approx(1 - calibrate.upper_bound(0, 30), abs=1e-4)
    assert bounds["max_probability"]["codeleted"] == 0.5
    assert bounds["min_call_probability"] == 0.8
    assert sum(b["n"] for b in bounds["bins"]) == 34
    assert bounds["bins"][-1] == {"lower": 0.95, "upper": 1.0, "n": 34, "wrong": 0}
    bad = (np.tile([0.853, 0.147], (12, 1)), np.repeat([0, 1], [8, 4]))  # one hospital where 0.853 is wrong in a third
    assert calibrate.bounds([(p, truth), bad], np.array([0.5, 0.5]), ("a", "b"), 0.1)["min_call_probability"] == pytest.approx(0.86)


def test_limits_hold_in_the_worst_cohort_and_the_guard_shuts_where_calls_err():
    rng = np.random.default_rng(8)

    def some(shift):
        truth = rng.integers(0, 2, 400)
        one = linear.sigmoid((truth * 2 - 1) * 2 + rng.normal(0, 1, 400) + shift)
        return np.column_stack([1 - one, one]), truth

    easy, hard = some(0), some(-1.5)
    limits = calibrate.limits_across([easy, hard], 0.1)
    for p, truth in (easy, hard):
        assert all((p[truth == k, k] >= limits[k]).mean() >= 0.89 for k in (0, 1))
    rank, ones = np.linspace(0, 1, 200), np.ones(200, bool)
    assert calibrate.guard_share(rank, ones, ~ones, 0.1) == calibrate.GUARD_SHARES[0]
    assert calibrate.guard_share(rank, rank < 0.85, rank >= 0.85, 0.1) == 0.9
    assert calibrate.guard_share(rank, ~ones, ones, 0.1) == calibrate.GUARD_SHARES[-1]


def test_conformal_limits_cover_and_rare_calls_stay_precise():
    rng = np.random.default_rng(5)
    truth = (rng.random(4000) < 0.05).astype(int)
    logit = -3 + 2.0 * truth + rng.normal(0, 1, 4000)
    p = np.column_stack([1 - linear.sigmoid(logit), linear.sigmoid(logit)])
    limits = calibrate.conformal_limits(p[:2000], truth[:2000], 0.1)
    inside = p[2000:] >= limits
    for k in (0, 1):
        assert inside[truth[2000:] == k, k].mean() > 0.85
    calls = (inside.sum(1) == 1) & inside[:, 1]
    assert calls.sum() == 0 or (truth[2000:][calls] == 1).mean() > 0.6


def test_noise_moves_what_it_should():
    rng = np.random.default_rng(2)
    names = ("age_years", "shape_Sphericity", "shape_SurfaceArea", "depth", "resection_gtr")
    x = np.tile([60.0, 0.5, 9000.0, 0.4, 1.0], (500, 1))
    out = noise.Noise().perturb(x, names, rng)
    assert (out[:, 0] == 60).all()
    assert (out[:, 1] >= 0.5).all()
    assert out[:, 1].max() < 0.5 * np.exp(0.4) + 1e-9
    np.testing.assert_allclose(out[:, 1] * out[:, 2], 4500, rtol=1e-9)
    assert not np.isnan(out[:, 3]).any()
    assert 0.2 < np.isnan(out[:, 4]).mean() < 0.4
    ball = sum((g - 16.0) ** 2 * s**2 for g, s in zip(np.ogrid[:33, :33, :33], noise.SPACING, strict=True)) < 15.0**2
    shape = noise.shape_of(ball)
    assert shape["shape_MeshVolume"] == pytest.approx(4 / 3 * np.pi * 15**3, rel=0.02)
    assert shape["shape_MajorAxisLength"] == pytest.approx(4 * 15 / np.sqrt(5), rel=0.03)
    assert shape["shape_Sphericity"] == pytest.approx(1, abs=0.08)
    wide = np.random.default_rng(1)  # draws reaches of more than a voxel
    grown, shrunk = noise.spoil(ball, "grow", wide), noise.spoil(ball, "shrink", wide)
    assert (grown & ball).sum() == ball.sum()
    assert grown.sum() > ball.sum()
    assert (shrunk & ball).sum() == shrunk.sum() < ball.sum()


def test_noise_draws_the_errors_that_were_measured(tmp_path):
    rng = np.random.default_rng(6)
    t1c = 1 + 0.2 * rng.standard_normal((24, 24, 24))
    truth = sum((g - 12.0) ** 2 for g in np.ogrid[:24, :24, :24]) < 7.0**2
    segmented = np.roll(truth, 2, axis=0) & (np.arange(24) < 14)
    off = noise.feature_errors(t1c, truth, segmented, (2, 2, 2))
    assert off["dice"] == pytest.approx(2 * (truth & segmented).sum() / (truth.sum() + segmented.sum()))
    assert off["shape_VoxelVolume"] == pytest.approx(np.log(segmented.sum() / truth.sum()))
    assert off["shape_LeastAxisLength"] < -0.1 < off["t1c_p90_over_median"] < 0.1
    assert noise.feature_errors(t1c, truth, np.zeros_like(truth), (2, 2, 2)) is None
    path = tmp_path / "evaluation.json"
    assert noise.measured_errors(path) == []
    path.write_text(
        json.dumps(
            {"rows": {"whole": {"a": {"stripped": {"feature_errors": off}, "head": {"feature_errors": None}}, "b": {"stripped": {}}}}}
        )
    )
    assert noise.measured_errors(path) == [("a", off)]
    path.write_text(json.dumps({**json.loads(path.read_text()), "patient_seen": {"whole": ["a"]}}))
    assert noise.measured_errors(path) == []  # the member had seen the patient
    both = noise.Noise({"t1c_cov": np.array([0.0, 0.0, 1.0, 2.0])}, np.array([0.9, 0.8, 0.7, 0.2]), np.array([False, False, True, True]))
    x = np.ones((3000, 1))
    moved = np.log(both.perturb(x, ("t1c_cov",), rng)[:, 0]).round(6)
    assert set(moved) == {0, 1}
    assert (moved == 1).mean() == pytest.approx(noise.MEASURED_SHARE, abs=0.03)
    for held, learnt in ((2, {0.0}), (3, {0.0, 1.0})):  # what is kept back is measured with, and never learnt from
        kept = noise.Noise(both.deltas, both.dice, both.measured, np.arange(4) == held)
        assert set(np.log(kept.perturb(x, ("t1c_cov",), rng)[:, 0]).round(6)) == learnt
        assert set(np.log(kept.only_measured().perturb(x, ("t1c_cov",), rng)[:, 0]).round(6)) == {float(held - 1)}


def test_tables_read_labels_and_refuse_duplicates(tmp_path):
    labels = pd.DataFrame(
        {
            "ID": ["A", "B", "C"],
            "Sex": ["M", "F", "M"],
            "Age at MRI": [40, 50, 60],
            "WHO CNS Grade": [2, 3, 4],
            "Final pathologic diagnosis (WHO 2021)": ["x", "y", tables.GBM],
            "MGMT status": ["positive", "indeterminate", ""],
            "1p/19q": ["relative co-deletion", "", "intact"],
            "IDH": ["IDH1 p.R132H", "mutated (NOS)", "wildtype"],
            "1-dead 0-alive": [0, 1, 1],
            "OS": [365.25, 30.4375, np.nan],
            "EOR": ["GTR", "biopsy", ""],
        }
    )
    targets = tables.targets(labels)
    assert targets["idh"].tolist() == [1, 1, 0]
    assert targets["months"].tolist()[:2] == pytest.approx([12, 1])
    np.testing.assert_array_equal(targets["1p19q"], [1, np.nan, 0])
    np.testing.assert_array_equal(targets["mgmt"], [1, np.nan, np.nan])
    np.testing.assert_array_equal(tables.clinical(labels)["resection_gtr"], [1, 0, np.nan])
    twice = tmp_path / "twice.csv"
    pd.concat([labels, labels]).to_csv(twice, index=False)
    with pytest.raises(ValueError, match="twice"):
        tables.read_cohort(twice, twice)
