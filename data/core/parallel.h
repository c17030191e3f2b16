// SPDX-License-Identifier: Apache-2.0
// Work that falls into independent pieces, on several cores of this process.
#pragma once

#include <cstddef>
#include <functional>

namespace lorasweep {

/// Calls each(0) .. each(count - 1), every one once, on as many threads as this process has cores, at most `most`; on
/// this thread alone where no other can be started. Returns when all are done. `each` must be callable from several
/// threads at once. If calls throw, no further ones are begun, and the exception of the lowest of them is thrown.
void in_parallel(std::size_t count, const std::function<void(std::size_t)>& each, std::size_t most = 16);

}  // namespace lorasweep
