#define _GNU_SOURCE
#include "BareLoops.h"
#include <gcrypt.h>
#include <unistd.h>

static int transfer(int file, void *buffer, size_t count, uint64_t offset, int writes) {
    ssize_t done = writes ? pwrite(file, buffer, count, (off_t)offset) : pread(file, buffer, count, (off_t)offset);
    return done == (ssize_t)count ? 0 : -1;
}

int bare_linear(const struct bare_requests *requests, int file, void *buffer) {
    uint64_t step = requests->size * (uint64_t)requests->threads;
    for (uint64_t offset = requests->size * (uint64_t)requests->thread; offset < requests->total; offset += step)
        if (transfer(file, buffer, requests->size, offset, requests->writes)) return -1;
    return 0;
}

int bare_striped(const struct bare_requests *requests, const int *files, int file_count, size_t chunk, void *buffer) {
    uint64_t step = requests->size * (uint64_t)requests->threads;
    for (uint64_t offset = requests->size * (uint64_t)requests->thread; offset < requests->total; offset += step) {
        for (size_t done = 0; done < requests->size;) {
            uint64_t place = offset + done, index = place / chunk, within = place % chunk;
            size_t count = requests->size - done < chunk - within ? requests->size - done : chunk - within;
            uint64_t on_file = index / (uint64_t)file_count * chunk + within;
            if (transfer(files[index % (uint64_t)file_count], (char *)buffer + done, count, on_file, requests->writes)) return -1;
            done += count;
        }
    }
    return 0;
}

int bare_crypt(
    const struct bare_requests *requests, int file, const void *key, size_t key_size, size_t sector, void *buffer, void *scratch) {
    gcry_cipher_hd_t cipher;
    if (!gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P)) return -1;
    if (gcry_cipher_open(&cipher, GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_XTS, 0)) return -1;
    int result = gcry_cipher_setkey(cipher, key, key_size) ? -1 : 0;
    uint64_t step = requests->size * (uint64_t)requests->threads;
    for (uint64_t offset = requests->size * (uint64_t)requests->thread; offset < requests->total && !result; offset += step) {
        for (size_t done = 0; done < requests->size && !result;) {
            size_t count = requests->size - done < 65536 ? requests->size - done : 65536;
            char *bytes = (char *)buffer + done;
            if (!requests->writes && file >= 0 && transfer(file, bytes, count, offset + done, 0)) result = -1;
            for (size_t place = 0; place < count && !result; place += sector) {
                uint64_t vector[2] = {(offset + done + place) / 512, 0};
                if (gcry_cipher_setiv(cipher, vector, sizeof vector)) result = -1;
                if (requests->writes ? gcry_cipher_encrypt(cipher, (char *)scratch + place, sector, bytes + place, sector)
                                     : gcry_cipher_decrypt(cipher, bytes + place, sector, NULL, 0)) result = -1;
            }
            if (requests->writes && file >= 0 && !result && transfer(file, scratch, count, offset + done, 1)) result = -1;
            done += count;
        }
    }
    gcry_cipher_close(cipher);
    return result;
}
