#!/bin/sh
# Makes Temporal's two databases and brings their schemas to the version of this image. Run again, it does what is missing.
# The server and the user come from SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD.
set -eu

versions=${TEMPORAL_SCHEMA_DIR:-/etc/temporal/schema/postgresql/v12}

bring_up() { # database, part of the schema
    temporal-sql-tool --db "$1" create
    temporal-sql-tool --db "$1" setup-schema -v 0.0
    temporal-sql-tool --db "$1" update-schema -d "$versions/$2/versioned"
}

bring_up temporal temporal
bring_up temporal_visibility visibility
echo "the schemas are up to date"
