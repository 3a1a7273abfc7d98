// The functions are those of the target DeepLinearC; here stands what they look like from outside.
#include "deeplinear.h"

_Static_assert(sizeof(deeplinear_array) == 40, "an array is five words");
_Static_assert(sizeof(deeplinear_file) == 24, "a file is three words");
