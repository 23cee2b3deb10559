"""Makes the heads bundle and the golden values beside it; run again only to change them: python make.py

Two tiny heads on three features. `idh`: an ensemble of four logistic models, calibrated by a temperature, in the graph:
impute, scale, multiply, sigmoid, mean. `survival`: a linear log risk with three members. The golden values come from numpy
in float64 (probabilities, percentiles, conformal set, Mahalanobis distance, Breslow survival), and from Shapley values by
their definition: the mean over all orders in which the features may arrive. Nothing here shares code with the service.
Needs numpy and onnx.
"""
import hashlib
import itertools
import json
import math
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

here = Path(__file__).parent
FEATURES = ["age_years", "shape_Sphericity", "t1c_cov"]
MEDIAN = np.array([58.0, 0.55, 0.3])
SCALE = np.array([15.0, 0.12, 0.1])
WEIGHTS = np.array([[-2.0, 0.9, -0.4], [-1.6, 1.2, -0.9], [-2.5, 0.5, 0.1], [-1.1, 1.4, -0.6]])
BIAS = np.array([-1.9, -1.4, -2.2, -1.2])
TEMPERATURE = 1.3
RISK = np.array([[0.55, -0.35, 0.2], [0.7, -0.1, 0.15], [0.4, -0.6, 0.35]])


def node(kind, inputs, output, **more):
    return helper.make_node(kind, inputs, [output], **more)


def constant(name, value):
    return numpy_helper.from_array(np.asarray(value, np.float32), name)


def scaled():
    """NaN -> median, then (x - median) / scale."""
    return [node("IsNaN", ["features"], "missing"), node("Where", ["missing", "median", "features"], "whole"),
            node("Sub", ["whole", "median"], "centred"), node("Div", ["centred", "scale"], "z")]


