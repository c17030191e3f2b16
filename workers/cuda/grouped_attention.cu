// SPDX-License-Identifier: Apache-2.0
// Causal attention whose query heads share keys, on a CUDA device: whole sequences, caches, and single steps over them.
//
// A step is bound by the bytes of the cache. A block has one row and the query heads of one key head, four at a time
// (of the widest heads two), and reads each key and value once for all of them: eight lanes a position, 16 positions at
// a time. Each of these 16 goes through every 16th position and keeps a highest score, a sum and averages of its own;
// at the end they are put together in a fixed order. So a row's bits depend on its own cache and place only.
#include "workers/cuda/attention.h"
#include "workers/cuda/cuda_ops.h"
#include "workers/cuda/elements.h"
#include "workers/cuda/head_widths.h"
#include "workers/cuda/launch.h"
#include "workers/cuda/softmax_parts.h"
#include "workers/cuda/warp.h"
#include "workers/ops/to_int32.h"

#include <climits>
#include <vector>

namespace lorasweep {
namespace {

constexpr int copy_threads = 256;

/// Which position of which slot a row is.
struct Step {
  std::int32_t slot, position;
};

// ---- Caches. ----

/// Two neighbours a thread.
template <typename Kept>
__global__ void __launch_bounds__(copy_threads)
    fill_cache_kernel(Kept* cache, Index cache_stride, int capacity, const float* keys_and_values, Index stride,
                      const Step* steps, Index rows, int cols) {
  const Index pairs = cols / 2, item = Index{blockIdx.x} * copy_threads + threadIdx.x;
  if (item >= rows * pairs) return;
  const Index row = item / pairs, col = item % pairs * 2;
  const Step step = steps[row];
  const float* from = keys_and_values + row * stride + col;
  Kept* to = cache + (Index{step.slot} * capacity + step.position) * cache_stride + col;
  store(to, from[0]);
  store(to + 1, from[1]);
}

/// Rows of `words` words of 4 bytes: the positions of every slot, to where a slot has more of them.
__global__ void __launch_bounds__(copy_threads)
    copy_cache_kernel(std::uint32_t* to, int to_capacity, const std::uint32_t* from, int from_capacity, Index rows,
                      int words) {
  const Index item = Index{blockIdx.x} * copy_threads + threadIdx.x;
  if (item >= rows * words) return;
  const Index row = item / words;
  to[(row / from_capacity * to_capacity + row % from_capacity) * words + item % words] = from[item];
}

// ---- A step. ----

constexpr int threads = 128, warps = threads / warp_size, positions_at_once = threads / lanes_of_position;

struct StepArguments {
  void* out;
  Index out_stride;
  const float* qkv;
  Index qkv_stride, cache_stride;
  int capacity;
  int heads, key_heads, width;
  int window;  ///< a row sees so many positions, the last of them its own
  float scale;
  bool aligned, narrow_out;
};

/// Four neighbours of a cached key or value; zeros beyond the head.
template <typename Kept>
__device__ __forceinline__ float4 cached_four(const Kept* head, int at, int width, bool aligned) {
  if (aligned && at + 4 <= width) return load_four(head + at);
  return make_float4(at < width ? widen(head[at]) : 0.0f, at + 1 < width ? widen(head[at + 1]) : 0.0f,
                     at + 2 < width ? widen(head[at + 2]) : 0.0f, at + 3 < width ? widen(head[at + 3]) : 0.0f);
}

/// Key heads are cut into parts of this many query heads.
__host__ __device__ constexpr int heads_at_once(int width) { return width > 128 ? 2 : 4; }

/// A block's row, its key head, and which query heads of it.
struct StepPlace {
  Step step;
  int group, first_head, heads;

