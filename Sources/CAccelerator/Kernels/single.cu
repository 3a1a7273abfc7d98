// One network of depth 3 on a cluster of multiprocessors. Each block owns eight columns of W₁, W₂W₁, the residual and what is
// carried down, which need nothing of other blocks; the gradients of W₂ and W₃ are sums over all columns, so those four are
// published, and each block then owns eight rows of W₂ and W₃: a warp sixteen columns of one of the two.
#include "products.cuh"
template <int N> struct Columns { static constexpr int ld = 12, size = 16 * Shape<N>::strips * ld; };
__device__ __forceinline__ void meet() { asm volatile("barrier.cluster.arrive.release.aligned;\nbarrier.cluster.wait.acquire.aligned;" ::: "memory"); }
// Two loads that end together.
__device__ __forceinline__ void beginLoads(double* to, const double* from, int bytes, double* also, const double* other, int otherBytes, uint64_t* barrier) {
  asm volatile("fence.proxy.async;" ::: "memory");
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" :: "r"(sharedAddress(barrier)), "r"(bytes + otherBytes) : "memory");
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];"
    :: "r"(sharedAddress(to)), "l"(from), "r"(bytes), "r"(sharedAddress(barrier)) : "memory");
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];"
    :: "r"(sharedAddress(also)), "l"(other), "r"(otherBytes), "r"(sharedAddress(barrier)) : "memory");
}
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
// So many steps, and for the state before each and after the last the sums of squares of the residual by block and warp:
// losses has tiles·strips numbers for each of steps + 1 states. scratch: four matrices.
template <int N> __device__ __forceinline__ void
descentOfOne(double* layers, const double* target, double* scratch, double eta, double weight, double* losses, int steps) {
  using S = Shape<N>; constexpr int ld = S::ld, lb = Columns<N>::ld, tiles = S::tiles;
  extern __shared__ __align__(128) double shared[];
  double* W2 = shared; double* W3 = W2 + S::slot; double* X = W3 + S::slot; double* P = X + Columns<N>::size; double* R = P + Columns<N>::size; double* T = R + Columns<N>::size;
  __shared__ uint64_t barrier, second;
  const bool computes = threadIdx.x < 32 * S::strips;
  const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, strip = warp % S::strips, g = lane >> 2, q = lane & 3, row = strip * 16 + g, block = blockIdx.x;
  for (int i = threadIdx.x; i < 2 * S::slot + 4 * Columns<N>::size; i += blockDim.x) shared[i] = 0;
  if (threadIdx.x == 0) asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" :: "r"(sharedAddress(&barrier)));
  if (threadIdx.x == 0) asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" :: "r"(sharedAddress(&second)));
  __syncthreads();
  double* G1 = layers; double* G2 = G1 + S::size; double* G3 = G2 + S::size;
  double* GP = scratch; double* GR = GP + S::size; double* GT = GR + S::size; double* GX = GT + S::size;
  int parity = 0, parityOfSecond = 0;
  for (int i = threadIdx.x; i < 8 * N; i += blockDim.x) { int r = i / 8, c = 8 * block + i % 8; X[r * lb + i % 8] = c < N ? G1[r * ld + c] : 0; }
  auto put = [&](double* to, double* all, const double (&c)[4]) {
#pragma unroll
    for (int h = 0; h < 2; ++h) if (row + 8 * h < N) { *reinterpret_cast<double2*>(to + (row + 8 * h) * lb + 2 * q) = make_double2(c[2 * h], c[2 * h + 1]);
      if (8 * block + 2 * q < N) *reinterpret_cast<double2*>(all + (row + 8 * h) * ld + 8 * block + 2 * q) = make_double2(c[2 * h], c[2 * h + 1]); } };
  double y[4];
#pragma unroll
  for (int h = 0; h < 4; ++h) { int r = row + (h < 2 ? 0 : 8), c = 8 * block + 2 * q + (h & 1); y[h] = r < N && c < N ? target[r * ld + c] : nan(""); }
  for (int step = 0;; ++step) {
    if (threadIdx.x == 0) { beginLoad(W2, G2, S::bytes, &barrier); beginLoad(W3, G3, S::bytes, &second); }
    for (int i = threadIdx.x; i < 8 * N; i += blockDim.x) { int r = i / 8, k = 8 * block + i % 8; if (k < N) GX[r * ld + k] = X[r * lb + i % 8]; }
    double c[4]; double loss = 0;
    finishLoad(&barrier, parity);
    if (computes) { columnProduct<N, false>(c, W2, X, strip, g, q); put(P, GP, c); }
    finishLoad(&second, parityOfSecond); __syncthreads();
    if (computes) {
      columnProduct<N, false>(c, W3, P, strip, g, q);
#pragma unroll
      for (int h = 0; h < 4; ++h) { c[h] = y[h] == y[h] ? c[h] - y[h] : 0; loss += c[h] * c[h]; c[h] *= weight; }
      put(R, GR, c);
      for (int o = 16; o; o >>= 1) loss += __shfl_xor_sync(~0u, loss, o);
      if (lane == 0) losses[((long long)step * tiles + block) * S::strips + strip] = loss;
    }
    if (step == steps) break;
    __syncthreads();
    if (computes) { columnProduct<N, true>(c, W3, R, strip, g, q); put(T, GT, c); }
    __syncthreads();
    if (computes) {
      columnProduct<N, true>(c, W2, T, strip, g, q);
#pragma unroll
      for (int h = 0; h < 4; ++h) { int r = row + (h < 2 ? 0 : 8); if (r < N) X[r * lb + 2 * q + (h & 1)] -= eta * c[h]; }
    }
    // Each warp owns a tile of 16 columns and the block's eight rows of W₃ or W₂: their old values, before others take their place.
    const bool third = computes; const int column = 16 * strip + g, own = 8 * block + 2 * q;
    double old[4];
#pragma unroll
    for (int h = 0; h < 4; ++h) { const int r = own + (h & 1), k = column + (h < 2 ? 0 : 8); old[h] = r < N && k < N ? (third ? W3 : W2)[r * ld + k] : 0; }
    asm volatile("fence.proxy.async;" ::: "memory");
    meet();
    if (threadIdx.x == 0) {
      const int bytes = 8 * ld * (8 * block + 8 <= N ? 8 : N - 8 * block);
      beginLoads(W3, GP, S::bytes, R, GR + 8 * block * ld, bytes, &barrier);
      beginLoads(W2, GX, S::bytes, T, GT + 8 * block * ld, bytes, &second);
    }
    if (third) finishLoad(&barrier, parity); else parity ^= 1;
    if (third) parityOfSecond ^= 1; else finishLoad(&second, parityOfSecond);
    {
      const double* a = (third ? W3 : W2) + column * ld + q; const double* rows = (third ? R : T) + g * ld + q;
      double e[2][4] = {};
#pragma unroll
      for (int k = 0; k < N / 8; ++k) multiply8(e[k & 1], a[8 * k], a[8 * ld + 8 * k], a[8 * k + 4], a[8 * ld + 8 * k + 4], rows[8 * k], rows[8 * k + 4]);
      if (N % 8) multiply4(e[0], a[N - 4], a[8 * ld + N - 4], rows[N - 4]);
#pragma unroll
      for (int h = 0; h < 4; ++h) { const int r = own + (h & 1), k = column + (h < 2 ? 0 : 8); if (r < N && k < N) (third ? G3 : G2)[r * ld + k] = old[h] - eta * (e[0][h] + e[1][h]); }
    }
    asm volatile("fence.proxy.async;" ::: "memory");
    meet();
  }
  for (int i = threadIdx.x; i < 8 * N; i += blockDim.x) { int r = i / 8, c = 8 * block + i % 8; if (c < N) G1[r * ld + c] = X[r * lb + i % 8]; }
}
extern "C" __global__ void __launch_bounds__(64 * Shape<WIDTH>::strips, 1) descendOne(
    double* layers, const double* target, double* scratch, double eta, double weight, double* losses, int steps) {
  descentOfOne<WIDTH>(layers, target, scratch, eta, weight, losses, steps);
}
