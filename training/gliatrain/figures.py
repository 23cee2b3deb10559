"""Figures as text, in cards, manifests and pages. Needs nothing but Python, since the heads train without PyTorch."""

from __future__ import annotations


def number(v: float | None, digits: int = 3) -> str:
    return "not defined" if v is None else f"{v:.{digits}f}"


def interval(estimate: dict, digits: int = 2) -> str:
    """`estimate`: {"value", "ci95": [low, high]}."""
    low, high = estimate["ci95"]
    return f"95 % interval {number(low, digits)} to {number(high, digits)}"
