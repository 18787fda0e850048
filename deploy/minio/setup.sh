#!/bin/sh
# Makes Relance's bucket in MinIO, and a user of its own that may do there what policy.json lists and nothing else. Run again, it does what is
# missing, and sets the policy and the user's secret. The administrator's keys and the user's stand in the environment, never in an argument.
set -eu
: "${MINIO_ADDRESS:?}" "${MINIO_ROOT_USER:?}" "${MINIO_ROOT_PASSWORD:?}" "${RELANCE_S3_ENDPOINT:?}" "${RELANCE_S3_BUCKET:?}"
: "${RELANCE_S3_ACCESS_KEY:?}" "${RELANCE_S3_SECRET_KEY:?}"
if [ "$RELANCE_S3_ENDPOINT" != "$MINIO_ADDRESS" ]; then
    echo "Relance works with $RELANCE_S3_ENDPOINT: nothing to make here"
    exit 0
fi
if [ "$RELANCE_S3_ACCESS_KEY" = "$MINIO_ROOT_USER" ]; then
    echo "RELANCE_S3_ACCESS_KEY is the administrator's MINIO_ROOT_USER: give Relance a user of its own" >&2
    exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export MC_CONFIG_DIR="$work/mc"
export MC_HOST_store="http://$MINIO_ROOT_USER:$MINIO_ROOT_PASSWORD@$MINIO_ADDRESS"

# Versions and locks are chosen when a bucket is made; one that is there is left as it is, and Relance refuses it if it lacks either.
mc --quiet mb --ignore-existing --with-lock "store/$RELANCE_S3_BUCKET"
# What serves for a day expires (archive/passing.go); the engine itself may remove nothing.
mc --quiet ilm rule import "store/$RELANCE_S3_BUCKET" <"${RELANCE_LIFECYCLE:-/relance/lifecycle.json}"
sed "s|arn:aws:s3:::relance|arn:aws:s3:::$RELANCE_S3_BUCKET|" "${RELANCE_POLICY:-/relance/policy.json}" >"$work/policy.json"
mc --quiet admin policy create store relance "$work/policy.json"
printf '%s\n%s\n' "$RELANCE_S3_ACCESS_KEY" "$RELANCE_S3_SECRET_KEY" | mc --quiet admin user add store >/dev/null
if ! mc admin user info store "$RELANCE_S3_ACCESS_KEY" | grep -q '^PolicyName: relance$'; then
    mc --quiet admin policy attach store relance --user "$RELANCE_S3_ACCESS_KEY"
fi
echo "bucket $RELANCE_S3_BUCKET is ready, and its user"
