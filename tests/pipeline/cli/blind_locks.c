// SPDX-License-Identifier: Apache-2.0
// A file system whose locks do not work, put before the C library (LD_PRELOAD): they are granted to everybody, as those
// of two nodes under Lustre's `localflock`; or, with BLIND_LOCKS=refused, there are none.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int flock(int descriptor, int operation);

int flock(int descriptor, int operation) {
  const char* what = getenv("BLIND_LOCKS");
  (void)descriptor;
  (void)operation;
  if (what == NULL || strcmp(what, "refused") != 0) return 0;
  errno = EOPNOTSUPP;
  return -1;
}
