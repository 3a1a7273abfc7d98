// Many networks of one shape at once: one block advances one network by many steps of gradient descent.
// Two matrices at a time lie in shared memory, the others in device memory (in practice in L2). Products stay in
// registers: a warp owns 16 rows of each, so that a product of a residual needs no second copy of it.
#include <cuda_runtime.h>
#include <stdint.h>
#ifndef VOLATILE
#define VOLATILE volatile
#endif
#ifndef UNROLL
#define UNROLL 1
#endif
constexpr int unrolled = UNROLL;

__device__ __forceinline__ void multiply4(double (&c)[4], double a0, double a1, double b) {
  asm VOLATILE ("mma.sync.aligned.m16n8k4.row.col.f64.f64.f64.f64 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
    : "+d"(c[0]), "+d"(c[1]), "+d"(c[2]), "+d"(c[3]) : "d"(a0), "d"(a1), "d"(b));
}
__device__ __forceinline__ void multiply8(double (&c)[4], double a0, double a1, double a2, double a3, double b0, double b1) {
  asm VOLATILE ("mma.sync.aligned.m16n8k8.row.col.f64.f64.f64.f64 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
    : "+d"(c[0]), "+d"(c[1]), "+d"(c[2]), "+d"(c[3]) : "d"(a0), "d"(a1), "d"(a2), "d"(a3), "d"(b0), "d"(b1));
}
template <int N> struct Shape {   // N: a multiple of 4; networks of width n ≤ N are padded with zeros
  static constexpr int tiles = (N + 7) / 8, strips = (N + 15) / 16;
  static constexpr int ld = N % 8 == 4 ? N : N + 4;  // ≡ 4 mod 8: eight rows meet no bank twice
  static constexpr int size = N * ld, slot = 16 * strips * ld + 16;
  static constexpr int bytes = 8 * size, shared = 2 * slot;
  static constexpr int blocks = N > 64 ? 1 : N > 32 ? 3 : N > 20 ? 6 : 8;  // at once on a multiprocessor
};
#define COLUMNS _Pragma("unroll") for (int j = 0; j < tiles; ++j)

