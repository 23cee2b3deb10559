"""From images to calls on clinical heads whose tissue results are known. `python -m gliatrain.cascade.chain --data DIR --out DIR`

Writes the heads and their table (chain_cases.py), runs `gliabridge evaluate --chain` on them, and keeps the figures, no row of a patient,
in results/cascade-chain.json for the card. Half of the heads are in the training of the networks' outlines; the heads of the bundle were
fitted to their patients' tissue results as far as heads.json says.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path

from .. import chain_cases
from ..card import table
from ..data import data_folder
from ..figures import number
from .bundle import RESULTS, ROOT
from .measure import computes

KEPT = ("dice", "heads", "peakRssMb")


def run(data: Path, out: Path, bundle: Path) -> Path:
    chain_cases.write_all(data, out)
    report = out / "report.json"
    command = ["node", "bin/run.mjs", "bin/gliabridge.mjs", "evaluate", "--chain", str((out / "heads").resolve())]
    command += ["--labels", str((out / "labels.csv").resolve()), "--bundle", str(bundle.resolve()), "--json", str(report.resolve())]
    subprocess.run(command, cwd=ROOT, check=True)
    return report


def summary(report: dict, bundle: dict) -> dict:
    kept = {key: report[key] for key in KEPT}
    counts = {"cases": len(report["cases"]), "failures": len(report["failures"])}
    return {"command": "python -m gliatrain.cascade.chain", "computes": computes(bundle), **counts, **kept}


def estimate(e: dict | None) -> str:
    return "-" if e is None or e["value"] is None else f"{number(e['value'], 2)} ({number(e['ci95'][0], 2)} to {number(e['ci95'][1], 2)})"


def rows(heads: list[dict]) -> list[list]:
    """Of each head and class: patients with a result, how many were answered, AUC beside the age's, calls, share of wrong calls."""
    out: list[list] = []
    for head in heads:
        if head["status"] == "not_evaluable":
            out.append([head["head"], "-", "-", "not evaluable", "-", "-", "-"])
        elif head["status"] == "evaluated":
            labelled = head["patients"] - head["withoutLabel"]
            for label, auc in head["auc"].items():
                called = [head["calls"], estimate(head["callErrors"])] if head["calls"] else [0, "-"]
                beside = head["besideAge"][label]["age"]
                out.append([f"{head['head']}: {label}", labelled, head["answered"], estimate(auc), estimate(beside), *called])
        else:
            labelled = head["patients"] - head["withoutLabel"]
            out.append(
                [head["head"], labelled, head["answered"], estimate(head["concordance"]), estimate(head["besideAge"]["age"]), "-", "-"]
            )
    return out


def section(measured: dict) -> str:
    """For the card, with a word where the chain ran with other networks or rules than what is `measured` there."""
    path = RESULTS / "cascade-chain.json"
    if not path.exists():
        return "Not measured."
    chain = json.loads(path.read_text())
    same = chain["computes"] == measured["computes"]
    whole = next(d for d in chain["dice"] if d["region"] == "WT")
    columns = ["head", "patients with a result", "answered", "AUC or C-index (95 % interval)", "age alone", "calls", "wrong among calls"]
    said = (
        f"{chain['cases']} clinical heads (`{chain['command']}`), {chain['failures']} failed; half of them were in the training of the"
        f" outlines, so that their overlap (whole tumour {number(whole['mean']['value'])}) is no held-out figure."
        + ("" if same else " Run with other networks or rules than the figures above.")
    )
    return f"{said}\n\n{table(columns, rows(chain['heads']))}"


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--data")
    ap.add_argument("--out", type=Path, default=Path("out/chain"))
    ap.add_argument("--bundle", type=Path, default=ROOT / "config/models/glioma-cascade-1mm")
    ap.add_argument("--report", type=Path, help="of a run that was made already, by the same bundle")
    a = ap.parse_args()
    report = a.report or run(data_folder(a.data), a.out, a.bundle)
    kept = summary(json.loads(report.read_text()), json.loads((a.bundle / "bundle.json").read_text()))
    (RESULTS / "cascade-chain.json").write_text(json.dumps(kept, indent=1) + "\n")
    print(json.dumps(kept["dice"]), *rows(kept["heads"]), sep="\n")


if __name__ == "__main__":
    main()
