// SPDX-License-Identifier: Apache-2.0
#include "bench/engine/random_model.h"

#include "data/model/lora_sites.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <new>
#include <stdexcept>

namespace lorasweep::bench {
namespace {

Tensor random_tensor(std::vector<std::int64_t> shape, float scale, std::uint32_t seed) {
  std::size_t count = 1;
  for (const auto extent : shape) count *= static_cast<std::size_t>(extent);
  return {std::move(shape), random_values(count, scale, seed)};
}

}  // namespace

T5Config flan_t5(const std::string& size) {
  const auto shape = [](int d_model, int d_ff, int heads, int layers) {
    return T5Config{.d_model = d_model,
                    .d_kv = 64,
                    .d_ff = d_ff,
                    .heads = heads,
                    .encoder_layers = layers,
                    .decoder_layers = layers,
                    .vocabulary = 32128};
  };
  if (size == "small") return shape(512, 1024, 6, 8);
  if (size == "base") return shape(768, 2048, 12, 12);
  if (size == "large") return shape(1024, 2816, 16, 24);
  if (size == "xl") return shape(2048, 5120, 32, 24);
  throw std::invalid_argument("no FLAN-T5 of size " + size + ": small, base, large or xl");
}

std::vector<float> random_values(std::size_t count, float scale, std::uint32_t seed) {
  std::vector<float> values(count);
  std::uint32_t state = seed * 2654435761u + 1;
  for (float& value : values) {
    state = state * 1664525u + 1013904223u;
    value = scale * (static_cast<float>(state >> 8) / 8388608.0f - 1.0f);
  }
  return values;
}

std::shared_ptr<std::byte> host_memory(std::size_t bytes) {
  constexpr std::size_t alignment = 64;
  const std::size_t rounded = (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(alignment, rounded));
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, rounded);
  return {memory, [](std::byte* p) { std::free(p); }};
}

RandomModel random_model(const std::string& size, const Packing& packing, int adapters) {
  RandomModel model{.config = flan_t5(size)};
  const ModelPlan plan = model_plan(model.config);
  std::map<std::string, StoredTensor> infos;
  for (StoredTensor& info : stored_tensors(plan)) infos[info.name] = info;
  const ModelImage image(plan, packing);
  model.network_bytes = image.bytes();
  const auto network = host_memory(model.network_bytes);
  image.write(network.get(), packing, [&](const std::string& name) {
    Tensor tensor =
        random_tensor(infos.at(name).shape, 0.05f, static_cast<std::uint32_t>(std::hash<std::string>{}(name)));
    if (name.find("layer_norm") != std::string::npos) std::ranges::fill(tensor.values, 1.0f);
    return tensor;
  });
  model.network = network;

  AdapterShape shape;
  const std::vector<LoraSite> sites = lora_sites(plan);
  for (std::size_t i = 0; i < sites.size(); ++i)
    if (sites[i].module.ends_with(".q") || sites[i].module.ends_with(".v"))
      shape.sites.push_back({static_cast<int>(i), adapter_rank, 2.0});
  model.adapters.assign(static_cast<std::size_t>(adapters), shape);
  const AdapterLibrary layout(SiteGroups(plan), model.adapters);
  model.library_bytes = layout.bytes();
  const auto library = host_memory(model.library_bytes);
  const auto seed = [](int a, int i) { return static_cast<std::uint32_t>(a * 1000 + i); };
  layout.write(library.get(),
               {.read_a =
                    [&](int a, int i) {
                      return random_tensor({adapter_rank, sites[shape.sites[i].site].in}, 0.02f, seed(a, i));
                    },
                .read_b =
                    [&](int a, int i) {
                      return random_tensor({sites[shape.sites[i].site].out, adapter_rank}, 0.02f, seed(a, i));
                    }});
  model.library = library;
  return model;
}

}  // namespace lorasweep::bench
