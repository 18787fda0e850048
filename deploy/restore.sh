#!/bin/sh
# Restores the installation on a machine without data of it: restore.sh KEY FILE [INCREMENT …]
# KEY is the file with the secret key that opens backups. Every file is read through before anything is put back. It stops before the engine
# starts: deploy/README.md says what follows.
set -eu
: "${2:?usage: deploy/restore.sh KEY FILE [INCREMENT …]}"
cd "$(dirname "$0")/.."
key=$1
shift
umask 077
for volume in postgres minio; do
    if docker volume ls --quiet --filter "label=com.docker.compose.project=${COMPOSE_PROJECT_NAME:-relance}" --filter "label=com.docker.compose.volume=$volume" | grep -q .; then
        echo "there is a volume $volume already: move it away first (docker compose down, docker volume rm)" >&2
        exit 1
    fi
done
if [ ! -e .env ]; then
    # Without settings no service can be named: the program gets made-up ones for this one command, which reads the real ones out.
    (
        # shellcheck disable=SC2046
        export $(sed -n 's/^\([A-Z0-9_]*\)=$/\1=restoring/p' .env.example) RELANCE_CONFIG_DIR=. RELANCE_VERSION=restoring
        docker compose --env-file .env.example build relance-worker
        docker compose --env-file .env.example run --rm --no-deps -T --user "$(id -u):$(id -g)" --volume "$PWD:/here" --workdir /here \
            relance-worker restore -key "$key" -settings . "$@"
    )
fi
# The database before Temporal's jobs, which would make another; the bucket before the engine, which would write into it.
docker compose up --detach --wait postgres
docker compose up --detach --wait minio
docker compose run --rm --no-deps minio-setup
# That the role and one database exist already is no error; anything else is.
deploy/relance restore -key "$key" -database - "$@" >restoring.sql
docker compose exec -T postgres psql --quiet --username temporal --dbname postgres <restoring.sql 2>restoring.err >/dev/null
if grep -v -e 'role "temporal" already exists' -e 'database "temporal" already exists' restoring.err | grep ERROR; then
    exit 1
fi
rm -f restoring.sql restoring.err
deploy/relance restore -key "$key" -bucket "$@"
docker compose up --detach --wait temporal
docker compose run --rm --no-deps temporal-setup
echo "restored: docker compose run --rm relance-worker audit -repair   # before the engine starts"
