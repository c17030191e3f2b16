// SPDX-License-Identifier: Apache-2.0
// The row kernels, written with vectors of 16 floats; compiled once per instruction set as KERNELS_NAME.
#include "workers/cpu/kernels.h"

#include "workers/cpu/fused.h"

#include <cmath>

namespace lorasweep {
namespace KERNELS_NAME {
namespace {

constexpr int lanes = 16;
using Vec = Vec16;
using VecI = std::int32_t __attribute__((vector_size(64)));
using VecU = std::uint32_t __attribute__((vector_size(64)));
using Bf16s = std::uint16_t __attribute__((vector_size(32)));

inline Vec load(const float* p) {
  Vec v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
inline void store(float* p, Vec v) { __builtin_memcpy(p, &v, sizeof v); }
inline Vec all(float x) { return x - Vec{}; }

// exp(x) by 2^k * p(r), |r| <= ln2/2, degree-6 Taylor-like minimax; relative error < 2e-7 (tests/workers/cpu). Below
// -87.3 it is 0.
inline Vec exp_of(Vec x) {
  const Vec below = all(-87.3f), above = all(88.3f);
  const VecI tiny = x < below;
  x = x > above ? above : x;
  x = tiny ? below : x;
  const Vec shift = all(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const Vec k = fused(x, all(1.44269504088896f), shift) - shift;
  Vec r = fused(k, all(-0.693359375f), x);
  r = fused(k, all(2.12194440e-4f), r);
  Vec p = all(1.9875691500e-4f);
  p = fused(p, r, all(1.3981999507e-3f));
  p = fused(p, r, all(8.3334519073e-3f));
  p = fused(p, r, all(4.1665795894e-2f));
  p = fused(p, r, all(1.6666665459e-1f));
  p = fused(p, r, all(5.0000001201e-1f));
  p = fused(p * r, r, r) + 1.0f;
  const VecI exponent = (__builtin_convertvector(k, VecI) + 127) << 23;
  Vec scale;
  __builtin_memcpy(&scale, &exponent, sizeof scale);
  return tiny ? Vec{} : p * scale;
}

inline float sum_of(Vec v) {
  float parts[lanes];
  store(parts, v);
  for (int width = lanes / 2; width > 0; width /= 2)
    for (int i = 0; i < width; ++i) parts[i] += parts[i + width];
  return parts[0];
}
inline float max_of(Vec v) {
  float parts[lanes];
  store(parts, v);
  float best = parts[0];
  for (int i = 1; i < lanes; ++i) best = parts[i] > best ? parts[i] : best;
  return best;
}

inline Bf16s to_bf16(Vec v) {
  VecU bits;
  __builtin_memcpy(&bits, &v, sizeof bits);
  const VecU rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const VecU quiet = (bits >> 16) | 0x40u;  // a NaN must not be rounded into infinity
  const VecI nan = v != v;
  return __builtin_convertvector(nan ? quiet : rounded, Bf16s);
}
inline void store_bf16(std::uint16_t* p, Vec v, Index count = lanes) {
  const Bf16s narrow = to_bf16(v);
  __builtin_memcpy(p, &narrow, sizeof(std::uint16_t) * count);
}
inline void store_part(float* p, Vec v, Index count) { __builtin_memcpy(p, &v, sizeof(float) * count); }

inline void put(Vec v, float* out_f32, std::uint16_t* out_bf16, Index at) {
  if (out_bf16 != nullptr)
    store_bf16(out_bf16 + at, v);
  else
    store(out_f32 + at, v);
}

// The last n % 16 values travel through a padded vector, so that every value sees the same arithmetic.
inline Vec load_part(const float* p, Index count, float filler) {
  Vec v = all(filler);
  __builtin_memcpy(&v, p, sizeof(float) * count);
  return v;
}
inline void put_part(Vec v, float* out_f32, std::uint16_t* out_bf16, Index at, Index count) {
  if (out_bf16 != nullptr)
    store_bf16(out_bf16 + at, v, count);
  else
    store_part(out_f32 + at, v, count);
}

void rms_norm(const float* x, const float* gain, float epsilon, Index n, float* out_f32, std::uint16_t* out_bf16) {
  const Index whole = n / lanes * lanes, rest = n - whole;
  Vec squares = {};
  for (Index i = 0; i < whole; i += lanes) squares = fused(load(x + i), load(x + i), squares);
  if (rest > 0) {
    const Vec v = load_part(x + whole, rest, 0);
    squares = fused(v, v, squares);
  }
  const Vec scale = all(1.0f / std::sqrt(sum_of(squares) / static_cast<float>(n) + epsilon));
  for (Index i = 0; i < whole; i += lanes) put(load(x + i) * scale * load(gain + i), out_f32, out_bf16, i);
  if (rest > 0)
    put_part(load_part(x + whole, rest, 0) * scale * load_part(gain + whole, rest, 0), out_f32, out_bf16, whole, rest);
}

// 0.5 x (1 + tanh(u)) = x / (1 + exp(-2u)), u = sqrt(2/pi) (x + 0.044715 x^3): no cancellation for negative x.
inline Vec gelu(Vec x) {
  const Vec u = 0.7978845608028654f * fused(0.044715f * x * x, x, x);
  return x / (1.0f + exp_of(-2.0f * u));
}

void gated_gelu(const float* gate, const float* linear, Index n, float* out_f32, std::uint16_t* out_bf16) {
  const Index whole = n / lanes * lanes, rest = n - whole;
  for (Index i = 0; i < whole; i += lanes) put(gelu(load(gate + i)) * load(linear + i), out_f32, out_bf16, i);
  if (rest > 0)
    put_part(gelu(load_part(gate + whole, rest, 0)) * load_part(linear + whole, rest, 0), out_f32, out_bf16, whole,
             rest);
}

inline Vec silu(Vec x) { return x / (1.0f + exp_of(-x)); }

void gated_silu(const float* gate, const float* linear, Index n, float* out_f32, std::uint16_t* out_bf16) {
  const Index whole = n / lanes * lanes, rest = n - whole;
  for (Index i = 0; i < whole; i += lanes) put(silu(load(gate + i)) * load(linear + i), out_f32, out_bf16, i);
  if (rest > 0)
    put_part(silu(load_part(gate + whole, rest, 0)) * load_part(linear + whole, rest, 0), out_f32, out_bf16, whole,
             rest);
}

void relu(const float* in, Index n, float* out_f32, std::uint16_t* out_bf16) {
  const Index whole = n / lanes * lanes, rest = n - whole;
  for (Index i = 0; i < whole; i += lanes) {
    const Vec x = load(in + i);
    put(x < 0.0f ? Vec{} : x, out_f32, out_bf16, i);
  }
  if (rest > 0) {
    const Vec x = load_part(in + whole, rest, 0);
    put_part(x < 0.0f ? Vec{} : x, out_f32, out_bf16, whole, rest);
  }
}

void softmax(float* scores, const float* bias, Index n, Index total) {
  const float lowest = -3.0e38f;
  const Index whole = n / lanes * lanes, rest = n - whole;
  Vec highest = all(lowest);
  for (Index i = 0; i < whole; i += lanes) {
    const Vec v = bias != nullptr ? load(scores + i) + load(bias + i) : load(scores + i);
    store(scores + i, v);
    highest = v > highest ? v : highest;  // a NaN is caught by the sum below
  }
  Vec last = all(lowest);
  if (rest > 0) {
    last = load_part(scores + whole, rest, lowest);
    if (bias != nullptr) last += load_part(bias + whole, rest, 0);
    highest = last > highest ? last : highest;
  }
  const float max = max_of(highest);
  Vec sum = {};
  for (Index i = 0; i < whole; i += lanes) {
    const Vec e = exp_of(load(scores + i) - max);
    store(scores + i, e);
    sum += e;
  }
  if (rest > 0) {
    last = exp_of(last - max);  // fillers: exp(lowest - max) = 0
    sum += last;
  }
  const float scale = 1.0f / sum_of(sum);
  for (Index i = 0; i < whole; i += lanes) store(scores + i, load(scores + i) * scale);
  if (rest > 0) store_part(scores + whole, last * scale, rest);
  for (Index i = n; i < total; ++i) scores[i] = 0;
}

double sum_exp(const float* x, Index n, float* max) {
  const float lowest = -3.0e38f;
  const Index whole = n / lanes * lanes, rest = n - whole;
  Vec highest = all(lowest);
  for (Index i = 0; i < whole; i += lanes) {
    const Vec v = load(x + i);
    highest = v > highest ? v : highest;
  }
  const Vec last = rest > 0 ? load_part(x + whole, rest, lowest) : all(lowest);
  highest = last > highest ? last : highest;
  *max = max_of(highest);
  double total = 0;
  constexpr int block = 64 * lanes;  // f32 inside a block, f64 between blocks: the vocabulary is long
  for (Index begin = 0; begin < whole; begin += block) {
    const Index end = begin + block < whole ? begin + block : whole;
    Vec sum = {};
    for (Index i = begin; i < end; i += lanes) sum += exp_of(load(x + i) - *max);
    total += sum_of(sum);
  }
  if (rest > 0) total += sum_of(exp_of(last - *max));
  return total;
}

Index argmax(const float* x, Index n) {
  Index best = 0;
  for (Index i = 1; i < n; ++i)
    if (x[i] > x[best]) best = i;
  return best;
}

void narrow(const float* in, Index n, std::uint16_t* out) {
  Index i = 0;
  for (; i + lanes <= n; i += lanes) store_bf16(out + i, load(in + i));
  if (i < n) store_bf16(out + i, load_part(in + i, n - i, 0), n - i);
}

void widen(const std::uint16_t* in, Index n, float* out) {
  for (Index i = 0; i < n; ++i) {
    const std::uint32_t bits = std::uint32_t{in[i]} << 16;
    __builtin_memcpy(out + i, &bits, sizeof bits);
  }
}

void attend(const float* q, const float* keys, const float* values, Index stride, const float* bias, Index length,
            Index width, float* scores, float* out) {
  for (Index j = 0; j < length; ++j) {
    const float* key = keys + j * stride;
    Vec sum = {};
    Index i = 0;
    for (; i + lanes <= width; i += lanes) sum = fused(load(q + i), load(key + i), sum);
    if (i < width) sum = fused(load_part(q + i, width - i, 0), load_part(key + i, width - i, 0), sum);
    scores[j] = sum_of(sum);
  }
  softmax(scores, bias, length, length);
  for (Index i = 0; i < width; ++i) out[i] = 0;
  for (Index j = 0; j < length; ++j) {
    const float* value = values + j * stride;
    for (Index i = 0; i < width; ++i) out[i] = fused(scores[j], value[i], out[i]);
  }
}

void scale(float* out, const float* in, float factor, Index n) {
  for (Index i = 0; i < n; ++i) out[i] = factor * in[i];
}

}  // namespace

// In files of their own: combine.cpp, multiply.cpp, multiply_sum.cpp and panel_tile.cpp.
void combine(float* out, const float* const* rows, const float* weights, Index count, Index n);
void multiply(float* y, Index y_stride, const float* x, Index x_stride, const float* w, Index w_stride, Index m,
              Index k, Index n, bool accumulate);
void multiply_sum(float* y, Index y_stride, const float* x, Index x_stride, const ProductSegment* products, Index count,
                  Index m, Index n);
void panel_tile(float* y, Index y_stride, const float* x, const float* panels, Index panel_stride, Index rows,
                Index panel_count, Index k, bool accumulate);
extern const Index panel_tile_rows, panel_tile_panels, panel_block_inputs;

extern const Kernels kernels;
const Kernels kernels = {.name = KERNELS_LABEL,
                         .rms_norm = rms_norm,
                         .gated_gelu = gated_gelu,
                         .gated_silu = gated_silu,
                         .relu = relu,
                         .softmax = softmax,
                         .sum_exp = sum_exp,
                         .argmax = argmax,
                         .narrow = narrow,
                         .widen = widen,
                         .multiply = multiply,
                         .multiply_sum = multiply_sum,
                         .attend = attend,
                         .combine = combine,
                         .panel_tile = panel_tile,
                         .tile_rows = panel_tile_rows,
                         .tile_panels = panel_tile_panels,
                         .block_inputs = panel_block_inputs,
                         .scale = scale};

}  // namespace KERNELS_NAME
}  // namespace lorasweep
