#!/usr/bin/env bash
# Runs libFuzzer on what reads bytes: Scripts/fuzz.sh [SECONDS] [TARGET …], 10 seconds for each of all targets by default.
# Inputs that crash are left in .build/fuzz/found; new inputs of worth in .build/fuzz/corpus. The committed corpus is in
# Fuzzing/Corpus, a folder for each target.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-10}
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  targets=(csv mtx npy npz idx pgm png jpg xlsx mat csv.gz safetensors rows.csv rows.idx rows.bin \
    specification checkpoint.flow checkpoint.descent layers collapse model request options)
fi
place=$PWD/.build/fuzz
# FUZZ_BUILT=1 takes what the last run built.
[ -n "${FUZZ_BUILT:-}" ] || swift build -c release --scratch-path "$place" --target deeplinear-cli \
  -Xswiftc -sanitize=fuzzer -Xswiftc -enable-testing -Xcc -fsanitize=fuzzer-no-link >&2
built=$(swift build -c release --scratch-path "$place" --show-bin-path)
maps=()
for map in Sources/C*/module.modulemap Sources/C*/include/module.modulemap "$built"/*.build/module.modulemap \
  "$place"/checkouts/{swift-numerics,Yams}/Sources/*/include/module.modulemap \
  "$place"/checkouts/FlyingFox/CSystemLinux/include/module.modulemap \
  "$place"/checkouts/GRDB.swift/Sources/GRDBSQLite/module.modulemap; do
  [ -f "$map" ] && maps+=(-Xcc "-fmodule-map-file=$map")
done
swiftc -O -sanitize=fuzzer -parse-as-library -module-name Fuzzing -I "$built/Modules" -I "$built" "${maps[@]}" \
  Fuzzing/*.swift $(find "$built" -name '*.o' -path '*.build*') -lopenblas -llapacke -lz -lpng -ljpeg \
  -lsqlite3 -ldl \
  -o "$place/fuzz"
# What a computation may need is compared with what there is: as much as an input may take.
limit=4000000
status=0
for target in "${targets[@]}"; do
  mkdir -p "$place/corpus/$target" "$place/found/$target" "Fuzzing/Corpus/$target"
  echo "── $target, $seconds s"
  # Memory is bounded, and an input that takes longer than ten seconds is a finding.
  words=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=3000 -malloc_limit_mb=3000 -max_len=20000
    -print_final_stats=1 -artifact_prefix="$place/found/$target/")
  # What the command itself says is not kept.
  [ "$target" != options ] || words+=(-close_fd_mask=3)
  if ! (ulimit -v "$limit" && DEEPLINEAR_FUZZ=$target "$place/fuzz" "${words[@]}" \
    "$place/corpus/$target" "$PWD/Fuzzing/Corpus/$target" 2> "$place/$target.log"); then
    echo "   found: $(ls "$place/found/$target" | tail -1); see $place/$target.log"
    status=1
  fi
  grep -E "number_of_executed_units|peak_rss_mb" "$place/$target.log" | sed 's/^/   /' || true
done
exit $status
