"""Averages the weights of two checkpoints of one line (model soups: Wortsman 2022, arXiv 2203.05482).
`python -m gliatrain.cascade.soup EARLIER LATER --out FILE`

Training on something new makes a network forget a little of the old; halfway between is often better at both. So is the mean of two runs
that go on from one checkpoint with different seeds, which a machine with two cores makes in the time of one. FILE keeps what LATER
records of its training, and the rounds of both.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from .. import checkpoints


def average(earlier: dict, later: dict) -> dict:
    """LATER with the mean of both checkpoints' running means, the weights that ship, in every member."""
    members = {}
    for key, member in later["members"].items():
        first = earlier["members"][key]["mean"]
        mean = {name: torch.lerp(first[name], weight, 0.5) for name, weight in member["mean"].items()}
        members[key] = {**member, "mean": mean}
    facts = {**later["facts"], "averaged_after_rounds": [earlier["rounds"], later["rounds"]]}
    return {**later, "members": members, "facts": facts}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("earlier", type=Path)
    ap.add_argument("later", type=Path)
    ap.add_argument("--out", type=Path, required=True)
    a = ap.parse_args()
    checkpoints.save(a.out, average(checkpoints.load(a.earlier), checkpoints.load(a.later)))


if __name__ == "__main__":
    main()
