#ifndef C_SPARSE_KERNELS_H
#define C_SPARSE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// Inner loops over the known entries of a matrix, compiled for several instruction sets; the best that the
// processor has is chosen once. Every factor is stored row by row with `width` doubles a row.
// The order of additions is fixed by the arguments alone, so the same machine gives the same bits. A row's result
// does not depend on which other rows are computed with it: rows may be divided among threads.

// products[e] = ⟨left row rows[e], right row columns[e]⟩ for each of `count` entries.
void sparse_products_at(
    size_t count, const int32_t *rows, const int32_t *columns, const double *left,
    const double *right, size_t width, double *products);

// residuals[e] = scale · (⟨left row rows[e], right row columns[e]⟩ − values[e]); returns the sum of the squares
// before the scaling.
double sparse_residuals(
    size_t count, const int32_t *rows, const int32_t *columns, const double *left,
    const double *right, size_t width, const double *values, double scale, double *residuals);

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

// The offset of each of `rowCount` rows, Σ t/(count + shrinkage) with t = values[e] − mean − others[columns[e]] over
// the row's entries; rows without entries keep theirs. Returns Σ (t − offset)².
double sparse_offsets(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const double *values,
    const double *others, double mean, double shrinkage, double *offsets);

// The Gaussian posterior of each of `rowCount` rows u of a factor, given the entries b ≈ uᵀv + noise of variance
// noises[row], where v is the factor row columns[e] with covariance Τ:
//
//     covariance = (diag(1/prior) + Σ (v vᵀ + Τ)/noise)⁻¹,   mean = covariance · Σ b v / noise.
//
// Rows of `factor` take `width` rounded up to a multiple of eight doubles, zeros beyond the width. Τ comes from
// `blocks`, width × width for each factor row, or, when that is null, from `meanBlock` for all of them. Means
// (rowCount × width) and covariances (rowCount × width × width) are overwritten; where rounding has made the
// matrix indefinite the covariance is zero and the mean stays. `errorSums` takes the expected squared error over
// each row's entries, zero for such rows; the sum is returned. Where `missing` is not null it holds the positions that a
// row lacks, Σ v vᵀ over all positions is `total` and, with `blocks`, that of Τ `totalBlock` (both width × width): the
// shorter list is summed. `scratch` has posterior_scratch_size(width) doubles.
double sparse_posterior_rows(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const double *values,
    const ptrdiff_t *missingStarts, const int32_t *missing, const double *total, const double *totalBlock,
    const double *factor, const double *blocks, const double *meanBlock, size_t width,
    const double *noises, const double *prior, double *means, double *covariances, double *errorSums,
    double *scratch);

size_t posterior_scratch_size(size_t width);

// A draw from the Gaussian of each of `rowCount` rows u of a factor, given factor rows v at the row's positions:
//
//     A = precision + weight · Σ v vᵀ,   u ~ N(A⁻¹ (linear + weight · moment), A⁻¹),
//
// by standard normal numbers (rowCount × width), or the mean when they are null. `moments` is rowCount × width,
// `weights` one number for each row, or null for ones; rows of `factor` are padded as above. Where `missing` is
// not null it holds the positions that a row lacks, and Σ v vᵀ over all positions is `total`: the shorter list is
// summed. Rows whose matrix rounding has made indefinite stay. `scratch` has conditional_scratch_size(width) doubles.
void sparse_conditional_rows(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const ptrdiff_t *missingStarts,
    const int32_t *missing, const double *factor, const double *total, const double *moments,
    const double *weights, const double *precision, const double *linear, const double *normals,
    size_t width, double *result, double *scratch);

size_t conditional_scratch_size(size_t width);

// The row factor that fits best to a column factor: for every row u = argmin ‖A u − b‖, A the factor's rows at the
// row's columns. `bases` takes Q of A = Q R (entries × rank), `triangles` R (rank × rank for each row), `residuals`
// b − A u for each entry; columns of A that depend on earlier ones are zero in Q, and their coordinates zero in u.
// Rows of `factor` are not padded. Returns the sum of the squared residuals.
double eliminate_rows(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const double *values,
    const double *factor, size_t rank, double *bases, double *residuals, double *triangles, double *rowFactor,
    double *scratch);

// Adds, row by row, to the Gauss–Newton equations of the column factor: e u at each entry to `moment` (columns ×
// rank), (I − QQᵀ)_kk uuᵀ to `blocks` (rank × rank for each column), and, where `system` is not null, (I − QQᵀ)_kl uuᵀ
// to its lower triangle (unknowns × unknowns, by column and rank). Columns ascend within a row.
void reduced_equations(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const double *rowFactor,
    const double *bases, const double *residuals, size_t rank, size_t unknowns, double *moment,
    double *blocks, double *system, double *scratch);

// result += S x for the same S, without it: t = x u at the row's columns, t ← (I − QQᵀ) t, result += t u.
void reduced_product(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const double *rowFactor,
    const double *bases, const double *x, size_t rank, double *result, double *scratch);

// Scratch of these three; `longest` is the number of entries of the longest row.
size_t elimination_scratch_size(size_t rank, size_t longest);

// The number at the counter, which is then one more, for threads that take blocks of work in turn.
size_t next_block(size_t *counter);

// How many processors this process may run on.
int available_processor_count(void);

// "avx512", "avx2" or "baseline".
const char *sparse_kernel_name(void);

#endif
