#!/bin/sh
# Builds the two server addresses from password files, so that no password stands in the compose file, in
# `docker inspect` of the image, or on a command line. Addresses given in the environment win.
set -eu

password() { cat "/run/secrets/$1"; }

if [ -z "${DATABASE_URL:-}" ] && [ -r /run/secrets/postgres_password ]; then
    DATABASE_URL="postgres://collections:$(password postgres_password)@${POSTGRES_HOST:-postgres}:5432/collections"
    export DATABASE_URL
fi
if [ -z "${REDIS_URL:-}" ] && [ -r /run/secrets/valkey_password ]; then
    REDIS_URL="redis://:$(password valkey_password)@${VALKEY_HOST:-valkey}:6379/0"
    export REDIS_URL
fi
exec "$@"
