#include "accelerator.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ───── the part of the driver's interface that is used, by its own names and numbers ─────

typedef int CUresult;
typedef int CUdevice;
typedef void *CUcontext, *CUmodule, *CUfunction, *CUstream;
enum {
  CUDA_ERROR_OUT_OF_MEMORY = 2,
  LAUNCH_CLUSTER_DIMENSION = 4,
  ATTRIBUTE_MULTIPROCESSOR_COUNT = 16,
  ATTRIBUTE_MAJOR = 75,
  ATTRIBUTE_MINOR = 76,
  FUNCTION_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8,
  FUNCTION_NON_PORTABLE_CLUSTER_SIZE_ALLOWED = 14,
  OLDEST_DRIVER = 13000,
};

static struct {
  CUresult (*init)(unsigned);
  CUresult (*driverVersion)(int *);
  CUresult (*deviceCount)(int *);
  CUresult (*device)(CUdevice *, int);
  CUresult (*deviceName)(char *, int, CUdevice);
  CUresult (*deviceAttribute)(int *, int, CUdevice);
  CUresult (*retain)(CUcontext *, CUdevice);
  CUresult (*release)(CUdevice);
  CUresult (*setCurrent)(CUcontext);
  CUresult (*synchronize)(void);
  CUresult (*memoryInfo)(size_t *, size_t *);
  CUresult (*allocate)(uint64_t *, size_t);
  CUresult (*free)(uint64_t);
  CUresult (*copyIn)(uint64_t, const void *, size_t);
  CUresult (*copyOut)(void *, uint64_t, size_t);
  CUresult (*copy)(uint64_t, uint64_t, size_t);
  CUresult (*set)(uint64_t, unsigned char, size_t);
  CUresult (*loadModule)(CUmodule *, const void *);
  CUresult (*function)(CUfunction *, CUmodule, const char *);
  CUresult (*setFunction)(CUfunction, int, int);
  CUresult (*occupancy)(int *, CUfunction, int, size_t);
  CUresult (*launch)(
    CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CUstream,
    void **, void **);
  CUresult (*launchCluster)(const void *, CUfunction, void **, void **);
  CUresult (*errorString)(CUresult, const char **);
} driver;

static const struct {
  const char *name;
  void **place;
} symbols[] = {
  {"cuInit", (void **)&driver.init},
  {"cuDriverGetVersion", (void **)&driver.driverVersion},
  {"cuDeviceGetCount", (void **)&driver.deviceCount},
  {"cuDeviceGet", (void **)&driver.device},
  {"cuDeviceGetName", (void **)&driver.deviceName},
  {"cuDeviceGetAttribute", (void **)&driver.deviceAttribute},
  {"cuDevicePrimaryCtxRetain", (void **)&driver.retain},
  {"cuDevicePrimaryCtxRelease_v2", (void **)&driver.release},
  {"cuCtxSetCurrent", (void **)&driver.setCurrent},
  {"cuCtxSynchronize", (void **)&driver.synchronize},
  {"cuMemGetInfo_v2", (void **)&driver.memoryInfo},
  {"cuMemAlloc_v2", (void **)&driver.allocate},
  {"cuMemFree_v2", (void **)&driver.free},
  {"cuMemcpyHtoD_v2", (void **)&driver.copyIn},
  {"cuMemcpyDtoH_v2", (void **)&driver.copyOut},
  {"cuMemcpyDtoD_v2", (void **)&driver.copy},
  {"cuMemsetD8_v2", (void **)&driver.set},
  {"cuModuleLoadData", (void **)&driver.loadModule},
  {"cuModuleGetFunction", (void **)&driver.function},
  {"cuFuncSetAttribute", (void **)&driver.setFunction},
  {"cuOccupancyMaxActiveBlocksPerMultiprocessor", (void **)&driver.occupancy},
  {"cuLaunchKernel", (void **)&driver.launch},
  {"cuLaunchKernelEx", (void **)&driver.launchCluster},
  {"cuGetErrorString", (void **)&driver.errorString},
};

