"""The arguments that every training of the cascade takes."""

from __future__ import annotations

import argparse
from pathlib import Path


def training_arguments(description: str | None, minutes: float) -> argparse.ArgumentParser:
    """--data, --cache, --out, --minutes and --threads; a module adds its own."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", help="data folder (default: GLIABRIDGE_DATA)")
    parser.add_argument("--cache", type=Path, default=Path("out/cache"), help="prepared volumes")
    parser.add_argument("--out", type=Path, default=Path("out/cascade"), help="checkpoints; a run goes on from what is there")
    parser.add_argument("--minutes", type=float, default=minutes, help="training time, of all runs together")
    parser.add_argument("--threads", type=int, default=1)
    return parser
