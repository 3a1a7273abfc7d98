#ifdef __linux__
#define _GNU_SOURCE
#include <sched.h>
#endif
#include <unistd.h>

#include "CSparseKernels.h"

// Each kernel is one always-inlined body, compiled once for every instruction set below.
#define BODY static inline __attribute__((always_inline))

// Eight doubles at any address: one register of AVX-512, two of AVX2, four of SSE2.
typedef double v8 __attribute__((vector_size(64), aligned(8)));

#define LOAD(P) (*(const v8 *)(P))
#define STORE(P) (*(v8 *)(P))

// The sum of the lanes of each of eight registers, in order; ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)).
#define EVEN(A, B) __builtin_shufflevector(A, B, 0, 8, 2, 10, 4, 12, 6, 14)
#define ODD(A, B) __builtin_shufflevector(A, B, 1, 9, 3, 11, 5, 13, 7, 15)
#define LOW(A, B) __builtin_shufflevector(A, B, 0, 1, 8, 9, 4, 5, 12, 13)
#define HIGH(A, B) __builtin_shufflevector(A, B, 2, 3, 10, 11, 6, 7, 14, 15)
#define FRONT(A, B) __builtin_shufflevector(A, B, 0, 1, 2, 3, 8, 9, 10, 11)
#define BACK(A, B) __builtin_shufflevector(A, B, 4, 5, 6, 7, 12, 13, 14, 15)

BODY void lane_sums(const v8 *restrict a, double *restrict sums) {
    const v8 b0 = EVEN(a[0], a[1]) + ODD(a[0], a[1]), b1 = EVEN(a[2], a[3]) + ODD(a[2], a[3]);
    const v8 b2 = EVEN(a[4], a[5]) + ODD(a[4], a[5]), b3 = EVEN(a[6], a[7]) + ODD(a[6], a[7]);
    const v8 c0 = LOW(b0, b1) + HIGH(b0, b1), c1 = LOW(b2, b3) + HIGH(b2, b3);
    STORE(sums) = FRONT(c0, c1) + BACK(c0, c1);
}

BODY double dot_body(const double *restrict a, const double *restrict b, size_t width) {
    v8 s = {0};
    size_t k = 0;
    for (; k + 8 <= width; k += 8) s += LOAD(a + k) * LOAD(b + k);
    double sum = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
    for (; k < width; k++) sum += a[k] * b[k];
    return sum;
}

// Eight entries at a time, so that the lanes of eight sums are added together.
BODY void eight_dots(
    const int32_t *rows, const int32_t *columns, const double *left, const double *right, size_t width,
    double *restrict products) {
    v8 sums[8];
#pragma clang loop unroll(full)
    for (size_t l = 0; l < 8; l++) {
        const double *a = left + (size_t)rows[l] * width, *b = right + (size_t)columns[l] * width;
        v8 sum = {0};
        for (size_t k = 0; k + 8 <= width; k += 8) sum += LOAD(a + k) * LOAD(b + k);
        sums[l] = sum;
    }
    lane_sums(sums, products);
    for (size_t k = width & ~(size_t)7; k < width; k++)
        for (size_t l = 0; l < 8; l++)
            products[l] += left[(size_t)rows[l] * width + k] * right[(size_t)columns[l] * width + k];
}

BODY void products_of_width(
    size_t count, const int32_t *rows, const int32_t *columns, const double *left,
    const double *right, size_t width, double *restrict products) {
    size_t e = 0;
    for (; e + 8 <= count; e += 8) eight_dots(rows + e, columns + e, left, right, width, products + e);
    for (; e < count; e++)
        products[e] = dot_body(left + (size_t)rows[e] * width, right + (size_t)columns[e] * width, width);
}

// Sixteen is the width of the path of a large table; a constant width needs no loop.
BODY void products_at_body(
    size_t count, const int32_t *rows, const int32_t *columns, const double *left,
    const double *right, size_t width, double *restrict products) {
    if (width == 16)
        products_of_width(count, rows, columns, left, right, 16, products);
    else
        products_of_width(count, rows, columns, left, right, width, products);
}

