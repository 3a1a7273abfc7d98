// What the kernels of descent have in common: products of small matrices by the tensor cores, in double precision, and
// loads of whole matrices into shared memory.
#pragma once
#include <cuda_runtime.h>
#include <stdint.h>
#ifndef WIDTH
#error "compile with -DWIDTH=100: the largest width, a multiple of 4"
#endif

__device__ __forceinline__ void multiply4(double (&c)[4], double a0, double a1, double b) {
  asm volatile("mma.sync.aligned.m16n8k4.row.col.f64.f64.f64.f64 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
    : "+d"(c[0]), "+d"(c[1]), "+d"(c[2]), "+d"(c[3]) : "d"(a0), "d"(a1), "d"(b));
}
__device__ __forceinline__ void multiply8(double (&c)[4], double a0, double a1, double a2, double a3, double b0, double b1) {
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f64.f64.f64.f64 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
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
#pragma unroll(1)
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
// to = from − step·d, and the same in another place where one is given.
template <int N> __device__ __forceinline__ void change(double* to, const double* from, const double (&d)[Shape<N>::tiles][4], double step, int row, int q, double* also = nullptr) {
  constexpr int ld = Shape<N>::ld, tiles = Shape<N>::tiles;
  COLUMNS { const int column = 8 * j + 2 * q; if (column < N) {
#pragma unroll
    for (int h = 0; h < 2; ++h) if (row + 8 * h < N) {
      const int i = (row + 8 * h) * ld + column; double2 w = *reinterpret_cast<const double2*>(from + i);
      w.x -= step * d[j][2 * h]; w.y -= step * d[j][2 * h + 1];
      *reinterpret_cast<double2*>(to + i) = w; if (also) *reinterpret_cast<double2*>(also + i) = w; } } }
}
