// SPDX-License-Identifier: Apache-2.0
// Writes down which files the program that it is preloaded into opens, and how much it reads of them by position. For
// adapters_read_once.sh; not part of lorasweep.
//
//   OPEN_LOG       where: lines "open PATH" and "read BYTES PATH", of all processes
//   OPEN_LOG_PATH  only files whose path holds this text
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static void note(const char* what, const char* path) {
  const char *log = getenv("OPEN_LOG"), *wanted = getenv("OPEN_LOG_PATH");
  if (log == NULL || wanted == NULL || path == NULL || strstr(path, wanted) == NULL) return;
  char line[4200];
  const int length = snprintf(line, sizeof line, "%s %s\n", what, path);
  const int file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0 || length < 0 || (size_t)length >= sizeof line) abort();
  if (syscall(SYS_write, file, line, (size_t)length) != length) abort();
  syscall(SYS_close, file);
}

static void note_read(int descriptor, ssize_t bytes) {
  char link[64], path[4096], what[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (bytes <= 0 || length < 0) return;
  path[length] = '\0';
  snprintf(what, sizeof what, "read %zd", bytes);
  note(what, path);
}

static mode_t mode_of(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? (mode_t)va_arg(arguments, int) : 0;
}

#define OPEN(name)                                                              \
  int name(const char* path, int flags, ...) {                                  \
    static int (*next)(const char*, int, ...);                                  \
    if (next == NULL) next = (int (*)(const char*, int, ...))dlsym(RTLD_NEXT, #name); \
    va_list arguments;                                                          \
    va_start(arguments, flags);                                                 \
    const mode_t mode = mode_of(flags, arguments);                              \
    va_end(arguments);                                                          \
    note("open", path);                                                         \
    return next(path, flags, mode);                                             \
  }
OPEN(open)
OPEN(open64)

#define FOPEN(name)                                                             \
  FILE* name(const char* path, const char* mode) {                              \
    static FILE* (*next)(const char*, const char*);                             \
    if (next == NULL) next = (FILE * (*)(const char*, const char*)) dlsym(RTLD_NEXT, #name); \
    note("open", path);                                                         \
    return next(path, mode);                                                    \
  }
FOPEN(fopen)
FOPEN(fopen64)

#define PREAD(name)                                                             \
  ssize_t name(int descriptor, void* bytes, size_t count, off_t offset) {       \
    static ssize_t (*next)(int, void*, size_t, off_t);                          \
    if (next == NULL) next = (ssize_t(*)(int, void*, size_t, off_t))dlsym(RTLD_NEXT, #name); \
    const ssize_t done = next(descriptor, bytes, count, offset);                \
    note_read(descriptor, done);                                                \
    return done;                                                                \
  }
PREAD(pread)
PREAD(pread64)
