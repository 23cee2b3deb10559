"""Heads that do not hold from images to calls."""

import json

import pytest

from gliatrain.tabular.withhold import failure, withhold


def estimate(value):
    return {"value": value, "ci95": [value - 0.1, value + 0.1]}


def chain_head(auc=0.9, age=0.7, calls=20, wrong=0.05, head="idh", label="IDH-mutant"):
    beside = {label: {"age": estimate(age)}}
    return {
        "head": head,
        "status": "evaluated",
        "auc": {label: estimate(auc)},
        "besideAge": beside,
        "calls": calls,
        "callErrors": estimate(wrong),
    }


@pytest.mark.parametrize(
    ("changed", "holds"),
    [
        ({}, True),
        ({"wrong": 0.3}, False),
        ({"wrong": 0.3, "calls": 4}, True),
        ({"auc": 0.84}, False),
        ({"age": 0.95}, False),
        ({"head": "grade", "label": "4", "auc": 0.82}, True),
    ],
)
def test_calls_ranking_and_age_decide(changed, holds):
    assert (failure(chain_head(**changed), 34) is None) is holds


def test_a_head_that_fails_leaves_the_bundle_with_its_figures_as_the_reason(tmp_path):
    heads = {name: {"status": "tabular", "file": f"{name}.onnx"} for name in ("idh", "grade")}
    for name in heads:
        (tmp_path / f"{name}.onnx").write_bytes(b"x")
    files = {f"{name}.onnx": {"bytes": 1} for name in heads}
    (tmp_path / "bundle.json").write_text(json.dumps({"heads": heads, "files": files}))
    chain = {
        "cases": 34,
        "heads": [chain_head(wrong=0.25), chain_head(head="grade", label="4"), {"head": "mgmt", "status": "not_evaluable"}],
    }
    assert list(withhold(tmp_path, chain)) == ["idh"]
    manifest = json.loads((tmp_path / "bundle.json").read_text())
    assert manifest["heads"]["idh"]["status"] == "not_evaluable"
    assert "5 of 20 calls were wrong (25 %" in manifest["heads"]["idh"]["reason"]
    assert manifest["heads"]["grade"] == heads["grade"]
    assert set(manifest["files"]) == {"grade.onnx"}
    assert not (tmp_path / "idh.onnx").exists()
