#!/bin/sh
# Makes random passwords for compose.yaml beside this file, where there are none yet.
set -eu
cd "$(dirname "$0")"
umask 077
random() { od -An -tx1 -N24 /dev/urandom | tr -d ' \n'; }
[ -e pacs-password ] || random >pacs-password
[ -e postgres-password ] || random >postgres-password
[ -e http-token ] || random >http-token
printf '{"RegisteredUsers": {"gliabridge": "%s"}}\n' "$(cat pacs-password)" >orthanc-users.json
printf 'postgres://gliabridge:%s@postgres:5432/gliabridge' "$(cat postgres-password)" >database-url
# The containers' users are not this one.
chmod 644 pacs-password postgres-password http-token orthanc-users.json database-url
chmod 711 .
