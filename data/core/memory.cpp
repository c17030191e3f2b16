// SPDX-License-Identifier: Apache-2.0
// Asks the kernel for an address range and gives it back at once.
#include "data/core/memory.h"

#include <sys/mman.h>

#include <new>

namespace lorasweep {

bool has_memory(std::size_t bytes) {
  void* const probe = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (probe == MAP_FAILED) return false;
  munmap(probe, bytes);
  return true;
}

void require_memory(std::size_t bytes) {
  if (!has_memory(bytes)) throw std::bad_alloc();
}

}  // namespace lorasweep
