// SPDX-License-Identifier: Apache-2.0
// An evaluation of a decoder-only model of a published shape with random weights: what tools/compare_with_pytorch.py
// holds transformers and PEFT against. Speed does not depend on the values.
#include "bench/engine/random_model.h"
#include "data/model/lora_sites.h"
#include "workers/device/make_ops.h"
#include "workers/engine/language_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

namespace lorasweep::bench {
namespace {

constexpr int examples = 5, prompt = 128, completion = 8;

CausalConfig shape(const std::string& size) {
  CausalConfig config{.norm_epsilon = 1e-5, .tied_head = true, .end_tokens = {2}};
  config.max_positions = 2048;
  config.head_width = 64;
  if (size == "smollm2-135m") {
    config.model_type = "llama";
    config.d_model = 576;
    config.d_ff = 1536;
    config.layers = 30;
    config.heads = 9;
    config.key_heads = 3;
    config.vocabulary = 49152;
    config.rope.theta = 1e5;
  } else if (size == "qwen2.5-0.5b") {
    config.model_type = "qwen2";
    config.d_model = 896;
    config.d_ff = 4864;
    config.layers = 24;
    config.heads = 14;
    config.key_heads = 2;
    config.vocabulary = 151936;
    config.rope.theta = 1e6;
    config.input_bias = true;
  } else {
    throw std::invalid_argument("no shape " + size + ": smollm2-135m or qwen2.5-0.5b");
  }
  return config;
}

Tensor tensor_of(const StoredTensor& info) {
  std::size_t count = 1;
  for (const auto extent : info.shape) count *= static_cast<std::size_t>(extent);
  Tensor tensor{info.shape,
                random_values(count, 0.05f, static_cast<std::uint32_t>(std::hash<std::string>{}(info.name)))};
  if (info.name.find("norm") != std::string::npos) std::ranges::fill(tensor.values, 1.0f);
  return tensor;
}

std::shared_ptr<const std::byte> network(const ModelPlan& plan, const Packing& packing) {
  std::map<std::string, StoredTensor> infos;
  for (StoredTensor& info : stored_tensors(plan)) infos[info.name] = info;
  const ModelImage layout(plan, packing);
  const auto memory = host_memory(layout.bytes());
  layout.write(memory.get(), packing, [&](const std::string& name) { return tensor_of(infos.at(name)); });
  return memory;
}

// On every map but the head.
std::vector<AdapterShape> adapter_shapes(const std::vector<LoraSite>& sites) {
  AdapterShape shape;
  for (std::size_t i = 0; i < sites.size(); ++i)
    if (!sites[i].is_output_head) shape.sites.push_back({static_cast<int>(i), adapter_rank, 2.0});
  return std::vector<AdapterShape>(adapters_of_a_search, shape);
}

std::shared_ptr<const std::byte> library(const ModelPlan& plan, const std::vector<LoraSite>& sites,
                                         const std::vector<AdapterShape>& adapters) {
  const AdapterLibrary layout(SiteGroups(plan), adapters);
  const auto memory = host_memory(layout.bytes());
  const auto values = [&](int a, int i, int rows, int cols) {
    return Tensor{{rows, cols}, random_values(static_cast<std::size_t>(rows) * cols, 0.02f, a * 1000 + i)};
  };
  const auto site = [&](int i) -> const LoraSite& { return sites[adapters.front().sites[i].site]; };
  layout.write(memory.get(), {.read_a = [&](int a, int i) { return values(a, i, adapter_rank, site(i).in); },
                              .read_b = [&](int a, int i) { return values(a, i, site(i).out, adapter_rank); }});
  return memory;
}

std::unique_ptr<LanguageEngine> engine(const std::string& size, Element element, int threads) {
  const ModelPlan plan = model_plan(ModelConfig(shape(size)));
  const std::vector<LoraSite> sites = lora_sites(plan);
  const std::vector<AdapterShape> adapters = adapter_shapes(sites);
  Catalogue catalogue{.examples = {}, .example_sets = {{}}};
  for (int e = 0; e < examples; ++e) {
    catalogue.example_sets[0].push_back(e);
    Example& example = catalogue.examples.emplace_back();
    for (int t = 0; t < prompt; ++t) example.source.push_back(3 + (e * 977 + t * 131) % 40000);
    for (int t = 0; t < completion; ++t) example.target.push_back(3 + (e * 977 + t * 577) % 40000);
  }
  auto ops = make_ops({.activation = element, .threads = threads});
  const auto image = network(plan, *ops);
  auto shared = std::make_shared<const EnginePlan>(
      EngineSettings{.model = plan.config,
                     .activation = element,
                     .adapters = adapters,
                     .most_adapters = adapters_of_a_search,
                     .catalogue = std::make_shared<const Catalogue>(std::move(catalogue))},
      *ops);
  return std::make_unique<LanguageEngine>(std::move(ops), std::move(shared),
                                          EngineImages{.model = image, .library = library(plan, sites, adapters)},
                                          WorkerCapacity{});
}

// Milliseconds on the wall and of this process's threads.
void measure(const std::string& size, Element element, int threads, int repetitions) {
  const auto made = engine(size, element, threads);
  Member member{{}, 0, {}};
  for (int a = 0; a < adapters_of_a_search; ++a) {
    member.adapters.push_back(a);
    member.weights.push_back(0.01 * (a % 13) - 0.05);
  }
  for (int round = -1; round < repetitions; ++round) {  // the first is a warm-up
    member.weights[0] = 0.01 * round;
    const auto wall = std::chrono::steady_clock::now();
    const std::clock_t cpu = std::clock();
    made->start(EvaluateWork{{member}})->finish();
    const double of_wall = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - wall).count();
    const double of_cpu = 1e3 * static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
    if (round >= 0) fmt::print("evaluation {} {} ms, {} ms of CPU\n", size, of_wall, of_cpu);
  }
}

}  // namespace
}  // namespace lorasweep::bench

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: causal_bench smollm2-135m|qwen2.5-0.5b f32|bf16 threads repetitions\n");
    return 2;
  }
  using lorasweep::Element;
  lorasweep::bench::measure(argv[1], std::string(argv[2]) == "bf16" ? Element::bf16 : Element::f32, std::stoi(argv[3]),
                            std::stoi(argv[4]));
}
