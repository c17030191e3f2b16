// SPDX-License-Identifier: Apache-2.0
// Self-attention of packed sequences on a CUDA device.
//
// A block computes 64 queries (f32: 16) of one head of one sequence. It goes through the keys in steps of fixed length
// from key 0 on and keeps a running maximum and sum (softmax in one pass: Milakov and Gimelshein, arXiv 1805.02867; Dao
// et al., arXiv 2205.14135). What a query gets depends on its own sequence and its place in it only, so its bits do not
// depend on the batch. No score is ever written to memory.
#include "workers/cuda/attention.h"
#include "workers/cuda/cuda_ops.h"
#include "workers/cuda/dynamic_shared.h"
#include "workers/cuda/elements.h"
#include "workers/cuda/head_widths.h"
#include "workers/cuda/launch.h"
#include "workers/cuda/tensor_core.h"
#include "workers/cuda/warp.h"
#include "workers/ops/to_int32.h"

#include <algorithm>
#include <iterator>

namespace lorasweep {
namespace {

/// Queries that one block takes: rows [first_row + query, ...) of a sequence of `length` rows that begins at first_row.
struct QueryTile {
  std::int32_t first_row, length, query;
};

struct AttentionArguments {
  const float *q, *k, *v;
  Index q_stride, k_stride, v_stride, out_stride;
  const float* bias;  ///< may be null
  Index bias_stride;
  int reach;
  int width;   ///< of a head
  int shared;  ///< query heads of a key head
  int window;  ///< under a causal mask, a query sees so many keys, the last of them its own
  float scale;
  bool causal, aligned;

  __device__ __forceinline__ bool sees(int query, int key) const {
    return !causal || (key <= query && key > query - window);
  }
  /// The first step of keys, each `step` long, that queries from this one on may see.
  __device__ __forceinline__ int first_step(int query, int step) const {
    return causal && query >= window ? (query - window + 1) / step * step : 0;
  }
};

// ---- bf16: scores and averages on the tensor cores, a warp for 16 queries. ----

constexpr int warps = 4, threads = warps * warp_size, tensor_queries = 16 * warps, tensor_keys = 64;

/// Four neighbours of a row of q, k or v; zeros beyond the head.
__device__ __forceinline__ float4 head_four(const float* row, int at, int width, bool aligned) {
  if (aligned && at + 4 <= width) return *reinterpret_cast<const float4*>(row + at);
  return make_float4(at < width ? row[at] : 0.0f, at + 1 < width ? row[at + 1] : 0.0f,
                     at + 2 < width ? row[at + 2] : 0.0f, at + 3 < width ? row[at + 3] : 0.0f);
}

/// 64 rows of a head, from `first` on, into a shared tile as bf16; zeros beyond the sequence and beyond the head.
template <int Width>
__device__ __forceinline__ void load_head(Bf16* tile, const float* rows, Index stride, int first, int length, int width,
                                          bool aligned) {
  constexpr int tile_stride = Width + 8, fours = Width / 4;
#pragma unroll 4
  for (int item = threadIdx.x; item < 64 * fours; item += threads) {
    const int row = item / fours, col = item % fours * 4;
    float4 v = make_float4(0, 0, 0, 0);
    if (first + row < length) v = head_four(rows + (first + row) * stride, col, width, aligned);
    store_four(tile + row * tile_stride + col, v);
  }
}

/// distances[j - i + 63] for key j and query i of tiles that are `ahead` apart. Pairs beyond the sequence are masked
/// later, whatever is here.
__device__ __forceinline__ void put_distances(float (&distances)[tensor_queries + tensor_keys], const float* bias,
                                              int ahead, int reach) {
  for (int i = threadIdx.x; i < tensor_queries + tensor_keys; i += threads) {
    const int at = ahead + i - (tensor_queries - 1) + reach;
    distances[i] = bias != nullptr && at >= 0 && at <= 2 * reach ? bias[at] : 0.0f;
  }
}

// In what follows each lane has two of the warp's rows (g and g + 8): see tensor_core.h.

using TileScores = float[tensor_keys / 8][4];

template <int Width>
__device__ __forceinline__ void multiply_keys(TileScores& scores, const std::uint32_t (&queries)[Width / 16][4],
                                              const Bf16* keys, int lane) {
  constexpr int stride = Width + 8;
#pragma unroll
  for (int i = 0; i < Width / 16; ++i)
#pragma unroll
    for (int n = 0; n < tensor_keys / 8; ++n) {
      std::uint32_t b[2];
      load_b(b, keys + n * 8 * stride + i * 16, stride, lane);
      multiply_tiles(scores[n], queries[i], b);
    }
}

/// The scores become shares of the new sum, and what was summed before shrinks where a row has a new highest score.
template <int Width>
__device__ __forceinline__ void take_scores(TileScores& scores, float (&averages)[Width / 8][4], float (&highest)[2],
                                            float (&sum)[2], float (&tile_highest)[2]) {
  float base[2];
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    // The four lanes of a row.
    tile_highest[r] = fmaxf(tile_highest[r], __shfl_xor_sync(all_lanes, tile_highest[r], 1));
    tile_highest[r] = fmaxf(tile_highest[r], __shfl_xor_sync(all_lanes, tile_highest[r], 2));
    const float now = fmaxf(highest[r], tile_highest[r]);
    // a row that has seen no key yet: exp(-inf - 0) is 0, exp(-inf - -inf) would be NaN
    base[r] = now == -INFINITY ? 0.0f : now;
    const float shrink = __expf(highest[r] - base[r]);
    highest[r] = now;
    sum[r] *= shrink;
#pragma unroll
    for (int n = 0; n < Width / 8; ++n) {
      averages[n][2 * r] *= shrink;
      averages[n][2 * r + 1] *= shrink;
    }
  }
#pragma unroll
  for (int n = 0; n < tensor_keys / 8; ++n)
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      scores[n][e] = __expf(scores[n][e] - base[e / 2]);
      sum[e / 2] += scores[n][e];
    }
}

