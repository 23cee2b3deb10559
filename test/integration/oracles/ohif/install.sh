#!/usr/bin/env bash
# The viewer of OHIF as its maintainers build it, from npm, into the folder that is named: bash install.sh out/ohif
set -euo pipefail
version=3.13.2
sha256=b189d3963bfc58e9394a9db8c7be75d07beb029ec211dbb126d47b62969dd3f1
folder=$1
[ -e "$folder/$version" ] && exit 0
packed=$(mktemp -d)
trap 'rm -rf "$packed"' EXIT
npm pack --silent --pack-destination "$packed" "@ohif/app@$version" >/dev/null
echo "$sha256  $packed/ohif-app-$version.tgz" | sha256sum --check --quiet
rm -rf "$folder" && mkdir -p "$folder"
tar -xzf "$packed/ohif-app-$version.tgz" -C "$folder" --strip-components=1 --exclude='*.map'
touch "$folder/$version"
