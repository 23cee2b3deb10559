"""The command on a cohort in the folder format, from files to figures."""

import json
import sys

import pytest

from gliatrain.export import Ensemble, export_onnx, load_network
from gliatrain.works import run
from gliatrain.works.cohort import write_cohort
from gliatrain.works.synthetic_cohort import Plan, make_cohort

CONFIG = """
widths = [6, 8]
attended = 1
heads = 2
size = [8, 8, 8]
epochs = 1
batch = 8
clinical = ["age", "eor"]

[options]
class_limits_days = [300, 600]
"""


def command(monkeypatch, *words: object) -> None:
    monkeypatch.setattr(sys, "argv", ["run", *map(str, words)])
    run.main()


@pytest.mark.parametrize(
    ("work", "exported"),
    [("sgsnet", {"survival.onnx", "survival.json", "segmentation.pt"}), ("marasi", {"survival-class.onnx", "survival-class.json"})],
)
def test_a_folder_becomes_figures(monkeypatch, tmp_path, capsys, work, exported):
    write_cohort(tmp_path / "a", make_cohort(Plan(patients=24, size=8, seed=31)))
    write_cohort(tmp_path / "b", make_cohort(Plan(patients=12, size=8, seed=32)))
    (tmp_path / "mine.toml").write_text(CONFIG)
    arguments = (
        work,
        "--cohort",
        tmp_path / "a",
        "--cohort-b",
        tmp_path / "b",
        "--config",
        tmp_path / "mine.toml",
        "--out",
        tmp_path / "out",
    )
    command(monkeypatch, *arguments)
    assert "epoch 1/1" in capsys.readouterr().out
    figures = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert exported <= {p.name for p in (tmp_path / "out").iterdir()}
    assert figures["n"] == 12 if work == "sgsnet" else figures["tested_on"] + figures["undecided_b"] == 12
    command(monkeypatch, *arguments)  # again: evaluates what is there
    assert "epoch" not in capsys.readouterr().out
    again = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert {**again, "seconds": 0} == {**figures, "seconds": 0}
    if work == "sgsnet":
        export_onnx(Ensemble([load_network(tmp_path / "out" / "segmentation.pt")[0]]), tmp_path / "segmentation.onnx", roi=(8, 8, 8))


def test_marasi_asks_for_the_second_cohort(monkeypatch, tmp_path):
    write_cohort(tmp_path / "a", make_cohort(Plan(patients=3, size=8, seed=33)))
    (tmp_path / "mine.toml").write_text(CONFIG)
    with pytest.raises(ValueError, match="--cohort-b"):
        command(monkeypatch, "marasi", "--cohort", tmp_path / "a", "--config", tmp_path / "mine.toml", "--out", tmp_path)
