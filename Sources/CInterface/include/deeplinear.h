/* DeepLinear from C: a request in, a result out.
 *
 * A request is a JSON object such as {"job": "complete", "observed": {"array": "x"}, "seed": 1}. Its keys are the
 * options of the command `deeplinear`, in the spelling of `intervalOutput`; every job of the command is here. Data may
 * be files, or arrays and contents of files beside the request, by name.
 *
 *     double x[6] = {1, 2, 3, 2, 4, NAN};
 *     const int64_t shape[2] = {2, 3};
 *     const deeplinear_array arrays[1] = {{"x", x, 2, shape, NULL}};
 *     deeplinear_result *result = deeplinear_run(
 *         "{\"job\": \"complete\", \"observed\": {\"array\": \"x\"}}", arrays, 1, NULL, 0, 0, NULL, NULL, NULL);
 *     puts(deeplinear_status(result) == DEEPLINEAR_DONE ? deeplinear_summary(result) : deeplinear_sentence(result));
 *     deeplinear_free(result);
 *
 * Memory. What is passed in stays the caller's, is only read, and only until deeplinear_run returns. What is given
 * out belongs to the result and stays where it is until deeplinear_free; nothing else is ever to be freed.
 *
 * Threads. deeplinear_run may be called from many threads at once; each gets the bits it would get alone. A result is
 * for one thread at a time.
 *
 * Nothing here ends the process, prints, or installs a handler of signals.
 */
#ifndef DEEPLINEAR_H
#define DEEPLINEAR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The number of this interface: it changes when something here takes another meaning. What is only added keeps it. */
#define DEEPLINEAR_INTERFACE 1

/* An array of doubles. */
typedef struct {
  /* What the request, or the result, calls it. */
  const char *name;
  const void *data;
  /* The number of dimensions, and the extent of each. */
  int64_t dimensions;
  const int64_t *shape;
  /* Bytes from one element to the next along each dimension, of either sign; NULL for C's order, the last index
   * fastest. An array in C's order is read where it is; another is copied once. */
  const int64_t *strides;
} deeplinear_array;

/* The contents of a file. */
typedef struct {
  /* What the request, or the result, calls it; its extension tells the format. */
  const char *name;
  const void *bytes;
  int64_t count;
} deeplinear_file;

/* Hears how far a job is: a stage such as "completing", the share of it that is done from 0 to 1 or NaN where that is
 * not known, and sometimes a sentence, else NULL. Called from the thread of deeplinear_run or from others that it
 * started, one call at a time, at each new stage and at most twenty times a second. The texts are gone when it
 * returns. */
typedef void (*deeplinear_observer)(
    void *state, const char *stage, double fraction, const char *sentence);

/* Choices of deeplinear_run, to be added. */
enum {
  /* deeplinear_page is wanted with paths of training in it; these are recorded on the way. */
  DEEPLINEAR_RECORD = 1,
  /* Sentences spell options as in Python, interval_output, and not as in requests, intervalOutput. */
  DEEPLINEAR_UNDERSCORES = 2
};

/* How a job ended. */
enum {
  /* With what was asked. */
  DEEPLINEAR_DONE = 0,
  /* Without what was asked, such as without converging. There is a result all the same. */
  DEEPLINEAR_INCOMPLETE = 1,
  /* Stopped. There is what was found until then, if deeplinear_summary is not NULL. */
  DEEPLINEAR_STOPPED = 2,
  /* Not begun, or given up, because of what was asked or of the data. There is only a sentence. */
  DEEPLINEAR_BAD_INPUT = 3,
  /* The computation failed. There is only a sentence. */
  DEEPLINEAR_FAILED = 4
};

typedef struct deeplinear_result deeplinear_result;

/* DEEPLINEAR_INTERFACE of the library, and the version of the program as text that lasts. */
int32_t deeplinear_interface(void);
const char *deeplinear_version(void);

/* Runs a request to its end; writes the files that it names.
 *
 * arrays, files: what the request names by {"array": name} and {"upload": name}.
 * choices:       a sum of those above, or 0.
 * observer:      hears about progress, with state; or NULL.
 * stop:          another thread may set it to anything but 0 to stop the job; or NULL. Nothing is told to the
 *                observer from then on.
 * Never NULL: what went wrong is in the result, too. */
deeplinear_result *deeplinear_run(
    const char *request, const deeplinear_array *arrays, int64_t array_count,
    const deeplinear_file *files, int64_t file_count, int32_t choices,
    deeplinear_observer observer, void *state, const int32_t *stop);

/* How it ended: one of DEEPLINEAR_DONE, …, DEEPLINEAR_FAILED. */
int32_t deeplinear_status(const deeplinear_result *result);

/* One sentence about an ending that is not DEEPLINEAR_DONE; NULL where there is nothing to say. */
const char *deeplinear_sentence(const deeplinear_result *result);

/* What `deeplinear … --json` prints; NULL where there is no result. */
const char *deeplinear_summary(const deeplinear_result *result);

/* The arrays of the result, by number from 0: C's order, strides NULL. The caller may write into the elements; a page
 * asked for afterwards may show that. false (0) for a number that there is not. */
int64_t deeplinear_array_count(deeplinear_result *result);
int32_t deeplinear_array_at(deeplinear_result *result, int64_t number, deeplinear_array *array);

/* A file that is part of the result, made when it is first asked for: "model" of complete and of layers. false (0)
 * where there is none. */
int32_t deeplinear_file_named(deeplinear_result *result, const char *name, deeplinear_file *file);

/* The page about the result: HTML that needs no other file. NULL where there is none. */
const char *deeplinear_page(deeplinear_result *result);

/* Ends a result and all that was given out by it; NULL is passed over. */
void deeplinear_free(deeplinear_result *result);

#ifdef __cplusplus
}
#endif

/* A flag that another thread may write while it is read. */
static inline int32_t deeplinear_flag(const int32_t *flag) {
  return __atomic_load_n(flag, __ATOMIC_RELAXED);
}

#endif
