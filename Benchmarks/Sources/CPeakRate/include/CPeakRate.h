#ifndef C_PEAK_RATE_H
#define C_PEAK_RATE_H

// Fused multiply-adds of doubles per second on one core, from registers alone: no product of matrices is faster.
double peak_multiply_adds_per_second(void);

#endif
