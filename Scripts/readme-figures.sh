#!/usr/bin/env bash
# Makes the pictures of the README from the pages of `deeplinear reproduce`: Scripts/readme-figures.sh SITE
# SITE is a full gallery; needs Chromium.
set -euo pipefail
site=$(realpath "${1:-reproduction}")
cd "$(dirname "$0")/.."
pictures=Sources/DeepLinear/DeepLinear.docc/Resources

chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
  echo "Chromium is missing: install the package chromium." >&2
  exit 1
}
mkdir -p "$pictures"
for item in gidel-figure-1 cohen-recovery-probability tarmoun-table-2; do
  drawing=$site/$item/data/figure-1.svg
  [ -s "$drawing" ] || { echo "$drawing is missing: deeplinear reproduce $item --output $site" >&2; exit 1; }
  "$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=2 \
    --window-size=520,340 --screenshot="$pictures/$item.png" "file://$drawing" > /dev/null 2>&1
  echo "$pictures/$item.png"
done
