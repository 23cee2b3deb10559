"""Golden vectors of the library for the service's test. `python -m gliatrain.works.library_golden`

Writes test/golden/inference/library.json: a small seeded library (matrix in base64) with queries, their nearest rows,
cosines and proxies as numpy computes them. Two keys are equal, so that the order of ties is settled.
"""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path

import numpy as np

from .library import nearest, proxy, read_library, write_library

PATH = Path(__file__).parents[3] / "test" / "golden" / "inference" / "library.json"


def make() -> dict:
    rng = np.random.default_rng(11)
    keys, values = rng.standard_normal((23, 6)), rng.standard_normal((23, 5))
    keys[17] = keys[4]
    with tempfile.TemporaryDirectory() as folder:
        facts = write_library(Path(folder), keys, values, 7, 0.2, {"source": "random numbers"})
        _, keys, values = read_library(Path(folder))
        data = (Path(folder) / "library.bin").read_bytes()
    queries = [*rng.standard_normal((3, 6)).astype(np.float32), 3 * keys[4]]
    cases = []
    for query in queries:
        rows, cosines = nearest(keys, query, facts["neighbours"])
        cases.append(
            {
                "query": query.tolist(),
                "rows": rows.tolist(),
                "cosines": cosines.tolist(),
                "proxy": proxy(keys, values, query, facts["neighbours"], facts["temperature"]).tolist(),
            }
        )
    return {"library": facts, "matrix": base64.b64encode(data).decode(), "cases": cases}


if __name__ == "__main__":
    PATH.write_text(json.dumps(make()) + "\n")
    print(f"{PATH.name} written")
