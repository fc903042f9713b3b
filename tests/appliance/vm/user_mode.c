/* What Debian's user-mode kernel lacks for tests; loaded before it (LD_PRELOAD).
 *
 * 1. Registers. Its buffer for a process's floating-point state ends after AVX, and processors
 *    with AVX-512 or AMX want the whole state back or nothing (EFAULT: the machine stops at its
 *    first program). What the buffer has no room for is kept here, beside the buffer's address.
 * 2. A disk that loses what was not flushed. Writes to the file that VOLATILE_DISK names stay in
 *    this process until the machine flushes; they die with it when it is killed. The kernel itself
 *    drops its machine's flushes: they reach its disk process as requests of no pieces, which it
 *    answers without doing anything, so they are recognized where that process reads them.
 *
 *     cc -shared -fPIC -O2 -o user_mode.so user_mode.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define BLOCK 4096
#define FULL 16384     /* bytes of a whole state; AMX needs 11 008 */
#define HEADER 512     /* where the state says which of its parts are in use */
#define SEATS 8192     /* a power of two, above the count of tasks that a station ever has */

struct seat {
    void *buffer;
    size_t bytes;
    uint8_t beyond[FULL];
};
static struct seat *seats[SEATS];
static size_t whole_state;

static struct seat *seat_of(void *buffer) {
    for (size_t at = ((uintptr_t)buffer >> 6) * 2654435761u, n = 0; n < SEATS; n++, at++) {
        struct seat **found = &seats[at & (SEATS - 1)];
        if (*found && (*found)->buffer == buffer) return *found;
        if (!*found) {
            *found = calloc(1, sizeof **found);
            if (*found) (*found)->buffer = buffer;
            return *found;
        }
    }
    return NULL;
}

static long (*real_ptrace)(enum __ptrace_request, ...);

static long registers(enum __ptrace_request request, pid_t pid, void *kind, struct iovec *asked) {
    struct seat *seat = seat_of(asked->iov_base);
    if (!seat) { errno = ENOMEM; return -1; }
    struct iovec all = {seat->beyond, FULL};
    if (request == PTRACE_GETREGSET) {
        long done = real_ptrace(request, pid, kind, &all);
        if (done < 0) return done;
        whole_state = seat->bytes = all.iov_len;
        if (asked->iov_len > all.iov_len) asked->iov_len = all.iov_len;
        memcpy(asked->iov_base, seat->beyond, asked->iov_len);
        return done;
    }
    if (!whole_state) {  /* nothing was read yet: this process's own size is everybody's */
        struct iovec look = {calloc(1, FULL), FULL};
        if (real_ptrace(PTRACE_GETREGSET, pid, kind, &look) == 0) whole_state = look.iov_len;
        free(look.iov_base);
    }
    memcpy(seat->beyond, asked->iov_base, asked->iov_len);
    if (!seat->bytes) {  /* a copied buffer: what it has no room for is at its start */
        uint64_t *in_use = (uint64_t *)(seat->beyond + HEADER);
        *in_use &= 7;  /* x87, SSE, AVX */
        seat->bytes = whole_state;
    }
    all.iov_len = whole_state;
    return real_ptrace(request, pid, kind, &all);
}

long ptrace(enum __ptrace_request request, ...) {
    va_list given;
    va_start(given, request);
    pid_t pid = va_arg(given, pid_t);
    void *address = va_arg(given, void *);
    void *data = va_arg(given, void *);
    va_end(given);
    if (!real_ptrace) real_ptrace = dlsym(RTLD_NEXT, "ptrace");
    if ((request == PTRACE_GETREGSET || request == PTRACE_SETREGSET) &&
        address == (void *)NT_X86_XSTATE)
        return registers(request, pid, address, data);
    return real_ptrace(request, pid, address, data);
}

/* ---- the disk ---- */
static int disk = -1;
static char *cache;
static uint8_t *unflushed;
static size_t disk_bytes;
static pid_t kernel;  /* its disk process has another number, and the same memory */