// ───── reasons ─────

static _Thread_local char message[256];

const char *accelerator_message(void) { return message; }

static int refuse(const char *words) {
  snprintf(message, sizeof message, "%s", words);
  return 1;
}

static int check(CUresult result, const char *what) {
  if (result == 0) return 0;
  const char *words = NULL;
  if (result == CUDA_ERROR_OUT_OF_MEMORY) words = "its memory does not suffice";
  else if (driver.errorString) driver.errorString(result, &words);
  snprintf(message, sizeof message, "%s: %s", what, words ? words : "unknown error of the driver");
  return result == CUDA_ERROR_OUT_OF_MEMORY ? 2 : 1;
}

// ───── kernels ─────

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc23-extensions"
// Two files for each width: what is not used is not compiled by the driver.
static const unsigned char many12[] = {
#embed "Kernels/batched-12.ptx"
  , 0};
static const unsigned char one12[] = {
#embed "Kernels/single-12.ptx"
  , 0};
static const unsigned char many20[] = {
#embed "Kernels/batched-20.ptx"
  , 0};
static const unsigned char one20[] = {
#embed "Kernels/single-20.ptx"
  , 0};
static const unsigned char many32[] = {
#embed "Kernels/batched-32.ptx"
  , 0};
static const unsigned char one32[] = {
#embed "Kernels/single-32.ptx"
  , 0};
static const unsigned char many52[] = {
#embed "Kernels/batched-52.ptx"
  , 0};
static const unsigned char one52[] = {
#embed "Kernels/single-52.ptx"
  , 0};
static const unsigned char many80[] = {
#embed "Kernels/batched-80.ptx"
  , 0};
static const unsigned char one80[] = {
#embed "Kernels/single-80.ptx"
  , 0};
static const unsigned char many100[] = {
#embed "Kernels/batched-100.ptx"
  , 0};
static const unsigned char one100[] = {
#embed "Kernels/single-100.ptx"
  , 0};
#pragma clang diagnostic pop

enum { WIDTHS = 6 };
static const int32_t widths[WIDTHS] = {12, 20, 32, 52, 80, 100};
static const unsigned char *const kernelsForMany[WIDTHS] = {many12, many20, many32, many52, many80, many100};
static const unsigned char *const kernelsForOne[WIDTHS] = {one12, one20, one32, one52, one80, one100};
const int32_t accelerator_width_count = WIDTHS;
const int32_t *accelerator_widths_start(void) { return widths; }

// As `Shape` of the kernels: eight rows meet no bank of shared memory twice.
int32_t accelerator_leading(int32_t width) { return width % 8 == 4 ? width : width + 4; }
size_t accelerator_matrix_size(int32_t width) {
  return (size_t)width * accelerator_leading(width);
}
static unsigned strips(int32_t width) { return (width + 15) / 16; }
static unsigned sharedBytes(int32_t width) {
  return 8 * 2 * (16 * strips(width) * accelerator_leading(width) + 16);
}

// As `Columns` of the kernel for one network.
static unsigned sharedBytesForOne(int32_t width) {
  return sharedBytes(width) + 8 * 4 * 16 * strips(width) * 12;
}
static unsigned tiles(int32_t width) { return (width + 7) / 8; }

typedef struct {
  CUfunction three, any, one;
  int blocksThree, blocksAny;
} descents;

// Steps of one network between two looks at its losses.
enum { STEPS_OF_ONE = 4096 };

struct accelerator {
  CUdevice device;
  CUcontext context;
  int multiprocessors;
  pthread_mutex_t lock;
  descents loaded[WIDTHS];
};

// The driver's own layout.
typedef struct {
  unsigned grid[3], block[3], sharedBytes;
  CUstream stream;
  struct launchAttribute {
    int id;
    int padding;
    unsigned value[16];
  } *attributes;
  unsigned attributeCount;
} launchConfiguration;

