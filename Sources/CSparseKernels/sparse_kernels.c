#include "CSparseKernels.h"

// Each kernel is one always-inlined body, compiled once for every instruction set below.
#define BODY static inline __attribute__((always_inline))

BODY double dot_body(const double *restrict a, const double *restrict b, size_t width) {
    // Eight partial sums: a fixed order of additions that vectorises at any register width.
    double sums[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    size_t k = 0;
    for (; k + 8 <= width; k += 8)
        for (size_t l = 0; l < 8; l++) sums[l] += a[k + l] * b[k + l];
    for (size_t l = 0; k < width; k++, l++) sums[l] += a[k] * b[k];
    return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

BODY void products_at_body(
    size_t count, const int32_t *rows, const int32_t *columns, const double *left,
    const double *right, size_t width, double *restrict products) {
    for (size_t e = 0; e < count; e++)
        products[e] = dot_body(left + (size_t)rows[e] * width, right + (size_t)columns[e] * width, width);
}

BODY void times_factor_body(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const int32_t *order,
    const double *values, const double *factor, size_t width, double *restrict result) {
    for (size_t i = 0; i < rowCount; i++) {
        double *restrict target = result + i * width;
        for (size_t k = 0; k < width; k++) target[k] = 0;
        for (ptrdiff_t e = starts[i]; e < starts[i + 1]; e++) {
            const double *restrict source = factor + (size_t)columns[e] * width;
            const double value = values[order ? order[e] : e];
            for (size_t k = 0; k < width; k++) target[k] += value * source[k];
        }
    }
}

// Four entries at a time, so that an element of the Gram matrix is loaded and stored once for four products.
BODY void normal_equations_body(
    size_t count, const int32_t *columns, const double *values, const double *factor, size_t width,
    double *restrict gram, double *restrict moment) {
    size_t e = 0;
    for (; e + 4 <= count; e += 4) {
        const double *restrict f0 = factor + (size_t)columns[e] * width;
        const double *restrict f1 = factor + (size_t)columns[e + 1] * width;
        const double *restrict f2 = factor + (size_t)columns[e + 2] * width;
        const double *restrict f3 = factor + (size_t)columns[e + 3] * width;
        const double v0 = values[e], v1 = values[e + 1], v2 = values[e + 2], v3 = values[e + 3];
        for (size_t a = 0; a < width; a++) {
            const double a0 = f0[a], a1 = f1[a], a2 = f2[a], a3 = f3[a];
            double *restrict row = gram + a * width;
            for (size_t b = 0; b <= a; b++)
                row[b] += (a0 * f0[b] + a1 * f1[b]) + (a2 * f2[b] + a3 * f3[b]);
            moment[a] += (v0 * a0 + v1 * a1) + (v2 * a2 + v3 * a3);
        }
    }
    for (; e < count; e++) {
        const double *restrict f = factor + (size_t)columns[e] * width;
        const double value = values[e];
        for (size_t a = 0; a < width; a++) {
            const double fa = f[a];
            double *restrict row = gram + a * width;
            for (size_t b = 0; b <= a; b++) row[b] += fa * f[b];
            moment[a] += value * fa;
        }
    }
}

BODY void sum_of_blocks_body(
    size_t count, const int32_t *columns, const double *blocks, size_t blockSize,
    double *restrict sum) {
    for (size_t e = 0; e < count; e++) {
        const double *restrict block = blocks + (size_t)columns[e] * blockSize;
        for (size_t k = 0; k < blockSize; k++) sum[k] += block[k];
    }
}

// L Lᵀ = A in place, then L⁻¹ in place, then L⁻ᵀ L⁻¹, all by rows of the lower triangle.
BODY int small_inverse_body(size_t n, double *restrict a) {
    for (size_t j = 0; j < n; j++) {
        for (size_t i = 0; i < j; i++) {
            double sum = a[j * n + i];
            for (size_t k = 0; k < i; k++) sum -= a[j * n + k] * a[i * n + k];
            a[j * n + i] = sum / a[i * n + i];
        }
        double pivot = a[j * n + j];
        for (size_t k = 0; k < j; k++) pivot -= a[j * n + k] * a[j * n + k];
        if (!(pivot > 0)) return 0;
        a[j * n + j] = __builtin_sqrt(pivot);
    }
    // Row i of L⁻¹ needs rows k < i of L⁻¹ and row i of L, which it overwrites from the right.
    for (size_t i = 0; i < n; i++) {
        const double inverse = 1 / a[i * n + i];
        for (size_t j = 0; j < i; j++) {
            double sum = 0;
            for (size_t k = j; k < i; k++) sum += a[i * n + k] * a[k * n + j];
            a[i * n + j] = -sum * inverse;
        }
        a[i * n + i] = inverse;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = 0;
            for (size_t k = i; k < n; k++) sum += a[k * n + i] * a[k * n + j];
            a[j * n + i] = sum;
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) a[i * n + j] = a[j * n + i];
    return 1;
}

#define DEFINE(SUFFIX, TARGET)                                                                         \
    TARGET static void products_at_##SUFFIX(                                                           \
        size_t n, const int32_t *r, const int32_t *c, const double *x, const double *y, size_t w,      \
        double *p) {                                                                                   \
        products_at_body(n, r, c, x, y, w, p);                                                         \
    }                                                                                                  \
    TARGET static void times_factor_##SUFFIX(                                                          \
        size_t n, const ptrdiff_t *s, const int32_t *c, const int32_t *o, const double *v,             \
        const double *f, size_t w, double *r) {                                                        \
        times_factor_body(n, s, c, o, v, f, w, r);                                                     \
    }                                                                                                  \
    TARGET static void normal_equations_##SUFFIX(                                                      \
        size_t n, const int32_t *c, const double *v, const double *f, size_t w, double *g,             \
        double *m) {                                                                                   \
        normal_equations_body(n, c, v, f, w, g, m);                                                    \
    }                                                                                                  \
    TARGET static void sum_of_blocks_##SUFFIX(                                                         \
        size_t n, const int32_t *c, const double *b, size_t s, double *t) {                            \
        sum_of_blocks_body(n, c, b, s, t);                                                             \
    }                                                                                                  \
    TARGET static int small_inverse_##SUFFIX(size_t n, double *a) { return small_inverse_body(n, a); }

