#!/bin/sh
# Compiles the kernels to PTX with CUDA 13's nvcc: NVCC=/usr/local/cuda/bin/nvcc Scripts/accelerator/compile-kernels.sh
# The digest of the source that the PTX came from is kept beside it; `make lint` compares it with the source.
set -eu
cd "$(dirname "$0")/../../Sources/CAccelerator/Kernels"
nvcc=${NVCC:-nvcc}
for width in 12 20 32 52 80 100; do
  for kernel in batched single; do
    "$nvcc" -O3 -arch=sm_90 -DWIDTH="$width" -ptx "$kernel.cu" -o "$kernel-$width.ptx"
  done
done
cat products.cuh batched.cu single.cu | sha256sum | cut -d' ' -f1 > source.sha256