template <int N, bool transposedA> __device__ __forceinline__ void product(double (&c)[Shape<N>::tiles][4], const double* A, const double* B, int strip, int g, int q) {
  constexpr int ld = Shape<N>::ld, tiles = Shape<N>::tiles;
  COLUMNS { c[j][0] = c[j][1] = c[j][2] = c[j][3] = 0; }
  const double* a = transposedA ? A + q * ld + strip * 16 + g : A + (strip * 16 + g) * ld + q;
  const double* b = B + q * ld + g;
#pragma unroll(unrolled)
  for (int k = 0; k < N / 8; ++k) {
    double a0 = a[0], a1 = transposedA ? a[8] : a[8 * ld];
    double a2 = transposedA ? a[4 * ld] : a[4], a3 = transposedA ? a[4 * ld + 8] : a[8 * ld + 4];
    COLUMNS multiply8(c[j], a0, a1, a2, a3, b[8 * j], b[4 * ld + 8 * j]);
    a += transposedA ? 8 * ld : 8; b += 8 * ld;
  }
  if (N % 8) {
    double a0 = a[0], a1 = transposedA ? a[8] : a[8 * ld];
    COLUMNS multiply4(c[j], a0, a1, b[8 * j]);
  }
}
// d = T·Bᵀ, T this warp's rows in registers (columns 8j + 2q, 8j + 2q + 1), B row by row in shared memory.
// Position p of a tile stands for column order(p): then loads of two doubles meet no bank twice.
template <int N> __device__ __forceinline__ void productTransposed(double (&d)[Shape<N>::tiles][4], const double (&t)[Shape<N>::tiles][4], const double* B, int g, int q) {
  constexpr int ld = Shape<N>::ld, tiles = Shape<N>::tiles;
  COLUMNS { d[j][0] = d[j][1] = d[j][2] = d[j][3] = 0; }
  const int order = (g & 4) | ((g & 1) << 1) | ((g & 2) >> 1);
  const double* b = B + order * ld + 2 * q;
#pragma unroll
  for (int k = 0; k < tiles; ++k) {
    COLUMNS {
      double2 v = *reinterpret_cast<const double2*>(b + (8 * j) * ld + 8 * k);
      multiply8(d[j], t[k][0], t[k][2], t[k][1], t[k][3], v.x, v.y);
    }
  }
}
// A swap between neighbours puts the columns of a product with a transposed factor back where those of others are.
template <int tiles> __device__ __forceinline__ void reorder(double (&d)[tiles][4], int q) {
  COLUMNS {
#pragma unroll
    for (int h = 0; h < 4; h += 2) {
      double other = __shfl_xor_sync(~0u, q & 1 ? d[j][h] : d[j][h + 1], 1);
      if (q & 1) d[j][h] = other; else d[j][h + 1] = other;
    }
  }
}
__device__ __forceinline__ uint32_t sharedAddress(const void* p) { return (uint32_t)__cvta_generic_to_shared(p); }
__device__ __forceinline__ void beginLoad(double* to, const double* from, int bytes, uint64_t* barrier) {
  asm volatile("fence.proxy.async;" ::: "memory");
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" :: "r"(sharedAddress(barrier)), "r"(bytes) : "memory");
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];"
    :: "r"(sharedAddress(to)), "l"(from), "r"(bytes), "r"(sharedAddress(barrier)) : "memory");
}
__device__ __forceinline__ void finishLoad(uint64_t* barrier, int& parity) {
  asm volatile("{ .reg .pred p; again: mbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1; @p bra done; bra again; done: }" :: "r"(sharedAddress(barrier)), "r"(parity) : "memory");
  parity ^= 1;
}
template <int N> __device__ __forceinline__ void store(double* to, const double (&c)[Shape<N>::tiles][4], int row, int q) {
  constexpr int ld = Shape<N>::ld, tiles = Shape<N>::tiles;
  COLUMNS { const int column = 8 * j + 2 * q; if (column < N) {
    if (row < N) *reinterpret_cast<double2*>(to + row * ld + column) = make_double2(c[j][0], c[j][1]);
    if (row + 8 < N) *reinterpret_cast<double2*>(to + (row + 8) * ld + column) = make_double2(c[j][2], c[j][3]); } }
}
// to = also = from − step·d
template <int N> __device__ __forceinline__ void descend(double* to, double* also, const double* from, const double (&d)[Shape<N>::tiles][4], double step, int row, int q) {
  constexpr int ld = Shape<N>::ld, tiles = Shape<N>::tiles;
  COLUMNS { const int column = 8 * j + 2 * q; if (column < N) {
#pragma unroll
    for (int h = 0; h < 2; ++h) if (row + 8 * h < N) {
      const int i = (row + 8 * h) * ld + column; double2 w = *reinterpret_cast<const double2*>(from + i);
      w.x -= step * d[j][2 * h]; w.y -= step * d[j][2 * h + 1];
      *reinterpret_cast<double2*>(to + i) = w; if (also) *reinterpret_cast<double2*>(also + i) = w; } } }
}
// layers: for each network the matrices W₁ … W_L, then L − 3 matrices of scratch. targets: NaN where nothing is observed.
template <int N, int D> __global__ void __launch_bounds__(32 * Shape<N>::strips, Shape<N>::blocks)
descent(double* layers, const double* targets, long long targetStride, const double* stepSizes, const double* weights, double* losses,
        int count, int anyDepth, int steps) {
  const int depth = D ? D : anyDepth;
  using S = Shape<N>; constexpr int tiles = S::tiles;
  extern __shared__ __align__(128) double shared[];
  double* A = shared; double* B = shared + S::slot;
  __shared__ uint64_t barrier;
  const int lane = threadIdx.x & 31, strip = threadIdx.x >> 5, g = lane >> 2, q = lane & 3, row = strip * 16 + g;
  for (int i = threadIdx.x; i < 2 * S::slot; i += blockDim.x) shared[i] = 0;
  if (threadIdx.x == 0) asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" :: "r"(sharedAddress(&barrier)));
  __syncthreads();
  int parity = 0; const bool leader = threadIdx.x == 0; const int held = depth > 3 ? 2 * depth - 3 : depth;
  double c[tiles][4], d[tiles][4];
  for (int network = blockIdx.x; network < count; network += gridDim.x) {
    double* first = layers + (long long)network * held * S::size;
    auto layer = [&](int k) { return first + (k - 1) * S::size; };
    auto below = [&](int k) { return k == 1 ? first : first + (depth + k - 2) * S::size; };  // W_k ⋯ W₁, 1 ≤ k ≤ L − 2
    const double* target = targets + network * targetStride; const double eta = stepSizes[network], weight = weights[network];
    if (leader) beginLoad(A, layer(2), S::bytes, &barrier);
    finishLoad(&barrier, parity); __syncthreads();
    if (leader) beginLoad(B, first, S::bytes, &barrier);
    finishLoad(&barrier, parity); __syncthreads();
    double loss = 0;
    for (int step = 0; step < steps; ++step) {
      // On entry A holds W₂ and B holds W₁.
#pragma unroll
      for (int k = 2; k < depth; ++k) {
        product<N, false>(c, A, B, strip, g, q);
        __syncthreads();
        if (leader) beginLoad(A, layer(k + 1), S::bytes, &barrier);
        store<N>(B, c, row, q); if (k < depth - 1) store<N>(below(k), c, row, q);
        __syncthreads(); finishLoad(&barrier, parity);
      }
      product<N, false>(c, A, B, strip, g, q);
      loss = 0;
      COLUMNS { const int column = 8 * j + 2 * q;
#pragma unroll
        for (int h = 0; h < 2; ++h) {
          double2 y = make_double2(nan(""), nan(""));
          if (row + 8 * h < N && column < N) y = __ldg(reinterpret_cast<const double2*>(target + (row + 8 * h) * S::ld + column));
          const double x = y.x == y.x ? c[j][2 * h] - y.x : 0, z = y.y == y.y ? c[j][2 * h + 1] - y.y : 0;
          c[j][2 * h] = x; c[j][2 * h + 1] = z; } }
      if (step == steps - 1) { COLUMNS loss += c[j][0] * c[j][0] + c[j][1] * c[j][1] + c[j][2] * c[j][2] + c[j][3] * c[j][3]; }
      COLUMNS { c[j][0] *= weight; c[j][1] *= weight; c[j][2] *= weight; c[j][3] *= weight; }
#pragma unroll
      for (int k = depth; k >= 2; --k) {
        // c is the residual carried down to the output of layer k.
        if (k < depth) {
          __syncthreads();
          if (leader) beginLoad(A, below(k - 1), S::bytes, &barrier);
          store<N>(B, c, row, q);
          __syncthreads(); finishLoad(&barrier, parity);
        }
        productTransposed<N>(d, c, k < depth ? A : B, g, q);
        __syncthreads();
        if (k < depth) {
          if (leader) beginLoad(A, layer(k), S::bytes, &barrier);
          finishLoad(&barrier, parity);
        } else store<N>(B, c, row, q);
        reorder<tiles>(d, q);
        descend<N>(layer(k), nullptr, A, d, eta, row, q);
        asm volatile("fence.proxy.async;" ::: "memory");
        __syncthreads();
        product<N, true>(c, A, B, strip, g, q);
        if (N % 8 && q > 1) c[tiles - 1][0] = c[tiles - 1][1] = c[tiles - 1][2] = c[tiles - 1][3] = 0;
      }
      __syncthreads();
      if (leader) beginLoad(A, layer(2), S::bytes, &barrier);
      descend<N>(first, B, first, c, eta, row, q);
      asm volatile("fence.proxy.async;" ::: "memory");
      finishLoad(&barrier, parity);
      __syncthreads();
    }
    if (losses) {
      for (int o = 16; o; o >>= 1) loss += __shfl_xor_sync(~0u, loss, o);
      if (lane == 0) losses[network * 8 + strip] = loss;
    }
  }
}
