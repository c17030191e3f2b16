// SPDX-License-Identifier: Apache-2.0
// Compositions against the reference's weighted sums, the probe's loss, and what must hold of any composition.
#include "data/formats/open_weights.h"
#include "data/model/lora_sites.h"
#include "tests/testing/oracle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace lorasweep {
namespace {

class Compose : public testing::TestWithParam<DeviceKind> {
 protected:
  void SetUp() override {
    if (device_count(GetParam()) == 0) GTEST_SKIP() << "no CUDA device here";
  }
  static std::unique_ptr<LanguageEngine> engine(Catalogue catalogue, Composition composition = Composition::lorahub) {
    return oracle::engine(std::move(catalogue), {.composition = composition, .kind = GetParam()});
  }
};

TEST_P(Compose, FactorsAreTheReferencesWeightedSums) {
  const std::vector<LoraSite> sites = lora_sites(oracle::plan());
  for (const auto& golden : oracle::golden_json("compose.json")) {
    const auto file = open_weights(oracle::golden(golden.at("file")));
    const auto composed = engine({});
    const auto adapters = oracle::adapter_set(golden.at("modules"));
    const auto weights = golden.at("weights").get<std::vector<double>>();
    const float scaling = golden.at("scaling");
    int compared = 0;
    for (int site = 0; site < static_cast<int>(sites.size()); ++site) {
      const std::string key = "lora.base_model.model." + sites[site].module;
      if (file->find(key + ".lora_A.weight") == nullptr) continue;
      const auto [a, b] = composed->compose(adapters, weights).site_factors(composed->ops(), 0, site);
      const Tensor expected_a = file->read(key + ".lora_A.weight"), expected_b = file->read(key + ".lora_B.weight");
      ASSERT_EQ(a.shape, expected_a.shape);
      ASSERT_EQ(b.shape, expected_b.shape);
      for (std::size_t i = 0; i < a.values.size(); ++i) ASSERT_NEAR(a.values[i], expected_a.values[i], 1e-6) << key;
      for (std::size_t i = 0; i < b.values.size(); ++i)
        ASSERT_NEAR(b.values[i], scaling * expected_b.values[i], scaling * 1e-6) << key;
      ++compared;
    }
    EXPECT_EQ(compared, 14);  // q and v of 3 encoder, 2 decoder self- and 2 cross-attentions
  }
}

TEST_P(Compose, ProbeLossIsThatOfTheReference) {
  for (const auto& golden : oracle::golden_json("compose.json")) {
    const auto composed = engine(
        {.examples = {oracle::example(golden.at("probe_input"), golden.at("probe_target"))}, .example_sets = {{0}}});
    const auto nll = oracle::evaluate(
        *composed, {{oracle::adapter_set(golden.at("modules")), 0, golden.at("weights").get<std::vector<double>>()}});
    const auto tokens = oracle::tokenizer().encode(golden.at("probe_target").get<std::string>()).size();
    const double expected = golden.at("probe_loss_unmerged");
    EXPECT_NEAR(nll[0][0] / static_cast<double>(tokens), expected,
                (GetParam() == DeviceKind::cpu ? 1e-5 : 1e-4) * expected);
  }
}

TEST_P(Compose, OneAdapterAtWeightOneIsTheAdapterItself) {
  const std::vector<LoraSite> sites = lora_sites(oracle::plan());
  for (const Composition rule : {Composition::lorahub, Composition::exact})
    for (const std::int32_t index : {0, 7, 30}) {
      const Adapter& adapter = oracle::adapters()[index];
      const auto composed = engine({}, rule);
      for (const AdapterSite& site : adapter.sites()) {
        const auto [a, b] =
            composed->compose(std::vector{index}, std::vector{1.0}).site_factors(composed->ops(), 0, site.site);
        const Tensor own_a = adapter.read_a(site), own_b = adapter.read_b(site);
        EXPECT_EQ(a.values, own_a.values);
        for (std::size_t i = 0; i < b.values.size(); ++i)
          ASSERT_EQ(b.values[i], static_cast<float>(site.scaling) * own_b.values[i]) << sites[site.site].module;
      }
    }
}

TEST_P(Compose, LorahubIsEvenInTheWeightsAndExactIsNot) {
  Catalogue catalogue{.examples = {oracle::example("Write backwards: cat dog cow", "cow dog cat")},
                      .example_sets = {{0}}};
  const std::vector<std::int32_t> both = {3, 11};
  const std::vector<double> plus = {0.7, -0.4}, minus = {-0.7, 0.4};
  const auto lorahub = engine(catalogue);
  EXPECT_EQ(oracle::evaluate(*lorahub, {{both, 0, plus}}), oracle::evaluate(*lorahub, {{both, 0, minus}}));
  const auto exact = engine(catalogue, Composition::exact);
  EXPECT_NE(oracle::evaluate(*exact, {{both, 0, plus}}), oracle::evaluate(*exact, {{both, 0, minus}}));
}

TEST_P(Compose, ExactSumsTheChangesOfItsAdapters) {
  const std::vector<std::int32_t> set = {2, 9, 17};
  const std::vector<double> weights = {0.5, -1.25, 0.75};
  const auto composed = engine({}, Composition::exact);
  for (const AdapterSite& site : oracle::adapters()[2].sites()) {
    const auto [a, b] = composed->compose(set, weights).site_factors(composed->ops(), 0, site.site);
    const auto in = a.shape[1], out = b.shape[0];
    EXPECT_EQ(a.shape[0], 24);
    std::vector<double> expected(static_cast<std::size_t>(in * out), 0.0);
    for (std::size_t k = 0; k < set.size(); ++k) {
      const Adapter& adapter = oracle::adapters()[set[k]];
      const auto own = std::ranges::find(adapter.sites(), site.site, &AdapterSite::site);
      const Tensor own_a = adapter.read_a(*own), own_b = adapter.read_b(*own);
      for (std::int64_t o = 0; o < out; ++o)
        for (int r = 0; r < own->rank; ++r)
          for (std::int64_t i = 0; i < in; ++i)
            expected[o * in + i] +=
                weights[k] * own->scaling * own_b.values[o * own->rank + r] * own_a.values[r * in + i];
    }
    for (std::int64_t o = 0; o < out; ++o)
      for (std::int64_t i = 0; i < in; ++i) {
        double got = 0;
        for (std::int64_t r = 0; r < a.shape[0]; ++r)
          got += static_cast<double>(b.values[o * a.shape[0] + r]) * a.values[r * in + i];
        ASSERT_NEAR(got, expected[o * in + i], 1e-6);
      }
  }
}

INSTANTIATE_TEST_SUITE_P(AllDevices, Compose, testing::Values(DeviceKind::cpu, DeviceKind::cuda),
                         [](const auto& param) { return param.param == DeviceKind::cpu ? "cpu" : "cuda"; });

}  // namespace
}  // namespace lorasweep
