#pragma once
// Counts heap allocations of the calling thread, by standing in front of the C library's allocator.
// Only in test binaries. Where the C library is not glibc, the count is not available.

/// The number of allocations this thread has made so far; negative where they cannot be counted.
long allocation_count(void);