static int current(accelerator *gpu) {
  return check(driver.setCurrent(gpu->context), "the GPU cannot be used");
}

static int prepare(CUfunction function, int32_t width, int *blocks) {
  unsigned shared = sharedBytes(width);
  int code = check(
    driver.setFunction(function, FUNCTION_MAX_DYNAMIC_SHARED_SIZE_BYTES, (int)shared),
    "a kernel's shared memory");
  if (code) return code;
  return check(
    driver.occupancy(blocks, function, (int)(32 * strips(width)), shared), "a kernel's blocks");
}

static int load(accelerator *gpu, int32_t width, descents **found) {
  for (int k = 0; k < WIDTHS; ++k) {
    if (widths[k] != width) continue;
    descents *place = &gpu->loaded[k];
    *found = place;
    pthread_mutex_lock(&gpu->lock);
    int code = 0;
    if (!place->any) {
      CUmodule module;
      CUfunction three = NULL, any = NULL;
      code = check(driver.loadModule(&module, kernelsForMany[k]), "the driver does not compile the kernels");
      if (!code) code = check(driver.function(&three, module, "descend3"), "a kernel is missing");
      if (!code) code = check(driver.function(&any, module, "descend"), "a kernel is missing");
      if (!code) code = prepare(three, width, &place->blocksThree);
      if (!code) code = prepare(any, width, &place->blocksAny);
      if (!code) place->three = three, place->any = any;
    }
    pthread_mutex_unlock(&gpu->lock);
    return code;
  }
  return refuse("there is no kernel of this width");
}

static int loadOne(accelerator *gpu, int32_t width, descents *place) {
  pthread_mutex_lock(&gpu->lock);
  int code = 0;
  for (int k = 0; k < WIDTHS && !place->one; ++k) {
    if (widths[k] != width) continue;
    CUmodule module;
    CUfunction one;
    code = check(driver.loadModule(&module, kernelsForOne[k]), "the driver does not compile the kernels");
    if (!code) code = check(driver.function(&one, module, "descendOne"), "a kernel is missing");
    if (!code)
      code = check(
        driver.setFunction(
          one, FUNCTION_MAX_DYNAMIC_SHARED_SIZE_BYTES, (int)sharedBytesForOne(width)),
        "a kernel's shared memory");
    if (!code)
      code = check(
        driver.setFunction(one, FUNCTION_NON_PORTABLE_CLUSTER_SIZE_ALLOWED, 1), "a kernel's cluster");
    if (code) break;
    place->one = one;
  }
  pthread_mutex_unlock(&gpu->lock);
  return code;
}

