#!/usr/bin/env bash
# Everything CI checks: style, then all tests. Arguments go to pytest (./test.sh -k golden).
set -euo pipefail
cd "$(dirname "$0")"
. ./environment.sh
install requirements-dev.txt
ruff check .
ruff format --check .
# A process of the tests a core: more threads would wait for each other.
export TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 OMP_NUM_THREADS=1
python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder "$@"
