"""Lints and renders a Helm chart with Helm's own library, and judges what comes out by the schemas of Kubernetes.

usage: render_chart.py CHART KUBERNETES_VERSION < values as JSON
Prints {"lint": [[severity, text]], "refused": text} or {"lint": …, "objects": [the rendered objects]}.
"""

import json
import sys

import helm_python as helm
import kubernetes_validate
import yaml

WARNING = 2


def main() -> None:
    path, version = sys.argv[1:]
    values = json.load(sys.stdin)
    report = helm.lint(path, values, strict=True, kube_version=f"v{version}.0")
    lint = [[one["severity"], one["error"]] for one in report["messages"] if one["severity"] >= WARNING]
    with helm.Chart.load(path) as chart:
        try:
            chart.validate_schema(chart.merge_values(values))
            rendered = chart.render(values, name="gliabridge", namespace="gliabridge")
        except helm.HelmError as error:
            print(json.dumps({"lint": lint, "refused": str(error)}))
            return
    manifests = [text for name, text in sorted(rendered.items()) if name.endswith(".yaml")]
    objects = [one for text in manifests for one in yaml.safe_load_all(text) if one]
    for one in objects:
        kubernetes_validate.validate(one, version, strict=True)
    print(json.dumps({"lint": lint, "objects": objects}))


if __name__ == "__main__":
    main()