// One network of three layers on a cluster of multiprocessors. The losses of all steps come back together: where one
// asks for an end, the network is put back where it was and taken exactly so far.
static int descendOne(
  accelerator *gpu, int32_t width, descents *functions, const accelerator_batch *batch,
  int32_t steps) {
  const size_t matrix = 8 * accelerator_matrix_size(width), layers = 3 * matrix;
  const unsigned parts = tiles(width) * strips(width);
  double stepSize, weight;
  int32_t ended, taken;
  accelerator_address memory = 0;
  double *losses = malloc(8 * (size_t)parts * (STEPS_OF_ONE + 1));
  if (!losses) return refuse("there is no memory left");
  int code = loadOne(gpu, width, functions);
  if (!code) code = check(driver.copyOut(&ended, batch->ended, sizeof ended), "copying from the GPU");
  if (!code) code = check(driver.copyOut(&taken, batch->taken, sizeof taken), "copying from the GPU");
  if (!code) code = check(driver.copyOut(&stepSize, batch->step_sizes, 8), "copying from the GPU");
  if (!code) code = check(driver.copyOut(&weight, batch->weights, 8), "copying from the GPU");
  if (!code)
    code = check(
      driver.allocate(&memory, layers + 4 * matrix + 8 * (size_t)parts * (STEPS_OF_ONE + 1)),
      "memory of the GPU");
  if (code) {
    free(losses);
    return code;
  }
  accelerator_address kept = memory, scratch = kept + layers, sums = scratch + 4 * matrix;
  struct launchAttribute cluster = {LAUNCH_CLUSTER_DIMENSION, 0, {tiles(width), 1, 1}};
  launchConfiguration configuration = {
    {tiles(width), 1, 1}, {64 * strips(width), 1, 1}, sharedBytesForOne(width), NULL, &cluster, 1};
  double loss = 0;
  while (!code && !ended) {
    int32_t count = steps < STEPS_OF_ONE ? steps : STEPS_OF_ONE;
    accelerator_address network = batch->layers, target = batch->targets;
    void *parameters[] = {&network, &target, &scratch, &stepSize, &weight, &sums, &count};
    code = check(driver.copy(kept, network, layers), "copying on the GPU");
    if (!code)
      code = check(
        driver.launchCluster(&configuration, functions->one, parameters, NULL),
        "a kernel does not start");
    if (!code)
      code = check(
        driver.copyOut(losses, sums, 8 * (size_t)parts * (count + 1)), "copying from the GPU");
    int32_t last = count;
    for (int32_t k = 0; !code && !ended && k <= count; ++k) {
      double sum = 0;
      for (unsigned p = 0; p < parts; ++p) sum += losses[(size_t)k * parts + p];
      loss = 0.5 * weight * sum;
      if (!(loss > batch->target_loss && loss < __builtin_inf())) ended = 1, last = k;
    }
    if (!code && last < count) {
      code = check(driver.copy(network, kept, layers), "copying on the GPU");
      count = last;
      if (!code)
        code = check(
          driver.launchCluster(&configuration, functions->one, parameters, NULL),
          "a kernel does not start");
    }
    taken += last;
    steps -= last;
    if (steps == 0) break;
  }
  if (!code) code = check(driver.copyIn(batch->ended, &ended, sizeof ended), "copying to the GPU");
  if (!code) code = check(driver.copyIn(batch->taken, &taken, sizeof taken), "copying to the GPU");
  if (!code) code = check(driver.copyIn(batch->losses, &loss, 8), "copying to the GPU");
  driver.free(memory);
  free(losses);
  return code;
}

int accelerator_descend(
  accelerator *gpu, int32_t width, const accelerator_batch *batch, int32_t steps) {
  int code = current(gpu);
  descents *functions = NULL;
  if (!code) code = load(gpu, width, &functions);
  if (code) return code;
  if (batch->is_on_cluster && batch->count == 1 && batch->depth == 3)
    return descendOne(gpu, width, functions, batch, steps);
  CUfunction function = batch->depth == 3 ? functions->three : functions->any;
  int blocks = batch->depth == 3 ? functions->blocksThree : functions->blocksAny;
  unsigned grid = (unsigned)(gpu->multiprocessors * blocks);
  if (grid > (unsigned)batch->count) grid = (unsigned)batch->count;
  accelerator_batch b = *batch;
  void *parameters[] = {&b.layers,      &b.targets, &b.target_stride, &b.step_sizes, &b.weights,
                        &b.target_loss, &b.losses,  &b.taken,         &b.ended,      &b.count,
                        &b.depth,       &steps};
  return check(
    driver.launch(
      function, grid, 1, 1, 32 * strips(width), 1, 1, sharedBytes(width), NULL, parameters, NULL),
    "a kernel does not start");
}

// ───── opening ─────

static int findDriver(void) {
  static int isFound;
  if (isFound) return 0;
  void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) return refuse("there is no NVIDIA driver (libcuda.so.1) on this machine");
  for (size_t k = 0; k < sizeof symbols / sizeof *symbols; ++k) {
    *symbols[k].place = dlsym(library, symbols[k].name);
    if (!*symbols[k].place) {
      snprintf(message, sizeof message, "the NVIDIA driver is too old: it has no %s", symbols[k].name);
      return 1;
    }
  }
  isFound = 1;
  return 0;
}

