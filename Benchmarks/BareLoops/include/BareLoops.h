// The same work as a volume's, done by hand in C. Requests are those of one thread of several: request number `thread`, `thread + threads` ...
// Each function returns 0, or -1 when a call fails.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct bare_requests {
    size_t size;    // of a request in bytes
    uint64_t total; // of all requests in bytes, from the start of the volume
    int thread, threads;
    int writes;     // or else reads
};

/// One pread or pwrite for each request.
int bare_linear(const struct bare_requests *requests, int file, void *buffer);

/// One pread or pwrite for each chunk of a request.
int bare_striped(const struct bare_requests *requests, const int *files, int file_count, size_t chunk, void *buffer);

/// AES-XTS of libgcrypt with plain64 vectors, of the numbers that dm-crypt has: 64 KiB at a time between the file and the buffer, which stay
/// in the processor's cache meanwhile. Without a file (-1) the bytes come from the buffer.
int bare_crypt(
    const struct bare_requests *requests, int file, const void *key, size_t key_size, size_t sector, void *buffer, void *scratch);
