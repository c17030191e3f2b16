// SPDX-License-Identifier: Apache-2.0
// The output head on the CPU: losses of labels and greedy choices. Logits exist for a few rows at a time only.
#include "workers/cpu/cpu_ops.h"
#include "workers/ops/to_int32.h"

#include <algorithm>
#include <cmath>

namespace lorasweep {
namespace {

constexpr Index rows_at_a_time = 64;

}  // namespace

void CpuOps::target_nll(View out, View x, const Projection& head, View labels) {
  for (Index first = 0; first < x.rows; first += rows_at_a_time) {
    const Index count = std::min(rows_at_a_time, x.rows - first);
    const View logits = scratch(Slot::logits, Element::f32, count, head.out);
    matmul_.packed(logits, x.row_range(first, count), head, Accumulate::no);
    for (Index row = 0; row < count; ++row) {
      const float* scores = logits.f32() + row * logits.stride;
      float max = 0;
      const double sum = kernels_.sum_exp(scores, head.out, &max);
      const double of_label = double{scores[labels.i32()[first + row]]} - max;
      out.f64()[first + row] = std::log(sum) - of_label;
    }
  }
}

void CpuOps::argmax(View out, View x, const Projection& head) {
  for (Index first = 0; first < x.rows; first += rows_at_a_time) {
    const Index count = std::min(rows_at_a_time, x.rows - first);
    const View logits = scratch(Slot::logits, Element::f32, count, head.out);
    matmul_.packed(logits, x.row_range(first, count), head, Accumulate::no);
    for (Index row = 0; row < count; ++row)
      out.i32()[first + row] = to_int32(kernels_.argmax(logits.f32() + row * logits.stride, head.out));
  }
}

WorkspaceSize CpuOps::output_head_scratch(const HeadShape& largest) const {
  return WorkspaceSize().matrix(Slot::logits, Element::f32, std::min(rows_at_a_time, largest.rows), largest.vocabulary);
}

}  // namespace lorasweep
