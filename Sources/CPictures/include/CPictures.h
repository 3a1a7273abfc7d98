// Pictures in memory ↔ PNG and JPEG files in memory. libpng and libjpeg report errors by long jumps, which Swift cannot
// catch: they end here, as a status and a sentence.
#ifndef CPICTURES_H
#define CPICTURES_H

#include <stddef.h>
#include <stdint.h>

// 1 to 4 channels: gray, gray and opacity, RGB, RGB and opacity; pixel by pixel, row by row.
struct CPicture {
  uint32_t width;
  uint32_t height;
  uint32_t channels;
  uint32_t bits;
  uint16_t *samples;
  char problem[160];
};

// Each returns 1, or 0 with a problem. Samples are released with CPictureRelease, bytes with free().
int CPictureReadPNG(const uint8_t *bytes, size_t count, struct CPicture *picture);
int CPictureReadJPEG(const uint8_t *bytes, size_t count, struct CPicture *picture);
int CPictureWritePNG(struct CPicture *picture, uint8_t **bytes, size_t *count);
int CPictureWriteJPEG(struct CPicture *picture, int quality, uint8_t **bytes, size_t *count);
void CPictureRelease(struct CPicture *picture);

#endif
