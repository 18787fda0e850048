#!/bin/sh
# Makes Relance's namespace and search attributes in Temporal. Run again, it does what is missing and sets the retention.
# The server comes from TEMPORAL_ADDRESS.
set -eu
: "${TEMPORAL_NAMESPACE:?}" "${TEMPORAL_RETENTION:?}"

# patiently tries a command until it works, for two minutes at most: a new namespace takes a while to be known everywhere. Only the last
# answer is shown: that of an earlier attempt looks like an error.
patiently() {
    attempt=0
    until answer=$("$@" 2>&1); do
        attempt=$((attempt + 1))
        if [ "$attempt" -ge 60 ]; then
            printf '%s\ngave up: %s\n' "$answer" "$*" >&2
            return 1
        fi
        sleep 2
    done
    echo "$answer"
}

namespace() {
    if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
        temporal operator namespace update --namespace "$TEMPORAL_NAMESPACE" --retention "$TEMPORAL_RETENTION"
    else
        temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$TEMPORAL_RETENTION" \
            --description "Relance: applications for public aid"
    fi
}

patiently temporal operator cluster health
patiently namespace
patiently temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" \
    --name RelanceStage --type Keyword \
    --name RelanceScheme --type Keyword \
    --name RelanceDeadline --type Datetime \
    --name RelanceWaitsForOfficer --type Bool \
    --name RelanceAmountCents --type Int
# They are known some seconds later: a worker that started before would be refused.
patiently temporal workflow count --namespace "$TEMPORAL_NAMESPACE" --query \
    'RelanceStage="x" OR RelanceScheme="x" OR RelanceDeadline<"2000-01-01T00:00:00Z" OR RelanceWaitsForOfficer=true OR RelanceAmountCents=0'
echo "namespace $TEMPORAL_NAMESPACE is ready"
