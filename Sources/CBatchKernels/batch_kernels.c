#include "CBatchKernels.h"

// Each kernel is one always-inlined body, compiled once for every instruction set below.
#define BODY static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

// The same number of eight networks: one register of AVX-512, two of AVX2, four of SSE2.
typedef double v8 __attribute__((vector_size(64), aligned(64)));
typedef int64_t m8 __attribute__((vector_size(64), aligned(64)));

// Goals: 1. A block of a product stays in registers for the whole sum.  2. Sums run over k in order, whatever the
// block: an element's bits depend neither on where it stands nor on the networks beside.  3. No copies: a transposed
// factor is read with other strides, since every number is a cache line of its own.

// A matrix that is read: element (i, j) at data[i·row + j·column].
typedef struct {
    const v8 *data;
    size_t row, column;
} operand;

// A block of C = A B, or of C ← C − step A B where a step is given.
BODY void block(
    size_t rows, size_t columns, size_t inner, const v8 *a, size_t a_row, size_t a_column, const v8 *b,
    size_t b_row, size_t b_column, v8 *c, size_t stride, const v8 *step) {
    v8 sums[4][6];
    UNROLL for (size_t i = 0; i < rows; i++) UNROLL for (size_t j = 0; j < columns; j++) sums[i][j] = (v8){0};
    for (size_t k = 0; k < inner; k++) {
        v8 right[6];
        UNROLL for (size_t j = 0; j < columns; j++) right[j] = b[k * b_row + j * b_column];
        UNROLL for (size_t i = 0; i < rows; i++) {
            const v8 left = a[i * a_row + k * a_column];
            UNROLL for (size_t j = 0; j < columns; j++) sums[i][j] += left * right[j];
        }
    }
    UNROLL for (size_t i = 0; i < rows; i++) UNROLL for (size_t j = 0; j < columns; j++) {
        v8 *target = c + i * stride + j;
        *target = step ? *target - *step * sums[i][j] : sums[i][j];
    }
}

// One panel of columns, in blocks of up to `height` rows.
BODY void panel(
    size_t height, size_t columns, size_t m, size_t inner, operand a, const v8 *b, size_t b_row, size_t b_column,
    v8 *c, size_t stride, const v8 *step) {
    size_t i = 0;
    for (; i + height <= m; i += height)
        block(height, columns, inner, a.data + i * a.row, a.row, a.column, b, b_row, b_column, c + i * stride, stride,
              step);
    if (height > 2)
        for (; i + 2 <= m; i += 2)
            block(2, columns, inner, a.data + i * a.row, a.row, a.column, b, b_row, b_column, c + i * stride, stride,
                  step);
    if (height > 1)
        for (; i < m; i++)
            block(1, columns, inner, a.data + i * a.row, a.row, a.column, b, b_row, b_column, c + i * stride, stride,
                  step);
}

// C = A B or C ← C − step A B; C is m × n, row by row.
BODY void product(
    size_t height, size_t width, size_t m, size_t n, size_t inner, operand a, operand b, v8 *c, const v8 *step) {
    size_t j = 0;
    for (; j + width <= n; j += width)
        panel(height, width, m, inner, a, b.data + j * b.column, b.row, b.column, c + j, n, step);
    if (width > 4)
        for (; j + 4 <= n; j += 4)
            panel(height, 4, m, inner, a, b.data + j * b.column, b.row, b.column, c + j, n, step);
    if (width > 2)
        for (; j + 2 <= n; j += 2)
            panel(height, 2, m, inner, a, b.data + j * b.column, b.row, b.column, c + j, n, step);
    for (; j < n; j++) panel(height, 1, m, inner, a, b.data + j * b.column, b.row, b.column, c + j, n, step);
}

#define PLAIN(DATA, COLUMNS) ((operand){DATA, COLUMNS, 1})
#define TRANSPOSED(DATA, COLUMNS) ((operand){DATA, 1, COLUMNS})

// All that a group has, as registers, with the places of its layers.
typedef struct {
    size_t depth;
    const size_t *widths;
    v8 *layers, *prefixes, *gradients;
} places;

BODY v8 *layer(const places *p, v8 *base, size_t number) {
    for (size_t j = 1; j < number; j++) base += p->widths[j] * p->widths[j - 1];
    return base;
}

