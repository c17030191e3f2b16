// SPDX-License-Identifier: Apache-2.0
// The order of what is enqueued, and how to wait for it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace lorasweep {

/// A place in the order of enqueued operations.
using Mark = std::uint64_t;

class ExecutionOrder {
 public:
  virtual ~ExecutionOrder() = default;

  virtual Mark mark() = 0;              ///< everything enqueued so far
  virtual bool reached(Mark mark) = 0;  ///< has it happened?
  virtual void wait(Mark mark) = 0;     ///< until it has happened
  void wait_all() { wait(mark()); }
  /// Enqueues what `body` enqueues. A device may record it and, the next time the same key comes, replay the record
  /// without calling `body`. So what the body enqueues must depend on the key alone, it may neither upload, download,
  /// allocate nor wait, and matrices that it uses must be at the same place whenever the key comes, unless one of them
  /// was given back in between.
  virtual void repeat(const std::string& key, const std::function<void()>& body) {
    (void)key;
    body();
  }
};

}  // namespace lorasweep
