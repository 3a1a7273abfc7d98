// One network of depth 3 on a cluster of multiprocessors. Each block owns eight columns of W₁, W₂W₁, the residual and what is
// carried down, which need nothing of other blocks; the gradients of W₂ and W₃ are sums over all columns, so those four are
// published, and each block then owns eight rows of W₂ and W₃.
#include "batched.cuh"
template <int N> struct Columns { static constexpr int ld = 12, size = 16 * Shape<N>::strips * ld; };
__device__ __forceinline__ void meet() { asm volatile("barrier.cluster.arrive.release.aligned;\nbarrier.cluster.wait.acquire.aligned;" ::: "memory"); }
__device__ __forceinline__ double fromL2(const double* p) { double v; asm volatile("ld.global.cg.f64 %0, [%1];" : "=d"(v) : "l"(p)); return v; }
template <int N, bool transposedA> __device__ __forceinline__ void columnProduct(double (&c)[4], const double* A, const double* B, int strip, int g, int q) {
  constexpr int ld = Shape<N>::ld, lb = Columns<N>::ld;
  double e[4] = {0, 0, 0, 0}; c[0] = c[1] = c[2] = c[3] = 0;
  const double* a = transposedA ? A + q * ld + strip * 16 + g : A + (strip * 16 + g) * ld + q;
  const double* b = B + q * lb + g;
#pragma unroll
  for (int k = 0; k < N / 8; ++k) {
    const int s = (transposedA ? 8 * ld : 8) * k;
    double a0 = a[s], a1 = transposedA ? a[s + 8] : a[s + 8 * ld];
    double a2 = transposedA ? a[s + 4 * ld] : a[s + 4], a3 = transposedA ? a[s + 4 * ld + 8] : a[s + 8 * ld + 4];
    if (k & 1) multiply8(e, a0, a1, a2, a3, b[8 * k * lb], b[(8 * k + 4) * lb]); else multiply8(c, a0, a1, a2, a3, b[8 * k * lb], b[(8 * k + 4) * lb]);
  }
  if (N % 8) { const int s = (transposedA ? 8 * ld : 8) * (N / 8);
    multiply4(e, a[s], transposedA ? a[s + 8] : a[s + 8 * ld], b[8 * (N / 8) * lb]); }
#pragma unroll
  for (int h = 0; h < 4; ++h) c[h] += e[h];
}
template <int N> __global__ void __launch_bounds__(32 * Shape<N>::strips, 1)
descentOfOne(double* layers, const double* target, double* scratch, double eta, double weight, double* losses, int steps) {
  using S = Shape<N>; constexpr int ld = S::ld, lb = Columns<N>::ld, tiles = S::tiles;
  extern __shared__ __align__(128) double shared[];
  double* W2 = shared; double* W3 = W2 + S::slot; double* X = W3 + S::slot; double* P = X + Columns<N>::size; double* R = P + Columns<N>::size; double* T = R + Columns<N>::size;
  __shared__ uint64_t barrier;
  const int lane = threadIdx.x & 31, strip = threadIdx.x >> 5, g = lane >> 2, q = lane & 3, row = strip * 16 + g, block = blockIdx.x;
  for (int i = threadIdx.x; i < 2 * S::slot + 4 * Columns<N>::size; i += blockDim.x) shared[i] = 0;
  if (threadIdx.x == 0) asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" :: "r"(sharedAddress(&barrier)));
  __syncthreads();
  double* G1 = layers; double* G2 = G1 + S::size; double* G3 = G2 + S::size;
  double* GP = scratch; double* GR = GP + S::size; double* GT = GR + S::size; double* GX = GT + S::size;
  int parity = 0;
  for (int i = threadIdx.x; i < 8 * N; i += blockDim.x) { int r = i / 8, c = 8 * block + i % 8; X[r * lb + i % 8] = c < N ? G1[r * ld + c] : 0; }
  auto put = [&](double* to, double* all, const double (&c)[4]) {
#pragma unroll
    for (int h = 0; h < 2; ++h) if (row + 8 * h < N) { *reinterpret_cast<double2*>(to + (row + 8 * h) * lb + 2 * q) = make_double2(c[2 * h], c[2 * h + 1]);
      if (8 * block + 2 * q < N) *reinterpret_cast<double2*>(all + (row + 8 * h) * ld + 8 * block + 2 * q) = make_double2(c[2 * h], c[2 * h + 1]); } };
  double y[4];
#pragma unroll
  for (int h = 0; h < 4; ++h) { int r = row + (h < 2 ? 0 : 8), c = 8 * block + 2 * q + (h & 1); y[h] = r < N && c < N ? target[r * ld + c] : nan(""); }
  for (int step = 0; step < steps; ++step) {
    if (threadIdx.x == 0) { beginLoad(W2, G2, S::bytes, &barrier); }
    finishLoad(&barrier, parity); __syncthreads();
    if (threadIdx.x == 0) { beginLoad(W3, G3, S::bytes, &barrier); }
    double c[4];
    columnProduct<N, false>(c, W2, X, strip, g, q); put(P, GP, c);
    for (int i = threadIdx.x; i < 8 * N; i += blockDim.x) { int r = i / 8, k = 8 * block + i % 8; if (k < N) GX[r * ld + k] = X[r * lb + i % 8]; }
    finishLoad(&barrier, parity); __syncthreads();
    columnProduct<N, false>(c, W3, P, strip, g, q);
    double loss = 0;
#pragma unroll
    for (int h = 0; h < 4; ++h) { c[h] = y[h] == y[h] ? c[h] - y[h] : 0; loss += c[h] * c[h]; c[h] *= weight; }
    put(R, GR, c); __syncthreads();
    columnProduct<N, true>(c, W3, R, strip, g, q); 
    put(T, GT, c); __syncthreads();
    columnProduct<N, true>(c, W2, T, strip, g, q);
#pragma unroll
    for (int h = 0; h < 4; ++h) { int r = row + (h < 2 ? 0 : 8); if (r < N) X[r * lb + 2 * q + (h & 1)] -= eta * c[h]; }
    meet();
    for (int j = strip; j < 2 * tiles; j += S::strips) {
      const bool third = j < tiles; const int t = third ? j : j - tiles;
      const double* a = (third ? GR : GT) + (8 * block + g) * ld + q; const double* b = (third ? GP : GX) + (8 * t + g) * ld + q;
      const bool inside = 8 * block + g < N, insideB = 8 * t + g < N;
      double e[2][4] = {};
      double av[2 * (N / 8) + 1], bv[2 * (N / 8) + 1];
#pragma unroll
      for (int k = 0; k < N / 4; ++k) { av[k] = inside ? fromL2(a + 4 * k) : 0; bv[k] = insideB ? fromL2(b + 4 * k) : 0; }
#pragma unroll
      for (int k = 0; k < N / 8; ++k) multiply8(e[k & 1], av[2 * k], 0, av[2 * k + 1], 0, bv[2 * k], bv[2 * k + 1]);
      if (N % 8) multiply4(e[0], av[N / 4 - 1], 0, bv[N / 4 - 1]);
      const int r = 8 * block + g, col = 8 * t + 2 * q;
      if (r < N && col < N) { const double* w = (third ? W3 : W2) + r * ld + col;
        *reinterpret_cast<double2*>((third ? G3 : G2) + r * ld + col) = make_double2(w[0] - eta * (e[0][0] + e[1][0]), w[1] - eta * (e[0][1] + e[1][1])); }
    }
    asm volatile("fence.proxy.async;" ::: "memory");
    meet();
    if (losses && step == steps - 1) { for (int o = 16; o; o >>= 1) loss += __shfl_xor_sync(~0u, loss, o); if (lane == 0) losses[block * S::strips + strip] = loss; }
  }
  for (int i = threadIdx.x; i < 8 * N; i += blockDim.x) { int r = i / 8, c = 8 * block + i % 8; if (c < N) G1[r * ld + c] = X[r * lb + i % 8]; }
}