BODY double residuals_of_width(
    size_t count, const int32_t *rows, const int32_t *columns, const double *left,
    const double *right, size_t width, const double *values, double scale,
    double *restrict residuals) {
    v8 squares = {0};
    double sum = 0;
    size_t e = 0;
    for (; e + 8 <= count; e += 8) {
        double products[8];
        eight_dots(rows + e, columns + e, left, right, width, products);
        const v8 residual = LOAD(products) - LOAD(values + e);
        squares += residual * residual;
        STORE(residuals + e) = scale * residual;
    }
    for (; e < count; e++) {
        const double residual =
            dot_body(left + (size_t)rows[e] * width, right + (size_t)columns[e] * width, width) - values[e];
        sum += residual * residual;
        residuals[e] = scale * residual;
    }
    for (size_t l = 0; l < 8; l++) sum += squares[l];
    return sum;
}

BODY double residuals_body(
    size_t count, const int32_t *rows, const int32_t *columns, const double *left,
    const double *right, size_t width, const double *values, double scale,
    double *restrict residuals) {
    if (width == 16)
        return residuals_of_width(count, rows, columns, left, right, 16, values, scale, residuals);
    return residuals_of_width(count, rows, columns, left, right, width, values, scale, residuals);
}

// Sixteen columns of the result at a time, then eight, then one: the sums stay in registers. Even and odd
// entries are summed apart, so that an addition need not wait for the one before.
BODY void times_factor_body(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const int32_t *order,
    const double *values, const double *factor, size_t width, double *restrict result) {
    for (size_t i = 0; i < rowCount; i++) {
        double *restrict target = result + i * width;
        const ptrdiff_t first = starts[i], last = starts[i + 1];
        size_t k = 0;
        for (; k + 16 <= width; k += 16) {
            v8 a = {0}, b = {0}, c = {0}, d = {0};
            ptrdiff_t e = first;
            for (; e + 2 <= last; e += 2) {
                const double *f = factor + (size_t)columns[e] * width + k;
                const double *g = factor + (size_t)columns[e + 1] * width + k;
                const double x = values[order ? order[e] : e], y = values[order ? order[e + 1] : e + 1];
                a += x * LOAD(f);
                b += x * LOAD(f + 8);
                c += y * LOAD(g);
                d += y * LOAD(g + 8);
            }
            if (e < last) {
                const double *f = factor + (size_t)columns[e] * width + k;
                const double x = values[order ? order[e] : e];
                a += x * LOAD(f);
                b += x * LOAD(f + 8);
            }
            STORE(target + k) = a + c;
            STORE(target + k + 8) = b + d;
        }
        for (; k + 8 <= width; k += 8) {
            v8 a = {0}, c = {0};
            ptrdiff_t e = first;
            for (; e + 2 <= last; e += 2) {
                a += values[order ? order[e] : e] * LOAD(factor + (size_t)columns[e] * width + k);
                c += values[order ? order[e + 1] : e + 1]
                    * LOAD(factor + (size_t)columns[e + 1] * width + k);
            }
            if (e < last)
                a += values[order ? order[e] : e] * LOAD(factor + (size_t)columns[e] * width + k);
            STORE(target + k) = a + c;
        }
        if (k == width) continue;
        for (size_t l = k; l < width; l++) target[l] = 0;
        for (ptrdiff_t e = first; e < last; e++) {
            const double *restrict source = factor + (size_t)columns[e] * width;
            const double value = values[order ? order[e] : e];
            for (size_t l = k; l < width; l++) target[l] += value * source[l];
        }
    }
}

