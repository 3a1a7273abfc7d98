#define _POSIX_C_SOURCE 200809L
#include "CPeakRate.h"

#include <time.h>

typedef double v8 __attribute__((vector_size(64)));

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// Sixteen chains of multiply-adds hide the latency; the least of many short runs is one that was not disturbed.
#define BODY                                                                                           \
    double best = 1e9;                                                                                 \
    for (int run = 0; run < 200; run++) {                                                              \
        v8 a0 = {0}, a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;                    \
        v8 b0 = {0}, b1 = b0, b2 = b0, b3 = b0, b4 = b0, b5 = b0, b6 = b0, b7 = b0;                    \
        v8 x = {1, 1, 1, 1, 1, 1, 1, 1}, y = x * 1e-9;                                                 \
        const double start = seconds();                                                                \
        for (int k = 0; k < 20000; k++) {                                                              \
            a0 = a0 * x + y, a1 = a1 * x + y, a2 = a2 * x + y, a3 = a3 * x + y;                        \
            a4 = a4 * x + y, a5 = a5 * x + y, a6 = a6 * x + y, a7 = a7 * x + y;                        \
            b0 = b0 * x + y, b1 = b1 * x + y, b2 = b2 * x + y, b3 = b3 * x + y;                        \
            b4 = b4 * x + y, b5 = b5 * x + y, b6 = b6 * x + y, b7 = b7 * x + y;                        \
            __asm__ volatile("" : "+v"(x), "+v"(y));                                                   \
        }                                                                                              \
        const double time = seconds() - start;                                                         \
        if (time < best) best = time;                                                                  \
        const v8 sum = a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + b0 + b1 + b2 + b3 + b4 + b5 + b6 + b7;  \
        sink += sum[0];                                                                                \
    }                                                                                                  \
    return 20000.0 * 16 * 8 / best;

static volatile double sink;

#if defined(__x86_64__)
__attribute__((target("avx512f"))) static double peak_avx512(void) { BODY }
__attribute__((target("avx2,fma"))) static double peak_avx2(void) {
    // Two registers for each v8: sixteen chains would spill, but four operations of eight hide the latency too.
    double best = 1e9;
    typedef double v4 __attribute__((vector_size(32)));
    for (int run = 0; run < 200; run++) {
        v4 a0 = {0}, a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0, a8 = a0, a9 = a0;
        v4 x = {1, 1, 1, 1}, y = x * 1e-9;
        const double start = seconds();
        for (int k = 0; k < 20000; k++) {
            a0 = a0 * x + y, a1 = a1 * x + y, a2 = a2 * x + y, a3 = a3 * x + y, a4 = a4 * x + y;
            a5 = a5 * x + y, a6 = a6 * x + y, a7 = a7 * x + y, a8 = a8 * x + y, a9 = a9 * x + y;
            __asm__ volatile("" : "+v"(x), "+v"(y));
        }
        const double time = seconds() - start;
        if (time < best) best = time;
        const v4 sum = a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + a8 + a9;
        sink += sum[0];
    }
    return 20000.0 * 10 * 4 / best;
}

double peak_multiply_adds_per_second(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) return peak_avx512();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return peak_avx2();
    return 0;
}
#else
double peak_multiply_adds_per_second(void) { return 0; }
#endif
