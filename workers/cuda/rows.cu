// SPDX-License-Identifier: Apache-2.0
// Operations on single rows: embedding, norm, activation, copies. A warp or a thread knows one row only.
#include "workers/cuda/cuda_ops.h"
#include "workers/cuda/elements.h"
#include "workers/cuda/launch.h"
#include "workers/cuda/warp.h"

namespace lorasweep {
namespace {

constexpr int row_threads = 128, rows_per_block = row_threads / warp_size;
constexpr int element_threads = 256;

template <typename Kept>
__global__ void __launch_bounds__(row_threads)
    embed_kernel(float* out, Index out_stride, const Kept* table, Index table_stride, const std::int32_t* ids, int cols,
                 bool aligned) {
  const Index row = blockIdx.x;
  const Kept* from = table + ids[row] * table_stride;
  float* to = out + row * out_stride;
  if (aligned) {
    for (int i = threadIdx.x * 4; i < cols; i += row_threads * 4) store_four(to + i, load_four(from + i));
  } else {
    for (int i = threadIdx.x; i < cols; i += row_threads) to[i] = widen(from[i]);
  }
}

// One warp a row: the second reading comes from the first-level cache (a row of d_model 1024 is 4 KiB).
template <typename Out>
__global__ void __launch_bounds__(row_threads)
    rms_norm_kernel(Out* out, Index out_stride, const float* in, Index in_stride, const float* gain, float epsilon,
                    Index rows, int cols, bool aligned) {
  const Index row = Index{blockIdx.x} * rows_per_block + warp_index();
  if (row >= rows) return;
  const float* x = in + row * in_stride;
  Out* y = out + row * out_stride;
  const int lane = lane_index();
  float squares = 0;
  if (aligned) {
#pragma unroll 4
    for (int i = lane * 4; i < cols; i += warp_size * 4) {
      const float4 v = *reinterpret_cast<const float4*>(x + i);
      squares += v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
    }
  } else {
    for (int i = lane; i < cols; i += warp_size) squares += x[i] * x[i];
  }
  const float scale = 1.0f / sqrtf(over_warp(squares, Sum()) / static_cast<float>(cols) + epsilon);
  if (aligned) {
#pragma unroll 4
    for (int i = lane * 4; i < cols; i += warp_size * 4) {
      const float4 v = *reinterpret_cast<const float4*>(x + i), g = *reinterpret_cast<const float4*>(gain + i);
      store_four(y + i, make_float4(v.x * scale * g.x, v.y * scale * g.y, v.z * scale * g.z, v.w * scale * g.w));
    }
  } else {
    for (int i = lane; i < cols; i += warp_size) store(y + i, x[i] * scale * gain[i]);
  }
}

// 0.5 x (1 + tanh(u)) = x / (1 + exp(-2u)), u = sqrt(2/pi) (x + 0.044715 x^3): no cancellation for negative x.
__device__ __forceinline__ float gelu(float x) {
  const float u = 0.7978845608028654f * (x + 0.044715f * x * x * x);
  return x / (1.0f + expf(-2.0f * u));
}
struct GatedGelu {
  __device__ float operator()(float gate, float linear) const { return gelu(gate) * linear; }
};
struct GatedSilu {
  __device__ float operator()(float gate, float linear) const { return gate / (1.0f + expf(-gate)) * linear; }
};
struct Relu {
  __device__ float operator()(float x, float) const { return x < 0.0f ? 0.0f : x; }
};
struct Scale {
  float factor;
  __device__ float operator()(float x, float) const { return factor * x; }
};

/// out[row][i] = function(in[row][i], in[row][i + second]): four neighbours a thread.
template <typename Out, typename Function>
__global__ void __launch_bounds__(element_threads)
    elementwise_kernel(Out* out, Index out_stride, const float* in, Index in_stride, int second, Index rows, int cols,
                       bool aligned, Function function) {
  const Index groups = (cols + 3) / 4, item = Index{blockIdx.x} * element_threads + threadIdx.x;
  if (item >= rows * groups) return;
  const Index row = item / groups;
  const int col = static_cast<int>(item % groups) * 4;
  const float* x = in + row * in_stride + col;
  Out* y = out + row * out_stride + col;
  if (aligned) {
    const float4 a = *reinterpret_cast<const float4*>(x), b = *reinterpret_cast<const float4*>(x + second);
    store_four(y, make_float4(function(a.x, b.x), function(a.y, b.y), function(a.z, b.z), function(a.w, b.w)));
  } else {
    for (int i = 0; i < 4 && col + i < cols; ++i) store(y + i, function(x[i], x[second + i]));
  }
}

template <typename Function>
void elementwise(const char* name, const Device& device, View out, View in, Index second, Function function) {
  const Index cols = out.cols;
  const Launch shape{.blocks_x = blocks_for(in.rows * ((cols + 3) / 4), element_threads), .threads = element_threads};
  const bool in_aligned = cols % 4 == 0 && second % 4 == 0 && rows_aligned(in.f32(), in.stride, 16);
  if (out.element == Element::f32)
    launch(name, device, shape, elementwise_kernel<float, Function>, out.f32(), out.stride, in.f32(), in.stride, second,
           in.rows, cols, in_aligned && rows_aligned(out.f32(), out.stride, 16), function);
  else
    launch(name, device, shape, elementwise_kernel<Bf16, Function>, out.as<Bf16>(), out.stride, in.f32(), in.stride,
           second, in.rows, cols, in_aligned && rows_aligned(out.bf16(), out.stride, 8), function);
}

}  // namespace

void CudaOps::embed(View out, View table, View ids) {
  const auto start = [&](auto* kernel, const auto* rows) {
    const bool aligned = table.cols % 4 == 0 && rows_aligned(out.f32(), out.stride, 16) &&
                         rows_aligned(rows, table.stride, 4 * sizeof *rows);
    launch("embed", *device_, {.blocks_x = out.rows, .threads = row_threads}, kernel, out.f32(), out.stride, rows,
           table.stride, ids.i32(), table.cols, aligned);
  };
  if (table.element == Element::bf16)
    start(embed_kernel<Bf16>, table.as<const Bf16>());
  else
    start(embed_kernel<float>, table.as<const float>());
}

void CudaOps::rms_norm(View out, View in, View gain, double epsilon) {
  const Launch shape{.blocks_x = blocks_for(in.rows, rows_per_block), .threads = row_threads};
  const bool in_aligned = in.cols % 4 == 0 && rows_aligned(in.f32(), in.stride, 16) && rows_aligned(gain.f32(), 0, 16);
  const Index cols = in.cols;
  if (out.element == Element::f32)
    launch("rms_norm", *device_, shape, rms_norm_kernel<float>, out.f32(), out.stride, in.f32(), in.stride, gain.f32(),
           static_cast<float>(epsilon), in.rows, cols, in_aligned && rows_aligned(out.f32(), out.stride, 16));
  else
    launch("rms_norm", *device_, shape, rms_norm_kernel<Bf16>, out.as<Bf16>(), out.stride, in.f32(), in.stride,
           gain.f32(), static_cast<float>(epsilon), in.rows, cols,
           in_aligned && rows_aligned(out.bf16(), out.stride, 8));
}

void CudaOps::activate(View out, View in, Activation activation) {
  if (activation == Activation::gated_gelu)
    elementwise("gated_gelu", *device_, out, in, out.cols, GatedGelu());
  else if (activation == Activation::gated_silu)
    elementwise("gated_silu", *device_, out, in, out.cols, GatedSilu());
  else
    elementwise("relu", *device_, out, in, 0, Relu());
}

void CudaOps::scale_copy(View out, View in, float factor) {
  elementwise("scale_copy", *device_, out, in, 0, Scale{factor});
}

void CudaOps::convert(View out, View in) { elementwise("convert", *device_, out, in, 0, Scale{1.0f}); }

}  // namespace lorasweep
