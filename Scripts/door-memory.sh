#!/usr/bin/env bash
# Runs the C interface under valgrind: a program of the header's words, with good requests and bad ones, must read and write
# nothing that is not its own and lose nothing. door-memory.sh [FOLDER OF libDeepLinearC.so]
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(cd "${1:-$("${SWIFT:-swift}" build --show-bin-path)}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/door.c" << 'PROGRAM'
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "deeplinear.h"

static int heard;
static void hear(void *state, const char *stage, double fraction, const char *sentence) {
  (void)fraction; (void)sentence;
  heard += *(int *)state * (strlen(stage) > 0);
}

static void read_all(deeplinear_result *result, int32_t status) {
  double sum = 0;
  if (deeplinear_status(result) != status) {
    fprintf(stderr, "status %d, not %d: %s\n", deeplinear_status(result), status,
            deeplinear_sentence(result) ? deeplinear_sentence(result) : "");
    exit(1);
  }
  for (int64_t k = 0; k < deeplinear_array_count(result); k++) {
    deeplinear_array array;
    deeplinear_array_at(result, k, &array);
    int64_t count = 1;
    for (int64_t axis = 0; axis < array.dimensions; axis++) count *= array.shape[axis];
    for (int64_t n = 0; n < count; n++) {
      sum += ((const double *)array.data)[n];
      ((double *)array.data)[n] = 0;
    }
  }
  deeplinear_file file;
  if (deeplinear_file_named(result, "model", &file)) sum += ((const unsigned char *)file.bytes)[file.count - 1];
  const char *page = deeplinear_page(result), *summary = deeplinear_summary(result);
  printf("%d %g %zu %zu\n", status, sum, page ? strlen(page) : 0, summary ? strlen(summary) : 0);
  deeplinear_free(result);
}

int main(void) {
  if (deeplinear_interface() != DEEPLINEAR_INTERFACE) return 2;
  double *table = malloc(20 * 8 * sizeof(double));
  for (int i = 0; i < 20; i++)
    for (int j = 0; j < 8; j++)
      table[8 * i + j] = (7 * i + 3 * j) % 5 == 0 ? NAN : (i + 1) * (j - 3) + (i * j) % 7;
  int64_t shape[2] = {20, 8}, across[2] = {8, 20}, strides[2] = {8, 64}, wrong[2] = {-1, 3};
  int32_t stop = 0, now = 1;
  int state = 1;
  deeplinear_array x = {"x", table, 2, shape, NULL}, turned = {"x", table, 2, across, strides};
  deeplinear_array none = {"x", table, 2, wrong, NULL};
  const char *complete = "{\"job\": \"complete\", \"observed\": {\"array\": \"x\"}, \"intervals\": 0.9}";
  for (int round = 0; round < 2; round++) {
    read_all(deeplinear_run(complete, &x, 1, NULL, 0, DEEPLINEAR_RECORD, hear, &state, &stop), DEEPLINEAR_DONE);
    read_all(deeplinear_run(complete, &turned, 1, NULL, 0, 0, NULL, NULL, NULL), DEEPLINEAR_DONE);
    read_all(deeplinear_run(complete, &none, 1, NULL, 0, 0, NULL, NULL, NULL), DEEPLINEAR_BAD_INPUT);
    read_all(deeplinear_run(NULL, NULL, 0, NULL, 0, 0, NULL, NULL, NULL), DEEPLINEAR_BAD_INPUT);
    read_all(deeplinear_run("{", NULL, 0, NULL, 0, 0, NULL, NULL, NULL), DEEPLINEAR_BAD_INPUT);
    read_all(deeplinear_run(complete, &x, 1, NULL, 0, 0, hear, &state, &now), DEEPLINEAR_STOPPED);
    deeplinear_file text = {"t.csv", "a,b\n1,2\n2,4\n3,\n", 15};
    read_all(deeplinear_run("{\"job\": \"complete\", \"observed\": {\"upload\": \"t.csv\"}}", NULL, 0, &text, 1, 0,
                            NULL, NULL, NULL), DEEPLINEAR_DONE);
    deeplinear_free(NULL);
  }
  free(table);
  return heard > 0 ? 0 : 3;
}
PROGRAM
# valgrind does not read what the compiler writes for debuggers.
strip --strip-debug -o "$work/libDeepLinearC.so" "$folder/libDeepLinearC.so"
${CC:-cc} -g -gdwarf-4 -Wall -Wextra -Werror -I Sources/CInterface/include "$work/door.c" -o "$work/door" \
  -L "$work" -lDeepLinearC -lm -Wl,-rpath,"$work"
"$work/door" > /dev/null
# Swift's runtime decides on bytes between the fields of its own tables of types; what it does there is not ours.
for kind in Cond Value8; do
  printf '{\n  runtime\n  Memcheck:%s\n  obj:*/libswiftCore.so\n}\n' "$kind"
done > "$work/runtime.supp"
OPENBLAS_NUM_THREADS=1 OPENBLAS_CORETYPE=Haswell valgrind --quiet --error-exitcode=9 --leak-check=full \
  --suppressions="$work/runtime.supp" --show-leak-kinds=definite --errors-for-leak-kinds=definite "$work/door"
echo "The C interface reads and writes nothing that is not its own, and loses nothing."
