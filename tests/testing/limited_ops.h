// SPDX-License-Identifier: Apache-2.0
// A device with little memory, made of one with plenty: counts what is allocated, refuses more than a budget, and can
// be lost.
#pragma once

#include "workers/forwarding_ops.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace lorasweep {

/// Shared with the test, which outlives the ops.
struct LimitedMemory {
  std::size_t budget = std::numeric_limits<std::size_t>::max();
  std::size_t used = 0, most_used = 0;
  int allocations = 0, refusals = 0;
  bool lost = false;
  int recording = 0;  ///< inside repeat()
  int allocations_while_recording = 0;
  std::vector<std::string> keys;  ///< of every repeat()
};

class LimitedOps final : public ForwardingOps {
 public:
  LimitedOps(std::unique_ptr<Ops> inner, LimitedMemory& memory) : ForwardingOps(std::move(inner)), memory_(memory) {}

  std::shared_ptr<std::byte> allocate(std::size_t bytes) override {
    if (memory_.used + bytes > memory_.budget) {
      ++memory_.refusals;
      throw OutOfDeviceMemory("no room for " + std::to_string(bytes) + " bytes");
    }
    ++memory_.allocations;
    memory_.allocations_while_recording += memory_.recording;
    memory_.used += bytes;
    memory_.most_used = std::max(memory_.most_used, memory_.used);
    auto held = ForwardingOps::allocate(bytes);
    return {held.get(), [held, bytes, &memory = memory_](std::byte*) mutable {
              held.reset();
              memory.used -= bytes;
            }};
  }
  std::optional<std::size_t> free_memory() const override { return memory_.budget - memory_.used; }
  void repeat(const std::string& key, const std::function<void()>& body) override {
    memory_.keys.push_back(key);
    ++memory_.recording;
    ForwardingOps::repeat(key, body);
    --memory_.recording;
  }
  void embed(View out, View table, View ids) override {
    if (memory_.lost) throw DeviceLost("the device fell off the bus");
    ForwardingOps::embed(out, table, ids);
  }

 private:
  LimitedMemory& memory_;
};

}  // namespace lorasweep
