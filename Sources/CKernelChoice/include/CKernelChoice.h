#ifndef C_KERNEL_CHOICE_H
#define C_KERNEL_CHOICE_H

#include <stdbool.h>

// Which of OpenBLAS's kernels run. A library older than the processor does not know its model and falls back on
// kernels of 2004, five to nine times slower than those for the instructions that the processor has. When this
// program is loaded, before anything is computed, the library's choice is compared with the instructions, and
// replaced where better kernels are in the library. A value of OPENBLAS_CORETYPE in the environment is left alone.
// The choice depends on the kind of processor and on the library alone.

// How it was chosen: the library's own choice was the best or nothing better is known; another was taken; the
// environment forces it; the library cannot be told; another part of the process may be computing with it.
enum kernel_choice {
  kernel_choice_own,
  kernel_choice_replaced,
  kernel_choice_forced,
  kernel_choice_fixed,
  kernel_choice_shared
};

enum kernel_choice kernel_choice_made(void);

// The kernels in use, by the library's name for them, such as "SkylakeX".
const char *kernel_choice_current(void);

// The library's name for the best kernels whose instructions this processor has; null where that is not known.
const char *kernel_choice_best(void);

// Whether the kernels in use leave instructions unused for which there are better ones.
bool kernel_choice_falls_short(void);

#endif
