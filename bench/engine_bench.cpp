// SPDX-License-Identifier: Apache-2.0
// One evaluation at the shapes of a published FLAN-T5, beside the matrix products that this machine does at best, in the same run.
//
//   engine_bench --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true
//
// Weights are random: speed does not depend on them. `GFLOP/s` counts the multiplications and additions of the network's matrix products and
// attention (docs/performance.md); `share_of_peak` divides by the median of the products measured before.
#include "data/model/t5_checkpoint.h"
#include "workers/cpu/cpu_ops.h"
#include "workers/device/make_ops.h"
#include "workers/engine/t5_engine.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

T5Config flan_t5(const std::string& size) {
  T5Config c{.d_model = 1024, .d_kv = 64, .d_ff = 2816, .heads = 16, .encoder_layers = 24, .decoder_layers = 24, .vocabulary = 32128};
  if (size == "base") c.d_model = 768, c.d_ff = 2048, c.heads = 12, c.encoder_layers = c.decoder_layers = 12;
  if (size == "small") c.d_model = 512, c.d_ff = 1024, c.heads = 6, c.encoder_layers = c.decoder_layers = 8;
  return c;
}

// Values between -scale and scale from a linear congruence: fast, and the same everywhere.
Tensor random_tensor(std::vector<std::int64_t> shape, float scale, std::uint32_t seed) {
  Tensor tensor{std::move(shape), {}};
  std::size_t count = 1;
  for (const auto extent : tensor.shape) count *= static_cast<std::size_t>(extent);
  tensor.values.resize(count);
  std::uint32_t state = seed * 2654435761u + 1;
  for (float& value : tensor.values) {
    state = state * 1664525u + 1013904223u;
    value = scale * (static_cast<float>(state >> 8) / 8388608.0f - 1.0f);
  }
  return tensor;
}

constexpr int adapters = 20, rank = 16;

struct Setting {
  std::string size = "large";
  int shots = 5, source = 128, target = 8, threads = 1;
};

// The arithmetic of one evaluation: what every implementation must do, absorbed cross-attention counted as it is done here.
double flop(const T5Config& c, const Setting& s) {
  const double d = c.d_model, inner = c.inner(), ff = c.d_ff, rows = s.shots * s.source, targets = s.shots * s.target;
  const double linear = 2 * (4 * d * inner + 3 * d * ff);
  const double encoder = c.encoder_layers * (rows * linear + s.shots * 4.0 * s.source * s.source * inner);
  const double cross = 2 * 2 * d * inner + 4 * d * inner + 4.0 * s.source * c.heads * d;  // q and o, absorbed k and v, scores and averages
  const double decoder = c.decoder_layers * (targets * (linear + cross) + s.shots * 4.0 * s.target * s.target * inner);
  return encoder + decoder + targets * 2 * d * c.vocabulary;
}

std::unique_ptr<T5Engine> make(const Setting& s, Element activation) {
  const T5Config config = flan_t5(s.size);
  auto ops = make_ops({.activation = activation, .threads = s.threads});
  static std::map<std::pair<std::string, Element>, std::shared_ptr<const std::byte>> images;
  auto& image = images[{s.size, activation}];
  if (!image) {
    const auto memory = ops->allocate(model_image_bytes(config, *ops));
    std::map<std::string, TensorInfo> infos;
    for (TensorInfo& info : t5_tensors(config)) infos[info.name] = info;
    write_model_image(memory.get(), config, *ops, [&](const std::string& name) {
      const bool gain = name.find("layer_norm") != std::string::npos;
      Tensor tensor = random_tensor(infos.at(name).shape, 0.05f, static_cast<std::uint32_t>(std::hash<std::string>{}(name)));
      if (gain) std::ranges::fill(tensor.values, 1.0f);
      return tensor;
    });
    image = memory;
  }
  AdapterShape shape;
  const std::vector<LoraSite> sites = lora_sites(config);
  for (std::size_t i = 0; i < sites.size(); ++i)
    if (sites[i].module.ends_with(".q") || sites[i].module.ends_with(".v")) shape.sites.push_back({static_cast<int>(i), rank, 2.0});
  const std::vector<AdapterShape> shapes(adapters, shape);
  static std::map<std::string, std::shared_ptr<const std::byte>> libraries;
  auto& library = libraries[s.size];
  if (!library) {
    const AdapterLibrary layout(SiteGroups(config), shapes);
    const auto memory = ops->allocate(layout.bytes());
    const auto seed = [](int a, int i) { return static_cast<std::uint32_t>(a * 1000 + i); };
    layout.write(memory.get(), {.read_a = [&](int a, int i) { return random_tensor({rank, sites[shape.sites[i].site].in}, 0.02f, seed(a, i)); },
                                .read_b = [&](int a, int i) { return random_tensor({sites[shape.sites[i].site].out, rank}, 0.02f, seed(a, i)); }});
    library = memory;
  }
  Catalogue catalogue{.examples = {}, .example_sets = {{}}, .adapter_sets = {{}}};
  for (int i = 0; i < s.shots; ++i) {
    catalogue.example_sets[0].push_back(i);
    Example& example = catalogue.examples.emplace_back();
    for (int t = 0; t < s.source; ++t) example.source.push_back(3 + (i * 977 + t * 131) % 32000);
    for (int t = 0; t < s.target; ++t) example.target.push_back(3 + (i * 577 + t * 31) % 32000);
  }
  for (int a = 0; a < adapters; ++a) catalogue.adapter_sets[0].push_back(a);
  return std::make_unique<T5Engine>(std::move(ops), EngineInputs{config, image, library, shapes, std::make_shared<const Catalogue>(catalogue)},
                                    WorkerCapacity{});
}

