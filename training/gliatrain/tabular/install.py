"""`python -m gliatrain.tabular.install --bundle DIR --heads DIR` puts trained heads into a bundle folder, and what
was measured of them into its card.

--default also keeps what was measured for the card (results/heads.json) and the golden rows of the service's tests.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from .. import card_heads
from .bundle import install


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True, help="folder with bundle.json")
    parser.add_argument("--heads", type=Path, required=True, help="folder that gliatrain.tabular.train wrote")
    parser.add_argument("--default", action="store_true", help="the bundle is the default one")
    options = parser.parse_args()
    if options.default:
        root = Path(__file__).parents[3]
        shutil.copyfile(options.heads / "evaluation.json", root / "training/results/heads.json")
        shutil.copyfile(options.heads / "golden.json", root / "test/golden/inference/heads.json")
    copied = install(options.bundle, options.heads)
    card_heads.write(options.bundle, json.loads((options.heads / "evaluation.json").read_text()))
    print("installed", ", ".join(copied), "into", options.bundle)


if __name__ == "__main__":
    main()
