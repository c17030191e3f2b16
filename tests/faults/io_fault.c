// SPDX-License-Identifier: Apache-2.0
// Makes one call of the C library fail in the program that it is preloaded into, as a bad disk would. For the scripts
// beside it; not part of lorasweep.
//
//   FAULT_PROGRAM  acts only in a program of this file name (so that shells and mpirun are left in peace)
//   FAULT_ARGUMENT acts only in a process whose first argument this is; empty: in all
//   FAULT_CALL     which calls count: write, pwrite, fsync, fdatasync, rename, ftruncate, fallocate, open, close, unlink, mkdir, flock;
//                  of reading: openread, read, pread, stat (and fstat), opendir, readdir
//   FAULT_PATH     only on files whose path holds this text
//   FAULT_AT       the number of the call that fails, from 1; 0: none
//   FAULT_KIND     ENOSPC EIO EDQUOT EROFS EINTR ESTALE ENOLCK, or full (no room from this call on), or dead (EIO
//                  from this call on, in every process, once FAULT_MARK is there), or short (half of a write is
//                  done, then there is no room; half of a read is done, and nothing is wrong), or kill, or lost (a write says
//                  that it was done, and was not)
//   FAULT_MARK     a file that is made when a call fails: how a script knows that there were so many
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static struct {
  int is_active, at, error, is_short, is_kill, is_lost, is_full, is_dead;
  const char *call, *path, *mark;
} fault;
static atomic_int counted;

static int error_named(const char* kind) {
  static const struct {
    const char* name;
    int number;
  } known[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EDQUOT", EDQUOT}, {"EROFS", EROFS}, {"EINTR", EINTR}, {"ESTALE", ESTALE},
               {"ENOLCK", ENOLCK}};
  for (size_t i = 0; i < sizeof known / sizeof *known; ++i)
    if (strcmp(kind, known[i].name) == 0) return known[i].number;
  return ENOSPC;
}

static const char* text_of(const char* name, const char* otherwise) {
  const char* value = getenv(name);
  return value == NULL ? otherwise : value;
}

// Whether the process was started with this word after its name.
static int has_argument(const char* wanted) {
  char line[4096];
  const int file = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  const long length = syscall(SYS_read, file, line, sizeof line - 1);
  syscall(SYS_close, file);
  if (length < 0) return 0;
  line[length] = '\0';
  const char* argument = line + strlen(line) + 1;
  return argument < line + length && strcmp(argument, wanted) == 0;
}

__attribute__((constructor)) static void begin(void) {
  char self[4096];
  const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length < 0) return;
  self[length] = '\0';
  const char* name = strrchr(self, '/');
  if (name == NULL || strcmp(name + 1, text_of("FAULT_PROGRAM", "lorasweep")) != 0) return;
  const char* argument = text_of("FAULT_ARGUMENT", "");
  if (argument[0] != '\0' && !has_argument(argument)) return;
  const char* kind = text_of("FAULT_KIND", "ENOSPC");
  fault.call = text_of("FAULT_CALL", "");
  fault.path = text_of("FAULT_PATH", "");
  fault.mark = getenv("FAULT_MARK");
  fault.at = atoi(text_of("FAULT_AT", "0"));
  fault.error = error_named(kind);
  fault.is_short = strcmp(kind, "short") == 0;
  fault.is_kill = strcmp(kind, "kill") == 0;
  fault.is_lost = strcmp(kind, "lost") == 0;
  fault.is_full = strcmp(kind, "full") == 0;
  fault.is_dead = strcmp(kind, "dead") == 0;
  if (fault.is_dead) fault.error = EIO;
  fault.is_active = fault.call[0] != '\0';
}

// Whether this is the call that fails.
static int strikes(const char* call, const char* path) {
  if (!fault.is_active || strcmp(call, fault.call) != 0 || path == NULL || strstr(path, fault.path) == NULL) return 0;
  const int number = atomic_fetch_add(&counted, 1) + 1;
  const int is_dead = fault.is_dead && fault.mark != NULL && syscall(SYS_faccessat, AT_FDCWD, fault.mark, F_OK) == 0;
  if (!is_dead && number != fault.at && !(fault.is_full && number > fault.at)) return 0;
  if (fault.mark != NULL) syscall(SYS_mknodat, AT_FDCWD, fault.mark, S_IFREG | 0644, 0);
  if (fault.is_kill) kill(getpid(), SIGKILL);
  errno = fault.error;
  return 1;
}

static int strikes_file(const char* call, int descriptor) {
  if (!fault.is_active || strcmp(call, fault.call) != 0) return 0;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const int before = errno;
  const ssize_t length = readlink(link, path, sizeof path - 1);
  errno = before;
  if (length < 0 || path[0] != '/') return 0;
  path[length] = '\0';
  return strikes(call, path);
}

#define NEXT(type, name) static type next; if (next == NULL) next = (type)dlsym(RTLD_NEXT, name)

// After half of it there is no room: the call that asks for the rest says so.
static size_t half_of(size_t count) {
  fault.is_short = 0;
  fault.at = atomic_load(&counted) + 1;
  return count / 2;
}

typedef ssize_t (*write_call)(int, const void*, size_t);
ssize_t write(int descriptor, const void* bytes, size_t count) {
  NEXT(write_call, "write");
  if (!strikes_file("write", descriptor)) return next(descriptor, bytes, count);
  if (fault.is_lost) return (ssize_t)count;
  return fault.is_short && count > 1 ? next(descriptor, bytes, half_of(count)) : -1;
}

