// Wrappers and constants that Swift cannot import from the C library: variadic functions, and what hides behind
// _GNU_SOURCE. Each is one call; what to do with it is decided in Swift.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifdef __linux__
// _GNU_SOURCE gives the member of fd_set another name than it has in the C library's and Dispatch's modules: whoever imports both would, now and then,
// be told that the two differ. This header is read as those modules read it.
#include <features.h>
#pragma push_macro("__USE_XOPEN")
#undef __USE_XOPEN
#include <sys/select.h>
#pragma pop_macro("__USE_XOPEN")
#endif
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#ifdef __linux__
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/keyctl.h>
#endif

// MARK: terminals

/// The columns of a terminal; 0 where it is none, or does not tell. (A structure of the C library that this header has too belongs, for Swift, now to
/// the one module and now to the other.)
static inline int shim_terminal_columns(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

// MARK: memory for secrets

/// Clears memory in a way that the compiler may not remove.
static inline void shim_wipe(void *bytes, size_t count) {
#ifdef __linux__
    explicit_bzero(bytes, count);
#else
    memset_s(bytes, count, 0, count);
#endif
}
/// Copies memory without a register of the processor that would hold more than a byte of it afterwards: core dumps have the registers, too,
/// and what memcpy leaves in those for vectors may stay there for long. The two do not overlap.
static inline void shim_copy_secret(void *to, const void *from, size_t count) {
#ifdef __x86_64__
    size_t words = count / 8, rest = count % 8;
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(rest) : : "memory");
#else
    volatile unsigned char *target = to;
    const volatile unsigned char *source = from;
    while (count-- > 0) *target++ = *source++;
#endif
}

/// Anonymous memory of whole pages, or NULL.
static inline void *shim_map_anonymous(size_t count) {
    void *bytes = mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return bytes == MAP_FAILED ? NULL : bytes;
}

/// Keeps memory out of core dumps. Systems without the call dump it.
static inline int shim_exclude_from_core_dump(void *bytes, size_t count) {
#ifdef MADV_DONTDUMP
    return madvise(bytes, count, MADV_DONTDUMP);
#else
    return 0;
#endif
}

// MARK: files

/// An advisory lock on the whole file that belongs to the open file description, not to the process.
/// type: 0 releases, 1 is shared (readers), 2 is exclusive (a writer). Never waits.
static inline int shim_lock_file(int descriptor, int type) {
    struct flock lock;
    memset(&lock, 0, sizeof lock);
    lock.l_type = type == 0 ? F_UNLCK : type == 1 ? F_RDLCK : F_WRLCK;
    lock.l_whence = SEEK_SET;
    return fcntl(descriptor, F_OFD_SETLK, &lock);
}

#ifdef __linux__
static const int shim_seek_data = SEEK_DATA;
static const int shim_seek_hole = SEEK_HOLE;

static inline int shim_punch_hole(int descriptor, off_t offset, off_t count) {
    return fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, count);
}
static inline int shim_zero_range(int descriptor, off_t offset, off_t count) {
    return fallocate(descriptor, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, offset, count);
}
/// pwritev that returns when the data is on stable storage.
static inline ssize_t shim_pwritev_durable(int descriptor, const struct iovec *pieces, int count, off_t offset) {
    return pwritev2(descriptor, pieces, count, offset, RWF_DSYNC);
}
static inline int shim_sync_data(int descriptor) { return fdatasync(descriptor); }

// MARK: block devices

static inline int shim_block_device_size(int descriptor, uint64_t *bytes) { return ioctl(descriptor, BLKGETSIZE64, bytes); }
static inline int shim_block_device_sector_size(int descriptor, int *bytes) { return ioctl(descriptor, BLKSSZGET, bytes); }
static inline int shim_block_device_discard(int descriptor, uint64_t offset, uint64_t count) {
    uint64_t range[2] = {offset, count};
    return ioctl(descriptor, BLKDISCARD, range);
}

static inline dev_t shim_make_device(uint32_t major, uint32_t minor) { return gnu_dev_makedev(major, minor); }

// MARK: device mapper's control device

static inline int shim_control(int descriptor, unsigned long request, void *bytes) { return ioctl(descriptor, request, bytes); }

// MARK: System V semaphores

