#!/usr/bin/env bash
# Uses an installed command as a person would: Scripts/end-to-end.sh PATH-TO-DEEPLINEAR
set -euo pipefail

deeplinear=$(realpath "$1")
examples=$(realpath "$(dirname "$0")/../Examples")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# Ends with a status and says nothing of it: expect_status 2 command …
expect_status() {
  local expected=$1 status=0
  shift
  "$@" > stdout 2> stderr < /dev/null || status=$?
  if [ "$status" != "$expected" ]; then
    echo "Expected status $expected and got $status from: $*" >&2
    cat stdout stderr >&2
    exit 1
  fi
}

echo "help names the subcommands"
expect_status 0 "$deeplinear" --help
grep -q complete stdout
expect_status 0 "$deeplinear" complete --help

echo "an unknown option is refused"
expect_status 2 "$deeplinear" complete --no-such-option
expect_status 2 "$deeplinear" no-such-command

echo "a file that is not there is refused in one line"
expect_status 2 "$deeplinear" complete nowhere.csv
[ "$(wc -l < stderr)" = 1 ]
[ ! -s stdout ]

echo "the example is completed"
expect_status 0 "$deeplinear" complete "$examples/low-rank-2000.csv" \
  --truth "$examples/low-rank-2000-truth.csv" --output completed.csv --report report \
  --model fit.safetensors --json
python3 - stdout << 'PYTHON'
import json, sys

result = json.load(open(sys.argv[1]))
keys = """rows columns observed depth outcome iterations seconds trainingError holdoutError rank
effectiveRank nuclearNorm relativeError meanSquaredError mask""".split()
missing = [key for key in keys if key not in result]
assert not missing, f"the JSON lacks {missing}"
assert "kind" in result["outcome"], result["outcome"]
mask = "components undeterminedRows undeterminedColumns undeterminedEntries".split()
missing = [key for key in mask if key not in result["mask"]]
assert not missing, f"the JSON's mask lacks {missing}"
assert result["relativeError"] <= 1e-6, f"relative error {result['relativeError']}"
PYTHON
[ -s completed.csv ]
for file in index.html record.json report.md; do [ -s "report/$file" ]; done

echo "the saved fit fills the same rows again"
expect_status 0 "$deeplinear" predict fit.safetensors "$examples/low-rank-2000.csv" \
  --output again.csv
python3 - completed.csv again.csv << 'PYTHON'
import sys

tables = [[float(x) for line in open(name) for x in line.split(",")] for name in sys.argv[1:]]
size = max(abs(x) for x in tables[0])
distance = max(abs(x - y) for x, y in zip(*tables))
assert distance <= 1e-9 * size, f"{distance} apart"
PYTHON

echo "the picture is completed"
expect_status 0 "$deeplinear" complete "$examples/camera.pgm" --mask "$examples/camera-mask.pgm" \
  --output picture.pgm --report picture
[ "$(head -c 2 picture.pgm)" = P5 ]
[ -s picture/index.html ]

echo "what the README shows is what one sees"
readme=$(realpath "$examples/../README.md")
expect_status 0 "$deeplinear" complete "$examples/low-rank-2000.csv" \
  --truth "$examples/low-rank-2000-truth.csv" --report report-of-readme
python3 - "$readme" stdout << 'PYTHON'
import re, sys

shown = open(sys.argv[1], encoding="utf-8").read().split("$ deeplinear complete ")[1].split("```")[0]
# Times, counts of iterations, errors at the level of rounding and the folder are those of a machine.
def plain(line):
    line = re.sub(r"\S*(?=Examples/)", "", line).replace("report-of-readme", "report")
    return re.sub(r"\d\S*e-\d+|\d+ iterations, \S+ s", "#", line).rstrip()

shown = [plain(line) for line in shown.splitlines()[1:] if line.strip()]
seen = [plain(line) for line in open(sys.argv[2], encoding="utf-8") if line.strip()]
assert shown == seen, "\n".join(["The README shows", *shown, "and one sees", *seen])
PYTHON

echo "nothing is overwritten without --force"
expect_status 2 "$deeplinear" complete "$examples/low-rank-2000.csv" --output completed.csv

echo "a specification is simulated, and read by NumPy where there is one"
cat > target.csv << 'CSV'
2,0,0
0,1,0
0,0,0.5
CSV
cat > spec.yaml << 'YAML'
objective: { kind: factorization, target: target.csv }
network: { widths: [3, 4, 3], initial: { kind: spectral, scales: [1.0e-2, 1.0e-2, 1.0e-2] } }
dynamics: { kind: flow, relativeTolerance: 1.0e-9 }
recording: { times: [0, 1, 20], quantities: [loss, singularValues, layers] }
YAML
expect_status 0 "$deeplinear" simulate spec.yaml --output path.npz --report path --json
[ -s path.npz ] && [ -s path/index.html ]
if python3 -c 'import numpy' 2> /dev/null; then
  python3 - << 'PYTHON'
import numpy

path = numpy.load("path.npz")
assert path["layer1"].shape == (3, 4, 3) and path["layer2"].shape == (3, 3, 4)
assert abs(path["singularValues"][-1] - [2, 1, 0.5]).max() < 1e-6, path["singularValues"]
# One mode by its closed form, w = s w0 / (w0 (1 - e) + s e) with e = exp(-2 s t).
e = numpy.exp(-4)
assert abs(path["singularValues"][1, 0] - 0.02 / (0.01 * (1 - e) + 2 * e)) < 1e-7
PYTHON
fi

echo "the trajectory keeps to theory, and another start does not"
expect_status 0 "$deeplinear" certify spec.yaml --trajectory path.npz --json
sed 's/1.0e-2, 1.0e-2, 1.0e-2/1.0e-2, 1.0e-2, 2.0e-2/' spec.yaml > other.yaml
expect_status 2 "$deeplinear" certify other.yaml --trajectory path.npz

echo "a data set is measured"
printf '1,2,ant\n2,1,bee\n3,1,ant\n' > insects.csv
expect_status 0 "$deeplinear" datasets measure insects.csv --label-column -1 --json

echo "a checkpoint continues to the same bits"
expect_status 0 "$deeplinear" simulate spec.yaml --output again.npz --checkpoint kept \
  --checkpoint-interval 0
expect_status 0 "$deeplinear" simulate spec.yaml --output resumed.npz --resume kept
cmp path.npz again.npz
cmp path.npz resumed.npz

echo "a wrong specification is refused with its line"
sed 's/times:/tims:/' spec.yaml > wrong.yaml
expect_status 2 "$deeplinear" simulate wrong.yaml --output wrong.npz
grep -q "line 4: unknown key 'tims' in recording; did you mean 'times'?" stderr
[ ! -e wrong.npz ]

echo "the papers are made anew, in small"
expect_status 0 "$deeplinear" reproduce all --quick --output site --json
python3 - stdout << 'PYTHON'
import json, os, sys

result = json.load(open(sys.argv[1]))
for item in result["items"]:
    assert item["verdict"] in ("holds", "refuted"), item
    assert os.path.getsize(f"site/{item['id']}/index.html") > 0
print(f"{len(result['items'])} items in {result['seconds']:.0f} s")
PYTHON

echo "end to end: all as expected"
