"""The heads' part of the card says what the heads' JSON says, and nothing else."""
import json
from pathlib import Path

from gliatrain import heads_card

FIXTURE = Path(__file__).parents[2] / "test/support/heads-bundle/heads.json"


def heads() -> dict:
    made = json.loads(FIXTURE.read_text())
    made["idh"]["evaluation"] = {"n": 401, "auc": {"value": 0.95123, "ci95": [0.92, 0.97]}, "classes": {"IDH-mutant": 84},
                                 "conformal": {"calls": 0.8125}, "command": "python -m gliatrain.tabular.train"}
    return made


def test_every_figure_is_there():
    text = heads_card.section(heads())
    for line in ("### IDH", "| patients | 401 |", "| AUC | 0.951 (0.920 to 0.970) |", "| classes: IDH-mutant | 84 |",
                 "| conformal: share called | 0.812 |", "Measured by `python -m gliatrain.tabular.train`.",
                 "May be missing: shape_Sphericity, t1c_cov.", "IDH-mutant from 0.350", "low (31 patients, 12 deaths)"):
        assert text.split("### 1p")[0].count(line) + text.split("### Overall")[1].count(line) >= 1, line
    assert "### MGMT\nNot evaluable: a test bundle has no mgmt head" in text
    assert text.index("### IDH") < text.index("### 1p/19q") < text.index("### Overall survival")


def test_files_and_heads_without_a_manifest(tmp_path):
    assert heads_card.files(heads()) == ["idh.onnx", "survival.onnx"]
    assert heads_card.files(heads_card.absent()) == []
    assert heads_card.installed(tmp_path) == heads_card.absent()
    (tmp_path / "bundle.json").write_text(json.dumps({"heads": heads()}))
    assert heads_card.installed(tmp_path) == heads()
