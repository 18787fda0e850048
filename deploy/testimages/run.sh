#!/bin/bash
# Runs the compose file for real (go test ./local/compose) on a machine without an engine and without a registry: installs Debian's engine,
# starts it, makes the images, tests, and stops it. Where no engine can be had it says why, and that is no failure.
set -euo pipefail
cd "$(dirname "$0")"

skip() {
    echo "the compose file was not run: $*"
    exit 0
}

[ "$(uname -s)" = Linux ] && [ "$(id -u)" = 0 ] || skip "an engine is started by root, on Linux"
missing=
for tool in dockerd:docker.io slirp4netns:slirp4netns debootstrap:debootstrap iptables:iptables openssl:openssl; do
    command -v "${tool%%:*}" >/dev/null || missing="$missing ${tool#*:}"
done
if [ -n "$missing" ]; then
    command -v apt-get >/dev/null || skip "$missing not installed, and there is no apt-get"
    # shellcheck disable=SC2086
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >/dev/null 2>&1 || skip "$missing cannot be installed"
fi
began=$SECONDS
started=$(./engine.sh start 2>&1) || skip "$(tail -n 1 <<<"$started")"
export "${started?}"
trap './engine.sh stop' EXIT
./make.sh
DOCKER_CONFIG=$(./make.sh compose)
export DOCKER_CONFIG
echo "engine and images: $((SECONDS - began)) s"
cd ../..
go test ./local/compose -v -timeout "${RELANCE_COMPOSE_TIMEOUT:-40m}"
