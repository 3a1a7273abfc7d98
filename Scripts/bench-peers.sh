#!/usr/bin/env bash
# Makes an environment with the Python peers below .build/peers and runs the completion of a million noisy entries by
# them and by us. cmfrec builds from source.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=.build/peers
if [ ! -x "$environment/bin/python" ]; then
  python3 -m venv "$environment"
  pip=("$environment/bin/python" -m pip install --quiet)
  "${pip[@]}" numpy scipy pandas setuptools wheel cython findblas threadpoolctl
  "${pip[@]}" --no-build-isolation cmfrec || echo "cmfrec does not build here; going on without it." >&2
  "${pip[@]}" --no-build-isolation libmf || echo "libmf does not install here; going on without it." >&2
  # The same environment serves the gradient step and the nuclear norm of make bench.
  "${pip[@]}" --retries 0 --extra-index-url https://download.pytorch.org/whl/cpu "torch==2.13.0+cpu" ||
    echo "PyTorch does not install here; going on without it." >&2
  "${pip[@]}" cvxpy || echo "cvxpy does not install here; going on without it." >&2
  "${pip[@]}" "jax[cpu]" || echo "JAX does not install here; going on without it." >&2
fi
command="$(swift build -c release --show-bin-path)/deeplinear"
# Kernels of the machine on both sides, whatever the environment forces elsewhere.
exec env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE -u OPENBLAS_NUM_THREADS \
  "$environment/bin/python" Scripts/peers/bench_peers.py "$command" "${TMPDIR:-/tmp}/deeplinear-peers" \
  "${THREADS:-2}" "$@"
