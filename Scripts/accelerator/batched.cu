#ifndef HEADER
#define HEADER "batched.cuh"
#endif
#include HEADER
#include <cstdio>
#include <cstdlib>
#include <vector>
#include <cmath>
#define CK(x) do { cudaError_t e = (x); if (e) { printf("%s:%d %s\n", __FILE__, __LINE__, cudaGetErrorString(e)); exit(1); } } while (0)
template <class F> float timeIt(F f) { cudaEvent_t a, b; cudaEventCreate(&a); cudaEventCreate(&b); f(); CK(cudaDeviceSynchronize()); float best = 1e30; for (int r = 0; r < 5; ++r) { cudaEventRecord(a); f(); cudaEventRecord(b); CK(cudaEventSynchronize(b)); float t; cudaEventElapsedTime(&t, a, b); best = fmin(best, t); } return best; }
template <int T, int D = 3> void check(int N, int count, int steps, int perSM, int depth = D) {
  using S = Shape<T>; int ld = S::ld, held = depth > 3 ? 2 * depth - 3 : depth; size_t m = S::size;
  std::vector<double> L(count * held * m, 0.0), Y(m), st(count), w(count);
  srand(1); auto rnd = [] { return (rand() / (double)RAND_MAX - 0.5); };
  for (int i = 0; i < count; ++i) for (int l = 0; l < depth; ++l) for (int r = 0; r < N; ++r) for (int c = 0; c < N; ++c) L[((size_t)i * held + l) * m + r * ld + c] = rnd() / sqrt((double)N) * 2;
  for (int r = 0; r < T; ++r) for (int c = 0; c < ld; ++c) Y[r * ld + c] = r < N && c < N && (rand() % 5 == 0) ? rnd() * 3 : NAN;
  for (int i = 0; i < count; ++i) { st[i] = 0.5 + 0.001 * (i % 7); w[i] = 1.0 / 20; }
  double *dL, *dY, *ds, *dw, *dl; CK(cudaMalloc(&dL, L.size() * 8)); CK(cudaMalloc(&dY, m * 8)); CK(cudaMalloc(&ds, count * 8)); CK(cudaMalloc(&dw, count * 8)); CK(cudaMalloc(&dl, count * 64));
  CK(cudaMemcpy(dY, Y.data(), m * 8, cudaMemcpyHostToDevice)); CK(cudaMemcpy(ds, st.data(), count * 8, cudaMemcpyHostToDevice)); CK(cudaMemcpy(dw, w.data(), count * 8, cudaMemcpyHostToDevice)); CK(cudaMemcpy(dL, L.data(), L.size() * 8, cudaMemcpyHostToDevice));
  int smem = SMEM; CK(cudaFuncSetAttribute(descent<T, D>, cudaFuncAttributeMaxDynamicSharedMemorySize, smem));
  cudaFuncAttributes fa; cudaFuncGetAttributes(&fa, descent<T, D>); int occ; cudaOccupancyMaxActiveBlocksPerMultiprocessor(&occ, descent<T, D>, 32 * S::strips, smem); if (!perSM) perSM = occ;
  int check = 4; descent<T, D><<<132 * perSM, 32 * S::strips, smem>>>(dL, dY, 0, ds, dw, dl, count, depth, check); CK(cudaDeviceSynchronize());
  std::vector<double> out(L.size()); CK(cudaMemcpy(out.data(), dL, L.size() * 8, cudaMemcpyDeviceToHost));
  double worst = 0; for (int i : {0, 1, count - 1}) { std::vector<std::vector<double>> W(depth); for (int l = 0; l < depth; ++l) { W[l].resize(N * N); for (int r = 0; r < N; ++r) for (int c = 0; c < N; ++c) W[l][r * N + c] = L[((size_t)i * held + l) * m + r * ld + c]; }
    auto mul = [&](const std::vector<double>& a, bool ta, const std::vector<double>& b, bool tb) { std::vector<double> c(N * N, 0.0); for (int r = 0; r < N; ++r) for (int k = 0; k < N; ++k) { double x = ta ? a[k * N + r] : a[r * N + k]; for (int j = 0; j < N; ++j) c[r * N + j] += x * (tb ? b[j * N + k] : b[k * N + j]); } return c; };
    for (int s = 0; s < check; ++s) { std::vector<std::vector<double>> P{W[0]}; for (int k = 1; k < depth; ++k) P.push_back(mul(W[k], 0, P.back(), 0)); auto E = P.back(); for (int r = 0; r < N; ++r) for (int c = 0; c < N; ++c) { double y = Y[r * ld + c]; E[r * N + c] = y == y ? (E[r * N + c] - y) * w[i] : 0; }
      auto Tk = E; for (int k = depth - 1; k >= 0; --k) { auto G = k ? mul(Tk, 0, P[k - 1], 1) : Tk; if (k) Tk = mul(W[k], 1, Tk, 0); for (int z = 0; z < N * N; ++z) W[k][z] -= st[i] * G[z]; } }
    for (int l = 0; l < depth; ++l) { double e = 0, n = 0; for (int r = 0; r < N; ++r) for (int c = 0; c < N; ++c) { double x = out[((size_t)i * held + l) * m + r * ld + c] - W[l][r * N + c]; e += x * x; n += W[l][r * N + c] * W[l][r * N + c]; } worst = fmax(worst, sqrt(e / n)); } }
  float t = timeIt([&] { descent<T, D><<<132 * perSM, 32 * S::strips, smem>>>(dL, dY, 0, ds, dw, dl, count, depth, steps); });
  printf("unroll %d N %d as %d depth %d count %d perSM %d (occ %d, regs %d, local %zu): %.4f us a network and step, error %.1e, %.1f TFLOP/s\n", UNROLL, N, T, depth, count, perSM, occ, fa.numRegs, fa.localSizeBytes, t * 1e3 / count / steps, worst, (4.0 * depth) * N * N * N * count * steps / t * 1e-9);
  cudaFree(dL); cudaFree(dY); cudaFree(ds); cudaFree(dw); cudaFree(dl);
}
int main() { setvbuf(stdout, 0, _IONBF, 0);
  check<100>(100, 4096, 10, 1); check<52>(50, 8192, 20, 0); check<100, 2>(100, 1024, 20, 1);
#if UNROLL == 1
  check<100, 0>(99, 1024, 10, 1, 4); check<52, 0>(50, 1024, 50, 0, 5); check<52, 2>(49, 8192, 20, 0); check<32>(32, 8192, 50, 0); check<20>(20, 8192, 100, 0); check<80>(70, 4096, 20, 0); check<12>(10, 8192, 100, 0);
#endif
  return 0; }
