// SPDX-License-Identifier: Apache-2.0
// Places in the order of the stream, and the results that are on their way to the host until such a place is reached.
#pragma once

#include "workers/cuda/device.h"
#include "workers/ops.h"

#include <deque>
#include <vector>

namespace lorasweep {

class Downloads {
 public:
  explicit Downloads(const Device& device) : device_(device) {}

  /// The device copies into pinned memory; `host` is written when a mark behind the copy is found reached.
  void copy(void* host, const void* from, std::size_t bytes);
  Mark mark();
  bool reached(Mark mark);
  void wait(Mark mark);

 private:
  struct OnItsWay {
    Mark before;  ///< the first mark behind the copy
    PinnedMemory memory;
    void* host;
    std::size_t bytes;
  };
  struct Place {
    Mark mark;
    Event event;
  };
  PinnedMemory pinned(std::size_t bytes);
  void arrived(Mark mark);

  const Device& device_;
  Mark last_ = 0;
  std::deque<Place> places_;
  std::deque<OnItsWay> on_their_way_;
  std::vector<PinnedMemory> free_memory_;
  std::vector<Event> free_events_;
};

}  // namespace lorasweep
