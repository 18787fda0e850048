#!/bin/sh
# Backs the installation up into one encrypted file: backup.sh FILE [SINCE]
# With SINCE, the instant that the backup before told, only what the bucket got since then: an increment, which is restored after that one.
# RELANCE_BACKUP_FOR in .env says who can open it. The engine goes on meanwhile.
set -eu
: "${1:?usage: deploy/backup.sh FILE [SINCE]}"
cd "$(dirname "$0")/.."
umask 077
settings=$(sed -n 's/^RELANCE_CONFIG_DIR=//p' .env)
case $settings in
/* | ../*)
    echo "$settings lies outside of this folder and is not in the backup: keep a copy of it too" >&2
    settings=
    ;;
esac
# The dump is read to its end, and looked at, before anything of the bucket is; a dump that broke off ends the backup.
docker compose exec -T postgres pg_dumpall -U temporal |
    deploy/relance backup -database - -settings ".env${settings:+,$settings}" ${2:+-since "$2"} -o "$1"
