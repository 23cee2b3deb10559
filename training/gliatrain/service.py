"""Each whole case through the service's own code, by a member that never saw its patient. `python -m gliatrain.service --data DIR`

Makes a bundle of each fold (the manifest of BUNDLE, one member, no heads), runs `gliabridge evaluate --cases` of this
repository on its cases, and writes results/service.json: the service's own report, joined.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import data as cohort_data
from . import identities
from .card import sha256
from .card_heads import absent
from .metrics import service_means

ROOT = Path(__file__).parents[2]


def fold_bundle(bundle: Path, network: Path, into: Path) -> Path:
    """Writes a bundle of one member into `into`."""
    manifest = json.loads((bundle / "bundle.json").read_text())
    shutil.copy(network, into / "segmentation.onnx")
    (into / "card.md").write_text("One fold of the ensemble, for its evaluation alone.\n")
    manifest["network"]["members"] = 1
    manifest["heads"] = absent()
    manifest["files"] = {name: sha256(into / name) for name in ("segmentation.onnx", "card.md")}
    (into / "bundle.json").write_text(json.dumps(manifest))
    return into


def evaluate_fold(data: Path, bundle: Path, network: Path, names: list[str]) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report.json"
        made = fold_bundle(bundle, network, Path(folder))
        subprocess.run(
            [
                "node",
                "bin/run.mjs",
                "bin/gliabridge.mjs",
                "evaluate",
                "--cases",
                str(data / "brats"),
                "--only",
                ",".join(names),
                "--bundle",
                str(made),
                "--json",
                str(out),
            ],
            cwd=ROOT,
            check=True,
        )
        return json.loads(out.read_text())


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--data")
    ap.add_argument("--folds", type=Path, default=Path("out/folds"))
    ap.add_argument("--cache", type=Path, default=Path("out/cache"))
    ap.add_argument("--bundle", type=Path, default=ROOT / "config/models/glioma-unet-2mm")
    ap.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "results" / "service.json")
    a = ap.parse_args()
    data = cohort_data.data_folder(a.data)
    members = identities.records(json.loads((a.out.parent / "training.json").read_text()))
    tested = identities.tested_by(members, identities.patients(data, a.cache), cohort_data.case_names(data)[0])
    reports = [evaluate_fold(data, a.bundle, (a.folds / f"fold-{k}.onnx").resolve(), names) for k, names in enumerate(tested) if names]
    cases = sorted((c for r in reports for c in r["cases"]), key=lambda c: c["case"])
    result = {
        "command": "python -m gliatrain.service",
        "execution": reports[0]["execution"],
        "mean": service_means(cases),
        "cases": cases,
        "failures": [f for r in reports for f in r["failures"]],
        "peakRssMb": {k: max(r["peakRssMb"][k] for r in reports) for k in reports[0]["peakRssMb"]},
    }
    a.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result["mean"]))


if __name__ == "__main__":
    main()
