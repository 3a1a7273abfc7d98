// LAPACK's C interface. Debian: liblapacke-dev. Called column-major, on the transpose of our row-major matrices.
// The C99 complex types of lapacke.h do not import into Swift; only the real double routines are used.
#include <lapacke.h>
