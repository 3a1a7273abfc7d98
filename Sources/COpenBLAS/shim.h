// The BLAS in use. Debian: libopenblas-dev. Every other file sees it only through LinearAlgebra.
#include <cblas.h>