typedef ssize_t (*pwrite_call)(int, const void*, size_t, off_t);
static ssize_t faulty_pwrite(pwrite_call next, int descriptor, const void* bytes, size_t count, off_t offset) {
  if (!strikes_file("pwrite", descriptor)) return next(descriptor, bytes, count, offset);
  if (fault.is_lost) return (ssize_t)count;
  return fault.is_short && count > 1 ? next(descriptor, bytes, half_of(count), offset) : -1;
}
ssize_t pwrite(int descriptor, const void* bytes, size_t count, off_t offset) {
  NEXT(pwrite_call, "pwrite");
  return faulty_pwrite(next, descriptor, bytes, count, offset);
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t count, off64_t offset) {
  NEXT(pwrite_call, "pwrite64");
  return faulty_pwrite(next, descriptor, bytes, count, offset);
}

typedef ssize_t (*read_call)(int, void*, size_t);
ssize_t read(int descriptor, void* bytes, size_t count) {
  NEXT(read_call, "read");
  if (!strikes_file("read", descriptor)) return next(descriptor, bytes, count);
  return fault.is_short && count > 1 ? next(descriptor, bytes, count / 2) : -1;
}
typedef ssize_t (*pread_call)(int, void*, size_t, off_t);
static ssize_t faulty_pread(pread_call next, int descriptor, void* bytes, size_t count, off_t offset) {
  if (!strikes_file("pread", descriptor)) return next(descriptor, bytes, count, offset);
  return fault.is_short && count > 1 ? next(descriptor, bytes, count / 2, offset) : -1;
}
ssize_t pread(int descriptor, void* bytes, size_t count, off_t offset) {
  NEXT(pread_call, "pread");
  return faulty_pread(next, descriptor, bytes, count, offset);
}
ssize_t pread64(int descriptor, void* bytes, size_t count, off64_t offset) {
  NEXT(pread_call, "pread64");
  return faulty_pread(next, descriptor, bytes, count, offset);
}

typedef int (*descriptor_call)(int);
int fsync(int descriptor) {
  NEXT(descriptor_call, "fsync");
  return strikes_file("fsync", descriptor) ? -1 : next(descriptor);
}
int fdatasync(int descriptor) {
  NEXT(descriptor_call, "fdatasync");
  return strikes_file("fdatasync", descriptor) ? -1 : next(descriptor);
}
int close(int descriptor) {  // closes it all the same, as the kernel does
  NEXT(descriptor_call, "close");
  const int fails = strikes_file("close", descriptor);
  const int status = next(descriptor);
  if (!fails) return status;
  errno = fault.error;
  return -1;
}

typedef int (*truncate_call)(int, off_t);
int ftruncate(int descriptor, off_t length) {
  NEXT(truncate_call, "ftruncate");
  return strikes_file("ftruncate", descriptor) ? -1 : next(descriptor, length);
}
int ftruncate64(int descriptor, off64_t length) {
  NEXT(truncate_call, "ftruncate64");
  return strikes_file("ftruncate", descriptor) ? -1 : next(descriptor, length);
}

typedef int (*allocate_call)(int, int, off_t, off_t);
int fallocate(int descriptor, int mode, off_t offset, off_t length) {
  NEXT(allocate_call, "fallocate");
  return strikes_file("fallocate", descriptor) ? -1 : next(descriptor, mode, offset, length);
}
int fallocate64(int descriptor, int mode, off64_t offset, off64_t length) {
  NEXT(allocate_call, "fallocate64");
  return strikes_file("fallocate", descriptor) ? -1 : next(descriptor, mode, offset, length);
}

typedef int (*rename_call)(const char*, const char*);
int rename(const char* from, const char* to) {
  NEXT(rename_call, "rename");
  return strikes("rename", to) ? -1 : next(from, to);
}
typedef int (*unlink_call)(const char*);
int unlink(const char* path) {
  NEXT(unlink_call, "unlink");
  return strikes("unlink", path) ? -1 : next(path);
}
int remove(const char* path) {  // of std::filesystem::remove()
  NEXT(unlink_call, "remove");
  return strikes("unlink", path) ? -1 : next(path);
}
typedef int (*mkdir_call)(const char*, mode_t);
int mkdir(const char* path, mode_t mode) {
  NEXT(mkdir_call, "mkdir");
  return strikes("mkdir", path) ? -1 : next(path, mode);
}
typedef int (*flock_call)(int, int);
int flock(int descriptor, int operation) {
  NEXT(flock_call, "flock");
  return strikes_file("flock", descriptor) ? -1 : next(descriptor, operation);
}

typedef int (*stat_call)(const char*, struct stat*);
int stat(const char* path, struct stat* status) {
  NEXT(stat_call, "stat");
  return strikes("stat", path) ? -1 : next(path, status);
}
typedef int (*fstat_call)(int, struct stat*);
int fstat(int descriptor, struct stat* status) {
  NEXT(fstat_call, "fstat");
  return strikes_file("stat", descriptor) ? -1 : next(descriptor, status);
}
typedef DIR* (*opendir_call)(const char*);
DIR* opendir(const char* path) {
  NEXT(opendir_call, "opendir");
  return strikes("opendir", path) ? NULL : next(path);
}
typedef struct dirent* (*readdir_call)(DIR*);
struct dirent* readdir(DIR* directory) {
  NEXT(readdir_call, "readdir");
  return strikes_file("readdir", dirfd(directory)) ? NULL : next(directory);
}

static int fails_to_open(const char* path, int flags) {
  return strikes((flags & O_ACCMODE) == O_RDONLY ? "openread" : "open", path);
}
static mode_t mode_of(int flags, va_list more) { return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0; }

typedef int (*open_call)(const char*, int, ...);
int open(const char* path, int flags, ...) {
  NEXT(open_call, "open");
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  return fails_to_open(path, flags) ? -1 : next(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  NEXT(open_call, "open64");
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  return fails_to_open(path, flags) ? -1 : next(path, flags, mode);
}