// One tile of the Gram matrix, `height` rows from `top` by eight or sixteen columns from `left`, over all
// entries, in registers; and, where it lies on the diagonal, the part of the moment that belongs to its columns.
BODY void gram_tile(
    size_t count, const int32_t *columns, const double *factor, size_t stride, size_t height,
    size_t top, size_t left, int isWide, double *restrict gram) {
    v8 sums[8] = {{0}}, more[8] = {{0}};
    for (size_t e = 0; e < count; e++) {
        const double *restrict f = factor + (size_t)columns[e] * stride;
        const v8 x = LOAD(f + left);
        v8 y = {0};
        if (isWide) y = LOAD(f + left + 8);
#pragma clang loop unroll(full)
        for (size_t a = 0; a < height; a++) {
            sums[a] += f[top + a] * x;
            if (isWide) more[a] += f[top + a] * y;
        }
    }
#pragma clang loop unroll(full)
    for (size_t a = 0; a < height; a++) {
        STORE(gram + (top + a) * stride + left) = sums[a];
        if (isWide) STORE(gram + (top + a) * stride + left + 8) = more[a];
    }
}

BODY void gram_moment(
    size_t count, const int32_t *columns, const double *values, const double *factor, size_t stride,
    double *restrict moment) {
    for (size_t k = 0; k < stride; k += 8) {
        v8 a = {0}, b = {0};
        size_t e = 0;
        for (; e + 2 <= count; e += 2) {
            a += values[e] * LOAD(factor + (size_t)columns[e] * stride + k);
            b += values[e + 1] * LOAD(factor + (size_t)columns[e + 1] * stride + k);
        }
        if (e < count) a += values[e] * LOAD(factor + (size_t)columns[e] * stride + k);
        STORE(moment + k) = a + b;
    }
}

// All of a Gram matrix of up to sixteen rows in one pass: one register a row up to the eighth, then two.
BODY void gram_of_width(
    size_t count, const int32_t *columns, const double *values, const double *factor, size_t width,
    size_t stride, double *restrict gram, double *restrict moment) {
    v8 sums[16] = {{0}}, more[8] = {{0}}, first = {0}, second = {0};
    for (size_t e = 0; e < count; e++) {
        const double *restrict f = factor + (size_t)columns[e] * stride;
        const double value = values[e];
        const v8 x = LOAD(f);
        v8 y = {0};
        if (width > 8) y = LOAD(f + 8);
#pragma clang loop unroll(full)
        for (size_t a = 0; a < width; a++) {
            sums[a] += f[a] * x;
            if (a >= 8) more[a - 8] += f[a] * y;
        }
        first += value * x;
        if (width > 8) second += value * y;
    }
#pragma clang loop unroll(full)
    for (size_t a = 0; a < width; a++) {
        STORE(gram + a * stride) = sums[a];
        if (a >= 8) STORE(gram + a * stride + 8) = more[a - 8];
    }
    *(v8 *)moment = first;
    if (width > 8) STORE(moment + 8) = second;
}

BODY void normal_equations_body(
    size_t count, const int32_t *columns, const double *values, const double *factor, size_t width,
    size_t stride, double *restrict gram, double *restrict moment) {
    switch (width) {
#define WIDTH(N)                                                                                       \
    case N: gram_of_width(count, columns, values, factor, N, N > 8 ? 16 : 8, gram, moment); return;
        WIDTH(1) WIDTH(2) WIDTH(3) WIDTH(4) WIDTH(5) WIDTH(6) WIDTH(7) WIDTH(8)
        WIDTH(9) WIDTH(10) WIDTH(11) WIDTH(12) WIDTH(13) WIDTH(14) WIDTH(15) WIDTH(16)
#undef WIDTH
    default: break;
    }
    for (size_t top = 0; top < stride; top += 8) {
        size_t left = 0;
        for (; left + 8 <= top; left += 16)
            gram_tile(count, columns, factor, stride, 8, top, left, 1, gram);
        if (left <= top) gram_tile(count, columns, factor, stride, 8, top, left, 0, gram);
    }
    gram_moment(count, columns, values, factor, stride, moment);
}

