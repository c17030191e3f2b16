// SPDX-License-Identifier: Apache-2.0
// How linear maps lie in a model image for CUDA devices. Host code only: needs neither the toolkit nor a device.
#pragma once

#include "workers/ops.h"

namespace lorasweep {

/// W [out, in] row-major in the activation's element, rows padded with zeros to 16 bytes: what cuBLASLt reads with
/// full-width loads, and a leading dimension that its tensor-core kernels accept for every `in`.
class CudaPacking final : public Packing {
 public:
  explicit CudaPacking(Element activation) : activation_(activation) {}

  /// Elements from one row of a packed map to the next.
  static Index row_elements(Element activation, Index in) {
    const Index unit = 16 / bytes_of(activation);
    return (in + unit - 1) / unit * unit;
  }
  std::size_t packed_bytes(Index in, Index out) const override;
  void pack(std::byte* packed, const float* weight, Index in, Index out) const override;

 private:
  Element activation_;
};

}  // namespace lorasweep