/// Two neighbouring result tiles of the scores are, lane by lane, one operand tile of 16 keys.
template <int Width>
__device__ __forceinline__ void add_values(float (&averages)[Width / 8][4], const TileScores& scores,
                                           const Bf16* values, int lane) {
  constexpr int stride = Width + 8;
#pragma unroll
  for (int i = 0; i < tensor_keys / 16; ++i) {
    const std::uint32_t p[4] = {pack(scores[2 * i][0], scores[2 * i][1]), pack(scores[2 * i][2], scores[2 * i][3]),
                                pack(scores[2 * i + 1][0], scores[2 * i + 1][1]),
                                pack(scores[2 * i + 1][2], scores[2 * i + 1][3])};
#pragma unroll
    for (int n = 0; n < Width / 8; n += 2) {
      std::uint32_t b[2], next[2];
      load_tiles_transposed(b, next, values + (i * 16 + lane % 16) * stride + n * 8 + lane / 16 * 8);
      multiply_tiles(averages[n], p, b);
      multiply_tiles(averages[n + 1], p, next);
    }
  }
}

template <int Width>
__device__ __forceinline__ void write_averages(Bf16* out, const AttentionArguments& arguments, const QueryTile& tile,
                                               int head, const float (&averages)[Width / 8][4], float (&sum)[2],
                                               int row_in_tile, int col_in_group) {
  const int width = arguments.width;
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    sum[r] += __shfl_xor_sync(all_lanes, sum[r], 1);
    sum[r] += __shfl_xor_sync(all_lanes, sum[r], 2);
    const int query = tile.query + row_in_tile + r * 8;
    if (query >= tile.length) continue;  // no shuffle follows for this row; the other row's lanes all come along
    Bf16* row = out + (tile.first_row + Index{query}) * arguments.out_stride + head * width;
    const float scale = 1.0f / sum[r];
#pragma unroll
    for (int n = 0; n < Width / 8; ++n) {
      const int col = n * 8 + col_in_group;
      const float first = averages[n][2 * r] * scale, second = averages[n][2 * r + 1] * scale;
      if (arguments.aligned && col + 1 < width) {
        store_pair(row + col, first, second);
      } else {
        if (col < width) store(row + col, first);
        if (col + 1 < width) store(row + col + 1, second);
      }
    }
  }
}

