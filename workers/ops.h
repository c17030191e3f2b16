// SPDX-License-Identifier: Apache-2.0
// The operations that networks with LoRA are written in, by subject. Implemented per device: cpu/ (own panels, oneDNN),
// cuda/ (cuBLASLt and own kernels).
//
// Contract, for every implementation:
// - Memory handed around in Views is the device's; the host never dereferences it. Host data goes in by upload(), comes
//   out by download().
// - Operations are enqueued in order and may not have happened when the call returns. wait() is the only call that
//   blocks; mark() names a place in the order to wait for, so that the next batch can be enqueued before this one's
//   results are read. Spans and host arrays given to an operation need to live only until the call returns.
// - Batch invariance: what is computed for a row (or a sequence) has the same bits whatever other rows (sequences) are
//   in the call.
// - What an operation keeps for itself grows with its largest call, and it says beforehand how much that is
//   (ops/scratch.h). OutOfDeviceMemory if it does not fit.
// - Matrices are row-major. f32 accumulation everywhere; `activation()` is the element of matrix products' inputs.
#pragma once

#include "workers/ops/composition_ops.h"
#include "workers/ops/counters.h"
#include "workers/ops/memory.h"
#include "workers/ops/network_ops.h"
#include "workers/ops/order.h"
#include "workers/ops/packing.h"
#include "workers/ops/rotary_ops.h"
#include "workers/ops/scratch.h"
#include "workers/ops/view.h"

#include <optional>

namespace lorasweep {

class Ops : public Packing,
            public DeviceMemory,
            public ExecutionOrder,
            public NetworkOps,
            public CompositionOps,
            public ScratchSizes {
 public:
  virtual Element activation() const = 0;
  /// What decoder-only networks compute beside the rest; null on a device that has no code for it.
  virtual RotaryOps* rotary() { return nullptr; }
  /// Nothing on a device that does not count.
  virtual std::optional<OpsCounters> counters() const { return std::nullopt; }
};

}  // namespace lorasweep
