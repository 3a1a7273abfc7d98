// An NVIDIA GPU through the driver of the machine. The driver and cuBLAS are looked for when a GPU is opened: a program
// that links this needs neither to be built nor to run.
//
// Every function returns 0, or else the reason stands in `accelerator_message` of the calling thread.
// Memory belongs to who allocated it; a context may be used from any thread, one call at a time.
#ifndef ACCELERATOR_H
#define ACCELERATOR_H
#include <stddef.h>
#include <stdint.h>

typedef struct accelerator accelerator;
// An address in the memory of the GPU.
typedef uint64_t accelerator_address;

// What a person needs to know of a GPU.
typedef struct {
  char name[128];
  int32_t major, minor;          // compute capability
  int32_t multiprocessors;
  int32_t driver;                // 13000: the driver knows CUDA 13.0
  size_t free_bytes, total_bytes;
} accelerator_facts;

// Why the last call of this thread failed: one line, without a full stop.
const char *accelerator_message(void);

int accelerator_open(int ordinal, accelerator **opened);
void accelerator_close(accelerator *gpu);
int accelerator_describe(accelerator *gpu, accelerator_facts *facts);

int accelerator_allocate(accelerator *gpu, size_t bytes, accelerator_address *address);
void accelerator_free(accelerator *gpu, accelerator_address address);
int accelerator_write(accelerator *gpu, accelerator_address to, const void *from, size_t bytes);
int accelerator_read(accelerator *gpu, void *to, accelerator_address from, size_t bytes);
int accelerator_clear(accelerator *gpu, accelerator_address address, size_t bytes);
int accelerator_wait(accelerator *gpu);

// Descent on many networks of at most `width` inputs, outputs and hidden units; `width` is one of those below.
const int32_t *accelerator_widths_start(void);
extern const int32_t accelerator_width_count;

// The doubles that a matrix of a width takes, its rows `accelerator_leading(width)` apart, padded with zeros.
size_t accelerator_matrix_size(int32_t width);
int32_t accelerator_leading(int32_t width);

typedef struct {
  accelerator_address layers;     // of each network W₁ … W_N, then max(N − 3, 0) matrices of scratch
  accelerator_address targets;    // NaN where nothing is observed
  int64_t target_stride;          // doubles between the targets of two networks; 0 where all share one
  accelerator_address step_sizes, weights;
  double target_loss;
  accelerator_address losses, taken, ended;
  int32_t count, depth;
  int32_t is_on_cluster;          // whether one network of three layers is spread over multiprocessors: other sums
} accelerator_batch;

// Takes at most so many steps on every network that has not ended; see Kernels/batched.cu and
// Kernels/single.cu. Does not wait for the end.
int accelerator_descend(accelerator *gpu, int32_t width, const accelerator_batch *batch, int32_t steps);

#endif