template <int Width>
__global__ void __launch_bounds__(threads)
    tensor_attention_kernel(Bf16* out, const QueryTile* tiles, AttentionArguments arguments) {
  constexpr int stride = Width + 8;  // 16 bytes of padding: the eight rows of a fragment begin in different banks
  alignas(16) __shared__ Bf16 keys[tensor_keys * stride];
  alignas(16) __shared__ Bf16 values[tensor_keys * stride];
  __shared__ float distances[tensor_queries + tensor_keys];

  const QueryTile tile = tiles[blockIdx.x];
  const int head = blockIdx.y, width = arguments.width, lane = lane_index();
  const float* q = arguments.q + tile.first_row * arguments.q_stride + head * width;
  const float* k = arguments.k + tile.first_row * arguments.k_stride + head / arguments.shared * width;
  const float* v = arguments.v + tile.first_row * arguments.v_stride + head / arguments.shared * width;
  const float* bias = arguments.bias == nullptr ? nullptr : arguments.bias + head * arguments.bias_stride;

  // The queries pass through the keys' memory into registers.
  load_head<Width>(keys, q, arguments.q_stride, tile.query, tile.length, width, arguments.aligned);
  __syncthreads();
  std::uint32_t queries[Width / 16][4];
#pragma unroll
  for (int i = 0; i < Width / 16; ++i) load_a(queries[i], keys + warp_index() * 16 * stride + i * 16, stride, lane);

  const int row_in_tile = warp_index() * 16 + lane / 4, col_in_group = lane % 4 * 2;
  float averages[Width / 8][4] = {};
  float highest[2] = {-INFINITY, -INFINITY}, sum[2] = {0, 0};  // the sums are of this lane's columns until the end
  const int seen = arguments.causal ? min(tile.length, tile.query + tensor_queries) : tile.length;
  for (int first = arguments.first_step(tile.query, tensor_keys); first < seen; first += tensor_keys) {
    __syncthreads();  // every warp is done with the tiles of the step before
    load_head<Width>(keys, k, arguments.k_stride, first, tile.length, width, arguments.aligned);
    load_head<Width>(values, v, arguments.v_stride, first, tile.length, width, arguments.aligned);
    put_distances(distances, bias, first - tile.query, arguments.reach);
    __syncthreads();
    TileScores scores = {};
    multiply_keys<Width>(scores, queries, keys, lane);
    float tile_highest[2] = {-INFINITY, -INFINITY};
#pragma unroll
    for (int n = 0; n < tensor_keys / 8; ++n)
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const int key = n * 8 + col_in_group + e % 2, query = row_in_tile + e / 2 * 8;
        const bool visible = first + key < tile.length && arguments.sees(tile.query + query, first + key);
        // With a scale of 1 the product is exact, fused or not.
        const float score = scores[n][e] * arguments.scale + distances[key - query + tensor_queries - 1];
        scores[n][e] = visible ? score : -INFINITY;
        tile_highest[e / 2] = fmaxf(tile_highest[e / 2], scores[n][e]);
      }
    take_scores<Width>(scores, averages, highest, sum, tile_highest);
    add_values<Width>(averages, scores, values, lane);
  }
  write_averages<Width>(out, arguments, tile, head, averages, sum, row_in_tile, col_in_group);
}

// ---- f32, and heads too wide for registers: a lane for a key, then a lane for columns. ----

constexpr int plain_queries = 16, queries_of_warp = plain_queries / warps, plain_keys = warp_size;