// The inverses of eight positive definite matrices at once, one in each lane, from their lower triangles into
// these: A = L D Lᵀ, L ← L⁻¹, A⁻¹ = L⁻ᵀ D⁻¹ L⁻¹. Every inner loop runs along a row of independent sums. A lane
// with a pivot that is not positive is reported in `isBad` and holds nothing.
BODY void eight_inverses(size_t n, v8 *restrict a, v8 *restrict row, double *restrict isBad) {
    const v8 one = {1, 1, 1, 1, 1, 1, 1, 1};
    for (size_t l = 0; l < 8; l++) isBad[l] = 0;
    for (size_t k = 0; k < n; k++) {
        v8 pivot = a[k * n + k];
        for (size_t l = 0; l < 8; l++)
            if (!(pivot[l] > 0)) {
                isBad[l] = 1;
                pivot[l] = 1;
            }
        const v8 inverse = one / pivot;
        a[k * n + k] = inverse;
        for (size_t i = k + 1; i < n; i++) row[i] = a[i * n + k];
        for (size_t i = k + 1; i < n; i++) {
            const v8 factor = row[i] * inverse;
            v8 *restrict target = a + i * n;
            target[k] = factor;
            for (size_t j = k + 1; j <= i; j++) target[j] -= factor * row[j];
        }
    }
    for (size_t i = 1; i < n; i++) {
        v8 *restrict target = a + i * n;
        for (size_t k = 0; k < i; k++) {
            const v8 factor = target[k];
            const v8 *restrict source = a + k * n;
            target[k] = -factor;
            for (size_t j = 0; j < k; j++) target[j] -= factor * source[j];
        }
    }
    for (size_t k = 0; k < n; k++) {
        const v8 inverse = a[k * n + k];
        for (size_t j = 0; j < k; j++) row[j] = a[k * n + j];
        row[k] = one;
        for (size_t i = 0; i < k; i++) {
            const v8 factor = row[i] * inverse;
            v8 *restrict target = a + i * n;
            for (size_t j = 0; j <= i; j++) target[j] += factor * row[j];
        }
        v8 *restrict own = a + k * n;
        for (size_t j = 0; j <= k; j++) own[j] = inverse * row[j];
    }
}

BODY double offsets_body(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const double *values,
    const double *others, double mean, double shrinkage, double *restrict offsets) {
    double squares = 0;
    for (size_t i = 0; i < rowCount; i++) {
        const ptrdiff_t first = starts[i], last = starts[i + 1];
        if (first == last) continue;
        double sums[4] = {0}, parts[4] = {0};
        ptrdiff_t e = first;
        for (; e + 4 <= last; e += 4)
            for (size_t l = 0; l < 4; l++) {
                const double t = values[e + l] - mean - others[columns[e + l]];
                sums[l] += t;
                parts[l] += t * t;
            }
        for (size_t l = 0; e < last; e++, l++) {
            const double t = values[e] - mean - others[columns[e]];
            sums[l] += t;
            parts[l] += t * t;
        }
        const double count = (double)(last - first), sum = (sums[0] + sums[2]) + (sums[1] + sums[3]);
        const double offset = sum / (count + shrinkage);
        offsets[i] = offset;
        const double square = (parts[0] + parts[2]) + (parts[1] + parts[3]) + offset * (count * offset - 2 * sum);
        // Rounding can take it below zero where the offset explains all.
        if (square > 0) squares += square;
    }
    return squares;
}

BODY size_t rounded(size_t width) { return (width + 7) / 8 * 8; }

// Scratch: eight matrices side by side, one of their rows, their moments and means, then one Gram matrix and one
// moment as the kernel above leaves them, and one sum of blocks.
BODY size_t scratch_size(size_t width) {
    const size_t stride = rounded(width);
    return 8 * (width * width + 3 * width) + stride * stride + stride + width * width;
}

