#!/usr/bin/env bash
# Builds every snippet for release and runs it; each ends in preconditions that must hold.
set -euo pipefail
cd "$(dirname "$0")/.."

shopt -s globstar nullglob
snippets=(Snippets/**/*.swift)
if [ ${#snippets[@]} = 0 ]; then
  echo "There are no snippets."
  exit 0
fi
swift build -c release
binaries=$(swift build -c release --show-bin-path)
for snippet in "${snippets[@]}"; do
  name=$(basename "$snippet" .swift)
  echo "$snippet"
  if ! "$binaries/$name" > "$binaries/$name.log" 2>&1; then
    cat "$binaries/$name.log" >&2
    echo "$snippet does not run to its end." >&2
    exit 1
  fi
done
echo "${#snippets[@]} snippets ran to their end."
