#!/bin/bash
# A container engine for the test of the compose file, where none runs: Debian's, in a network of its own, so that the ports that the
# compose file publishes stay free on this machine. Its images are kept between two runs. Needs root, and Debian's packages docker.io,
# iptables and slirp4netns.
#
#   engine.sh start     starts it, and prints the variable that leads to it
#   engine.sh reboot    ends it with all its containers, as a machine that loses power, and starts it again
#   engine.sh stop      ends it with all its containers
set -euo pipefail

data=${RELANCE_ENGINE_DATA:-${XDG_CACHE_HOME:-$HOME/.cache}/relance/engine}
run=${RELANCE_ENGINE_RUN:-/run/relance-engine}
socket=$run/docker.sock

running() { # name of a pid file
    [ -s "$run/$1.pid" ] && kill -0 "$(cat "$run/$1.pid")" 2>/dev/null
}

answers() { docker --host "unix://$socket" version >/dev/null 2>&1; }

# within gives a command a number of seconds to succeed.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.2
    done
}

gone() { ! running "$1"; }

network() { # a network namespace that outlives the engine, with a way out
    running network && running slirp4netns && return
    setsid unshare --net sleep infinity </dev/null >/dev/null 2>&1 &
    echo $! >"$run/network.pid"
    within 5 other_network
    setsid slirp4netns --configure --mtu=65520 --disable-host-loopback "$(cat "$run/network.pid")" tap0 </dev/null >"$run/slirp4netns.log" 2>&1 &
    echo $! >"$run/slirp4netns.pid"
    within 10 inside ip link show tap0
}

other_network() { [ "$(readlink "/proc/$(cat "$run/network.pid")/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }

# inside runs a command in that network. The rest of the machine stays as it is: the engine needs /sys/fs/cgroup.
inside() { nsenter --net="/proc/$(cat "$run/network.pid")/ns/net" "$@" >/dev/null 2>&1; }

engine() {
    running dockerd && answers && return
    rm -f "$run/dockerd.pid"
    local resolver=10.0.2.3 # slirp4netns's own
    setsid nsenter --net="/proc/$(cat "$run/network.pid")/ns/net" dockerd --data-root "$data" --exec-root "$run/exec" --pidfile "$run/dockerd.pid" \
        --host "unix://$socket" --dns "$resolver" --exec-opt native.cgroupdriver=cgroupfs </dev/null >>"$run/dockerd.log" 2>&1 &
    if ! within 60 answers; then
        echo "the engine does not start:" >&2
        tail -n 20 "$run/dockerd.log" >&2
        stop
        return 1
    fi
}

stop() {
    local name
    for name in dockerd slirp4netns network; do
        running "$name" && kill "$(cat "$run/$name.pid")" && within 60 gone "$name" || true
    done
}

# power_cut kills what the engine runs and the engine itself, without a word to anybody.
power_cut() {
    local pid
    pid=$(cat "$run/dockerd.pid")
    docker --host "unix://$socket" ps --quiet | xargs --no-run-if-empty docker --host "unix://$socket" inspect --format '{{.State.Pid}}' >"$run/containers"
    kill -KILL "$pid" $(pgrep --parent "$pid")
    xargs --no-run-if-empty kill -KILL <"$run/containers" || true
    within 20 gone dockerd
}

case ${1:-} in
start)
    for tool in dockerd docker slirp4netns iptables nsenter; do
        command -v "$tool" >/dev/null || { echo "there is no $tool here" >&2; exit 1; }
    done
    [ "$(id -u)" = 0 ] || { echo "an engine is started by root" >&2; exit 1; }
    mkdir -p "$data" "$run"
    network
    engine
    echo "DOCKER_HOST=unix://$socket"
    ;;
reboot)
    power_cut
    engine
    ;;
stop) stop ;;
*)
    echo "usage: engine.sh start|reboot|stop" >&2
    exit 2
    ;;
esac