BODY void add(const double *restrict source, size_t count, double *restrict target) {
    size_t k = 0;
    for (; k + 8 <= count; k += 8) STORE(target + k) += LOAD(source + k);
    for (; k < count; k++) target[k] += source[k];
}

// With G = Σ (v vᵀ + Τ), A = diag(1/α) + G/s² and m = Σ b v: the covariance is A⁻¹, the mean u = A⁻¹ m / s², and
// since G = s² (A − diag(1/α)), the expected squared error Σ b² − 2 uᵀm + tr(G (u uᵀ + A⁻¹)) of the row is
// Σ b² − uᵀm + s² (width − Σ_k (u_k² + (A⁻¹)_kk)/α_k).
BODY double posterior_rows_body(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const double *values,
    const ptrdiff_t *missingStarts, const int32_t *missing, const double *total, const double *totalBlock,
    const double *factor, const double *blocks, const double *meanBlock, size_t width,
    const double *noises, const double *prior, double *means, double *covariances, double *errorSums,
    double *scratch) {
    const size_t stride = rounded(width), size = width * width;
    double *a = scratch, *row = a + 8 * size, *moments = row + 8 * width, *posterior = moments + 8 * width;
    double *gram = posterior + 8 * width, *moment = gram + stride * stride, *sum = moment + stride;
    double expected = 0;
    for (size_t first = 0; first < rowCount; first += 8) {
        const size_t lanes = rowCount - first < 8 ? rowCount - first : 8;
        double squares[8] = {0}, isBad[8];
        v8 noise = {1, 1, 1, 1, 1, 1, 1, 1};
        for (size_t l = 0; l < lanes; l++) noise[l] = noises[first + l];
        const v8 precision = 1 / noise;
        for (size_t l = 0; l < lanes; l++) {
            const ptrdiff_t start = starts[first + l];
            const size_t count = (size_t)(starts[first + l + 1] - start);
            // What most positions add is the sum over all of them less that over the others.
            const int isLess = missing && (size_t)(missingStarts[first + l + 1] - missingStarts[first + l]) < count;
            const int32_t *places = isLess ? missing + missingStarts[first + l] : columns + start;
            const size_t listed = isLess ? (size_t)(missingStarts[first + l + 1] - missingStarts[first + l]) : count;
            normal_equations_body(
                listed, places, isLess ? factor : values + start, factor, width, stride, gram, moment);
            if (isLess) {
                gram_moment(count, columns + start, values + start, factor, stride, moment);
                for (size_t i = 0; i < width; i++)
                    for (size_t j = 0; j <= i; j++)
                        gram[i * stride + j] = total[i * width + j] - gram[i * stride + j];
            }
            squares[l] = dot_body(values + start, values + start, count);
            const double *added = meanBlock;
            double share = (double)count;
            if (blocks) {
                for (size_t k = 0; k < size; k++) sum[k] = 0;
                for (size_t e = 0; e < listed; e++) add(blocks + (size_t)places[e] * size, size, sum);
                if (isLess)
                    for (size_t k = 0; k < size; k++) sum[k] = totalBlock[k] - sum[k];
                added = sum;
                share = 1;
            }
            for (size_t i = 0; i < width; i++) {
                for (size_t j = 0; j <= i; j++)
                    a[8 * (i * width + j) + l] =
                        precision[l] * (gram[i * stride + j] + share * added[i * width + j]);
                a[8 * (i * width + i) + l] += 1 / prior[i];
                moments[8 * i + l] = moment[i];
            }
        }
        for (size_t l = lanes; l < 8; l++)
            for (size_t i = 0; i < width; i++) {
                for (size_t j = 0; j < i; j++) a[8 * (i * width + j) + l] = 0;
                a[8 * (i * width + i) + l] = 1;
                moments[8 * i + l] = 0;
            }
        eight_inverses(width, (v8 *)a, (v8 *)row, isBad);
        v8 errors = {0};
        for (size_t i = 0; i < width; i++) {
            v8 mean = {0};
            for (size_t j = 0; j < width; j++)
                mean += LOAD(a + 8 * (j <= i ? i * width + j : j * width + i)) * LOAD(moments + 8 * j);
            mean *= precision;
            STORE(posterior + 8 * i) = mean;
            errors += noise
                    * (1 - (mean * mean + LOAD(a + 8 * (i * width + i))) * (1 / prior[i]))
                - mean * LOAD(moments + 8 * i);
        }
        for (size_t l = 0; l < lanes; l++) {
            double *restrict block = covariances + (first + l) * size;
            if (isBad[l] != 0) {
                for (size_t k = 0; k < size; k++) block[k] = 0;
                errorSums[first + l] = 0;
                continue;
            }
            errorSums[first + l] = squares[l] + errors[l];
            expected += squares[l] + errors[l];
            for (size_t i = 0; i < width; i++) {
                for (size_t j = 0; j <= i; j++)
                    block[i * width + j] = block[j * width + i] = a[8 * (i * width + j) + l];
                means[(first + l) * width + i] = posterior[8 * i + l];
            }
        }
    }
    return expected;
}

