// SPDX-License-Identifier: Apache-2.0
// What the library of products has beside what the engine uses: printed, for whoever decides whether to use it. Lines
// begin with "probe".
//  - For few rows: a kernel of the same ALGO_ID and STAGES_ID as the engine's, without split. Are the bits the same?
//    How fast is it? And the library's favourite for so many rows?
//  - For all rows: what other rules about alignment, workspace and splits would give.
#include "tests/workers/cuda/model_maps.h"
#include "workers/cuda/cuda_devices.h"
#include "workers/cuda/graph.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <vector>

namespace lorasweep {
namespace {

constexpr std::uint64_t workspace_bytes = std::uint64_t{32} << 20;
#ifdef LORASWEEP_CUDA_ON_HOST
constexpr int times_in_a_record = 1, rounds = 1;
#else
constexpr int times_in_a_record = 20, rounds = 5;
#endif

struct Config {
  std::int32_t id = 0;
  std::uint32_t tile = 0, stages = 0;
  std::string text() const { return std::to_string(id) + "/" + std::to_string(tile) + "/" + std::to_string(stages); }
};

template <typename T>
T attribute(const cublasLtMatmulAlgo_t& algorithm, cublasLtMatmulAlgoConfigAttributes_t which) {
  T value = 0;
  std::size_t written = 0;
  check(cublasLtMatmulAlgoConfigGetAttribute(&algorithm, which, &value, sizeof value, &written), "probe");
  return value;
}

Config config_of(const cublasLtMatmulAlgo_t& algorithm) {
  return {attribute<std::int32_t>(algorithm, CUBLASLT_ALGO_CONFIG_ID),
          attribute<std::uint32_t>(algorithm, CUBLASLT_ALGO_CONFIG_TILE_ID),
          attribute<std::uint32_t>(algorithm, CUBLASLT_ALGO_CONFIG_STAGES_ID)};
}

class Library {
 public:
  Library() { check(cublasLtCreate(&handle_), "cublasLtCreate"); }
  ~Library() { cublasLtDestroy(handle_); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  cublasLtHandle_t get() const { return handle_; }

 private:
  cublasLtHandle_t handle_ = nullptr;
};

class LibraryProbe : public testing::TestWithParam<ModelMap> {
 protected:
  void SetUp() override {
    if (cuda_device_count() == 0) GTEST_SKIP() << "no CUDA device here";
    device = Device::open(0);
    library = std::make_unique<Library>();  // not before: there is none without a device
    product = std::make_unique<ModelProduct>(device, GetParam(), Element::bf16);
    workspace = device->allocate(workspace_bytes);
  }
  bool multiply(const cublasLtMatmulAlgo_t& algorithm, View y, View x) {
    const MatmulShape shape = product->shape();
    MatmulProblem problem(shape, x.rows);
    const float one = 1, zero = 0;
    return cublasLtMatmul(library->get(), &problem.operation, &one, product->projection.packed, problem.weights.get(),
                          x.data, problem.inputs.get(), &zero, y.data, problem.outputs.get(), y.data,
                          problem.outputs.get(), &algorithm, workspace.get(), workspace_bytes,
                          device->stream()) == CUBLAS_STATUS_SUCCESS;
  }
  /// In one record, so that the host's part stays out of it; the least of some rounds.
  double microseconds(const cublasLtMatmulAlgo_t& algorithm, std::int64_t rows) {
    const auto graph = Graph::record(*device, [&] {
      for (int i = 0; i < times_in_a_record; ++i)
        multiply(algorithm, product->part.row_range(0, rows), product->x.row_range(0, rows));
    });
    if (!graph) return -1;
    double least = 1e30;
    for (int round = 0; round < rounds; ++round) {
      device->finish();
      const auto start = std::chrono::steady_clock::now();
      graph->launch(device->stream());
      device->finish();
      least =
          std::min(least, std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
    }
    return least / times_in_a_record;
  }
  std::string bits_and_time(const cublasLtMatmulAlgo_t& algorithm, std::int64_t rows) {
    BitComparison bits(*device, 1);
    const std::int64_t first = product->rows - rows;
    const View part = product->part.row_range(0, rows);
    if (!multiply(algorithm, part, product->x.row_range(first, rows))) return config_of(algorithm).text() + " refused";
    bits.compare(part, product->whole.row_range(first, rows), 0);
    const bool same = bits.differing().empty();
    char text[96];
    std::snprintf(text, sizeof text, "%s %s bits %.1f us", config_of(algorithm).text().c_str(), same ? "same" : "OTHER",
                  microseconds(algorithm, rows));
    return text;
  }

  std::shared_ptr<Device> device;
  std::unique_ptr<ModelProduct> product;
  std::shared_ptr<std::byte> workspace;
  std::unique_ptr<Library> library;
};

TEST_P(LibraryProbe, TheEnginesKernelKeepsItsBitsAndTheOthersAreReported) {
  const MatmulShape shape = product->shape();
  const auto engines = choose_matmul_algorithm(library->get(), shape);
  ASSERT_TRUE(engines.has_value());
  ASSERT_TRUE(multiply(*engines, product->whole, product->x));
  std::printf("probe %-6s the engine's kernel (id/tile/stages) %s\n", GetParam().name,
              config_of(*engines).text().c_str());
  for (const std::int64_t rows : {1, 2, 7, 27, 64, 128, 256, 538, 1000, 4000}) {
    if (rows > product->rows) break;
    const std::string own = bits_and_time(*engines, rows);
    EXPECT_NE(own.find("same"), std::string::npos) << rows << " rows";
    std::string others;
    const Config chosen = config_of(*engines);
    int reported = 0;
    for (const cublasLtMatmulAlgo_t& candidate : matmul_candidates(library->get(), shape, rows)) {
      const Config config = config_of(candidate);
      const bool kin = config.id == chosen.id && config.stages == chosen.stages && config.tile != chosen.tile;
      if (!kin && !others.empty()) continue;  // of strangers only the favourite
      others += std::string(kin ? "; kin " : "; favourite ") + bits_and_time(candidate, rows);
      if (++reported == 4) break;
    }
    std::printf("probe %-6s M=%-5lld %s%s\n", GetParam().name, static_cast<long long>(rows), own.c_str(),
                others.c_str());
  }
}

TEST_P(LibraryProbe, OtherRulesAreMeasuredForAllRows) {
  struct Rules {
    const char* name;
    int alignment;
    MatmulRules rules;
  };
  int measured = 0;
  for (const Rules& rules : {Rules{"the engine's", 16, {}},
                             {"alignment 256", 256, {}},
                             {"32 MiB workspace", 256, {.workspace_bytes = workspace_bytes}},
                             {"anything", 256, {.workspace_bytes = workspace_bytes, .sums_in_one_place = false}}}) {
    MatmulShape shape = product->shape();
    shape.x_alignment = shape.w_alignment = shape.y_alignment = rules.alignment;
    const auto candidates = matmul_candidates(library->get(), shape, product->rows, rules.rules);
    if (candidates.empty()) continue;
    const double us = microseconds(candidates.front(), product->rows);
    const double flop = 2.0 * static_cast<double>(product->rows * shape.in * shape.out) * product->heads;
    std::printf("probe %-6s M=%-5lld rules: %-17s %s %.1f us, %.0f TFLOP/s\n", GetParam().name,
                static_cast<long long>(product->rows), rules.name, config_of(candidates.front()).text().c_str(), us,
                1e-6 * flop / us);
    measured += us > 0;
  }
  EXPECT_GT(measured, 0);
}

INSTANTIATE_TEST_SUITE_P(CudaMaps, LibraryProbe, testing::ValuesIn(model_maps),
                         [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace lorasweep
