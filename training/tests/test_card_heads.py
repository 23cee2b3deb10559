"""The heads' part of the card says what the heads' JSON says, and nothing else."""
import json
from pathlib import Path

from gliatrain import card_heads

FIXTURE = Path(__file__).parents[2] / "test/support/heads-bundle/heads.json"


RESULTS = {
    "command": "python -m gliatrain.tabular.train", "patients": 401, "outer": "5 x 5 folds",
    "heads": {"idh": {"n": 401, "auc": {"value": 0.95123, "ci95": [0.92, 0.97]}, "classes": {"IDH-mutant": 84},
                      "conformal": {"calls": 0.8125}, "chosen": [{"kind": "linear"}]},
              "mgmt": {"auc": {"value": 0.52, "ci95": [0.45, 0.58]}}},
    "external": {"upenn": {"n": 452, "c_index": {"value": 0.61, "ci95": [0.58, 0.64]}}},
}


def heads() -> dict:
    return json.loads(FIXTURE.read_text())


def test_every_figure_is_there():
    text = card_heads.section(heads(), RESULTS)
    for line in ("Measured on 401 patients in 5 x 5 folds", "`python -m gliatrain.tabular.train`", "| patients | 401 |",
                 "| AUC | 0.951 (0.920 to 0.970) |", "| classes: IDH-mutant | 84 |", "| conformal: calls | 0.812 |",
                 "IDH-mutant from 0.350", "low (31 patients, 12 deaths)", "| AUC | 0.520 (0.450 to 0.580) |",
                 "| upenn: C-index | 0.610 (0.580 to 0.640) |", "Not evaluable: a test bundle has no mgmt head"):
        assert text.count(line) == 1, line
    assert text.count("May be missing: shape_Sphericity, t1c_cov.") == 2
    assert "linear" not in text
    assert text.index("### IDH") < text.index("### 1p/19q") < text.index("### Overall survival")


def test_without_a_report_the_manifest_speaks():
    text = card_heads.section(heads())
    assert "| note | made up |" in text and "Measured on" not in text
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