// Scratch of the kernel below: eight matrices side by side, one of their rows, their right-hand sides and solutions,
// then one Gram matrix and one moment.
BODY size_t conditional_size(size_t width) {
    const size_t stride = rounded(width);
    return 8 * (width * width + 3 * width) + stride * stride + stride;
}

// A = L D Lᵀ with the lanes as in the inverses above: y = L⁻¹ r, t = D⁻¹ y + D^(−½) z, x = L⁻ᵀ t.
BODY void conditional_rows_body(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const ptrdiff_t *missingStarts,
    const int32_t *missing, const double *factor, const double *total, const double *moments,
    const double *weights, const double *precision, const double *linear, const double *normals,
    size_t width, double *result, double *scratch) {
    const size_t stride = rounded(width), size = width * width;
    const v8 one = {1, 1, 1, 1, 1, 1, 1, 1};
    double *a = scratch, *row = a + 8 * size, *right = row + 8 * width, *normal = right + 8 * width;
    double *gram = normal + 8 * width, *moment = gram + stride * stride;
    for (size_t first = 0; first < rowCount; first += 8) {
        const size_t lanes = rowCount - first < 8 ? rowCount - first : 8;
        double isBad[8] = {0};
        for (size_t l = 0; l < lanes; l++) {
            const size_t line = first + l;
            size_t count = (size_t)(starts[line + 1] - starts[line]);
            const int32_t *places = columns + starts[line];
            // What most positions add is the sum over all of them less that over the others.
            double sign = 1;
            if (missing && (size_t)(missingStarts[line + 1] - missingStarts[line]) < count) {
                count = (size_t)(missingStarts[line + 1] - missingStarts[line]);
                places = missing + missingStarts[line];
                sign = -1;
            }
            const double weight = weights ? weights[line] : 1;
            normal_equations_body(count, places, factor, factor, width, stride, gram, moment);
            for (size_t i = 0; i < width; i++) {
                for (size_t j = 0; j <= i; j++) {
                    double sum = sign * gram[i * stride + j];
                    if (sign < 0) sum += total[i * width + j];
                    a[8 * (i * width + j) + l] = precision[i * width + j] + weight * sum;
                }
                right[8 * i + l] = linear[i] + weight * moments[line * width + i];
                normal[8 * i + l] = normals ? normals[line * width + i] : 0;
            }
        }
        for (size_t l = lanes; l < 8; l++)
            for (size_t i = 0; i < width; i++) {
                for (size_t j = 0; j < i; j++) a[8 * (i * width + j) + l] = 0;
                a[8 * (i * width + i) + l] = 1;
                right[8 * i + l] = normal[8 * i + l] = 0;
            }
        v8 *restrict m = (v8 *)a, *restrict r = (v8 *)row, *restrict x = (v8 *)right, *restrict z = (v8 *)normal;
        for (size_t k = 0; k < width; k++) {
            v8 pivot = LOAD(m + k * width + k);
            for (size_t l = 0; l < 8; l++)
                if (!(pivot[l] > 0)) {
                    isBad[l] = 1;
                    pivot[l] = 1;
                }
            const v8 inverse = one / pivot;
            STORE(m + k * width + k) = inverse;
            for (size_t i = k + 1; i < width; i++) STORE(r + i) = LOAD(m + i * width + k);
            for (size_t i = k + 1; i < width; i++) {
                const v8 ratio = LOAD(r + i) * inverse;
                v8 *restrict target = m + i * width;
                STORE(target + k) = ratio;
                for (size_t j = k + 1; j <= i; j++) STORE(target + j) -= ratio * LOAD(r + j);
            }
        }
        for (size_t i = 0; i < width; i++) {
            v8 sum = LOAD(x + i);
            for (size_t j = 0; j < i; j++) sum -= LOAD(m + i * width + j) * LOAD(x + j);
            STORE(x + i) = sum;
        }
        for (size_t i = 0; i < width; i++) {
            const v8 inverse = LOAD(m + i * width + i);
            v8 root = inverse;
            for (size_t l = 0; l < 8; l++) root[l] = __builtin_sqrt(inverse[l]);
            STORE(x + i) = inverse * LOAD(x + i) + root * LOAD(z + i);
        }
        for (size_t i = width; i-- > 0;) {
            const v8 solved = LOAD(x + i);
            for (size_t j = 0; j < i; j++) STORE(x + j) -= solved * LOAD(m + i * width + j);
        }
        for (size_t l = 0; l < lanes; l++) {
            if (isBad[l] != 0) continue;
            for (size_t i = 0; i < width; i++) result[(first + l) * width + i] = right[8 * i + l];
        }
    }
}

