#!/usr/bin/env bash
# Fetches the jars of a list (jars.txt beside this, when left out) from Maven Central into a folder, and checks every digest: install.sh FOLDER [LIST]
# jars.txt is what pom.xml resolves to, less what R4 on H2 never loads; after a change of versions make it again from there.
set -euo pipefail
list=$(realpath "${2:-$(dirname "$0")/jars.txt}")
folder=${1:?folder for the jars}
central=${MAVEN_CENTRAL:-https://repo.maven.apache.org/maven2}
mkdir -p "$folder"
cd "$folder"
awk '{ n = split($2, parts, "/"); print $1 "  " parts[n] }' "$list" >SHA256SUMS
sha256sum --check --quiet --status SHA256SUMS 2>/dev/null && exit 0
awk '{ n = split($2, parts, "/"); print $2 " " parts[n] }' "$list" |
  while read -r path name; do [ -e "$name" ] || echo "$central/$path"; done |
  xargs -r -P 6 -n 8 curl --fail --silent --show-error --location --retry 3 --remote-name-all
sha256sum --check --quiet SHA256SUMS
