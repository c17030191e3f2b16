// SPDX-License-Identifier: Apache-2.0
// Rotary positions, biases, and rows that are picked, on a CUDA device.
#include "workers/cuda/cuda_ops.h"
#include "workers/cuda/elements.h"
#include "workers/cuda/launch.h"
#include "workers/cuda/warp.h"
#include "workers/ops/to_int32.h"

namespace lorasweep {
namespace {

constexpr int element_threads = 256, head_threads = 128, heads_per_block = head_threads / warp_size;

/// Four neighbours of a row a thread.
__global__ void __launch_bounds__(element_threads)
    add_bias_kernel(float* y, Index y_stride, const float* bias, Index rows, int cols, bool aligned) {
  const Index groups = (cols + 3) / 4, item = Index{blockIdx.x} * element_threads + threadIdx.x;
  if (item >= rows * groups) return;
  const int col = static_cast<int>(item % groups) * 4;
  float* at = y + item / groups * y_stride + col;
  if (aligned) {
    const float4 v = *reinterpret_cast<const float4*>(at), b = *reinterpret_cast<const float4*>(bias + col);
    store_four(at, make_float4(v.x + b.x, v.y + b.y, v.z + b.z, v.w + b.w));
  } else {
    for (int i = 0; i < 4 && col + i < cols; ++i) at[i] += bias[col + i];
  }
}

__global__ void __launch_bounds__(element_threads)
    gather_kernel(float* out, Index out_stride, const float* in, Index in_stride, const std::int32_t* rows, Index count,
                  int cols, bool aligned) {
  const Index groups = (cols + 3) / 4, item = Index{blockIdx.x} * element_threads + threadIdx.x;
  if (item >= count * groups) return;
  const Index row = item / groups;
  const int col = static_cast<int>(item % groups) * 4;
  const float* from = in + rows[row] * in_stride + col;
  float* to = out + row * out_stride + col;
  if (aligned) {
    store_four(to, *reinterpret_cast<const float4*>(from));
  } else {
    for (int i = 0; i < 4 && col + i < cols; ++i) to[i] = from[i];
  }
}

/// What all heads of all rows share; gains may be null.
struct Rotation {
  const float *cosine, *sine;
  Index cosine_stride, sine_stride;
  const float *query_gain, *key_gain;
  float epsilon;
  int heads, all_heads;  ///< of queries; of queries and keys
  int width, half;       ///< of a head; pairs are (j, j + half)
};

// A warp for one head of one row: it alone reads and writes it, and each lane only pairs of its own. Products and sums
// are rounded one after the other, as the reference does.
__global__ void __launch_bounds__(head_threads)
    rotate_kernel(float* qk, Index stride, const std::int32_t* positions, Index rows, Rotation rotation) {
  const Index item = Index{blockIdx.x} * heads_per_block + warp_index();
  if (item >= rows * rotation.all_heads) return;
  const Index row = item / rotation.all_heads;
  const int head = static_cast<int>(item % rotation.all_heads), lane = lane_index(), half = rotation.half;
  float* x = qk + row * stride + head * rotation.width;
  const float* gain = head < rotation.heads ? rotation.query_gain : rotation.key_gain;
  float scale = 1;
  if (gain != nullptr) {
    float squares = 0;
    for (int i = lane; i < rotation.width; i += warp_size) squares += x[i] * x[i];
    scale = 1.0f / sqrtf(over_warp(squares, Sum()) / static_cast<float>(rotation.width) + rotation.epsilon);
  }
  const auto normed = [&](int i) { return gain == nullptr ? x[i] : x[i] * scale * gain[i]; };
  const float* cosine = rotation.cosine + positions[row] * rotation.cosine_stride;
  const float* sine = rotation.sine + positions[row] * rotation.sine_stride;
  for (int j = lane; j < half; j += warp_size) {
    const float a = normed(j), b = normed(j + half), c = cosine[j], s = sine[j];
    x[j] = __fadd_rn(__fmul_rn(a, c), -__fmul_rn(b, s));
    x[j + half] = __fadd_rn(__fmul_rn(b, c), __fmul_rn(a, s));
  }
  if (gain == nullptr) return;
  for (int i = 2 * half + lane; i < rotation.width; i += warp_size) x[i] = normed(i);  // what is not rotated
}

std::vector<std::int32_t> in_32_bits(std::span<const Index> values) {
  std::vector<std::int32_t> narrow;
  for (const Index value : values) narrow.push_back(to_int32(value));
  return narrow;
}

}  // namespace

void CudaOps::add_bias(View y, View bias) {
  const bool aligned = y.cols % 4 == 0 && rows_aligned(y.f32(), y.stride, 16) && rows_aligned(bias.f32(), 0, 16);
  launch("add_bias", *device_,
         {.blocks_x = blocks_for(y.rows * ((y.cols + 3) / 4), element_threads), .threads = element_threads},
         add_bias_kernel, y.f32(), y.stride, bias.f32(), y.rows, y.cols, aligned);
}

void CudaOps::gather(View out, View in, std::span<const Index> rows) {
  if (rows.empty()) return;
  const bool aligned =
      out.cols % 4 == 0 && rows_aligned(out.f32(), out.stride, 16) && rows_aligned(in.f32(), in.stride, 16);
  const std::vector<std::int32_t> narrow = in_32_bits(rows);
  launch("gather", *device_,
         {.blocks_x = blocks_for(out.rows * ((out.cols + 3) / 4), element_threads), .threads = element_threads},
         gather_kernel, out.f32(), out.stride, in.f32(), in.stride,
         descriptors_.put(std::span<const std::int32_t>(narrow)), out.rows, out.cols, aligned);
}

void CudaOps::rotate(View qkv, std::span<const Index> positions, const RotaryTable& table, const HeadGroups& groups,
                     const HeadNorms& norms) {
  if (positions.empty()) return;
  const Rotation rotation{.cosine = table.cosine.f32(),
                          .sine = table.sine.f32(),
                          .cosine_stride = table.cosine.stride,
                          .sine_stride = table.sine.stride,
                          .query_gain = norms.query.f32(),
                          .key_gain = norms.key.f32(),
                          .epsilon = static_cast<float>(norms.epsilon),
                          .heads = to_int32(groups.heads),
                          .all_heads = to_int32(groups.heads + groups.key_heads),
                          .width = to_int32(groups.width),
                          .half = to_int32(groups.width / 2)};
  const std::vector<std::int32_t> narrow = in_32_bits(positions);
  launch("rotate", *device_,
         {.blocks_x = blocks_for(qkv.rows * rotation.all_heads, heads_per_block), .threads = head_threads},
         rotate_kernel, qkv.f32(), qkv.stride, descriptors_.put(std::span<const std::int32_t>(narrow)), qkv.rows,
         rotation);
}

}  // namespace lorasweep
