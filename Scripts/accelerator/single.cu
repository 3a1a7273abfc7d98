#include "single.cuh"
#include <cublas_v2.h>
#include <cstdio>
#include <cstdlib>
#include <vector>
#include <cmath>
#define CK(x) do { auto e = (x); if (e) { printf("%s:%d error %d\n", __FILE__, __LINE__, (int)e); exit(1); } } while (0)
template <int T> void one(int N, int steps) {
  using S = Shape<T>; constexpr int ld = S::ld; size_t m = S::size; std::vector<double> L(3 * m, 0.0), Y(m);
  srand(1); auto rnd = [] { return (rand() / (double)RAND_MAX - 0.5); };
  for (int l = 0; l < 3; ++l) for (int r = 0; r < N; ++r) for (int c = 0; c < N; ++c) L[l * m + r * ld + c] = rnd() / sqrt((double)N) * 2;
  for (int r = 0; r < T; ++r) for (int c = 0; c < ld; ++c) Y[r * ld + c] = r < N && c < N && (rand() % 5 == 0) ? rnd() * 3 : NAN;
  double *dL, *dY, *ds, *dl; CK(cudaMalloc(&dL, L.size() * 8)); CK(cudaMalloc(&dY, m * 8)); CK(cudaMalloc(&ds, 4 * m * 8)); CK(cudaMemset(ds, 0, 4 * m * 8)); CK(cudaMalloc(&dl, 4096));
  CK(cudaMemcpy(dY, Y.data(), m * 8, cudaMemcpyHostToDevice)); CK(cudaMemcpy(dL, L.data(), L.size() * 8, cudaMemcpyHostToDevice));
  int smem = 8 * (2 * S::slot + 4 * Columns<T>::size); CK(cudaFuncSetAttribute(descentOfOne<T>, cudaFuncAttributeMaxDynamicSharedMemorySize, smem)); CK(cudaFuncSetAttribute(descentOfOne<T>, cudaFuncAttributeNonPortableClusterSizeAllowed, 1));
  cudaLaunchConfig_t cfg = {}; cfg.gridDim = S::tiles; cfg.blockDim = 32 * S::strips; cfg.dynamicSmemBytes = smem; cudaLaunchAttribute at; at.id = cudaLaunchAttributeClusterDimension; at.val.clusterDim = {(unsigned)S::tiles, 1, 1}; cfg.attrs = &at; cfg.numAttrs = 1;
  double eta = 0.5, weight = 0.05; int check = 4; auto go = [&](int k) { CK(cudaLaunchKernelEx(&cfg, descentOfOne<T>, dL, (const double*)dY, ds, eta, weight, dl, k)); };
  go(check); CK(cudaDeviceSynchronize()); std::vector<double> out(L.size()); CK(cudaMemcpy(out.data(), dL, L.size() * 8, cudaMemcpyDeviceToHost));
  std::vector<std::vector<double>> W(3); for (int l = 0; l < 3; ++l) { W[l].resize(N * N); for (int r = 0; r < N; ++r) for (int c = 0; c < N; ++c) W[l][r * N + c] = L[l * m + r * ld + c]; }
  auto mul = [&](const std::vector<double>& a, bool ta, const std::vector<double>& b, bool tb) { std::vector<double> c(N * N, 0.0); for (int r = 0; r < N; ++r) for (int k = 0; k < N; ++k) { double x = ta ? a[k * N + r] : a[r * N + k]; for (int j = 0; j < N; ++j) c[r * N + j] += x * (tb ? b[j * N + k] : b[k * N + j]); } return c; };
  for (int s = 0; s < check; ++s) { auto P = mul(W[1], 0, W[0], 0), E = mul(W[2], 0, P, 0); for (int r = 0; r < N; ++r) for (int c = 0; c < N; ++c) { double y = Y[r * ld + c]; E[r * N + c] = y == y ? (E[r * N + c] - y) * weight : 0; }
    auto D3 = mul(E, 0, P, 1), Tk = mul(W[2], 1, E, 0), D2 = mul(Tk, 0, W[0], 1), D1 = mul(W[1], 1, Tk, 0); for (int z = 0; z < N * N; ++z) { W[2][z] -= eta * D3[z]; W[1][z] -= eta * D2[z]; W[0][z] -= eta * D1[z]; } }
  double worst = 0; for (int l = 0; l < 3; ++l) { double e = 0, n = 0; for (int r = 0; r < N; ++r) for (int c = 0; c < N; ++c) { double x = out[l * m + r * ld + c] - W[l][r * N + c]; e += x * x; n += W[l][r * N + c] * W[l][r * N + c]; } worst = fmax(worst, sqrt(e / n)); }
  cudaEvent_t a, b; cudaEventCreate(&a); cudaEventCreate(&b); float best = 1e30; for (int r = 0; r < 5; ++r) { cudaEventRecord(a); go(steps); cudaEventRecord(b); CK(cudaEventSynchronize(b)); float t; cudaEventElapsedTime(&t, a, b); best = fmin(best, t); }
  printf("one of %d as %d: %.2f us a step, error %.1e\n", N, T, best * 1e3 / steps, worst);
}
__global__ void residual(double* w, const double* y, double weight, int n) { int i = 2 * (blockIdx.x * blockDim.x + threadIdx.x); if (i < n) { double2 a = *(double2*)(w + i), b = *(const double2*)(y + i); a.x = b.x == b.x ? (a.x - b.x) * weight : 0; a.y = b.y == b.y ? (a.y - b.y) * weight : 0; *(double2*)(w + i) = a; } }
void large(int n, int steps, bool fork) {
  size_t m = (size_t)n * n; double* p; CK(cudaMalloc(&p, 8 * m * 8)); std::vector<double> h(4 * m); for (auto& x : h) x = (rand() / (double)RAND_MAX - .5) / sqrt(n); for (size_t i = 3 * m; i < 4 * m; ++i) if (rand() % 5) h[i] = NAN;
  CK(cudaMemcpy(p, h.data(), 4 * m * 8, cudaMemcpyHostToDevice)); double *W1 = p, *W2 = p + m, *W3 = p + 2 * m, *Y = p + 3 * m, *P = p + 4 * m, *R = p + 5 * m, *T = p + 6 * m;
  cublasHandle_t h1, h2; CK(cublasCreate(&h1)); CK(cublasCreate(&h2)); cudaStream_t s1, s2; cudaStreamCreate(&s1); cudaStreamCreate(&s2); cublasSetStream(h1, s1); cublasSetStream(h2, s2); void* ws; cudaMalloc(&ws, 64 << 20); cublasSetWorkspace(h1, ws, 32 << 20); cublasSetWorkspace(h2, (char*)ws + (32 << 20), 32 << 20);
  // row-major C = op(A) op(B) is column-major Cᵀ = op(B)ᵀ op(A)ᵀ
  auto mul = [&](cublasHandle_t h, double alpha, const double* A, bool ta, const double* B, bool tb, double beta, double* C) { CK(cublasDgemm(h, tb ? CUBLAS_OP_T : CUBLAS_OP_N, ta ? CUBLAS_OP_T : CUBLAS_OP_N, n, n, n, &alpha, B, n, A, n, &beta, C, n)); };
  cudaEvent_t e1, e2, e3, e4; cudaEventCreateWithFlags(&e1, 2); cudaEventCreateWithFlags(&e2, 2); cudaEventCreateWithFlags(&e3, 2); cudaEventCreateWithFlags(&e4, 2); double eta = .01;
  auto step = [&] { mul(h1, 1, W2, 0, W1, 0, 0, P); mul(h1, 1, W3, 0, P, 0, 0, R); residual<<<(m / 2 + 255) / 256, 256, 0, s1>>>(R, Y, .05, m); mul(h1, 1, W3, 1, R, 0, 0, T);
    cudaStream_t s = fork ? s2 : s1; cublasHandle_t hh = fork ? h2 : h1;
    if (fork) { cudaEventRecord(e1, s1); cudaStreamWaitEvent(s2, e1); }
    mul(hh, -eta, R, 0, P, 1, 1, W3);                       // after T, in place
    double* D = p + 7 * m; mul(h1, -eta, T, 0, W1, 1, 0, D); // −η T W₁ᵀ, with W₂ old until D₁ is there
    mul(h1, -eta, W2, 1, T, 0, 1, W1); double one = 1; 
    CK(cublasDaxpy(h1, m, &one, D, 1, W2, 1));
    if (fork) { cudaEventRecord(e2, s2); cudaStreamWaitEvent(s1, e2); } (void)s; };
  step(); cudaDeviceSynchronize(); cudaGraph_t gr; cudaGraphExec_t ge; CK(cudaStreamBeginCapture(s1, cudaStreamCaptureModeGlobal)); step(); CK(cudaStreamEndCapture(s1, &gr)); CK(cudaGraphInstantiate(&ge, gr, 0)); cudaGraphLaunch(ge, s1); cudaDeviceSynchronize();
  cudaEvent_t a, b; cudaEventCreate(&a); cudaEventCreate(&b); float best = 1e30; for (int r = 0; r < 5; ++r) { cudaEventRecord(a, s1); for (int i = 0; i < steps; ++i) cudaGraphLaunch(ge, s1); cudaEventRecord(b, s1); CK(cudaEventSynchronize(b)); float t; cudaEventElapsedTime(&t, a, b); best = fmin(best, t); }
  printf("one of %d, cuBLAS graph, fork %d: %.1f us a step, %.1f TFLOP/s\n", n, fork, best * 1e3 / steps, 12.0 * n * n * n * steps / best * 1e-9); cudaFree(p);
}
int main() { setvbuf(stdout, 0, _IONBF, 0); large(1000, 50, false); large(1000, 50, true); large(4000, 5, false); large(4000, 5, true); large(2000, 20, true); large(500, 50, true); one<100>(100, 1000); one<100>(97, 1000); one<52>(50, 1000); one<32>(32, 1000); }
