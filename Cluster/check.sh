#!/usr/bin/env bash
# deeplinear-mpi on up to four ranks of this machine: the tables of a sweep and the bits of a completion do not depend on
# how many there are, and what was killed goes on.
set -euo pipefail
cd "$(dirname "$0")/.."

program=$PWD/Cluster/.build/release/deeplinear-mpi
alone=$(swift build -c release --show-bin-path)/deeplinear
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
# Ranks that wait give way to those that work.
export OMPI_MCA_mpi_yield_when_idle=1

fail() { echo "check-cluster: $*" >&2; exit 1; }
on() { local ranks=$1; shift; mpirun --bind-to none -n "$ranks" "$program" "$@"; }

cat > "$work/spec.yaml" << 'YAML'
teacher: {kind: factorization, rows: 6, columns: 6, singularValues: [2, 1]}
objective: {kind: factorization, target: {array: target}}
network: {widths: [6, 6, 6], initial: {kind: gaussian, standardDeviation: 0.01}}
dynamics: {kind: descent, stepSize: 0.05}
recording: {times: [0, 2000]}
sweep: {axes: {dynamics.stepSize: {from: 0.01, to: 0.1, count: 20, spacing: log}}, seeds: 20}
YAML
"$alone" sweep "$work/spec.yaml" --output "$work/sweep-0" > /dev/null
for ranks in 1 2 3 4; do
  on $ranks sweep "$work/spec.yaml" --output "$work/sweep-$ranks" > /dev/null
  cmp "$work/sweep-0/runs.csv" "$work/sweep-$ranks/runs.csv" || fail "the sweep on $ranks ranks differs"
done
echo "the sweep is the same on 1 to 4 ranks"

sed 's/times: \[0, 2000\]/times: [0, 200000]/' "$work/spec.yaml" > "$work/long.yaml"
on 2 sweep "$work/long.yaml" --output "$work/killed" > /dev/null 2>&1 &
launcher=$!
sleep 1.5
victim=$(pgrep -P $launcher | tail -n 1)
kill -9 "$victim"
wait $launcher && fail "a killed rank was not noticed"
on 2 sweep "$work/long.yaml" --output "$work/killed" --resume > /dev/null
"$alone" sweep "$work/long.yaml" --output "$work/whole" > /dev/null
cmp "$work/killed/runs.csv" "$work/whole/runs.csv" || fail "the sweep of a killed rank differs"
echo "a sweep with a killed rank goes on to the same table"

python3 - "$work" << 'PYTHON'
import sys
import numpy as np
rng = np.random.default_rng(1)
n, m, k, parts = 3000, 2000, 4, 6
left, right = rng.standard_normal((n, k)), rng.standard_normal((m, k))
rows = np.sort(rng.integers(0, n, 400_000))
columns = rng.integers(0, m, rows.size)
places = np.unique(rows * m + columns)
rows, columns = places // m, places % m
values = np.einsum("ik,ik->i", left[rows], right[columns])
for part in range(parts):
    mine = (rows * parts) // n == part
    table = np.column_stack([rows[mine], columns[mine], values[mine]])
    with open(f"{sys.argv[1]}/part-{part}.csv", "w") as file:
        file.write("row,column,value\n")
        for i, j, x in table:
            file.write(f"{int(i)},{int(j)},{float(x)!r}\n")
np.savez(f"{sys.argv[1]}/truth.npz", left=left, right=right)
PYTHON
complete=("$work/part-*.csv" --rank 4 --rows 3000 --columns 2000)
for ranks in 1 2 3 4; do
  on $ranks complete "${complete[@]}" --output "$work/fit-$ranks" > /dev/null
  for file in "$work/fit-1"/*; do
    cmp "$file" "$work/fit-$ranks/$(basename "$file")" || fail "the completion on $ranks ranks differs"
  done
done
echo "the completion has the same bits on 1 to 4 ranks"
python3 - "$work" << 'PYTHON'
import glob, sys
import numpy as np
truth = np.load(f"{sys.argv[1]}/truth.npz")
columns = np.load(f"{sys.argv[1]}/fit-1/column-factors.npy")
worst = 0
for path in glob.glob(f"{sys.argv[1]}/fit-1/row-factors-*.npz"):
    part = np.load(path)
    rows = part["rows"].astype(int)
    exact = truth["left"][rows] @ truth["right"].T
    worst = max(worst, np.abs(part["factors"] @ columns.T - exact).max() / np.abs(exact).max())
print(f"largest error of an entry, relative to the largest entry: {worst:.1e}")
assert worst <= 1e-10
PYTHON

on 2 complete "${complete[@]}" --output "$work/killed-fit" --checkpoint-interval 1 > /dev/null 2>&1 &
launcher=$!
while [ ! -s "$work/killed-fit/checkpoint" ] && kill -0 $launcher 2> /dev/null; do sleep 0.05; done
victim=$(pgrep -P $launcher | tail -n 1)
kill -9 "$victim" 2> /dev/null || true
wait $launcher || true
on 3 complete "${complete[@]}" --output "$work/killed-fit" --resume > /dev/null
cmp "$work/fit-1/column-factors.npy" "$work/killed-fit/column-factors.npy" || fail "the completion of a killed rank differs"
echo "a completion with a killed rank goes on to the same bits"
