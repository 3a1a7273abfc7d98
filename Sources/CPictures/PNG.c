#include "CPictures.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// No more pixels than this are read: a header may lie.
static const uint64_t largest_count = 1u << 28;

struct reader {
  const uint8_t *bytes;
  size_t count;
  size_t position;
};

struct writer {
  uint8_t *bytes;
  size_t count;
  size_t capacity;
};

static void fail(png_structp png, png_const_charp message) {
  struct CPicture *picture = png_get_error_ptr(png);
  snprintf(picture->problem, sizeof picture->problem, "%s", message);
  png_longjmp(png, 1);
}

static void warn(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void pull(png_structp png, png_bytep target, size_t count) {
  struct reader *reader = png_get_io_ptr(png);
  if (count > reader->count - reader->position) png_error(png, "the file is cut off");
  memcpy(target, reader->bytes + reader->position, count);
  reader->position += count;
}

static void push(png_structp png, png_bytep source, size_t count) {
  struct writer *writer = png_get_io_ptr(png);
  if (writer->count + count > writer->capacity) {
    size_t capacity = 2 * writer->capacity + count;
    uint8_t *bytes = realloc(writer->bytes, capacity);
    if (!bytes) png_error(png, "there is not enough memory");
    writer->bytes = bytes;
    writer->capacity = capacity;
  }
  memcpy(writer->bytes + writer->count, source, count);
  writer->count += count;
}

static void flush(png_structp png) { (void)png; }

int CPictureReadPNG(const uint8_t *bytes, size_t count, struct CPicture *picture) {
  memset(picture, 0, sizeof *picture);
  struct reader reader = {bytes, count, 0};
  uint8_t *volatile row = NULL;
  png_infop volatile information = NULL;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, picture, fail, warn);
  if (!png) return 0;
  if (setjmp(png_jmpbuf(png))) {
    png_infop kept = information;
    png_destroy_read_struct(&png, &kept, NULL);
    free(row);
    CPictureRelease(picture);
    return 0;
  }
  information = png_create_info_struct(png);
  png_set_read_fn(png, &reader, pull);
  png_read_info(png, information);
  picture->width = png_get_image_width(png, information);
  picture->height = png_get_image_height(png, information);
  if ((uint64_t)picture->width * picture->height > largest_count) {
    png_error(png, "the picture is too large");
  }
  // Palettes and few bits become eight bits; a transparent color becomes opacity.
  png_set_expand(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, information);
  picture->channels = png_get_channels(png, information);
  picture->bits = png_get_bit_depth(png, information);
  size_t width = (size_t)picture->width * picture->channels;
  size_t size = png_get_rowbytes(png, information);
  picture->samples = malloc(width * picture->height * sizeof(uint16_t) + 1);
  row = malloc(size * (passes > 1 ? picture->height : 1) + 1);
  if (!picture->samples || !row) png_error(png, "there is not enough memory");
  if (passes > 1) {
    memset(row, 0, size * picture->height);
    for (int pass = 0; pass < passes; pass++) {
      for (uint32_t y = 0; y < picture->height; y++) png_read_row(png, row + y * size, NULL);
    }
  }
  for (uint32_t y = 0; y < picture->height; y++) {
    const uint8_t *line = row;
    if (passes > 1) {
      line = row + y * size;
    } else {
      png_read_row(png, row, NULL);
    }
    uint16_t *samples = picture->samples + y * width;
    for (size_t k = 0; k < width; k++) {
      samples[k] = picture->bits == 16 ? (uint16_t)(line[2 * k] << 8 | line[2 * k + 1]) : line[k];
    }
  }
  png_read_end(png, NULL);
  png_infop kept = information;
  png_destroy_read_struct(&png, &kept, NULL);
  free(row);
  return 1;
}

int CPictureWritePNG(struct CPicture *picture, uint8_t **bytes, size_t *count) {
  static const int types[] = {
      0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
  struct writer writer = {NULL, 0, 0};
  size_t width = (size_t)picture->width * picture->channels;
  uint8_t *volatile row = malloc(width * 2 + 1);
  png_infop volatile information = NULL;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, picture, fail, warn);
  if (!png || !row) {
    free(row);
    return 0;
  }
  if (setjmp(png_jmpbuf(png))) {
    png_infop kept = information;
    png_destroy_write_struct(&png, &kept);
    free(row);
    free(writer.bytes);
    return 0;
  }
  information = png_create_info_struct(png);
  png_set_write_fn(png, &writer, push, flush);
  png_set_IHDR(
      png, information, picture->width, picture->height, picture->bits, types[picture->channels],
      PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, information);
  for (uint32_t y = 0; y < picture->height; y++) {
    const uint16_t *samples = picture->samples + y * width;
    for (size_t k = 0; k < width; k++) {
      if (picture->bits == 16) {
        row[2 * k] = samples[k] >> 8;
        row[2 * k + 1] = samples[k] & 0xFF;
      } else {
        row[k] = (uint8_t)samples[k];
      }
    }
    png_write_row(png, row);
  }
  png_write_end(png, NULL);
  png_infop kept = information;
  png_destroy_write_struct(&png, &kept);
  free(row);
  *bytes = writer.bytes;
  *count = writer.count;
  return 1;
}

void CPictureRelease(struct CPicture *picture) {
  free(picture->samples);
  picture->samples = NULL;
}
