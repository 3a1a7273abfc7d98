#ifndef C_SPARSE_KERNELS_H
#define C_SPARSE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// Inner loops over the known entries of a matrix, compiled for several instruction sets; the best that the
// processor has is chosen once. Every factor is stored row by row with `width` doubles a row.
// The order of additions is fixed by the arguments alone, so the same machine gives the same bits.

// products[e] = ⟨left row rows[e], right row columns[e]⟩ for each of `count` entries.
void sparse_products_at(
    size_t count, const int32_t *rows, const int32_t *columns, const double *left,
    const double *right, size_t width, double *products);

// result row i = Σ over the entries e of row i of values[e] · (factor row columns[e]), for `rowCount` rows;
// the entries of row i are those from starts[i] up to starts[i + 1].
void sparse_times_factor(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const double *values,
    const double *factor, size_t width, double *result);

// As above, with the value of entry e of this order at values[order[e]]: a product with the transpose
// reads the values where the row order left them.
void sparse_times_factor_ordered(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const int32_t *order,
    const double *values, const double *factor, size_t width, double *result);

// gram += Σ f fᵀ (lower triangle, width × width), moment += Σ value · f over `count` entries,
// f being the factor row columns[e].
void sparse_normal_equations(
    size_t count, const int32_t *columns, const double *values, const double *factor, size_t width,
    double *gram, double *moment);

// sum += Σ block columns[e] over `count` entries; a block has `blockSize` doubles.
void sparse_sum_of_blocks(
    size_t count, const int32_t *columns, const double *blocks, size_t blockSize, double *sum);

// Turns the lower triangle of a positive definite matrix of `width`² doubles into its full symmetric
// inverse; returns 0, with the matrix destroyed, when a pivot is not positive.
int small_inverse(size_t width, double *matrix);

// "avx512", "avx2" or "baseline".
const char *sparse_kernel_name(void);

#endif
