// SPDX-License-Identifier: Apache-2.0
// The maps of published models with noise for weights and rows, as the engine multiplies them: for tests that ask the
// library of products itself.
#pragma once

#include "tests/workers/cuda/device_matrices.h"
#include "workers/cuda/matmul.h"
#include "workers/cuda/packing.h"

#include <algorithm>
#include <string>

namespace lorasweep {

#ifdef LORASWEEP_CUDA_ON_HOST  // plain loops: enough to see that the tests themselves are right
inline constexpr std::int64_t most_source_rows = 4, most_prompt_rows = 4;
#else
inline constexpr std::int64_t most_source_rows = 14730;  // of 27 tasks, five examples each
inline constexpr std::int64_t most_prompt_rows = 4096;   // of some members of a large model
#endif
struct ModelMap {
  const char* name;
  int in, out;
  int heads = 1;
  std::int64_t most_rows = most_source_rows;
};
/// flan-t5-large's, and those of decoder-only models: Mistral-7B's, Qwen2.5-0.5B's, one of SmolLM2-135M's.
#ifdef LORASWEEP_CUDA_ON_HOST
inline constexpr ModelMap model_maps[] = {{"o", 1024, 1024}, {"keys", 64, 1024, 16}, {"values", 1024, 64, 16}};
inline constexpr ModelMap causal_maps[] = {{"smollm_qkv", 576, 960, 1, most_prompt_rows}};
#else
inline constexpr ModelMap model_maps[] = {{"qkv", 1024, 3072},     {"o", 1024, 1024},     {"ff_in", 1024, 5632},
                                          {"ff_out", 2816, 1024},  {"head", 1024, 32128}, {"keys", 64, 1024, 16},
                                          {"values", 1024, 64, 16}};
inline constexpr ModelMap causal_maps[] = {
    {"mistral_qkv", 4096, 6144, 1, most_prompt_rows},    {"mistral_o", 4096, 4096, 1, most_prompt_rows},
    {"mistral_ff_in", 4096, 28672, 1, most_prompt_rows}, {"mistral_ff_out", 14336, 4096, 1, most_prompt_rows},
    {"mistral_head", 4096, 32000, 1, most_prompt_rows},  {"qwen_qkv", 896, 1152, 1, most_prompt_rows},
    {"qwen_ff_in", 896, 9728, 1, most_prompt_rows},      {"qwen_ff_out", 4864, 896, 1, most_prompt_rows},
    {"qwen_head", 896, 151936, 1, most_prompt_rows},     {"smollm_qkv", 576, 960, 1, most_prompt_rows}};
#endif

/// x [rows, heads * in], W, and twice y [rows, heads * out]. As many rows as an evaluation has, or as half of the
/// device's free memory holds.
struct ModelProduct {
  ModelProduct(const std::shared_ptr<Device>& its_device, const ModelMap& map, Element element)
      : device(its_device), heads(map.heads) {
    const std::int64_t ins = std::int64_t{map.in} * heads, outs = std::int64_t{map.out} * heads;
    const std::int64_t row_bytes = ins * bytes_of(element) + 2 * outs * 4;
    rows = std::min<std::int64_t>(map.most_rows, static_cast<std::int64_t>(device->free_memory()) / 2 / row_bytes);
    const auto matrix = [&](std::shared_ptr<std::byte>& owner, Element e, std::int64_t r, std::int64_t c) {
      owner = device->allocate(static_cast<std::size_t>(r * c * bytes_of(e)));
      return View{owner.get(), e, r, c, c};
    };
    x = matrix(memory[0], element, rows, ins);
    const View weights = matrix(memory[1], element, outs, CudaPacking::row_elements(element, map.in));
    whole = matrix(memory[2], Element::f32, rows, outs);
    part = matrix(memory[3], Element::f32, rows, outs);
    fill_with_noise(*device, x, 1);
    fill_with_noise(*device, weights, 7);
    projection = {memory[1].get(), map.in, map.out};
    steps = {.count = heads, .x_step = map.in, .w_step = std::int64_t{map.out} * weights.stride, .y_step = map.out};
    if (heads == 1) steps = {};
  }
  /// The first head's columns, as CudaMatmul wants them.
  View x_of(View rows_of_x) const { return rows_of_x.columns(0, projection.in); }
  View y_of(View rows_of_y) const { return rows_of_y.columns(0, projection.out); }
  MatmulShape shape() const { return matmul_shape(y_of(whole), x_of(x), projection, steps); }

  std::shared_ptr<Device> device;
  int heads;
  std::int64_t rows = 0;
  View x, whole, part;
  Projection projection;
  HeadBatch steps;
  std::shared_ptr<std::byte> memory[4];
};

inline std::string map_name(const ModelMap& map, Element element) {
  return std::string(map.name) + (element == Element::f32 ? "_f32" : "_bf16");
}

}  // namespace lorasweep