template <int Width>
constexpr std::size_t plain_shared_bytes() {
  return sizeof(float) * (plain_queries * Width + plain_keys * (Width + 1) + plain_keys * Width);
}

template <int Width, typename Out>
__global__ void __launch_bounds__(threads)
    plain_attention_kernel(Out* out, const QueryTile* tiles, AttentionArguments arguments) {
  constexpr int columns = Width / warp_size;  // of a lane
  float* queries = dynamic_shared<float>();   // [16][Width]
  // [32][Width + 1]: lanes read the same column of different rows
  float* keys = queries + plain_queries * Width;
  float* values = keys + plain_keys * (Width + 1);  // [32][Width]

  const QueryTile tile = tiles[blockIdx.x];
  const int head = blockIdx.y, width = arguments.width, lane = lane_index(),
            first_query = warp_index() * queries_of_warp;
  const float* q = arguments.q + tile.first_row * arguments.q_stride + head * width;
  const float* k = arguments.k + tile.first_row * arguments.k_stride + head / arguments.shared * width;
  const float* v = arguments.v + tile.first_row * arguments.v_stride + head / arguments.shared * width;
  const float* bias =
      arguments.bias == nullptr ? nullptr : arguments.bias + head * arguments.bias_stride + arguments.reach;
  for (int i = threadIdx.x; i < plain_queries * Width; i += threads) {
    const int row = i / Width, col = i % Width;
    queries[i] =
        tile.query + row < tile.length && col < width ? q[(tile.query + row) * arguments.q_stride + col] : 0.0f;
  }

  float averages[queries_of_warp][columns] = {};
  float highest[queries_of_warp], sum[queries_of_warp] = {};  // sums of this lane's keys until the end
#pragma unroll
  for (int r = 0; r < queries_of_warp; ++r) highest[r] = -INFINITY;
  const int seen = arguments.causal ? min(tile.length, tile.query + plain_queries) : tile.length;
  for (int first = arguments.first_step(tile.query, plain_keys); first < seen; first += plain_keys) {
    __syncthreads();
    for (int i = threadIdx.x; i < plain_keys * Width; i += threads) {
      const int row = i / Width, col = i % Width;
      const bool inside = first + row < tile.length && col < width;
      keys[row * (Width + 1) + col] = inside ? k[(first + row) * arguments.k_stride + col] : 0.0f;
      values[i] = inside ? v[(first + row) * arguments.v_stride + col] : 0.0f;
    }
    __syncthreads();

    float scores[queries_of_warp] = {};
#pragma unroll 8
    for (int i = 0; i < width; ++i) {
      const float key = keys[lane * (Width + 1) + i];
#pragma unroll
      for (int r = 0; r < queries_of_warp; ++r)
        scores[r] = fmaf(queries[(first_query + r) * Width + i], key, scores[r]);
    }
#pragma unroll
    for (int r = 0; r < queries_of_warp; ++r) {
      const int query = tile.query + first_query + r, key = first + lane;
      const bool visible = key < tile.length && query < tile.length && arguments.sees(query, key);
      scores[r] *= arguments.scale;
      if (visible && bias != nullptr) scores[r] += bias[key - query];
      if (!visible) scores[r] = -INFINITY;
      const float now = fmaxf(highest[r], over_warp(scores[r], Max()));
      const float base = now == -INFINITY ? 0.0f : now;  // as above
      const float shrink = expf(highest[r] - base);
      highest[r] = now;
      scores[r] = expf(scores[r] - base);
      sum[r] = sum[r] * shrink + scores[r];
#pragma unroll
      for (int c = 0; c < columns; ++c) averages[r][c] *= shrink;
    }
    for (int j = 0; j < plain_keys; ++j) {
#pragma unroll
      for (int r = 0; r < queries_of_warp; ++r) {
        const float weight = __shfl_sync(all_lanes, scores[r], j);
#pragma unroll
        for (int c = 0; c < columns; ++c)
          averages[r][c] = fmaf(weight, values[j * Width + c * warp_size + lane], averages[r][c]);
      }
    }
  }
#pragma unroll
  for (int r = 0; r < queries_of_warp; ++r) {
    const float scale = 1.0f / over_warp(sum[r], Sum());
    const int query = tile.query + first_query + r;
    if (query >= tile.length) continue;
    Out* row = out + (tile.first_row + Index{query}) * arguments.out_stride + head * width;
#pragma unroll
    for (int c = 0; c < columns; ++c)
      if (c * warp_size + lane < width) store(row + c * warp_size + lane, averages[r][c] * scale);
  }
}