int accelerator_open(int ordinal, accelerator **opened) {
  static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&opening);
  int code = findDriver();
  if (!code) code = check(driver.init(0), "the NVIDIA driver does not start");
  pthread_mutex_unlock(&opening);
  int version = 0, count = 0, major = 0;
  if (!code) code = check(driver.driverVersion(&version), "the NVIDIA driver");
  if (!code && version < OLDEST_DRIVER) {
    snprintf(
      message, sizeof message, "the NVIDIA driver is of CUDA %d.%d, and 13.0 or newer is needed",
      version / 1000, version % 1000 / 10);
    return 1;
  }
  if (!code) code = check(driver.deviceCount(&count), "the NVIDIA driver");
  if (!code && ordinal >= count) return refuse("there is no NVIDIA GPU on this machine");
  accelerator *gpu = calloc(1, sizeof *gpu);
  if (!gpu) return refuse("there is no memory left");
  if (!code) code = check(driver.device(&gpu->device, ordinal), "the GPU");
  if (!code)
    code = check(driver.deviceAttribute(&major, ATTRIBUTE_MAJOR, gpu->device), "the GPU");
  if (!code && major < 9)
    code = refuse("the GPU is older than the kernels: compute capability 9.0 (H100) or newer is needed");
  if (!code)
    code = check(
      driver.deviceAttribute(&gpu->multiprocessors, ATTRIBUTE_MULTIPROCESSOR_COUNT, gpu->device),
      "the GPU");
  if (!code) code = check(driver.retain(&gpu->context, gpu->device), "the GPU cannot be used");
  if (code) {
    free(gpu);
    return code;
  }
  pthread_mutex_init(&gpu->lock, NULL);
  *opened = gpu;
  return 0;
}

void accelerator_close(accelerator *gpu) {
  driver.release(gpu->device);
  pthread_mutex_destroy(&gpu->lock);
  free(gpu);
}

int accelerator_describe(accelerator *gpu, accelerator_facts *facts) {
  memset(facts, 0, sizeof *facts);
  int code = current(gpu);
  if (!code) code = check(driver.deviceName(facts->name, sizeof facts->name, gpu->device), "the GPU");
  if (!code)
    code = check(driver.deviceAttribute(&facts->major, ATTRIBUTE_MAJOR, gpu->device), "the GPU");
  if (!code)
    code = check(driver.deviceAttribute(&facts->minor, ATTRIBUTE_MINOR, gpu->device), "the GPU");
  if (!code) code = check(driver.driverVersion(&facts->driver), "the NVIDIA driver");
  if (!code) code = check(driver.memoryInfo(&facts->free_bytes, &facts->total_bytes), "the GPU");
  facts->multiprocessors = gpu->multiprocessors;
  return code;
}

// ───── memory ─────

int accelerator_allocate(accelerator *gpu, size_t bytes, accelerator_address *address) {
  int code = current(gpu);
  return code ? code : check(driver.allocate(address, bytes), "memory of the GPU");
}

void accelerator_free(accelerator *gpu, accelerator_address address) {
  if (!current(gpu)) driver.free(address);
}

int accelerator_write(
  accelerator *gpu, accelerator_address to, const void *from, size_t bytes) {
  int code = current(gpu);
  return code ? code : check(driver.copyIn(to, from, bytes), "copying to the GPU");
}

int accelerator_read(accelerator *gpu, void *to, accelerator_address from, size_t bytes) {
  int code = current(gpu);
  return code ? code : check(driver.copyOut(to, from, bytes), "copying from the GPU");
}

int accelerator_clear(accelerator *gpu, accelerator_address address, size_t bytes) {
  int code = current(gpu);
  return code ? code : check(driver.set(address, 0, bytes), "memory of the GPU");
}

int accelerator_wait(accelerator *gpu) {
  int code = current(gpu);
  return code ? code : check(driver.synchronize(), "the GPU");
}
