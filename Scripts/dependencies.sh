#!/usr/bin/env bash
# Installs what is missing to build DeepLinear, and nothing else. Quick and without a network when
# all is there. Plotly.js is optional: without it reports show static figures.
set -euo pipefail
cd "$(dirname "$0")/.."

plotly_version=7.1.0
plotly_folder=.deeplinear/plotly
log=.deeplinear/dependencies.log

administer() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {
  echo "Installing $* …"
  if ! command -v apt-get > /dev/null; then
    echo "This script installs packages on Debian and Ubuntu only; please install: $*" >&2
    return 1
  fi
  if ! administer apt-get install -y --no-install-recommends "$@" > "$log" 2>&1 < /dev/null; then
    # The list of packages may be old or missing.
    if ! { administer apt-get update && administer apt-get install -y --no-install-recommends "$@"; } \
      > "$log" 2>&1 < /dev/null; then
      tail -n 3 "$log" >&2
      echo "Could not install $*; see $log." >&2
      return 1
    fi
  fi
}

# Whether a header and a library to link are in one of the usual folders: present cblas.h libopenblas
present() {
  local header= library= folder
  for folder in /usr/include /usr/include/*-linux-gnu /usr/local/include ${CPATH:+${CPATH//:/ }}; do
    if [ -e "$folder/$1" ]; then header=$folder; fi
  done
  for folder in /usr/lib /usr/lib64 /usr/lib/*-linux-gnu /usr/local/lib \
    ${LIBRARY_PATH:+${LIBRARY_PATH//:/ }}; do
    if [ -e "$folder/$2.so" ] || [ -e "$folder/$2.a" ]; then library=$folder; fi
  done
  [ -n "$header" ] && [ -n "$library" ]
}

require_libraries() {
  local missing=()
  present cblas.h libopenblas || missing+=(libopenblas-dev)
  present lapacke.h liblapacke || missing+=(liblapacke-dev)
  present zlib.h libz || missing+=(zlib1g-dev)
  present png.h libpng || missing+=(libpng-dev)
  present jpeglib.h libjpeg || missing+=(libjpeg-dev)
  present sqlite3.h libsqlite3 || missing+=(libsqlite3-dev)
  if [ ${#missing[@]} -gt 0 ]; then install_packages "${missing[@]}"; fi
}

fetch_plotly() {
  local python
  python=$(command -v python3) || { install_packages python3 python3-venv && python=python3; } || return 1
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  if ! "$python" -m pip --version > /dev/null 2>&1; then
    "$python" -m venv "$work/venv" > /dev/null 2>&1 \
      || { install_packages python3-venv && "$python" -m venv "$work/venv" > /dev/null; } || return 1
    python=$work/venv/bin/python
  fi
  "$python" -m pip download --quiet --disable-pip-version-check --no-deps --retries 1 --timeout 20 \
    --dest "$work" "plotly==$plotly_version" > "$log" 2>&1 < /dev/null || return 1
  "$python" - "$work" "$plotly_folder" << 'PYTHON' || return 1
import glob, os, sys, zipfile
work, folder = sys.argv[1:]
[wheel] = glob.glob(os.path.join(work, "*.whl"))
with zipfile.ZipFile(wheel) as archive:
    code = archive.read("plotly/package_data/plotly.min.js")
os.makedirs(folder, exist_ok=True)
draft = os.path.join(folder, "draft")
with open(draft, "wb") as file:
    file.write(code)
os.replace(draft, os.path.join(folder, "plotly.min.js"))
with open(os.path.join(folder, "version"), "w") as file:
    file.write(os.path.basename(wheel) + "\n")
PYTHON
}

# What only the package Cluster needs: `dependencies.sh mpi`.
require_mpi() {
  local missing=()
  command -v mpicc > /dev/null || missing+=(libopenmpi-dev)
  command -v mpirun > /dev/null || missing+=(openmpi-bin)
  command -v pkg-config > /dev/null || missing+=(pkg-config)
  if [ ${#missing[@]} -gt 0 ]; then install_packages "${missing[@]}"; fi
}

mkdir -p .deeplinear
if [ "${1:-}" = mpi ]; then
  require_mpi
  exit
fi
require_libraries
if [ ! -s "$plotly_folder/plotly.min.js" ]; then
  echo "Fetching Plotly.js from the Python package plotly $plotly_version …"
  if ! fetch_plotly; then
    echo "Plotly.js could not be fetched (see $log): reports will show static figures."
  fi
fi