std::vector<QueryTile> query_tiles(const Sequences& sequences, int queries) {
  std::vector<QueryTile> tiles;
  for (Index s = 0; s < sequences.count(); ++s) {
    const std::int32_t first_row = to_int32(sequences.begin(s)), length = to_int32(sequences.length(s));
    for (std::int32_t query = 0; query < length; query += queries) tiles.push_back({first_row, length, query});
  }
  return tiles;
}

constexpr int widest_on_tensor_cores = 128;

}  // namespace

void packed_attention(const Device& device, Descriptors& descriptors, View out, const AttentionInput& input,
                      const Sequences& sequences) {
  const auto& [q, k, v, heads, own_width, shared, scale, bias, mask, window] = input;
  const int width = to_int32(own_width);
  const bool on_tensor_cores = out.element == Element::bf16 && width <= widest_on_tensor_cores;
  const AttentionArguments arguments{
      .q = q.f32(),
      .k = k.f32(),
      .v = v.f32(),
      .q_stride = q.stride,
      .k_stride = k.stride,
      .v_stride = v.stride,
      .out_stride = out.stride,
      .bias = bias.values.f32(),
      .bias_stride = bias.values.stride,
      .reach = to_int32(bias.reach),
      .width = width,
      .shared = to_int32(shared),
      .window = to_int32(window),
      .scale = scale,
      .causal = mask == Mask::causal,
      .aligned = width % 4 == 0 && rows_aligned(q.f32(), q.stride, 16) && rows_aligned(k.f32(), k.stride, 16) &&
                 rows_aligned(v.f32(), v.stride, 16) && rows_aligned(out.bf16(), out.stride, 4)};
  const std::vector<QueryTile> tiles = query_tiles(sequences, on_tensor_cores ? tensor_queries : plain_queries);
  if (tiles.empty()) return;
  const QueryTile* on_device = descriptors.put(std::span<const QueryTile>(tiles));
  Launch shape{.blocks_x = std::ssize(tiles), .blocks_y = heads, .threads = threads};
  if (on_tensor_cores) {
    with_head_width<16, 32, 64, 128>(width, [&](auto padded) {
      launch("attention", device, shape, tensor_attention_kernel<decltype(padded)::value>, out.as<Bf16>(), on_device,
             arguments);
    });
    return;
  }
  const auto start = [&](auto padded, auto* to) {
    constexpr int own = decltype(padded)::value;
    shape.shared_bytes = plain_shared_bytes<own>();
    launch("attention", device, shape, plain_attention_kernel<own, std::remove_pointer_t<decltype(to)>>, to, on_device,
           arguments);
  };
  if (out.element == Element::f32)
    with_head_width<32, 64, 128, 256>(width, [&](auto padded) { start(padded, out.f32()); });
  else
    with_head_width<256>(width, [&](auto padded) { start(padded, out.as<Bf16>()); });
}

void CudaOps::attention(View out, View q, View k, View v, const Sequences& sequences, Index heads,
                        const RelativeBiasTable& bias, Mask mask) {
  packed_attention(*device_, descriptors_, out,
                   {.q = q, .k = k, .v = v, .heads = heads, .width = q.cols / heads, .bias = bias, .mask = mask},
                   sequences);
}

}  // namespace lorasweep
