#define _GNU_SOURCE
#include "CKernelChoice.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern char *openblas_get_corename(void);

static enum kernel_choice made = kernel_choice_own;

enum kernel_choice kernel_choice_made(void) { return made; }

const char *kernel_choice_current(void) { return openblas_get_corename(); }

#if defined(__linux__) && defined(__x86_64__)

#include <dirent.h>
#include <link.h>

extern int openblas_get_num_threads(void);

// What a library built for several processors exports beside its interface; a library built for one has none of it.
extern void gotoblas_dynamic_init(void) __attribute__((weak));
extern void gotoblas_dynamic_quit(void) __attribute__((weak));

// The best instructions that kernels use: none known here, AVX, AVX2 with fused products, AVX-512. Kernels of a name
// that is not listed are newer than this list, and the library's choice of them is trusted.
enum worth { oldest, avx, avx2, avx512, newest };

static const char *const names[] = {NULL, "Sandybridge", "Haswell", "SkylakeX"};

static const struct {
    const char *name;
    enum worth worth;
} kernels[] = {
    {"Generic", oldest},    {"Katmai", oldest},     {"Coppermine", oldest},   {"Northwood", oldest},
    {"Prescott", oldest},   {"Banias", oldest},     {"Core2", oldest},        {"Penryn", oldest},
    {"Dunnington", oldest}, {"Nehalem", oldest},    {"Atom", oldest},         {"Nano", oldest},
    {"Athlon", oldest},     {"Opteron", oldest},    {"Opteron_SSE3", oldest}, {"Barcelona", oldest},
    {"Bobcat", oldest},     {"Sandybridge", avx},   {"Bulldozer", avx},       {"Piledriver", avx},
    {"Steamroller", avx},   {"Excavator", avx2},    {"Zen", avx2},            {"Haswell", avx2},
    {"SkylakeX", avx512},   {"Cooperlake", avx512},
};

static enum worth worth_of(const char *name) {
    for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++)
        if (!strcmp(name, kernels[k].name)) return kernels[k].worth;
    return newest;
}

static enum worth worth_of_processor(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512cd"))
        return avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2;
    return __builtin_cpu_supports("avx") ? avx : oldest;
}

const char *kernel_choice_best(void) { return names[worth_of_processor()]; }

bool kernel_choice_falls_short(void) {
    return worth_of(kernel_choice_current()) < worth_of_processor();
}

// In the order in which the parts of the process were loaded: whether the library came before this code.
struct order {
    int library, self, next;
};

static int note_place(struct dl_phdr_info *part, size_t size, void *data) {
    (void)size;
    struct order *order = data;
    for (int k = 0; k < part->dlpi_phnum; k++) {
        if (part->dlpi_phdr[k].p_type != PT_LOAD) continue;
        const uintptr_t start = part->dlpi_addr + part->dlpi_phdr[k].p_vaddr;
        const uintptr_t end = start + part->dlpi_phdr[k].p_memsz;
        const uintptr_t library = (uintptr_t)gotoblas_dynamic_init, self = (uintptr_t)note_place;
        if (library >= start && library < end) order->library = order->next;
        if (self >= start && self < end) order->self = order->next;
    }
    order->next++;
    return 0;
}

// The library's kernels must not change under a product that another thread computes. That cannot be while the
// process starts, nor if this code has brought the library in, nor while there are no threads but the library's.
static bool others_may_compute(void) {
    struct order order = {0, 0, 0};
    dl_iterate_phdr(note_place, &order);
    if (order.library >= order.self) return false;
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks) return true;
    int count = 0;
    for (struct dirent *task; (task = readdir(tasks));) count += task->d_name[0] != '.';
    closedir(tasks);
    return count > openblas_get_num_threads();
}

static void choose(const char *name) {
    setenv("OPENBLAS_CORETYPE", name, 1);
    gotoblas_dynamic_quit();
    gotoblas_dynamic_init();
    unsetenv("OPENBLAS_CORETYPE");
}

__attribute__((constructor)) static void choose_kernels(void) {
    const char *forced = getenv("OPENBLAS_CORETYPE");
    const bool can_choose = gotoblas_dynamic_init && gotoblas_dynamic_quit;
    // Linked into one file with this code, the library may not have been initialised yet.
    if (gotoblas_dynamic_init) gotoblas_dynamic_init();
    if (forced && *forced) {
        made = kernel_choice_forced;
    } else if (!kernel_choice_falls_short()) {
        made = kernel_choice_own;
    } else if (!can_choose) {
        made = kernel_choice_fixed;
    } else if (others_may_compute()) {
        made = kernel_choice_shared;
    } else {
        char own[32] = "";
        strncpy(own, kernel_choice_current(), sizeof own - 1);
        const enum worth before = worth_of(own);
        // A library built for few processors may lack the best kernels: then the best that it has.
        for (enum worth worth = worth_of_processor(); worth > before; worth--) {
            choose(names[worth]);
            if (worth_of(kernel_choice_current()) == worth) break;
        }
        if (worth_of(kernel_choice_current()) <= before) choose(own);
        made = worth_of(kernel_choice_current()) > before ? kernel_choice_replaced : kernel_choice_fixed;
    }
}

#else

const char *kernel_choice_best(void) { return NULL; }
bool kernel_choice_falls_short(void) { return false; }

#endif
