// Many networks of one shape at once: one block advances one network by many steps of gradient descent.
// Two matrices at a time lie in shared memory, the others in device memory (in practice in L2). Products stay in
// registers: a warp owns 16 rows of each, so that a product of a residual needs no second copy of it.
#include "products.cuh"

// Σ c² in the order of the columns: one register, however many of the products are at hand.
template <int tiles> __device__ __forceinline__ double sumOfSquares(const double (&c)[tiles][4]) {
  double sum = 0;
  COLUMNS {
#pragma unroll
    for (int h = 0; h < 4; ++h) asm volatile("fma.rn.f64 %0, %1, %1, %0;" : "+d"(sum) : "d"(c[j][h]));
  }
  return sum;
}
// Each network takes so many steps, or ends before one where its loss is at most a target or no number.
//
// layers: for each network the matrices W₁ … W_L, then max(L − 3, 0) matrices of scratch. targets: NaN where nothing is
// observed. weights: the loss is weight/2 · Σ residual². On return losses hold the loss where a network stands, taken is
// increased by the steps it took, and a network that ended is marked and left alone by later calls.
template <int N, int D> __device__ __forceinline__ void
descent(double* layers, const double* targets, long long targetStride, const double* stepSizes, const double* weights,
        double targetLoss, double* losses, int* taken, int* ended, int count, int anyDepth, int steps) {
  const int depth = D ? D : anyDepth;
  using S = Shape<N>; constexpr int tiles = S::tiles;
  extern __shared__ __align__(128) double shared[];
  double* A = shared; double* B = shared + S::slot;
  __shared__ uint64_t barrier;
  __shared__ double partial[S::strips];
  // Numbers of a network that are read where they are needed: registers are what is short.
  __shared__ volatile double eta, weight;
  const int lane = threadIdx.x & 31, strip = threadIdx.x >> 5, g = lane >> 2, q = lane & 3, row = strip * 16 + g;
  for (int i = threadIdx.x; i < 2 * S::slot; i += blockDim.x) shared[i] = 0;
  if (threadIdx.x == 0) asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" :: "r"(sharedAddress(&barrier)));
  __syncthreads();
  int parity = 0; const bool leader = threadIdx.x == 0; const int held = depth > 3 ? 2 * depth - 3 : depth;
  double c[tiles][4], d[tiles][4];
  for (int network = blockIdx.x; network < count; network += gridDim.x) {
    if (ended[network]) continue;
    double* first = layers + (long long)network * held * S::size;
    auto layer = [&](int k) { return first + (k - 1) * S::size; };
    auto below = [&](int k) { return k == 1 ? first : first + (depth + k - 2) * S::size; };  // W_k ⋯ W₁, 1 ≤ k ≤ L − 2
    const double* target = targets + network * targetStride;
    if (leader) { eta = stepSizes[network]; weight = weights[network]; }
    if (leader) beginLoad(A, layer(2), S::bytes, &barrier);
    finishLoad(&barrier, parity); __syncthreads();
    if (leader) beginLoad(B, first, S::bytes, &barrier);
    finishLoad(&barrier, parity); __syncthreads();
    bool isAtEnd = false; int step = 0;
    auto loss = [&] {
      double sum = 0;
#pragma unroll
      for (int s = 0; s < S::strips; ++s) sum += partial[s];
      return 0.5 * weight * sum;
    };
    for (;; ++step) {
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
      COLUMNS { const int column = 8 * j + 2 * q;
#pragma unroll
        for (int h = 0; h < 2; ++h) {
          double2 y = make_double2(nan(""), nan(""));
          if (row + 8 * h < N && column < N) y = __ldg(reinterpret_cast<const double2*>(target + (row + 8 * h) * S::ld + column));
          const double x = y.x == y.x ? c[j][2 * h] - y.x : 0, z = y.y == y.y ? c[j][2 * h + 1] - y.y : 0;
          c[j][2 * h] = x; c[j][2 * h + 1] = z; } }
      double sum = sumOfSquares<tiles>(c);
#pragma unroll
      for (int o = 16; o; o >>= 1) sum += __shfl_xor_sync(~0u, sum, o);
      if (lane == 0) partial[strip] = sum;
      const double scale = weight;
      COLUMNS { c[j][0] *= scale; c[j][1] *= scale; c[j][2] *= scale; c[j][3] *= scale; }
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
        if (k == depth) {
          const double here = loss();
          isAtEnd = !(here > targetLoss && here < __longlong_as_double(0x7ff0000000000000LL));
          if (isAtEnd || step == steps) break;
        }
        if (k < depth) {
          if (leader) beginLoad(A, layer(k), S::bytes, &barrier);
          finishLoad(&barrier, parity);
        } else store<N>(B, c, row, q);
        reorder<tiles>(d, q);
        change<N>(layer(k), A, d, eta, row, q);
        asm volatile("fence.proxy.async;" ::: "memory");
        __syncthreads();
        product<N, true>(c, A, B, strip, g, q);
        if (N % 8 && q > 1) c[tiles - 1][0] = c[tiles - 1][1] = c[tiles - 1][2] = c[tiles - 1][3] = 0;
      }
      if (isAtEnd || step == steps) break;
      __syncthreads();
      if (leader) beginLoad(A, layer(2), S::bytes, &barrier);
      change<N>(first, first, c, eta, row, q, B);
      asm volatile("fence.proxy.async;" ::: "memory");
      finishLoad(&barrier, parity);
      __syncthreads();
    }
    if (leader) { losses[network] = loss(); taken[network] += step; ended[network] = isAtEnd; }
    __syncthreads();
  }
}
#define ENTRY(D, name) extern "C" __global__ void __launch_bounds__(32 * Shape<WIDTH>::strips, Shape<WIDTH>::blocks) name( \
    double* layers, const double* targets, long long targetStride, const double* stepSizes, const double* weights, double targetLoss, \
    double* losses, int* taken, int* ended, int count, int anyDepth, int steps) { \
  descent<WIDTH, D>(layers, targets, targetStride, stepSizes, weights, targetLoss, losses, taken, ended, count, anyDepth, steps); }
ENTRY(3, descend3)
ENTRY(0, descend)
