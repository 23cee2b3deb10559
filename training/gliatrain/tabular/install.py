"""`python -m gliatrain.tabular.install --bundle DIR --heads DIR` puts trained heads into a bundle folder."""
from __future__ import annotations

import argparse
from pathlib import Path

from .bundle import install


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True, help="folder with bundle.json")
    parser.add_argument("--heads", type=Path, required=True, help="folder that gliatrain.tabular.train wrote")
    options = parser.parse_args()
    print("installed", ", ".join(install(options.bundle, options.heads)), "into", options.bundle)


if __name__ == "__main__":
    main()
