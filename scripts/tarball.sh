#!/usr/bin/env bash
# Packs the program, installs it in an empty folder as a site without this repository would, and runs the demo from there.
# Install scripts stay off: that of ONNX Runtime would download CUDA libraries.
set -euo pipefail
cd "$(dirname "$0")/.."
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
npm pack --silent --pack-destination "$place" >"$place/name"
mkdir "$place/site"
cd "$place/site"
npm init --yes --silent >/dev/null
npm install --ignore-scripts --no-audit --no-fund --loglevel=error "$place/$(tail -1 "$place/name")"
npx --no-install gliabridge --version
npx --no-install gliabridge verify-bundle
npx --no-install gliabridge demo --exit --port 0 --json demo.json
node -e '
const { readBack } = JSON.parse(require("node:fs").readFileSync("demo.json", "utf8"))
if (!readBack?.segmentation || !readBack.report) throw new Error("the demo read nothing back")
console.log(`from the package: SEG and report (${readBack.report.status}) read back`)'
