#!/usr/bin/env bash
# Everything CI checks: style, then all tests. Arguments go to pytest (./test.sh -k golden).
set -euo pipefail
cd "$(dirname "$0")"
. ./environment.sh
install requirements-dev.txt
ruff check .
ruff format --check .
python -m pytest -q -n auto --dist loadfile "$@"
