"""The cross-modal library: pathology embeddings of past patients, found by the embedding of a new patient's MRI.

Two files. `library.bin`: float32 little-endian matrix, rows x (keys + values): the unit MRI embedding, then the unit
pathology embedding, of one patient per row. `library.json`:

    { "schema": "gliabridge-library/1", "file", "sha256", "bytes", "rows": N, "key_width": K, "value_width": V,
      "ids": [N names without meaning outside], "neighbours": k, "temperature": t, "metadata": {...} }

Proxy of a query (the service computes the same in src/inference/bundle/library.ts): cosine of the query with every key; the
`neighbours` highest (ties: the lower row first); weights softmax(cosine / temperature); the weighted mean of their
values. Ids are numbers of the library's own, never a patient's.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from .part import plain

SCHEMA = "gliabridge-library/1"


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)


def write_library(folder: Path, keys: np.ndarray, values: np.ndarray, neighbours: int, temperature: float, metadata: dict) -> dict:
    """Writes both files; returns library.json's content."""
    matrix = np.concatenate([unit(keys), unit(values)], 1).astype("<f4")
    if not np.isfinite(matrix).all() or len(keys) < neighbours:
        raise ValueError("library: rows must be finite and at least as many as the neighbours")
    data = matrix.tobytes()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "library.bin").write_bytes(data)
    facts = {
        "schema": SCHEMA,
        "file": "library.bin",
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "rows": len(keys),
        "key_width": keys.shape[1],
        "value_width": values.shape[1],
        "ids": [f"L{k:05d}" for k in range(len(keys))],
        "neighbours": neighbours,
        "temperature": temperature,
        "metadata": plain(metadata),
    }
    (folder / "library.json").write_text(json.dumps(facts, indent=1) + "\n")
    return facts


def read_library(folder: Path) -> tuple[dict, np.ndarray, np.ndarray]:
    """Facts, keys, values; refuses a file that is not the one described."""
    facts = json.loads((folder / "library.json").read_text())
    data = (folder / facts["file"]).read_bytes()
    if hashlib.sha256(data).hexdigest() != facts["sha256"]:
        raise ValueError(f"{facts['file']} is not the file that library.json describes")
    matrix = np.frombuffer(data, "<f4").reshape(facts["rows"], facts["key_width"] + facts["value_width"])
    return facts, matrix[:, : facts["key_width"]], matrix[:, facts["key_width"] :]


def nearest(keys: np.ndarray, query: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and cosines of the k nearest keys, the nearest first."""
    cosine = unit(keys.astype(np.float64)) @ unit(query.astype(np.float64))
    rows = np.argsort(-cosine, kind="stable")[:k]
    return rows, cosine[rows]


def proxy(keys: np.ndarray, values: np.ndarray, query: np.ndarray, k: int, temperature: float) -> np.ndarray:
    """Weighted mean of the nearest patients' values [V]."""
    rows, cosine = nearest(keys, query, k)
    weight = np.exp((cosine - cosine.max()) / temperature)
    return (weight / weight.sum()) @ values[rows].astype(np.float64)