static void note(const char *path, int fd) {
    const char *name = getenv("VOLATILE_DISK");
    struct stat is;
    if (disk >= 0 || fd < 0 || !name || strcmp(path, name) || fstat(fd, &is)) return;
    cache = mmap(NULL, is.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
    unflushed = calloc(1, is.st_size / BLOCK + 1);
    if (cache == MAP_FAILED || !unflushed) { perror("VOLATILE_DISK"); _exit(1); }
    disk_bytes = is.st_size;
    kernel = getpid();
    disk = fd;
}

#define OPENED(name)                                                        \
    int name(const char *path, int flags, ...) {                            \
        static int (*real)(const char *, int, ...);                         \
        if (!real) real = dlsym(RTLD_NEXT, #name);                          \
        va_list given;                                                      \
        va_start(given, flags);                                             \
        int fd = real(path, flags, va_arg(given, int));                     \
        va_end(given);                                                      \
        if ((flags & O_ACCMODE) == O_RDWR) note(path, fd);                  \
        return fd;                                                          \
    }
OPENED(open)
OPENED(open64)

static int ours(int fd, size_t bytes, off64_t at) {
    return fd == disk && disk >= 0 && at >= 0 && (size_t)at + bytes <= disk_bytes;
}

ssize_t pread64(int fd, void *to, size_t bytes, off64_t at) {
    static ssize_t (*real)(int, void *, size_t, off64_t);
    if (!real) real = dlsym(RTLD_NEXT, "pread64");
    if (!ours(fd, bytes, at)) return real(fd, to, bytes, at);
    memcpy(to, cache + at, bytes);
    return bytes;
}

static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);

ssize_t pwrite64(int fd, const void *from, size_t bytes, off64_t at) {
    if (!real_pwrite) real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    if (!ours(fd, bytes, at)) return real_pwrite(fd, from, bytes, at);
    memcpy(cache + at, from, bytes);
    if (bytes) memset(unflushed + at / BLOCK, 1, (at + bytes - 1) / BLOCK - at / BLOCK + 1);
    return bytes;
}

static int flushed(int fd) {
    if (fd != disk || disk < 0) return 0;
    if (!real_pwrite) real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    for (size_t block = 0; block * BLOCK < disk_bytes; block++) {
        if (!unflushed[block]) continue;
        size_t at = block * BLOCK, bytes = disk_bytes - at < BLOCK ? disk_bytes - at : BLOCK;
        if (real_pwrite(fd, cache + at, bytes, at) != (ssize_t)bytes) return -1;
        unflushed[block] = 0;
    }
    return 0;
}

/* The head of ubd's request, as Linux 5.0 to 6.1 have it (arch/um/drivers/ubd_kern.c). */
struct request {
    void *block_layers_own;
    int files[2];
    unsigned long offsets[2];
    unsigned long long offset;
    int sector_bytes, error, pieces;
};
#define REQUESTS 64  /* pointers to requests that the disk process reads at once */

ssize_t read(int fd, void *to, size_t bytes) {
    static ssize_t (*real)(int, void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "read");
    ssize_t got = real(fd, to, bytes);
    if (disk < 0 || bytes != REQUESTS * sizeof(void *) || got <= 0 || getpid() == kernel) return got;
    struct request **requests = to;
    for (size_t n = 0; n < got / sizeof *requests; n++) {
        if (requests[n]->sector_bytes != 512) {
            fprintf(stderr, "user_mode.c does not know the disk's requests of this kernel\n");
            _exit(1);
        }
        if (requests[n]->files[0] == disk && !requests[n]->pieces && flushed(disk))
            requests[n]->error = EIO;
    }
    return got;
}

#define FLUSHES(name)                                                       \
    int name(int fd) {                                                      \
        static int (*real)(int);                                            \
        if (!real) real = dlsym(RTLD_NEXT, #name);                          \
        return flushed(fd) ? -1 : real(fd);                                 \
    }
FLUSHES(fsync)
FLUSHES(fdatasync)

int fallocate64(int fd, int mode, off64_t at, off64_t bytes) {  /* a discarded block: kept */
    static int (*real)(int, int, off64_t, off64_t);
    if (!real) real = dlsym(RTLD_NEXT, "fallocate64");
    if (fd == disk && disk >= 0) { errno = EOPNOTSUPP; return -1; }
    return real(fd, mode, at, bytes);
}
