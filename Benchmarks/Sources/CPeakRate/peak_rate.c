#define _POSIX_C_SOURCE 200809L
#include "CPeakRate.h"

#include <time.h>

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static volatile double sink;

// Chains of multiply-adds that do not wait for each other hide the latency; the least of many short runs is one that
// was not disturbed.
#define DEFINE(NAME, TARGET, BYTES, CHAINS)                                                            \
    TARGET static double NAME(void) {                                                                  \
        typedef double vector __attribute__((vector_size(BYTES)));                                     \
        double best = 1e9;                                                                             \
        for (int run = 0; run < 200; run++) {                                                          \
            vector a[CHAINS];                                                                          \
            for (int i = 0; i < CHAINS; i++) a[i] = (vector){0.1 * i};                                 \
            const vector x = (vector){0} + 1.0000001, y = (vector){0} + 1e-9;                          \
            const double start = seconds();                                                            \
            for (int k = 0; k < 20000; k++) {                                                          \
                _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++) {                  \
                    a[i] = a[i] * x + y;                                                               \
                    __asm__ volatile("" : "+v"(a[i]));                                                 \
                }                                                                                      \
            }                                                                                          \
            const double time = seconds() - start;                                                     \
            if (time < best) best = time;                                                              \
            for (int i = 0; i < CHAINS; i++) sink += a[i][0];                                          \
        }                                                                                              \
        return 20000.0 * CHAINS * (BYTES / 8) / best;                                                  \
    }

#if defined(__x86_64__)
DEFINE(peak_avx512, __attribute__((target("avx512f"))), 64, 16)
DEFINE(peak_avx2, __attribute__((target("avx2,fma"))), 32, 12)

double peak_multiply_adds_per_second(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) return peak_avx512();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return peak_avx2();
    return 0;
}
#else
double peak_multiply_adds_per_second(void) { return 0; }
#endif