def save(name, nodes, constants, outputs):
    graph = helper.make_graph(nodes, name, [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", 3])],
                              [helper.make_tensor_value_info(o, TensorProto.FLOAT, s) for o, s in outputs],
                              [constant("median", MEDIAN), constant("scale", SCALE), *constants])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    (here / f"{name}.onnx").write_bytes(model.SerializeToString())


axes = numpy_helper.from_array(np.array([2], np.int64), "axes")
save("idh", [*scaled(), node("MatMul", ["z", "weights"], "wz"), node("Add", ["wz", "bias"], "logit"),
             node("Div", ["logit", "temperature"], "cool"), node("Sigmoid", ["cool"], "mutant"), node("Sub", ["one", "mutant"], "wild"),
             node("Unsqueeze", ["wild", "axes"], "wild3"), node("Unsqueeze", ["mutant", "axes"], "mutant3"),
             node("Concat", ["wild3", "mutant3"], "members", axis=2),
             node("ReduceMean", ["members"], "probabilities", axes=[1], keepdims=0)],
     [constant("weights", WEIGHTS.T), constant("bias", BIAS), constant("temperature", TEMPERATURE), constant("one", 1.0), axes],
     [("probabilities", ["n", 2]), ("members", ["n", 4, 2])])
save("survival", [*scaled(), node("MatMul", ["z", "risk"], "members"), node("ReduceMean", ["members"], "log_risk", axes=[1], keepdims=1)],
     [constant("risk", RISK.T)], [("log_risk", ["n", 1]), ("members", ["n", 3])])

reference = [60.0, 0.5, 0.28]
mean, cov = np.array([57.0, 0.54, 0.31]), np.array([[225, -0.4, 0.3], [-0.4, 0.0144, -0.002], [0.3, -0.002, 0.01]])
precision = np.linalg.inv(cov)
precision = (precision + precision.T) / 2
limits = {"IDH-wildtype": 0.25, "IDH-mutant": 0.35}
baseline = {"months": [1, 3, 6, 9, 12, 18, 24, 36], "cumulative_hazard": [0.02, 0.08, 0.2, 0.35, 0.52, 0.9, 1.3, 2.1]}


def curve(rate):
    s = [math.exp(-rate * m) for m in (6, 12, 24, 36)]
    return {"months": [6, 12, 24, 36], "survival": s, "lower": [max(0, v - 0.08) for v in s], "upper": [min(1, v + 0.07) for v in s]}


groups = [{"name": "low", "upper_log_risk": -0.4, "n": 31, "events": 12, "kaplan_meier": curve(0.02)},
          {"name": "middle", "upper_log_risk": 0.4, "n": 33, "events": 21, "kaplan_meier": curve(0.05)},
          {"name": "high", "upper_log_risk": None, "n": 30, "events": 27, "kaplan_meier": curve(0.09)}]
shared = {"input": "features", "members": "members", "features": FEATURES, "required": ["age_years"], "reference": reference,
          "guard": {"mean": mean.tolist(), "precision": precision.tolist(), "limit": 14.0}, "evaluation": {"note": "made up"}}
heads = {
    "idh": {"status": "tabular", "file": "idh.onnx", "output": "probabilities", **shared,
            "classes": ["IDH-wildtype", "IDH-mutant"], "conformal": {"error_rate": 0.1, "limits": limits}},
    **{h: {"status": "not_evaluable", "reason": f"a test bundle has no {h} head"} for h in ("1p19q", "mgmt", "grade")},
    "survival": {"status": "tabular-survival", "file": "survival.onnx", "output": "log_risk", **shared,
                 "baseline": baseline, "horizons_months": [6, 12, 24], "risk_groups": groups},
}
(here / "heads.json").write_text(json.dumps(heads, indent=1) + "\n")


def z(x):
    x = np.where(np.isnan(x), MEDIAN, x)
    return (x - MEDIAN) / SCALE


def mutant(x):
    return 1 / (1 + np.exp(-(WEIGHTS @ z(x) + BIAS) / TEMPERATURE))


def shapley(f, x):
    """By definition: each feature's step, averaged over all orders of arrival."""
    n, total = len(x), np.zeros(len(x))
    for order in itertools.permutations(range(n)):
        at = np.array(reference)
        before = f(at)
        for i in order:
            at = at.copy()
            at[i] = x[i]
            after = f(at)
            total[i] += after - before
            before = after
    return total / math.factorial(n)


def log_odds(p):
    return math.log(p / (1 - p))


cases = []
for x in ([34.0, 0.71, 0.22], [71.0, 0.41, 0.39], [47.0, 0.6, 0.29], [50.0, math.nan, 0.3], [52.0, 0.95, 0.6]):
    x = np.array(x)
    members = mutant(x)
    p = {"IDH-wildtype": 1 - members.mean(), "IDH-mutant": members.mean()}
    remaining = [k for k, limit in limits.items() if p[k] >= limit]
    best = remaining[0] if len(remaining) == 1 else max(p, key=p.get)
    sign = 1 if best == "IDH-mutant" else -1
    risks = RISK @ z(x)
    survival = lambda t, r: math.exp(-max([h for m, h in zip(baseline["months"], baseline["cumulative_hazard"]) if m <= t]) * math.exp(r))
    away = np.where(np.isnan(x), 0, x - mean)
    cases.append({
        "features": {k: (None if math.isnan(v) else v) for k, v in zip(FEATURES, x)},
        "distance": float(away @ precision @ away),
        "idh": {"probabilities": p, "remaining": remaining, "of": best,
                "intervals": {"IDH-wildtype": np.percentile(1 - members, [2.5, 97.5]).tolist(), "IDH-mutant": np.percentile(members, [2.5, 97.5]).tolist()},
                "contributions": dict(zip(FEATURES, shapley(lambda v: sign * log_odds(mutant(v).mean()), x).tolist()))},
        "survival": {"log_risk": float(risks.mean()), "log_risk_interval": np.percentile(risks, [2.5, 97.5]).tolist(),
                     "group": next(g["name"] for g in groups if g["upper_log_risk"] is None or risks.mean() <= g["upper_log_risk"]),
                     "probabilities": {str(t): survival(t, risks.mean()) for t in (6, 12, 24)},
                     "intervals": {str(t): np.percentile([survival(t, r) for r in risks], [2.5, 97.5]).tolist() for t in (6, 12, 24)},
                     "contributions": dict(zip(FEATURES, shapley(lambda v: float((RISK @ z(v)).mean()), x).tolist()))},
    })
files = {n: {"sha256": hashlib.sha256((here / n).read_bytes()).hexdigest(), "bytes": (here / n).stat().st_size} for n in ("idh.onnx", "survival.onnx")}
(here / "golden.json").write_text(json.dumps({"provenance": "make.py; numpy " + np.__version__, "files": files, "cases": cases}, indent=1) + "\n")
