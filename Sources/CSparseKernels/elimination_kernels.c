#include "CSparseKernels.h"

// Variable projection: the small least-squares problem of every row, and the equations that are left for the columns.
// Each kernel is one always-inlined body, compiled once for every instruction set below.
#define BODY static inline __attribute__((always_inline))

extern __attribute__((visibility("hidden"))) int sparse_kernel_level;

// products = Σ_k x_k · (the first `width` numbers of row k of Q), then x ← x − Q products.
BODY void remove_span(
    size_t count, const double *restrict q, size_t stride, size_t width, double *restrict x, size_t step,
    double *restrict products) {
    for (size_t c = 0; c < width; c++) products[c] = 0;
    for (size_t k = 0; k < count; k++) {
        const double own = x[k * step];
        const double *restrict line = q + k * stride;
        for (size_t c = 0; c < width; c++) products[c] += own * line[c];
    }
    for (size_t k = 0; k < count; k++) {
        const double *restrict line = q + k * stride;
        double sum = 0;
        for (size_t c = 0; c < width; c++) sum += line[c] * products[c];
        x[k * step] -= sum;
    }
}

// Gram–Schmidt on the columns of a count × rank block, every column twice: after the second time it is orthogonal to
// the earlier ones to rounding. A column that depends on those becomes zero, with a zero on the diagonal of R.
BODY void orthonormalize(
    size_t count, size_t rank, double *restrict q, double *restrict triangle, double *restrict column,
    double *restrict products) {
    for (size_t k = 0; k < rank * rank; k++) triangle[k] = 0;
    for (size_t c = 0; c < rank; c++) {
        double original = 0, left = 0;
        for (size_t k = 0; k < count; k++) {
            column[k] = q[k * rank + c];
            original += column[k] * column[k];
        }
        for (int pass = 0; pass < 2; pass++) {
            remove_span(count, q, rank, c, column, 1, products);
            for (size_t e = 0; e < c; e++) triangle[e * rank + c] += products[e];
        }
        for (size_t k = 0; k < count; k++) left += column[k] * column[k];
        // Below 1e-12 of its length a column holds rounding alone.
        if (c >= count || left <= 1e-24 * original) {
            for (size_t k = 0; k < count; k++) q[k * rank + c] = 0;
            continue;
        }
        const double length = __builtin_sqrt(left), scale = 1 / length;
        triangle[c * rank + c] = length;
        for (size_t k = 0; k < count; k++) q[k * rank + c] = column[k] * scale;
    }
}

BODY double eliminate_body(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const double *values,
    const double *factor, size_t rank, double *bases, double *residuals, double *triangles, double *rowFactor,
    double *scratch) {
    double *products = scratch, *right = scratch + rank, *column = scratch + 2 * rank, total = 0;
    for (size_t i = 0; i < rowCount; i++) {
        const ptrdiff_t first = starts[i];
        const size_t count = (size_t)(starts[i + 1] - first);
        double *restrict q = bases + (size_t)first * rank, *restrict e = residuals + first;
        double *restrict triangle = triangles + i * rank * rank, *restrict u = rowFactor + i * rank;
        for (size_t k = 0; k < count; k++) {
            const double *restrict source = factor + (size_t)columns[(size_t)first + k] * rank;
            for (size_t c = 0; c < rank; c++) q[k * rank + c] = source[c];
            e[k] = values[(size_t)first + k];
        }
        orthonormalize(count, rank, q, triangle, column, products);
        for (size_t c = 0; c < rank; c++) right[c] = 0;
        for (int pass = 0; pass < 2; pass++) {
            remove_span(count, q, rank, rank, e, 1, products);
            for (size_t c = 0; c < rank; c++) right[c] += products[c];
        }
        // Where the diagonal of R is zero, so is the solution.
        for (size_t c = rank; c-- > 0;) {
            double sum = right[c];
            for (size_t later = c + 1; later < rank; later++) sum -= triangle[c * rank + later] * u[later];
            u[c] = triangle[c * rank + c] == 0 ? 0 : sum / triangle[c * rank + c];
        }
        for (size_t k = 0; k < count; k++) total += e[k] * e[k];
    }
    return total;
}