std::map<std::pair<Element, int>, std::vector<double>> peaks;  // GFLOP/s of the best matrix products, by element and threads
double peak(Element element, int threads) {
  auto& samples = peaks[{element, threads}];
  if (samples.empty()) return 0;
  std::ranges::nth_element(samples, samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2));
  return samples[samples.size() / 2];
}

void matrix_product(benchmark::State& state, Element element, int threads) {
  constexpr int m = 2048, n = 2048, k = 2048;
  CpuOps ops({.activation = element, .threads = threads});
  const auto w = ops.allocate(ops.packed_bytes(k, n)), x = ops.allocate(std::size_t{m} * k * 4), y = ops.allocate(std::size_t{m} * n * 4);
  const Tensor values = random_tensor({n, k}, 1, 1);
  ops.pack(w.get(), values.values.data(), k, n);
  const View in{x.get(), element, m, k, k}, out{y.get(), Element::f32, m, n, n};
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    ops.linear(out, in, {w.get(), k, n}, Accumulate::no);
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    peaks[{element, threads}].push_back(2e-9 * m * n * k / spent.count());
  }
  state.counters["GFLOP/s"] = peak(element, threads);
}

void evaluation(benchmark::State& state, Element element, Setting setting) {
  const auto engine = make(setting, element);
  Member member{0, 0, std::vector<double>(adapters)};
  int n = 0;
  std::vector<double> rates;
  const double work = flop(flan_t5(setting.size), setting);
  for (auto _ : state) {
    for (int i = 0; i < adapters; ++i) member.weights[i] = 0.01 * ((i * 7 + n) % 13) - 0.05;
    ++n;
    const auto start = std::chrono::steady_clock::now();
    Outcome outcome = engine->start(EvaluateWork{{member}})->finish();
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    benchmark::DoNotOptimize(outcome);
    rates.push_back(1e-9 * work / spent.count());
  }
  std::ranges::sort(rates);
  state.counters["GFLOP/s"] = rates[rates.size() / 2];
  if (const double limit = peak(element, setting.threads); limit > 0) state.counters["share_of_peak"] = rates[rates.size() / 2] / limit;
}

}  // namespace
}  // namespace lorasweep

int main(int argc, char** argv) {
  using namespace lorasweep;
  Setting setting;
  if (const char* size = std::getenv("ENGINE_BENCH_SIZE")) setting.size = size;
  if (const char* threads = std::getenv("ENGINE_BENCH_THREADS")) setting.threads = std::atoi(threads);
  for (const auto& [element, name] : {std::pair{Element::f32, "f32"}, {Element::bf16, "bf16"}}) {
    benchmark::RegisterBenchmark((std::string("matrix_product/") + name).c_str(), matrix_product, element, setting.threads)
        ->Unit(benchmark::kMillisecond)->UseRealTime();
    benchmark::RegisterBenchmark(("evaluation/" + setting.size + "/" + name).c_str(), evaluation, element, setting)
        ->Unit(benchmark::kMillisecond)->UseRealTime();
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
