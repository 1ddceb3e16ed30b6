#!/usr/bin/env bash
# Resolves pyproject.toml and writes the two hashed files that every install uses.
# uv.lock names package hosts and stays out of the repository; the exports carry names, versions and hashes only.
set -euo pipefail
cd "$(dirname "$0")/.."

uv lock "$@"
export_lock() { uv export --frozen --all-extras --no-emit-project --no-annotate --no-header --quiet "$@"; }
export_lock --no-dev --output-file requirements.txt
export_lock --all-groups --output-file requirements-dev.txt

if grep -nE '://' requirements.txt requirements-dev.txt; then
    echo "requirements must not name a package host" >&2
    exit 1
fi

# Nobody should need a compiler: every package has a wheel for every Python we support. What the bench compares with
# (django-hordak) is published as source only, and is plain Python.
wheels="$(mktemp)"
trap 'rm -f "$wheels"' EXIT
sed '/^django-hordak==/,/[^\\]$/d' requirements-dev.txt > "$wheels"
for python in 3.11 3.12 3.13; do
    uv pip install --quiet --dry-run --no-deps --only-binary :all: --python-version "$python" \
        --target "${TMPDIR:-/tmp}/never-made" -r "$wheels"
done