#define DEFINE(SUFFIX, TARGET)                                                                         \
    TARGET static void products_at_##SUFFIX(                                                           \
        size_t n, const int32_t *r, const int32_t *c, const double *x, const double *y, size_t w,      \
        double *p) {                                                                                   \
        products_at_body(n, r, c, x, y, w, p);                                                         \
    }                                                                                                  \
    TARGET static double residuals_##SUFFIX(                                                           \
        size_t n, const int32_t *r, const int32_t *c, const double *x, const double *y, size_t w,      \
        const double *v, double s, double *p) {                                                        \
        return residuals_body(n, r, c, x, y, w, v, s, p);                                              \
    }                                                                                                  \
    TARGET static void times_factor_##SUFFIX(                                                          \
        size_t n, const ptrdiff_t *s, const int32_t *c, const double *v, const double *f, size_t w,    \
        double *r) {                                                                                   \
        times_factor_body(n, s, c, 0, v, f, w, r);                                                     \
    }                                                                                                  \
    TARGET static void times_factor_ordered_##SUFFIX(                                                  \
        size_t n, const ptrdiff_t *s, const int32_t *c, const int32_t *o, const double *v,             \
        const double *f, size_t w, double *r) {                                                        \
        times_factor_body(n, s, c, o, v, f, w, r);                                                     \
    }                                                                                                  \
    TARGET static double offsets_##SUFFIX(                                                             \
        size_t n, const ptrdiff_t *s, const int32_t *c, const double *v, const double *o, double m,    \
        double k, double *r) {                                                                         \
        return offsets_body(n, s, c, v, o, m, k, r);                                                   \
    }                                                                                                  \
    TARGET static double posterior_rows_##SUFFIX(                                                      \
        size_t n, const ptrdiff_t *s, const int32_t *c, const double *v, const ptrdiff_t *g,           \
        const int32_t *h, const double *o, const double *p, const double *f,                           \
        const double *b, const double *d, size_t w, const double *z, const double *q, double *m,       \
        double *k, double *e, double *t) {                                                             \
        return posterior_rows_body(n, s, c, v, g, h, o, p, f, b, d, w, z, q, m, k, e, t);              \
    }                                                                                                  \
    TARGET static void conditional_rows_##SUFFIX(                                                      \
        size_t n, const ptrdiff_t *s, const int32_t *c, const ptrdiff_t *g, const int32_t *h,          \
        const double *f, const double *o, const double *m, const double *v, const double *p,           \
        const double *l, const double *z, size_t w, double *r, double *t) {                            \
        conditional_rows_body(n, s, c, g, h, f, o, m, v, p, l, z, w, r, t);                            \
    }

