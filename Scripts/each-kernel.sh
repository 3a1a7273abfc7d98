#!/usr/bin/env bash
# Runs tests once with each kind of OpenBLAS kernels that this processor can run: the same truths hold with all of
# them. Argument: a filter for `swift test`, the linear algebra and the networks unless told otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."

filter=${1:-LinearAlgebraTests|LinearNetworksTests}
flags=" $(sed -n '/^flags/{s/.*: //p;q}' /proc/cpuinfo) "
has() { for flag in "$@"; do [[ $flags == *" $flag "* ]] || return 1; done; }

kernels=(Prescott)
if has sse4_2; then kernels+=(Nehalem); fi
if has avx; then kernels+=(Sandybridge); fi
if has avx2 fma; then kernels+=(Haswell Zen); fi
if has avx512f avx512bw avx512dq avx512vl avx512cd; then kernels+=(SkylakeX); fi
if has avx512f avx512bw avx512dq avx512vl avx512cd avx512_bf16; then kernels+=(Cooperlake); fi

swift build --build-tests
for kernel in "${kernels[@]}"; do
  echo "── $kernel"
  OPENBLAS_CORETYPE=$kernel swift test --skip-build --filter "$filter"
done
