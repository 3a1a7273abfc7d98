#!/usr/bin/env bash
# Tests the wheel in dist/ as people get it: installed with pip into a new virtual environment. PYTHONS="python3 python3.13"
# does it for each of several; arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."

wheel=$PWD/$(ls -t dist/deeplinear-*.whl | head -n 1)
DEEPLINEAR_COMMAND=$("${SWIFT:-swift}" build -c release --show-bin-path)/deeplinear
export DEEPLINEAR_COMMAND
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Nothing of the checkout is there but the tests and what they read.
mkdir "$work/Python"
cp README.md "$work"
cp -r Python/tests Python/notebooks Python/README.md Python/pyproject.toml "$work/Python"
cd "$work/Python"
for python in ${PYTHONS:-python3}; do
  environment=$work/$(basename "$python")
  "$python" -m venv "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check "$wheel[test]"
  "$environment/bin/mypy" -p deeplinear
  "$environment/bin/pytest" -q "$@"
done
