#include "CPictures.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

static const uint64_t largest_count = 1u << 28;

struct handler {
  struct jpeg_error_mgr base;
  jmp_buf place;
};

static void fail(j_common_ptr jpeg) {
  longjmp(((struct handler *)jpeg->err)->place, 1);
}

static void ignore(j_common_ptr jpeg) { (void)jpeg; }

static void describe(struct handler *handler, j_common_ptr jpeg, struct CPicture *picture) {
  char text[JMSG_LENGTH_MAX];
  handler->base.format_message(jpeg, text);
  snprintf(picture->problem, sizeof picture->problem, "%.150s", text);
}

int CPictureReadJPEG(const uint8_t *bytes, size_t count, struct CPicture *picture) {
  memset(picture, 0, sizeof *picture);
  struct jpeg_decompress_struct jpeg;
  struct handler handler;
  uint8_t *volatile row = NULL;
  jpeg.err = jpeg_std_error(&handler.base);
  handler.base.error_exit = fail;
  handler.base.output_message = ignore;
  if (setjmp(handler.place)) {
    describe(&handler, (j_common_ptr)&jpeg, picture);
    jpeg_destroy_decompress(&jpeg);
    free(row);
    CPictureRelease(picture);
    return 0;
  }
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, bytes, count);
  jpeg_read_header(&jpeg, TRUE);
  if (jpeg.num_components == 4) {
    snprintf(picture->problem, sizeof picture->problem,
             "its colours are for printing (CMYK); save it as RGB or as .png");
    jpeg_destroy_decompress(&jpeg);
    return 0;
  }
  jpeg.out_color_space = jpeg.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(&jpeg);
  picture->width = jpeg.output_width;
  picture->height = jpeg.output_height;
  picture->channels = jpeg.output_components;
  picture->bits = 8;
  size_t width = (size_t)picture->width * picture->channels;
  int isFine = (uint64_t)picture->width * picture->height <= largest_count;
  if (isFine) {
    picture->samples = malloc(width * picture->height * sizeof(uint16_t) + 1);
    row = malloc(width + 1);
  }
  if (!isFine || !picture->samples || !row) {
    snprintf(picture->problem, sizeof picture->problem, "the picture is too large");
    jpeg_destroy_decompress(&jpeg);
    free(row);
    CPictureRelease(picture);
    return 0;
  }
  while (jpeg.output_scanline < jpeg.output_height) {
    uint16_t *samples = picture->samples + jpeg.output_scanline * width;
    JSAMPROW line = row;
    jpeg_read_scanlines(&jpeg, &line, 1);
    for (size_t k = 0; k < width; k++) samples[k] = row[k];
  }
  int isDamaged = handler.base.num_warnings > 0;
  if (isDamaged) describe(&handler, (j_common_ptr)&jpeg, picture);
  jpeg_finish_decompress(&jpeg);
  jpeg_destroy_decompress(&jpeg);
  free(row);
  if (isDamaged) CPictureRelease(picture);
  return !isDamaged;
}

int CPictureWriteJPEG(struct CPicture *picture, int quality, uint8_t **bytes, size_t *count) {
  struct jpeg_compress_struct jpeg;
  struct handler handler;
  size_t width = (size_t)picture->width * picture->channels;
  uint8_t *volatile row = malloc(width + 1);
  unsigned char *target = NULL;
  unsigned long size = 0;
  jpeg.err = jpeg_std_error(&handler.base);
  handler.base.error_exit = fail;
  handler.base.output_message = ignore;
  if (!row || setjmp(handler.place)) {
    if (row) {
      describe(&handler, (j_common_ptr)&jpeg, picture);
      jpeg_destroy_compress(&jpeg);
    }
    free(row);
    free(target);
    return 0;
  }
  jpeg_create_compress(&jpeg);
  jpeg_mem_dest(&jpeg, &target, &size);
  jpeg.image_width = picture->width;
  jpeg.image_height = picture->height;
  jpeg.input_components = picture->channels;
  jpeg.in_color_space = picture->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  for (int k = 0; k < jpeg.num_components; k++) {
    jpeg.comp_info[k].h_samp_factor = 1;
    jpeg.comp_info[k].v_samp_factor = 1;
  }
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < jpeg.image_height) {
    const uint16_t *samples = picture->samples + jpeg.next_scanline * width;
    for (size_t k = 0; k < width; k++) row[k] = (uint8_t)samples[k];
    JSAMPROW line = row;
    jpeg_write_scanlines(&jpeg, &line, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  free(row);
  *bytes = target;
  *count = size;
  return 1;
}
