#!/bin/bash
# Makes the images that docker-compose.yml and the Dockerfiles start from, under their own tags, where an engine cannot pull any: from
# Debian's packages and from Go modules of the same versions. README.md says in which way each of them is not the real one.
# An image that is there stays. Needs root, debootstrap, go, docker, and the servers of `go run . servers`.
#
#   make.sh          makes what is missing; the downloads and programs are kept in the cache folder of the user
#   make.sh compose  makes Docker's Compose alone, and prints the folder that has it as a plugin of docker
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/relance
kept=$cache/images
servers=${RELANCE_SERVERS:-$cache/bin}
export DOCKER_BUILDKIT=0 CGO_ENABLED=0 GOFLAGS= GOWORK=off
mkdir -p "$kept"

golang=golang:1.26.8-bookworm
alpine=alpine:3.23.3
temporal=1.32.0
ui=v2.54.1
mox=v0.0.15
compose=v2.40.3

work=$(mktemp -d "$kept/.work-XXXXXX")
trap 'rm -rf "$work"' EXIT

say() { echo "$*" >&2; }

# program builds a Go program of a pinned version once for this machine.
program() { # its name with its version, its package with the version
    [ -x "$kept/$1" ] && return
    say "building $1 …"
    GOBIN=$work/bin go install -trimpath -ldflags="-s -w" "$2"
    mv "$work"/bin/* "$kept/$1"
}

# plugin builds Compose, whose own module cannot be installed by its name: it excludes versions. The module beside this file pins it.
plugin() {
    local folder=$kept/compose-$compose/cli-plugins
    if [ ! -x "$folder/docker-compose" ]; then
        say "building Compose $compose (three to four minutes on two cores) …"
        mkdir -p "$folder"
        (cd "$here/compose" && go build -mod=readonly -trimpath -ldflags="-s -w -X github.com/docker/compose/v2/internal.Version=$compose" \
            -o "$work/docker-compose" github.com/docker/compose/v2/cmd)
        mv "$work/docker-compose" "$folder/docker-compose"
    fi
    dirname "$folder"
}

there() { docker image inspect "$1" >/dev/null 2>&1; }

image() { # tag, folder with a Dockerfile
    docker build --tag "$1" "$2" >"$work/build.log" 2>&1 || { tail -n 30 "$work/build.log" >&2; return 1; }
    say "made $1"
}

# debian is the system that the large images are made of: one, with everything that any of them needs.
debian() {
    there relance-test/debian && return
    if [ ! -s "$kept/debian.tar" ]; then
        say "unpacking Debian …"
        # shellcheck source=/dev/null
        debootstrap --variant=minbase --include=ca-certificates,git,busybox-static,locales,postgresql \
            "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$work/debian" >"$work/debootstrap.log" 2>&1 || { tail "$work/debootstrap.log" >&2; exit 1; }
        rm -rf "$work/debian"/var/cache/apt/* "$work/debian"/var/lib/apt/lists/* "$work/debian"/usr/share/{doc,man}
        tar -C "$work/debian" -cf "$work/debian.tar" .
        mv "$work/debian.tar" "$kept/debian.tar"
        rm -rf "$work/debian"
    fi
    docker import "$kept/debian.tar" relance-test/debian >/dev/null
}

make_golang() {
    there "$golang" && return
    debian
    mkdir "$work/golang"
    cp -a "$(go env GOROOT)" "$work/golang/go"
    cat >"$work/golang/Dockerfile" <<D
FROM relance-test/debian
COPY go /usr/local/go
ENV GOTOOLCHAIN=local GOPATH=/go PATH=/go/bin:/usr/local/go/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENV GOPROXY=$(go env GOPROXY) GOSUMDB=$(go env GOSUMDB)
D
    image "$golang" "$work/golang"
}

# make_alpine puts Debian's BusyBox in Alpine's place, with the two commands that Debian leaves out of it.
make_alpine() {
    there "$alpine" && return
    debian
    local root=$work/alpine name
    mkdir -p "$root"/{bin,sbin,usr/bin,usr/sbin,usr/local/bin,usr/share,etc/ssl/certs,home,root,tmp,var}
    chmod 1777 "$root/tmp"
    tar -C "$root" -xf "$kept/debian.tar" ./usr/bin/busybox ./usr/share/zoneinfo ./etc/ssl/certs/ca-certificates.crt
    mv "$root/usr/bin/busybox" "$root/bin/"
    for name in $("$root/bin/busybox" --list); do
        [ -e "$root/bin/$name" ] || ln -s /bin/busybox "$root/bin/$name"
    done
    cp "$here"/alpine/* "$root/bin/"
    echo root:x:0:0:root:/root:/bin/sh >"$root/etc/passwd"
    echo root:x:0: >"$root/etc/group"
    tar -C "$root" -c . | docker import --change 'CMD ["/bin/sh"]' \
        --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$alpine" >/dev/null
    say "made $alpine"
}

# sources gives the folder in which Go keeps the sources of a module.
sources() { go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p'; }

make_temporal() {
    local server=temporalio/server:$temporal tools=temporalio/admin-tools:$temporal page=temporalio/ui:${ui#v} from
    if ! there "$server" || ! there "$tools"; then
        program "temporal-server-$temporal" "go.temporal.io/server/cmd/server@v$temporal"
        program "temporal-sql-tool-$temporal" "go.temporal.io/server/cmd/tools/sql@v$temporal"
        from=$(sources "go.temporal.io/server@v$temporal")
        cp -r "$here/temporal-server" "$here/temporal-admin-tools" "$work/"
        install "$kept/temporal-server-$temporal" "$work/temporal-server/temporal-server"
        install "$from/docker/scripts/sh/entrypoint.sh" "$work/temporal-server/"
        image "$server" "$work/temporal-server"
        install "$kept/temporal-sql-tool-$temporal" "$work/temporal-admin-tools/temporal-sql-tool"
        install "$servers"/temporal-v* "$work/temporal-admin-tools/temporal"
        cp -r "$from/schema" "$work/temporal-admin-tools/"
        image "$tools" "$work/temporal-admin-tools"
    fi
    if ! there "$page"; then
        program "temporal-ui-$ui" "github.com/temporalio/ui-server/v2/cmd/server@$ui"
        from=$(sources "github.com/temporalio/ui-server/v2@$ui")
        cp -r "$here/temporal-ui" "$work/"
        install "$kept/temporal-ui-$ui" "$work/temporal-ui/ui-server"
        install "$from/docker/start-ui-server.sh" "$from/config/docker.yaml" "$work/temporal-ui/"
        image "$page" "$work/temporal-ui"
    fi
    chmod -R u+w "$work"
}

make_mox() {
    local tag=r.xmox.nl/mox:$mox
    there "$tag" && return
    mkdir "$work/mox"
    install "$servers/mox-$mox" "$work/mox/mox"
    printf 'FROM %s\nWORKDIR /mox\nCOPY mox /bin/mox\nCMD ["/bin/mox", "serve"]\n' "$alpine" >"$work/mox/Dockerfile"
    image "$tag" "$work/mox"
}

make_postgres() {
    local tag=postgres:16.15-bookworm
    there "$tag" && return
    debian
    image "$tag" "$here/postgres"
}

if [ "${1:-}" = compose ]; then
    plugin
    exit
fi
make_golang
make_alpine
make_temporal
make_mox
make_postgres
