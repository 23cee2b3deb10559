"""The heads' part of the card says what the heads' JSON says, and nothing else."""

import json
from pathlib import Path

import pytest

from gliatrain import card, card_heads

FIXTURE = Path(__file__).parents[2] / "test/support/heads-bundle/heads.json"


def measured(auc: float) -> dict:
    across = {
        "trained on A, tested on B": {
            "n": 96,
            "auc": {"value": 0.93512, "ci95": [0.88, 0.97]},
            "auc_of_age_alone": {"value": 0.82, "ci95": [0.73, 0.9]},
            "calls": 35,
            "wrong_calls": 2,
            "calls_within_guard": 34,
            "wrong_calls_within_guard": 1,
        }
    }
    return {
        "across_cohorts": across,
        "within_cohorts": {
            "n": 401,
            "auc": {"value": auc, "ci95": [0.92, 0.97]},
            "classes": {"IDH-mutant": 84},
            "conformal": {"calls": 0.8125},
        },
        "chosen": [{"kind": "linear"}],
    }


RESULTS = {
    "command": "python -m gliatrain.tabular.train",
    "patients": 499,
    "cohorts": {"UCSF-PDGM": 401, "BraTS-TCGA": 98},
    "kept_back": 22,
    "outer": "5 x 5 folds",
    "heads": {
        "idh": measured(0.95123),
        "survival": {"across_cohorts": {}, "within_cohorts": {"c_index": {"value": 0.7, "ci95": [0.6, 0.8]}}},
        "mgmt": {"across_cohorts": {}, "within_cohorts": {"auc": {"value": 0.52, "ci95": [0.45, 0.58]}}},
    },
    "external": {"upenn": {"n": 452, "c_index": {"value": 0.61, "ci95": [0.58, 0.64]}}},
}


def heads() -> dict:
    """The fixture's heads, as if RESULTS were theirs."""
    parts = json.loads(FIXTURE.read_text())
    for name, part in parts.items():
        if "file" in part:
            part["evaluation"] = {"command": "x", **RESULTS["heads"].get(name, {})}
    return parts


def test_every_figure_is_there_and_the_other_cohorts_lead():
    parts = heads()
    parts["idh"]["calibration"] = {
        "n_by_class": {"IDH-wildtype": 366, "IDH-mutant": 158},
        "bins": [{"lower": 0.8, "upper": 0.9, "n": 90, "wrong": 16}, {"lower": 0.9, "upper": 1.0, "n": 0, "wrong": 0}],
        "max_probability": {"IDH-wildtype": 0.904, "IDH-mutant": 0.8595},
        "min_call_probability": 0.89,
    }
    text = card_heads.section(parts, RESULTS)
    for line in (
        "Measured on 499 patients (UCSF-PDGM 401, BraTS-TCGA 98) by `python -m gliatrain.tabular.train`",
        "22 of them",
        "heads-trials.json",
        "| patients | 401 |",
        "| AUC | 0.951 (0.920 to 0.970) |",
        "| classes: IDH-mutant | 84 |",
        "| conformal: calls | 0.812 |",
        "| trained on A, tested on B | 96 | 0.935 (0.880 to 0.970) | 0.820 (0.730 to 0.900) | 35 | 2 | 1 of 34 |",
        "IDH-mutant from 0.350",
        "low (31 patients, 12 deaths)",
        "| AUC | 0.520 (0.450 to 0.580) |",
        "IDH-wildtype 0.90 (366 patients), IDH-mutant 0.86 (158 patients). Called from 0.89 on.",
        "0.8 to 0.9: 16 of 90.",
        "| upenn: C-index | 0.610 (0.580 to 0.640) |",
        "Not evaluable: a test bundle has no mgmt head",
    ):
        assert text.count(line) == 1, line
    assert text.count("May be missing: shape_Sphericity, t1c_cov.") == 2
    assert "linear" not in text
    assert (
        text.index("### IDH")
        < text.index("tested on B")
        < text.index("0.951")
        < text.index("### 1p/19q")
        < text.index("### Overall survival")
    )


def test_the_figures_of_one_bundle_do_not_get_into_the_card_of_another():
    other = heads()
    other["idh"]["evaluation"] = measured(0.61)
    text = card_heads.section(other, RESULTS)
    assert "0.610" in text
    assert "0.951" not in text
    assert "499 patients" not in text
    assert "upenn" not in text
    assert "499 patients" not in card_heads.section(card_heads.absent(), RESULTS)


def test_the_network_figures_of_one_bundle_do_not_get_into_another(tmp_path):
    (tmp_path / "segmentation.onnx").write_bytes(b"another network")
    with pytest.raises(ValueError, match="not of this bundle's network"):
        card.own_results(tmp_path, {"network_sha256": "0" * 64})


def test_without_a_report_the_manifest_speaks():
    text = card_heads.section(json.loads(FIXTURE.read_text()))
    assert "| note | made up |" in text
    assert "Measured on" not in text
    assert "This bundle carries no IDH head." in card_heads.section(card_heads.absent())


def test_files_and_heads_without_a_manifest(tmp_path):
    assert card_heads.files(heads()) == ["idh.onnx", "survival.onnx"]
    assert card_heads.files(card_heads.absent()) == []
    assert card_heads.installed(tmp_path) == card_heads.absent()
    (tmp_path / "bundle.json").write_text(json.dumps({"heads": heads()}))
    assert card_heads.installed(tmp_path) == heads()


def test_the_part_is_put_into_a_card_once():
    card = "# Name\n\n## Time\nx\n\n## Known limits\n- y\n"
    once = card_heads.insert(card, "first\n")
    assert once == "# Name\n\n## Time\nx\n\n## Markers, grade, survival\nfirst\n\n## Known limits\n- y\n"
    assert card_heads.insert(once, "second\n\n### IDH\nz\n") == once.replace("first\n", "second\n\n### IDH\nz\n")
