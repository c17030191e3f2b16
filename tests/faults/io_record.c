// SPDX-License-Identifier: Apache-2.0
// Writes down, in their order, all calls by which the program that it is preloaded into changes files, with their bytes.
// crash_points.py replays them. Not part of lorasweep.
//
//   RECORD_PROGRAM  acts only in a program of this file name
//   RECORD_PATH     only on files whose path holds this text
//   RECORD_TO       the file that gets the records; each is: a letter, u32 length and bytes of the path, of a second path
//                   (of a rename), u64 offset or length, u32 length and bytes of data
//                   o created  x created or emptied  w written  t cut or grown to  r renamed  u removed  m directory made
//                   s synced
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int to = -1;
static const char* within;
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;  // held over a call and its record, so that their order is true

__attribute__((constructor)) static void begin(void) {
  char self[4096];
  const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length < 0) return;
  self[length] = '\0';
  const char* name = strrchr(self, '/');
  const char* wanted = getenv("RECORD_PROGRAM");
  const char* file = getenv("RECORD_TO");
  within = getenv("RECORD_PATH");
  if (name == NULL || wanted == NULL || file == NULL || within == NULL || strcmp(name + 1, wanted) != 0) return;
  to = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static void put(const void* bytes, size_t count) {
  if (syscall(SYS_write, to, bytes, count) != (long)count) abort();
}
static void put_text(const char* text) {
  const uint32_t length = (uint32_t)strlen(text);
  put(&length, sizeof length);
  put(text, length);
}
static void record(char what, const char* path, const char* second, uint64_t offset, const void* bytes, size_t count) {
  const uint32_t length = (uint32_t)count;
  put(&what, 1);
  put_text(path);
  put_text(second);
  put(&offset, sizeof offset);
  put(&length, sizeof length);
  put(bytes, count);
}

static int is_of_interest(const char* path) { return to >= 0 && strstr(path, within) != NULL; }

// The path of an open file; empty where it is of no interest.
static const char* path_of(int descriptor, char* path, size_t room) {
  char link[64];
  path[0] = '\0';
  if (to < 0) return path;
  const int before = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = readlink(link, path, room - 1);
  errno = before;
  path[length < 0 ? 0 : length] = '\0';
  if (!is_of_interest(path)) path[0] = '\0';
  return path;
}

#define NEXT(type, name) static type next; if (next == NULL) next = (type)dlsym(RTLD_NEXT, name)
#define LOCKED(result_type, call, condition, then) \
  pthread_mutex_lock(&order);                      \
  const result_type result = (call);               \
  const int error = errno;                         \
  if (condition) then;                             \
  pthread_mutex_unlock(&order);                    \
  errno = error;                                   \
  return result

typedef ssize_t (*write_call)(int, const void*, size_t);
ssize_t write(int descriptor, const void* bytes, size_t count) {
  NEXT(write_call, "write");
  char path[4096];
  if (path_of(descriptor, path, sizeof path)[0] == '\0') return next(descriptor, bytes, count);
  struct stat status;
  const int is_appending = (fcntl(descriptor, F_GETFL) & O_APPEND) != 0;
  const off_t at = is_appending && fstat(descriptor, &status) == 0 ? status.st_size : lseek(descriptor, 0, SEEK_CUR);
  LOCKED(ssize_t, next(descriptor, bytes, count), result > 0, record('w', path, "", (uint64_t)at, bytes, (size_t)result));
}

typedef ssize_t (*pwrite_call)(int, const void*, size_t, off_t);
static ssize_t recorded_pwrite(pwrite_call next, int descriptor, const void* bytes, size_t count, off_t at) {
  char path[4096];
  if (path_of(descriptor, path, sizeof path)[0] == '\0') return next(descriptor, bytes, count, at);
  LOCKED(ssize_t, next(descriptor, bytes, count, at), result > 0, record('w', path, "", (uint64_t)at, bytes, (size_t)result));
}
ssize_t pwrite(int descriptor, const void* bytes, size_t count, off_t at) {
  NEXT(pwrite_call, "pwrite");
  return recorded_pwrite(next, descriptor, bytes, count, at);
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t count, off64_t at) {
  NEXT(pwrite_call, "pwrite64");
  return recorded_pwrite(next, descriptor, bytes, count, at);
}

typedef int (*sync_call)(int);
static int recorded_sync(sync_call next, int descriptor) {
  char path[4096];
  if (path_of(descriptor, path, sizeof path)[0] == '\0') return next(descriptor);
  LOCKED(int, next(descriptor), result == 0, record('s', path, "", 0, "", 0));
}
int fsync(int descriptor) {
  NEXT(sync_call, "fsync");
  return recorded_sync(next, descriptor);
}
int fdatasync(int descriptor) {
  NEXT(sync_call, "fdatasync");
  return recorded_sync(next, descriptor);
}

typedef int (*truncate_call)(int, off_t);
static int recorded_truncate(truncate_call next, int descriptor, off_t length) {
  char path[4096];
  if (path_of(descriptor, path, sizeof path)[0] == '\0') return next(descriptor, length);
  LOCKED(int, next(descriptor, length), result == 0, record('t', path, "", (uint64_t)length, "", 0));
}
int ftruncate(int descriptor, off_t length) {
  NEXT(truncate_call, "ftruncate");
  return recorded_truncate(next, descriptor, length);
}
int ftruncate64(int descriptor, off64_t length) {
  NEXT(truncate_call, "ftruncate64");
  return recorded_truncate(next, descriptor, length);
}

typedef int (*rename_call)(const char*, const char*);
int rename(const char* from, const char* into) {
  NEXT(rename_call, "rename");
  LOCKED(int, next(from, into), result == 0 && is_of_interest(from), record('r', from, into, 0, "", 0));
}
typedef int (*path_call)(const char*);
int unlink(const char* path) {
  NEXT(path_call, "unlink");
  LOCKED(int, next(path), result == 0 && is_of_interest(path), record('u', path, "", 0, "", 0));
}
int remove(const char* path) {  // of std::filesystem::remove()
  NEXT(path_call, "remove");
  LOCKED(int, next(path), result == 0 && is_of_interest(path), record('u', path, "", 0, "", 0));
}
typedef int (*mkdir_call)(const char*, mode_t);
int mkdir(const char* path, mode_t mode) {
  NEXT(mkdir_call, "mkdir");
  LOCKED(int, next(path, mode), result == 0 && is_of_interest(path), record('m', path, "", 0, "", 0));
}

typedef int (*open_call)(const char*, int, ...);
static int recorded_open(open_call next, const char* path, int flags, mode_t mode) {
  if ((flags & O_CREAT) == 0 || !is_of_interest(path)) return next(path, flags, mode);
  LOCKED(int, next(path, flags, mode), result >= 0, record((flags & O_TRUNC) != 0 ? 'x' : 'o', path, "", 0, "", 0));
}
static mode_t mode_of(int flags, va_list more) { return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0; }
int open(const char* path, int flags, ...) {
  NEXT(open_call, "open");
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  return recorded_open(next, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  NEXT(open_call, "open64");
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  return recorded_open(next, path, flags, mode);
}