/// A new set of count semaphores, or -1.
static inline int shim_semaphore_make(uint32_t key, int count) {
    return semget((key_t)key, count, IPC_CREAT | IPC_EXCL | 0600);
}
/// The set of that key, or -1.
static inline int shim_semaphore_find(uint32_t key) { return semget((key_t)key, 1, 0); }
static inline int shim_semaphore_remove(int set) { return semctl(set, 0, IPC_RMID); }
static inline int shim_semaphore_value(int set, int index) { return semctl(set, index, GETVAL); }
/// How many processes wait until the first one is 0.
static inline int shim_semaphore_waiters(int set) { return semctl(set, 0, GETZCNT); }
static inline int shim_semaphore_set_values(int set, const unsigned short *values) {
    union { int val; const unsigned short *array; } argument = {.array = values};
    return semctl(set, 0, SETALL, argument);
}
/// How many semaphores the set has, and when it was last used and made, in seconds since 1970.
static inline int shim_semaphore_status(int set, uint64_t *count, int64_t *used, int64_t *made) {
    struct semid_ds status;
    union { int val; struct semid_ds *pointer; } argument = {.pointer = &status};
    int result = semctl(set, 0, IPC_STAT, argument);
    if (result == 0) {
        *count = status.sem_nsems;
        *used = status.sem_otime;
        *made = status.sem_ctime;
    }
    return result;
}
/// Adds to the first one; never waits.
static inline int shim_semaphore_add(int set, short amount) {
    struct sembuf operation = {0, amount, IPC_NOWAIT};
    return semop(set, &operation, 1);
}
/// Waits until the first one is 0, or the time is over (EAGAIN).
static inline int shim_semaphore_wait_for_zero(int set, int64_t seconds, int64_t nanoseconds) {
    struct sembuf operation = {0, 0, 0};
    struct timespec limit = {seconds, nanoseconds};
    return semtimedop(set, &operation, 1, &limit);
}

/// The process that listens at a connected local socket, or -1.
static inline int shim_peer_process(int descriptor) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : -1;
}

// MARK: kernel keyring

static inline long shim_request_key(const char *type, const char *description) {
    return syscall(SYS_request_key, type, description, (char *)NULL, 0);
}
static inline long shim_read_key(long key, void *bytes, size_t count) {
    return syscall(SYS_keyctl, KEYCTL_READ, key, bytes, count);
}
static inline long shim_add_key(const char *type, const char *description, const void *bytes, size_t count, long keyring) {
    return syscall(SYS_add_key, type, description, bytes, count, keyring);
}
static inline long shim_unlink_key(long key, long keyring) { return syscall(SYS_keyctl, KEYCTL_UNLINK, key, keyring); }
static inline long shim_revoke_key(long key) { return syscall(SYS_keyctl, KEYCTL_REVOKE, key); }
static inline long shim_search_key(long keyring, const char *type, const char *description) {
    return syscall(SYS_keyctl, KEYCTL_SEARCH, keyring, type, description, 0);
}
static const long shim_process_keyring = KEY_SPEC_PROCESS_KEYRING;

// MARK: the process

static inline int shim_set_close_on_exec(int descriptor) { return fcntl(descriptor, F_SETFD, FD_CLOEXEC); }
/// Keeps the process out of core dumps and away from debuggers of the same user.
static inline int shim_forbid_core_dump(void) { return prctl(PR_SET_DUMPABLE, 0); }
/// The CPU that the thread runs on, from 0; -1 where the system does not tell.
static inline int shim_current_cpu(void) { return sched_getcpu(); }

static inline uint32_t shim_major(dev_t device) { return gnu_dev_major(device); }
static inline uint32_t shim_minor(dev_t device) { return gnu_dev_minor(device); }
#else
static const int shim_seek_data = SEEK_DATA;
static const int shim_seek_hole = SEEK_HOLE;
static inline int shim_punch_hole(int descriptor, off_t offset, off_t count) {
    struct fpunchhole hole = {0, 0, offset, count};
    return fcntl(descriptor, F_PUNCHHOLE, &hole);
}
static inline int shim_zero_range(int descriptor, off_t offset, off_t count) {
    (void)descriptor; (void)offset; (void)count;
    errno = ENOTSUP;
    return -1;
}
static inline ssize_t shim_pwritev_durable(int descriptor, const struct iovec *pieces, int count, off_t offset) {
    (void)descriptor; (void)pieces; (void)count; (void)offset;
    errno = ENOTSUP;
    return -1;
}
static inline int shim_sync_data(int descriptor) { return fcntl(descriptor, F_FULLFSYNC); }
static inline int shim_set_close_on_exec(int descriptor) { return fcntl(descriptor, F_SETFD, FD_CLOEXEC); }
static inline int shim_control(int descriptor, unsigned long request, void *bytes) { return ioctl(descriptor, request, bytes); }
static inline int shim_forbid_core_dump(void) { return 0; }
static inline int shim_current_cpu(void) { return -1; }
static inline uint32_t shim_major(dev_t device) { return major(device); }
static inline uint32_t shim_minor(dev_t device) { return minor(device); }
#endif
