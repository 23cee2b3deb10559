"""Turns off the heads of a bundle that fail from images to calls. `python -m gliatrain.tabular.withhold --bundle DIR --chain FILE`

FILE is what `gliatrain.cascade.chain` measured with the service's own outlines. A head that fails answers "not evaluable", with the
figures as the reason; its file leaves the bundle. A head that the chain did not run stays as it is.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

from ..figures import interval, number

MAX_WRONG_CALLS = 0.10
MIN_CALLS = 10
"""With fewer calls, their share of wrong ones says nothing, and only the ranking decides."""


@dataclass(frozen=True)
class Floor:
    """The class whose ranking decides, and the AUC that it must reach; it must rank better than the patient's age as well."""

    label: str
    auc: float


FLOORS = {"idh": Floor("IDH-mutant", 0.85), "grade": Floor("4", 0.80), "1p19q": Floor("codeleted", 0.75)}


def failure(head: dict, cases: int) -> str | None:
    """In words, why a head fails on the chain; None where it does not, or was not run."""
    floor = FLOORS.get(head["head"])
    if head["status"] != "evaluated" or floor is None:
        return None
    auc, age = head["auc"][floor.label], head["besideAge"][floor.label]["age"]
    errors = head["callErrors"]
    many_wrong = head["calls"] >= MIN_CALLS and errors["value"] > MAX_WRONG_CALLS
    if not many_wrong and auc["value"] >= floor.auc and auc["value"] > age["value"]:
        return None
    calls = ""
    if head["calls"]:
        wrong, (low, high) = round(errors["value"] * head["calls"]), errors["ci95"]
        share = f"{100 * errors['value']:.0f} %, 95 % interval {100 * low:.0f} to {100 * high:.0f} %"
        calls = f"{wrong} of {head['calls']} calls were wrong ({share}), "
    return (
        f"With the service's own outlines it does not hold: on {cases} clinical heads (TCGA-LGG) {calls}"
        f"AUC {number(auc['value'], 2)} ({interval(auc)}), age alone {number(age['value'], 2)}."
    )


def withhold(folder: Path, chain: dict) -> dict[str, str]:
    """Rewrites the manifest in `folder`; returns the reason of each head that was turned off."""
    path = folder / "bundle.json"
    manifest = json.loads(path.read_text())
    failures = {head["head"]: failure(head, chain["cases"]) for head in chain["heads"]}
    reasons = {name: reason for name, reason in failures.items() if reason}
    for name, reason in reasons.items():
        file = manifest["heads"][name].get("file")
        if file:
            del manifest["files"][file]
            (folder / file).unlink()
        manifest["heads"][name] = {"status": "not_evaluable", "reason": reason}
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    return reasons


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True, help="folder with bundle.json")
    parser.add_argument("--chain", type=Path, required=True, help="results/cascade-chain.json")
    options = parser.parse_args()
    for name, reason in withhold(options.bundle, json.loads(options.chain.read_text())).items():
        print(f"{name}: {reason}")


if __name__ == "__main__":
    main()
