#!/usr/bin/env bash
# Builds every snippet for release and runs it; each ends in preconditions that must hold. The few
# lines that the pages of `deeplinear reproduce` show become one more snippet, made here.
set -euo pipefail
cd "$(dirname "$0")/.."

swift build -c release --product deeplinear
binaries=$(swift build -c release --show-bin-path)
trap 'rm -f Snippets/ItemsOfPages.swift' EXIT
"$binaries/deeplinear" reproduce list --json > "$binaries/items.json"
python3 - "$binaries/items.json" > Snippets/ItemsOfPages.swift << 'PYTHON'
import json, sys

print("import DeepLinear\n")
items = json.load(open(sys.argv[1]))["items"]
for number, item in enumerate(items):
    lines = "\n".join("  " + line for line in item["snippet"].splitlines())
    print(f"func item{number}() throws {{\n  print(\"{item['id']}\")\n{lines}\n}}\n")
for number, item in enumerate(items):
    print(f"try item{number}()")
PYTHON

shopt -s globstar nullglob
snippets=(Snippets/**/*.swift)
swift build -c release
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