// W_j ⋯ W_1.
BODY v8 *prefix(const places *p, size_t number) {
    if (number == 1) return p->layers;
    v8 *base = p->prefixes;
    for (size_t j = 2; j < number; j++) base += p->widths[j] * p->widths[0];
    return base;
}

// The loss of each network, and ∂ℓ/∂W.
BODY void differentiate(
    size_t height, size_t width, const struct batch_group *g, const places *p, v8 *restrict gradient,
    v8 *restrict loss) {
    const size_t rows = p->widths[p->depth], columns = p->widths[0];
    const v8 *restrict w = prefix(p, p->depth);
    v8 sum = {0};
    if (g->objective == BATCH_ENTRYWISE) {
        const v8 *restrict weights = (const v8 *)g->weights, *restrict targets = (const v8 *)g->targets;
        for (size_t e = 0; e < rows * columns; e++) {
            const v8 residual = w[e] - targets[e], slope = weights[e] * residual;
            sum += slope * residual;
            gradient[e] = slope;
        }
        *loss = 0.5 * sum;
        return;
    }
    const v8 *restrict cross = (const v8 *)g->cross, *restrict base = (const v8 *)g->base;
    const v8 factor = *(const v8 *)g->factor;
    product(
        height, width, rows, columns, columns, PLAIN(w, columns), PLAIN((const v8 *)g->covariance, columns), gradient,
        0);
    for (size_t e = 0; e < rows * columns; e++) {
        sum += (w[e] - base[e]) * (gradient[e] - factor * cross[e]);
        gradient[e] -= cross[e];
    }
    *loss = *(const v8 *)g->constant + 0.5 * sum;
}

// One step of all weights along −gradients, for rules that remember.
BODY void apply_rule(const struct batch_group *g, v8 *restrict w, const v8 *restrict gradients, size_t count) {
    const v8 step = *(const v8 *)g->steps;
    v8 *restrict memory = (v8 *)g->memory, *restrict squares = (v8 *)g->squares, *powers = (v8 *)g->powers;
    const double first = g->first, second = g->second;
    if (g->rule == BATCH_HEAVY_BALL) {
        for (size_t e = 0; e < count; e++) {
            memory[e] = first * memory[e] - step * gradients[e];
            w[e] += memory[e];
        }
    } else if (g->rule == BATCH_NESTEROV) {
        for (size_t e = 0; e < count; e++) {
            memory[e] = first * memory[e] - step * gradients[e];
            w[e] += first * memory[e] - step * gradients[e];
        }
    } else if (g->rule == BATCH_ADAM) {
        powers[0] *= first;
        powers[1] *= second;
        const v8 mean_scale = step / (1 - powers[0]), square_scale = 1 / (1 - powers[1]);
        for (size_t e = 0; e < count; e++) {
            memory[e] = first * memory[e] - (1 - first) * gradients[e];
            squares[e] = second * squares[e] + (1 - second) * gradients[e] * gradients[e];
            w[e] += mean_scale * memory[e] / (__builtin_elementwise_sqrt(square_scale * squares[e]) + g->floor);
        }
    } else {
        v8 square = {0};
        for (size_t e = 0; e < count; e++) square += gradients[e] * gradients[e];
        powers[0] *= first;
        powers[2] = first * powers[2] + (1 - first) * square / (double)count;
        const v8 scaled = step / (__builtin_elementwise_sqrt(powers[2] / (1 - powers[0])) + g->floor);
        for (size_t e = 0; e < count; e++) w[e] -= scaled * gradients[e];
    }
}

