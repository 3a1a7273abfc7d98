#!/usr/bin/env bash
# Fills in a matrix of rank 5 from a fifth of its entries, and an image from half of its pixels.
set -euo pipefail
cd "$(dirname "$0")/.."

deeplinear=$(swift build -c release --show-bin-path)/deeplinear
mkdir -p reports

"$deeplinear" complete Examples/low-rank-2000.csv --truth Examples/low-rank-2000-truth.csv \
  --report reports/low-rank-2000 --force --output reports/low-rank-2000.csv
"$deeplinear" complete Examples/camera.pgm --mask Examples/camera-mask.pgm \
  --truth Examples/camera.pgm --report reports/camera --force --output reports/camera.pgm

echo "The command is $deeplinear; for this terminal: export PATH=\"$PWD/.build/release:\$PATH\""
echo "Open in a browser:"
for report in low-rank-2000 camera; do
  echo "  $PWD/reports/$report/index.html"
done
echo "For a figure of your own: make studio, move a slider, Save figure."
