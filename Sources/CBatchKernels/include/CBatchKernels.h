#ifndef C_BATCH_KERNELS_H
#define C_BATCH_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// Descent on eight linear networks of one shape at once, compiled for several instruction sets; the best that the
// processor has is chosen once. Every number of a matrix stands eight times, once for each network, so that a
// register holds the same element of eight networks: a matrix of r × c takes 8rc doubles, element (i, j) of network l
// at 8(i c + j) + l. What happens to one network does not depend on the other seven.

// How many networks go together.
#define BATCH_LANES 8

// ℓ(W) = ½ Σ weight (W − target)², element by element.
#define BATCH_ENTRYWISE 0
// ℓ(W) = constant + ½ ⟨W Σ − factor·cross, W − base⟩ with gradient W Σ − cross.
#define BATCH_COVARIANCE 1

#define BATCH_PLAIN 0
#define BATCH_HEAVY_BALL 1
#define BATCH_NESTEROV 2
#define BATCH_ADAM 3
#define BATCH_GROUP_RMSPROP 4

// A group of eight networks; every array is aligned to 64 bytes.
struct batch_group {
    size_t depth;           // N
    const size_t *widths;   // d_0 … d_N
    double *layers;         // W_1, …, W_N, one after the other
    double *prefixes;       // W_2W_1, …, W_N⋯W_1: room for each
    double *backward;       // room for two matrices of the largest d_j × d_0
    double *gradients;      // as the layers; may be null for the plain rule

    int objective;
    const double *weights, *targets;      // entrywise: d_N × d_0 each
    const double *covariance;             // Σ, d_0 × d_0
    const double *cross, *base;           // d_N × d_0 each
    const double *factor, *constant;      // eight numbers each

    int rule;
    double first, second, floor;          // momentum, or β₁ and β₂, or β; ε
    double *memory, *squares;             // as the layers, for rules that remember
    double *powers;                       // 16 numbers: β₁^t and β₂^t of each network; 8 mean squares after them
    const double *steps;                  // η of each network; 0 for a place without one
    double *losses;                       // eight numbers, written
};

// Takes up to so many steps, and stops before one when the loss of a network with a step is at most its target or is
// not finite. The losses are those where the group stands then. Returns how many steps were taken.
size_t batch_advance(const struct batch_group *group, size_t steps, const double *targetLosses);

// The instruction set in use.
const char *batch_kernel_name(void);

#endif