  __device__ __forceinline__ StepPlace(const Step* steps, const StepArguments& arguments, int most_heads)
      : step(steps[blockIdx.x]) {
    const int shared = arguments.heads / arguments.key_heads, parts = (shared + most_heads - 1) / most_heads;
    group = blockIdx.y / parts;
    first_head = group * shared + blockIdx.y % parts * most_heads;
    heads = min(most_heads, (group + 1) * shared - first_head);
  }
};

/// The row's key and value go into the cache, its queries into shared memory. Blocks with other query heads of a key
/// head write the same to the cache.
template <int Width, typename Kept, int MostHeads>
__device__ __forceinline__ void take_row(float (&queries)[MostHeads][Width], Kept* keys, Kept* values,
                                         const StepPlace& place, const StepArguments& arguments) {
  const int width = arguments.width;
  const float* own = arguments.qkv + blockIdx.x * arguments.qkv_stride;
  const float *key = own + (arguments.heads + place.group) * width, *value = key + arguments.key_heads * width;
  const Index at = place.step.position * arguments.cache_stride;
  for (int i = threadIdx.x; i < width; i += threads) {
    store(keys + at + i, key[i]);
    store(values + at + i, value[i]);
  }
  for (int i = threadIdx.x; i < MostHeads * Width; i += threads) {
    const int head = i / Width, col = i % Width;
    const bool is_there = head < place.heads && col < width;
    queries[head][col] = is_there ? arguments.scale * own[(place.first_head + head) * width + col] : 0.0f;
  }
}

/// The product of a query with a key that eight lanes hold, in all of them.
template <int Pieces>
__device__ __forceinline__ float score_of(const float* query, const float4 (&key)[Pieces], int lane) {
  float score = 0;
#pragma unroll
  for (int p = 0; p < Pieces; ++p) {
    const float4 q = *reinterpret_cast<const float4*>(query + (p * lanes_of_position + lane) * 4);
    score = fmaf(q.x, key[p].x, fmaf(q.y, key[p].y, fmaf(q.z, key[p].z, fmaf(q.w, key[p].w, score))));
  }
#pragma unroll
  for (int distance = 1; distance < lanes_of_position; distance *= 2)
    score += __shfl_xor_sync(all_lanes, score, distance);
  return score;
}

template <int Width, typename Kept>
__global__ void __launch_bounds__(threads)
    grouped_step_kernel(Kept* cache, const Step* steps, StepArguments arguments) {
  constexpr int most_heads = heads_at_once(Width), pieces = Width / (4 * lanes_of_position);
  alignas(16) __shared__ float queries[most_heads][Width];
  alignas(16) __shared__ JoinedParts<Width, warps> joined[most_heads];

  const StepPlace place(steps, arguments, most_heads);
  const int width = arguments.width, heads = place.heads, last = place.step.position;
  const Index stride = arguments.cache_stride;
  Kept* keys = cache + Index{place.step.slot} * arguments.capacity * stride + place.group * width;
  Kept* values = keys + arguments.key_heads * width;
  take_row<Width>(queries, keys, values, place, arguments);
  __syncthreads();  // also what was written to the cache

  const int lane = threadIdx.x % lanes_of_position, own = threadIdx.x / lanes_of_position;
  Part<pieces> part[most_heads];
  for (int first = max(0, last - arguments.window + 1); first <= last; first += positions_at_once) {
    const bool seen = first + own <= last;
    float4 key[pieces] = {}, value[pieces] = {};
    if (seen) {
#pragma unroll
      for (int p = 0; p < pieces; ++p) {
        const int col = (p * lanes_of_position + lane) * 4;
        key[p] = cached_four(keys + (first + own) * stride, col, width, arguments.aligned);
        value[p] = cached_four(values + (first + own) * stride, col, width, arguments.aligned);
      }
    }
#pragma unroll
    for (int h = 0; h < most_heads; ++h) {
      if (h >= heads) continue;
      const float score = score_of(queries[h], key, lane);
      part[h].add(seen ? score : -INFINITY, value);
    }
  }
#pragma unroll
  for (int h = 0; h < most_heads; ++h) {
    if (h >= heads) continue;
    part[h].join_warp();
    joined[h].put(part[h]);
  }
  __syncthreads();
  for (int i = threadIdx.x; i < heads * width; i += threads) {
    const float value = joined[i / width].result(i % width);
    const Index at = blockIdx.x * arguments.out_stride + place.first_head * width + i;
    if (arguments.narrow_out)
      store(static_cast<Bf16*>(arguments.out) + at, value);
    else
      store(static_cast<float*>(arguments.out) + at, value);
  }
}

Index window_of(const HeadGroups& groups) { return groups.window == 0 ? Index{INT_MAX} : groups.window; }

}  // namespace

void CudaOps::grouped_attention(View out, View qkv, const Sequences& sequences, const HeadGroups& groups) {
  packed_attention(*device_, descriptors_, out,
                   {.q = qkv.columns(0, groups.queries()),
                    .k = qkv.columns(groups.queries(), groups.keys()),
                    .v = qkv.columns(groups.queries() + groups.keys(), groups.keys()),
                    .heads = groups.heads,
                    .width = groups.width,
                    .shared = groups.heads / groups.key_heads,
                    .scale = groups.scale,
                    .bias = {},
                    .mask = Mask::causal,
                    .window = window_of(groups)},
                   sequences);
}

void CudaOps::fill_cache(const DecoderCache& cache, View qkv, const Sequences& sequences, std::span<const Index> slots,
                         const HeadGroups& groups) {
  std::vector<Step> steps;
  for (Index s = 0; s < sequences.count(); ++s)
    for (Index i = 0; i < sequences.length(s); ++i) steps.push_back({to_int32(slots[s]), to_int32(i)});
  if (steps.empty()) return;
  const Index rows = std::ssize(steps), cols = cache.rows.cols;
  const Step* on_device = descriptors_.put(std::span<const Step>(steps));
  const auto start = [&](auto* kernel, auto* to) {
    launch("fill_cache", *device_, {.blocks_x = blocks_for(rows * (cols / 2), copy_threads), .threads = copy_threads},
           kernel, to, cache.rows.stride, cache.capacity, qkv.f32() + groups.queries(), qkv.stride, on_device, rows,
           cols);
  };
  if (cache.rows.element == Element::f32)
    start(fill_cache_kernel<float>, cache.rows.f32());
  else
    start(fill_cache_kernel<Bf16>, cache.rows.as<Bf16>());
}

void CudaOps::copy_cache(const DecoderCache& to, const DecoderCache& from) {
  const Index words = from.rows.cols * bytes_of(from.rows.element) / static_cast<Index>(sizeof(std::uint32_t));
  launch("copy_cache", *device_,
         {.blocks_x = blocks_for(from.rows.rows * words, copy_threads), .threads = copy_threads}, copy_cache_kernel,
         to.rows.as<std::uint32_t>(), to.capacity, from.rows.as<const std::uint32_t>(), from.capacity, from.rows.rows,
         words);
}

void CudaOps::grouped_step(View out, View qkv, const DecoderCache& cache, std::span<const Index> slots,
                           std::span<const Index> positions, const HeadGroups& groups) {
  if (out.rows == 0) return;
  std::vector<Step> steps;
  for (std::size_t i = 0; i < slots.size(); ++i) steps.push_back({to_int32(slots[i]), to_int32(positions[i])});
  const Step* on_device = descriptors_.put(std::span<const Step>(steps));
  const Index four = 4 * bytes_of(cache.rows.element);
  const StepArguments arguments{
      .out = out.data,
      .out_stride = out.stride,
      .qkv = qkv.f32(),
      .qkv_stride = qkv.stride,
      .cache_stride = cache.rows.stride,
      .capacity = to_int32(cache.capacity),
      .heads = to_int32(groups.heads),
      .key_heads = to_int32(groups.key_heads),
      .width = to_int32(groups.width),
      .window = to_int32(window_of(groups)),
      .scale = groups.scale,
      .aligned = groups.width % 4 == 0 &&
                 rows_aligned(cache.rows.as<std::byte>(), cache.rows.stride * bytes_of(cache.rows.element), four),
      .narrow_out = out.element == Element::bf16};
  with_head_width<64, 128, 256>(arguments.width, [&](auto padded) {
    constexpr int own = decltype(padded)::value;
    const Index parts = blocks_for(groups.heads / groups.key_heads, heads_at_once(own));
    const Launch shape{.blocks_x = out.rows, .blocks_y = groups.key_heads * parts, .threads = threads};
    if (cache.rows.element == Element::f32)
      launch("grouped_step", *device_, shape, grouped_step_kernel<own, float>, cache.rows.f32(), on_device, arguments);
    else
      launch("grouped_step", *device_, shape, grouped_step_kernel<own, Bf16>, cache.rows.as<Bf16>(), on_device,
             arguments);
  });
}

}  // namespace lorasweep
