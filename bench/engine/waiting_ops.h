// SPDX-License-Identifier: Apache-2.0
// Ops that add up how long the host waited for the device: the rest of an order is the host's own time.
#pragma once

#include "bench/engine/repetitions.h"
#include "workers/forwarding_ops.h"

#include <memory>
#include <utility>

namespace lorasweep::bench {

class WaitingOps final : public ForwardingOps {
 public:
  /// `seconds` must outlive it.
  WaitingOps(std::unique_ptr<Ops> inner, double& seconds) : ForwardingOps(std::move(inner)), seconds_(seconds) {}

  void wait(Mark mark) override {
    seconds_ += seconds_of([&] { ForwardingOps::wait(mark); });
  }

 private:
  double& seconds_;
};

}  // namespace lorasweep::bench
