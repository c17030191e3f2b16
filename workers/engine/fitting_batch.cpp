// SPDX-License-Identifier: Apache-2.0
// Splits what is left into equal parts, smaller ones each time a part does not fit.
#include "workers/engine/fitting_batch.h"

#include "workers/ops.h"

#include <new>

namespace lorasweep {
namespace {

std::size_t divide_up(std::size_t n, std::size_t by) { return n / by + (n % by != 0 ? 1 : 0); }

}  // namespace

void FittingBatch::run(std::size_t total, const Attempt& attempt, const std::function<void()>& release) {
  bool released = false;
  for (std::size_t first = 0; first < total;) {
    const std::size_t left = total - first;
    // equal parts: a small last one would use the device badly
    const std::size_t count = divide_up(left, divide_up(left, limit_));
    const auto make_room = [&] {
      release();
      if (released && count == 1) throw;
      if (released) limit_ = divide_up(count, 2);
      released = true;  // what other work had left behind is gone now: from here on it is the size
    };
    try {
      attempt(first, count);
      first += count;
    } catch (const OutOfDeviceMemory&) {
      make_room();
    } catch (const std::bad_alloc&) {  // the host's memory is a device's, too
      make_room();
    }
  }
}

}  // namespace lorasweep
