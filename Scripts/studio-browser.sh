#!/usr/bin/env bash
# The studio in a real browser: its own environment of Python packages, Debian's Chromium.
#
#   Scripts/studio-browser.sh path/to/deeplinear [--quick | --fuzz CASES | --measure]
set -euo pipefail
cd "$(dirname "$0")/.."

environment=.deeplinear/studio-python
administer() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
install_packages() {
  administer apt-get install -y --no-install-recommends "$@" > /dev/null 2>&1 < /dev/null \
    || { administer apt-get update > /dev/null && administer apt-get install -y --no-install-recommends "$@" > /dev/null < /dev/null; }
}
command -v chromium > /dev/null || install_packages chromium
if [ ! -x "$environment/bin/python" ]; then
  python3 -m venv "$environment" 2> /dev/null || { install_packages python3-venv && python3 -m venv "$environment"; }
fi
packages=(playwright==1.65.2 axe-core-python==0.1.0 numpy)
case "$*" in *--fuzz*) packages+=(schemathesis==4.32.5) ;; esac
if [ "$(cat "$environment/packages" 2> /dev/null)" != "${packages[*]}" ]; then
  "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "${packages[@]}"
  echo "${packages[*]}" > "$environment/packages"
fi
exec "$environment/bin/python" Scripts/studio_browser.py "$@"