// Backward, from B_N = ∂ℓ/∂W: ∂ℓ/∂W_j = B_j (W_{j−1}⋯W_1)ᵀ, B_{j−1} = W_jᵀ B_j. The plain rule changes a layer when
// nothing needs its old elements any more.
BODY void step_back(
    size_t height, size_t width, const struct batch_group *g, const places *p, v8 *upper, v8 *lower) {
    const size_t inputs = p->widths[0];
    const v8 *step = (const v8 *)g->steps;
    size_t count = 0;
    for (size_t j = 1; j <= p->depth; j++) count += p->widths[j] * p->widths[j - 1];
    const int is_plain = g->rule == BATCH_PLAIN;
    for (size_t j = p->depth; j > 1; j--) {
        const size_t above = p->widths[j], below = p->widths[j - 1];
        v8 *w = layer(p, p->layers, j);
        product(height, width, below, inputs, above, TRANSPOSED(w, below), PLAIN(upper, inputs), lower, 0);
        if (is_plain)
            product(
                height, width, above, below, inputs, PLAIN(upper, inputs), TRANSPOSED(prefix(p, j - 1), inputs), w,
                step);
        else
            product(
                height, width, above, below, inputs, PLAIN(upper, inputs), TRANSPOSED(prefix(p, j - 1), inputs),
                layer(p, p->gradients, j), 0);
        v8 *swapped = upper;
        upper = lower;
        lower = swapped;
    }
    const size_t lowest = p->widths[1] * inputs;
    if (is_plain) {
        for (size_t e = 0; e < lowest; e++) p->layers[e] -= *step * upper[e];
        return;
    }
    for (size_t e = 0; e < lowest; e++) p->gradients[e] = upper[e];
    apply_rule(g, p->layers, p->gradients, count);
}

BODY size_t advance_body(
    size_t height, size_t width, const struct batch_group *g, size_t steps, const double *target_losses) {
    const places p = {
        .depth = g->depth, .widths = g->widths, .layers = (v8 *)g->layers, .prefixes = (v8 *)g->prefixes,
        .gradients = (v8 *)g->gradients};
    size_t largest = 0;
    for (size_t j = 0; j <= p.depth; j++) largest = p.widths[j] > largest ? p.widths[j] : largest;
    v8 *upper = (v8 *)g->backward, *lower = upper + largest * p.widths[0];
    const v8 target = *(const v8 *)target_losses;
    const m8 present = *(const v8 *)g->steps != 0;
    for (size_t taken = 0;; taken++) {
        for (size_t j = 2; j <= p.depth; j++)
            product(
                height, width, p.widths[j], p.widths[0], p.widths[j - 1],
                PLAIN(layer(&p, p.layers, j), p.widths[j - 1]), PLAIN(prefix(&p, j - 1), p.widths[0]), prefix(&p, j),
                0);
        differentiate(height, width, g, &p, upper, (v8 *)g->losses);
        const v8 loss = *(const v8 *)g->losses;
        if (taken == steps) return taken;
        // loss − loss is zero for finite numbers alone.
        const m8 ended = present & ((loss <= target) | ~(loss - loss == 0));
        if (ended[0] | ended[1] | ended[2] | ended[3] | ended[4] | ended[5] | ended[6] | ended[7]) return taken;
        step_back(height, width, g, &p, upper, lower);
    }
}

#define DEFINE(SUFFIX, TARGET, HEIGHT, WIDTH)                                                                  \
    TARGET static size_t advance_##SUFFIX(const struct batch_group *g, size_t steps, const double *targets) { \
        return advance_body(HEIGHT, WIDTH, g, steps, targets);                                                 \
    }

// Blocks of a product for 16 registers of a quarter, 16 of half, and 32 of all eight numbers.
DEFINE(baseline, , 1, 2)

#if defined(__x86_64__)
DEFINE(avx2, __attribute__((target("avx2,fma"))), 2, 2)
DEFINE(avx512, __attribute__((target("avx512f,avx512vl,avx512dq,avx2,fma"))), 4, 6)

static int level = 0;

__attribute__((constructor)) static void choose_level(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) level = 1;
    if (level == 1 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512dq"))
        level = 2;
}

size_t batch_advance(const struct batch_group *group, size_t steps, const double *targetLosses) {
    return level == 2   ? advance_avx512(group, steps, targetLosses)
           : level == 1 ? advance_avx2(group, steps, targetLosses)
                        : advance_baseline(group, steps, targetLosses);
}

const char *batch_kernel_name(void) { return level == 2 ? "avx512" : level == 1 ? "avx2" : "baseline"; }
#else
size_t batch_advance(const struct batch_group *group, size_t steps, const double *targetLosses) {
    return advance_baseline(group, steps, targetLosses);
}

const char *batch_kernel_name(void) { return "baseline"; }
#endif