BODY void reduced_equations_body(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const double *rowFactor,
    const double *bases, const double *residuals, size_t rank, size_t unknowns, double *moment,
    double *blocks, double *system, double *outer) {
    for (size_t i = 0; i < rowCount; i++) {
        const size_t first = (size_t)starts[i], count = (size_t)starts[i + 1] - first;
        if (count == 0) continue;
        const double *restrict u = rowFactor + i * rank, *restrict q = bases + first * rank;
        for (size_t x = 0; x < rank; x++)
            for (size_t y = 0; y < rank; y++) outer[x * rank + y] = u[x] * u[y];
        for (size_t k = 0; k < count; k++) {
            const size_t column = (size_t)columns[first + k];
            const double e = residuals[first + k];
            double left = 1;
            for (size_t c = 0; c < rank; c++) {
                moment[column * rank + c] += e * u[c];
                left -= q[k * rank + c] * q[k * rank + c];
            }
            double *restrict block = blocks + column * rank * rank;
            for (size_t x = 0; x < rank * rank; x++) block[x] += left * outer[x];
        }
        if (!system || count <= rank) continue;
        for (size_t k = 0; k < count; k++) {
            double *restrict lines = system + (size_t)columns[first + k] * rank * unknowns;
            for (size_t l = 0; l <= k; l++) {
                double p = k == l ? 1 : 0;
                for (size_t c = 0; c < rank; c++) p -= q[k * rank + c] * q[l * rank + c];
                double *restrict target = lines + (size_t)columns[first + l] * rank;
                for (size_t x = 0; x < rank; x++) {
                    const double own = p * u[x];
                    for (size_t y = 0; y < rank; y++) target[x * unknowns + y] += own * u[y];
                }
            }
        }
    }
}

BODY void reduced_product_body(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const double *rowFactor,
    const double *bases, const double *x, size_t rank, double *result, double *scratch) {
    double *products = scratch, *t = scratch + rank;
    for (size_t i = 0; i < rowCount; i++) {
        const size_t first = (size_t)starts[i], count = (size_t)starts[i + 1] - first;
        if (count <= rank) continue;
        const double *restrict u = rowFactor + i * rank;
        for (size_t k = 0; k < count; k++) {
            const double *restrict source = x + (size_t)columns[first + k] * rank;
            double sum = 0;
            for (size_t c = 0; c < rank; c++) sum += source[c] * u[c];
            t[k] = sum;
        }
        remove_span(count, bases + first * rank, rank, rank, t, 1, products);
        for (size_t k = 0; k < count; k++) {
            double *restrict target = result + (size_t)columns[first + k] * rank;
            for (size_t c = 0; c < rank; c++) target[c] += t[k] * u[c];
        }
    }
}

#define DEFINE(SUFFIX, TARGET)                                                                         \
    TARGET static double eliminate_##SUFFIX(                                                           \
        size_t n, const ptrdiff_t *s, const int32_t *c, const double *v, const double *f, size_t w,    \
        double *b, double *e, double *t, double *u, double *x) {                                       \
        return eliminate_body(n, s, c, v, f, w, b, e, t, u, x);                                        \
    }                                                                                                  \
    TARGET static void reduced_equations_##SUFFIX(                                                     \
        size_t n, const ptrdiff_t *s, const int32_t *c, const double *u, const double *b,              \
        const double *e, size_t w, size_t m, double *g, double *d, double *a, double *x) {             \
        reduced_equations_body(n, s, c, u, b, e, w, m, g, d, a, x);                                    \
    }                                                                                                  \
    TARGET static void reduced_product_##SUFFIX(                                                       \
        size_t n, const ptrdiff_t *s, const int32_t *c, const double *u, const double *b,              \
        const double *v, size_t w, double *r, double *x) {                                             \
        reduced_product_body(n, s, c, u, b, v, w, r, x);                                               \
    }

DEFINE(baseline, )

#if defined(__x86_64__)
DEFINE(avx2, __attribute__((target("avx2,fma"))))
DEFINE(avx512, __attribute__((target("avx512f,avx512vl,avx512dq,avx2,fma"))))
#define DISPATCH(CALL, ...)                                                                            \
    (sparse_kernel_level == 2   ? CALL##_avx512(__VA_ARGS__)                                           \
     : sparse_kernel_level == 1 ? CALL##_avx2(__VA_ARGS__)                                             \
                                : CALL##_baseline(__VA_ARGS__))
#else
#define DISPATCH(CALL, ...) CALL##_baseline(__VA_ARGS__)
#endif

size_t elimination_scratch_size(size_t rank, size_t longest) { return 2 * rank + rank * rank + longest; }

double eliminate_rows(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const double *values,
    const double *factor, size_t rank, double *bases, double *residuals, double *triangles, double *rowFactor,
    double *scratch) {
    return DISPATCH(
        eliminate, rowCount, starts, columns, values, factor, rank, bases, residuals, triangles, rowFactor,
        scratch);
}

void reduced_equations(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const double *rowFactor,
    const double *bases, const double *residuals, size_t rank, size_t unknowns, double *moment,
    double *blocks, double *system, double *scratch) {
    DISPATCH(
        reduced_equations, rowCount, starts, columns, rowFactor, bases, residuals, rank, unknowns, moment,
        blocks, system, scratch);
}

void reduced_product(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const double *rowFactor,
    const double *bases, const double *x, size_t rank, double *result, double *scratch) {
    DISPATCH(reduced_product, rowCount, starts, columns, rowFactor, bases, x, rank, result, scratch);
}