DEFINE(baseline, )

#if defined(__x86_64__)
DEFINE(avx2, __attribute__((target("avx2,fma"))))
DEFINE(avx512, __attribute__((target("avx512f,avx512vl,avx512dq,avx2,fma"))))

// Chosen once; other files of this library read it.
__attribute__((visibility("hidden"))) int sparse_kernel_level = 0;

__attribute__((constructor)) static void choose_level(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sparse_kernel_level = 1;
    if (sparse_kernel_level == 1 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512dq"))
        sparse_kernel_level = 2;
}

#define DISPATCH(CALL, ...)                                                                            \
    (sparse_kernel_level == 2   ? CALL##_avx512(__VA_ARGS__)                                                         \
     : sparse_kernel_level == 1 ? CALL##_avx2(__VA_ARGS__)                                                           \
                  : CALL##_baseline(__VA_ARGS__))
const char *sparse_kernel_name(void) {
    return sparse_kernel_level == 2 ? "avx512" : sparse_kernel_level == 1 ? "avx2" : "baseline";
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

double sparse_residuals(
    size_t count, const int32_t *rows, const int32_t *columns, const double *left,
    const double *right, size_t width, const double *values, double scale, double *residuals) {
    return DISPATCH(residuals, count, rows, columns, left, right, width, values, scale, residuals);
}

void sparse_times_factor(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const double *values,
    const double *factor, size_t width, double *result) {
    DISPATCH(times_factor, rowCount, starts, columns, values, factor, width, result);
}

void sparse_times_factor_ordered(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const int32_t *order,
    const double *values, const double *factor, size_t width, double *result) {
    DISPATCH(times_factor_ordered, rowCount, starts, columns, order, values, factor, width, result);
}

double sparse_offsets(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const double *values,
    const double *others, double mean, double shrinkage, double *offsets) {
    return DISPATCH(offsets, rowCount, starts, columns, values, others, mean, shrinkage, offsets);
}

size_t posterior_scratch_size(size_t width) { return scratch_size(width); }

double sparse_posterior_rows(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const double *values,
    const ptrdiff_t *missingStarts, const int32_t *missing, const double *total, const double *totalBlock,
    const double *factor, const double *blocks, const double *meanBlock, size_t width,
    const double *noises, const double *prior, double *means, double *covariances, double *errorSums,
    double *scratch) {
    return DISPATCH(
        posterior_rows, rowCount, starts, columns, values, missingStarts, missing, total, totalBlock, factor,
        blocks, meanBlock, width, noises, prior, means,
        covariances, errorSums, scratch);
}

size_t conditional_scratch_size(size_t width) { return conditional_size(width); }

void sparse_conditional_rows(
    size_t rowCount, const ptrdiff_t *starts, const int32_t *columns, const ptrdiff_t *missingStarts,
    const int32_t *missing, const double *factor, const double *total, const double *moments,
    const double *weights, const double *precision, const double *linear, const double *normals,
    size_t width, double *result, double *scratch) {
    DISPATCH(
        conditional_rows, rowCount, starts, columns, missingStarts, missing, factor, total, moments, weights,
        precision, linear, normals, width, result, scratch);
}

size_t next_block(size_t *counter) { return __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }

int available_processor_count(void) {
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    const long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (int)count : 1;
}
