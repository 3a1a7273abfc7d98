#!/bin/sh
# Whether the kernels that travel with the sources are made from these sources.
set -eu
cd "$(dirname "$0")/../../Sources/CAccelerator/Kernels"
if [ "$(cat products.cuh batched.cu single.cu | sha256sum | cut -d' ' -f1)" != "$(cat source.sha256)" ]; then
  echo "Sources/CAccelerator/Kernels: the PTX is not made from these sources; run Scripts/accelerator/compile-kernels.sh." >&2
  exit 1
fi
