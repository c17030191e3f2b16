// SPDX-License-Identifier: Apache-2.0
// What pieces of check work are made of: matrices and maps whose numbers are made with integers only, so that they are
// the same on every machine, and the bytes of what came out.
#pragma once

#include "workers/ops.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace lorasweep {

struct alignas(64) CheckLine {
  std::array<std::byte, 64> bytes;
};

/// A map as `packing` lays it out, in memory that was zero before.
std::vector<CheckLine> packed_check_map(const Packing& packing, Index in, Index out, std::uint32_t seed);

Sequences lying_end_to_end(std::initializer_list<Index> lengths);

/// Each matrix and map has other numbers than those before it.
class CheckMatrices {
 public:
  /// `ops` must outlive it.
  explicit CheckMatrices(Ops& ops) : ops_(ops) {}

 protected:
  View empty(Element element, Index rows, Index cols);
  View filled(Index rows, Index cols, float scale);  ///< f32, of [-scale, scale)
  View ids(Index rows, Index vocabulary);            ///< i32 [rows, 1]
  Projection map(Index in, Index out);
  void add(View view);  ///< its bytes to the results

  Ops& ops_;
  std::string results_;

 private:
  std::uint32_t seed_ = 0;
  std::vector<std::shared_ptr<std::byte>> memory_;
  std::vector<std::shared_ptr<const std::byte>> images_;
};

}  // namespace lorasweep
