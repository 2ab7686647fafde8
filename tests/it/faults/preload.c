/* System calls that fail or are slow, for the tests in this folder. It is loaded before the C library
 * (LD_PRELOAD) and reads what to do from the environment.
 *
 *   FAULT_SYNC_MS       fsync and fdatasync of a file whose path ends in .redb take this long
 *   FAULT_SYNC_FAILS    the n-th sync of such a file, and all later ones, fail with EIO
 *   FAULT_DISK          files whose path has this text share a disk of FAULT_DISK_BYTES
 *   FAULT_THREADS       only this many threads can be started
 *   FAULT_CLOCK         the date is this many seconds ahead (or behind)
 *   FAULT_CLOCK_JUMP    the same, from the first second after the start on
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static long number(const char *name, long otherwise) {
    const char *text = getenv(name);
    return text ? atol(text) : otherwise;
}

static int path_of(int fd, char *path, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, size - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return 1;
}

static int is_ledger(int fd) {
    char path[4096];
    if (!path_of(fd, path, sizeof path)) return 0;
    size_t length = strlen(path);
    return length > 5 && strcmp(path + length - 5, ".redb") == 0;
}

static int before_sync(int fd) {
    static atomic_long syncs;
    if (!is_ledger(fd)) return 0;
    long pause = number("FAULT_SYNC_MS", 0);
    if (pause > 0) {
        struct timespec time = {pause / 1000, pause % 1000 * 1000000};
        nanosleep(&time, NULL);
    }
    long fails = number("FAULT_SYNC_FAILS", 0);
    return fails > 0 && atomic_fetch_add(&syncs, 1) + 1 >= fails;
}

int fsync(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
    if (before_sync(fd)) { errno = EIO; return -1; }
    return real(fd);
}

int fdatasync(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
    if (before_sync(fd)) { errno = EIO; return -1; }
    return real(fd);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
    static atomic_long started;
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = dlsym(RTLD_NEXT, "pthread_create");
    long most = number("FAULT_THREADS", -1);
    if (most >= 0 && atomic_fetch_add(&started, 1) >= most) return EAGAIN;
    return real(thread, attributes, start, argument);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    static atomic_long first;
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(clock, time);
    if (done != 0 || clock != CLOCK_REALTIME) return done;
    long none = 0, seconds = time->tv_sec;
    atomic_compare_exchange_strong(&first, &none, seconds);
    time->tv_sec += number("FAULT_CLOCK", 0);
    if (seconds > atomic_load(&first) + 1) time->tv_sec += number("FAULT_CLOCK_JUMP", 0);
    return done;
}

/* The disk: which pages of which file are in use. */
#define FILES 64
#define PAGES 16384
#define PAGE 4096
static struct { ino_t inode; unsigned char used[PAGES]; } files[FILES];
static long used_pages;
static pthread_mutex_t disk = PTHREAD_MUTEX_INITIALIZER;

static int on_disk(const char *path) {
    const char *name = getenv("FAULT_DISK");
    return name && strstr(path, name) != NULL;
}

static int file_of(ino_t inode) {
    for (int index = 0; index < FILES; index++) {
        if (files[index].inode == inode) return index;
        if (files[index].inode == 0) { files[index].inode = inode; return index; }
    }
    return -1;
}

static void free_pages(int file, long from) {
    for (long page = from; page < PAGES; page++) {
        used_pages -= files[file].used[page];
        files[file].used[page] = 0;
    }
}

/* Whether there is room for these bytes; then they take it. */
static int takes_room(int fd, off_t offset, size_t size) {
    char path[4096];
    struct stat status;
    if (!getenv("FAULT_DISK") || !path_of(fd, path, sizeof path) || !on_disk(path)) return 1;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || size == 0) return 1;
    pthread_mutex_lock(&disk);
    int file = file_of(status.st_ino), fits = 0;
    long first = offset / PAGE, last = (offset + size - 1) / PAGE, needed = 0;
    if (file >= 0 && last < PAGES) {
        for (long page = first; page <= last; page++) needed += !files[file].used[page];
        fits = (used_pages + needed) * PAGE <= number("FAULT_DISK_BYTES", 0);
        for (long page = first; fits && page <= last; page++) {
            used_pages += !files[file].used[page];
            files[file].used[page] = 1;
        }
    }
    pthread_mutex_unlock(&disk);
    return fits;
}

ssize_t write(int fd, const void *data, size_t size) {
    ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    if (getenv("FAULT_DISK") && !takes_room(fd, lseek(fd, 0, SEEK_CUR), size)) { errno = ENOSPC; return -1; }
    return real(fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    if (!takes_room(fd, offset, size)) { errno = ENOSPC; return -1; }
    return real(fd, data, size, offset);
}

int ftruncate64(int fd, off64_t size) {
    int (*real)(int, off64_t) = dlsym(RTLD_NEXT, "ftruncate64");
    char path[4096];
    struct stat status;
    if (getenv("FAULT_DISK") && path_of(fd, path, sizeof path) && on_disk(path) && fstat(fd, &status) == 0) {
        pthread_mutex_lock(&disk);
        int file = file_of(status.st_ino);
        if (file >= 0) free_pages(file, (size + PAGE - 1) / PAGE);
        pthread_mutex_unlock(&disk);
    }
    return real(fd, size);
}

int unlink(const char *path) {
    int (*real)(const char *) = dlsym(RTLD_NEXT, "unlink");
    struct stat status;
    int known = getenv("FAULT_DISK") && stat(path, &status) == 0 && status.st_nlink == 1;
    int done = real(path);
    if (known && done == 0) {
        pthread_mutex_lock(&disk);
        int file = file_of(status.st_ino);
        if (file >= 0) free_pages(file, 0);
        pthread_mutex_unlock(&disk);
    }
    return done;
}
