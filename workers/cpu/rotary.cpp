// SPDX-License-Identifier: Apache-2.0
// Rotary positions, biases, rows that are picked, and heads of logits on the CPU.
#include "workers/cpu/cpu_ops.h"
#include "workers/cpu/for_rows.h"
#include "workers/ops/to_int32.h"

#include <cmath>
#include <cstring>

namespace lorasweep {
namespace {

// Product and sum are each rounded, as the reference does.
void rotate_head(float* head, const float* cosine, const float* sine, Index half) {
  for (Index j = 0; j < half; ++j) {
    const float a = head[j], b = head[j + half];
    head[j] = a * cosine[j] - b * sine[j];
    head[j + half] = b * cosine[j] + a * sine[j];
  }
}

}  // namespace

void CpuOps::add_bias(View y, View bias) {
  for_rows(options_.threads, y.rows, [&](Index row) {
    float* own = y.f32() + row * y.stride;
    for (Index i = 0; i < y.cols; ++i) own[i] += bias.f32()[i];
  });
}

void CpuOps::gather(View out, View in, std::span<const Index> rows) {
  for_rows(options_.threads, out.rows, [&](Index row) {
    std::memcpy(out.f32() + row * out.stride, in.f32() + rows[row] * in.stride, in.cols * sizeof(float));
  });
}

void CpuOps::rotate(View qkv, std::span<const Index> positions, const RotaryTable& table, const HeadGroups& groups,
                    const HeadNorms& norms) {
  const Index width = groups.width;
  for_rows(options_.threads, qkv.rows, [&](Index row) {
    const float* cosine = table.cosine.f32() + positions[row] * table.cosine.stride;
    const float* sine = table.sine.f32() + positions[row] * table.sine.stride;
    for (Index h = 0; h < groups.heads + groups.key_heads; ++h) {
      float* head = qkv.f32() + row * qkv.stride + h * width;
      const View gain = h < groups.heads ? norms.query : norms.key;
      if (gain.data != nullptr)
        kernels_.rms_norm(head, gain.f32(), static_cast<float>(norms.epsilon), width, head, nullptr);
      rotate_head(head, cosine, sine, width / 2);
    }
  });
}

void CpuOps::nll_of_logits(View out, View logits, View labels) {
  for (Index row = 0; row < logits.rows; ++row) {
    const float* scores = logits.f32() + row * logits.stride;
    float max = 0;
    const double sum = kernels_.sum_exp(scores, logits.cols, &max);
    out.f64()[row] = std::log(sum) - (double{scores[labels.i32()[row]]} - max);
  }
}

void CpuOps::argmax_of_logits(View out, View logits) {
  for (Index row = 0; row < logits.rows; ++row)
    out.i32()[row] = to_int32(kernels_.argmax(logits.f32() + row * logits.stride, logits.cols));
}

}  // namespace lorasweep