DEFINE(baseline, )

#if defined(__x86_64__)
DEFINE(avx2, __attribute__((target("avx2,fma"))))
DEFINE(avx512, __attribute__((target("avx512f,avx512vl,avx512dq,avx2,fma,prefer-256-bit"))))

static int level = 0;

__attribute__((constructor)) static void choose_level(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) level = 1;
    if (level == 1 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512dq"))
        level = 2;
}

#define DISPATCH(CALL, ...)                                                                            \
    (level == 2   ? CALL##_avx512(__VA_ARGS__)                                                         \
     : level == 1 ? CALL##_avx2(__VA_ARGS__)                                                           \
                  : CALL##_baseline(__VA_ARGS__))
const char *sparse_kernel_name(void) {
    return level == 2 ? "avx512" : level == 1 ? "avx2" : "baseline";
}
#else
#define DISPATCH(CALL, ...) CALL##_baseline(__VA_ARGS__)
const char *sparse_kernel_name(void) { return "baseline"; }
#endif

void sparse_products_at(
    size_t count, const int32_t *rows, const int32_t *columns, const double *left,
    const double *right, size_t width, double *products) {
    DISPATCH(products_at, count, rows, columns, left, right, width, products);
}

void sparse_times_factor(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const double *values,
    const double *factor, size_t width, double *result) {
    DISPATCH(times_factor, rowCount, starts, columns, 0, values, factor, width, result);
}

void sparse_times_factor_ordered(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const int32_t *order,
    const double *values, const double *factor, size_t width, double *result) {
    DISPATCH(times_factor, rowCount, starts, columns, order, values, factor, width, result);
}

void sparse_normal_equations(
    size_t count, const int32_t *columns, const double *values, const double *factor, size_t width,
    double *gram, double *moment) {
    DISPATCH(normal_equations, count, columns, values, factor, width, gram, moment);
}

void sparse_sum_of_blocks(
    size_t count, const int32_t *columns, const double *blocks, size_t blockSize, double *sum) {
    DISPATCH(sum_of_blocks, count, columns, blocks, blockSize, sum);
}

int small_inverse(size_t width, double *matrix) { return DISPATCH(small_inverse, width, matrix); }
