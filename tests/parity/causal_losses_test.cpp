// SPDX-License-Identifier: Apache-2.0
// Losses of compositions of the adapters of tiny trained models against LoraHub's composition over transformers and
// PEFT, for every recorded vector; and that a row's bits depend on nothing else in a batch.
#include "tests/parity/causal_families.h"

#include <gtest/gtest.h>

#include <cmath>
#include <iostream>

namespace lorasweep {
namespace {

using causal_oracle::families;
using causal_oracle::Family;

struct Group {
  Catalogue catalogue{.examples = {}, .example_sets = {{}}};
  std::vector<std::int32_t> adapters;
};

Group group_of(const nlohmann::ordered_json& json, const causal_oracle::Models& models,
               std::size_t most_rows = SIZE_MAX) {
  Group group;
  for (const auto& row : json.at("rows")) {
    if (group.catalogue.examples.size() == most_rows) break;
    group.catalogue.example_sets[0].push_back(static_cast<std::int32_t>(group.catalogue.examples.size()));
    group.catalogue.examples.push_back(causal_oracle::example(row.at("ids").get<std::vector<std::int32_t>>(),
                                                              row.at("prompt_tokens").get<std::size_t>()));
  }
  group.adapters = models.rows_of(json.at("modules"));
  return group;
}

// A lane after the other takes its time: then every seventh vector, and few rows of few groups.
#ifdef LORASWEEP_CUDA_ON_HOST
constexpr int every = 7;
constexpr std::size_t most_groups = 2, most_rows = 2;
#else
constexpr int every = 1;
constexpr std::size_t most_groups = SIZE_MAX, most_rows = SIZE_MAX;
#endif

// The vectors of a group that are looked at.
std::vector<nlohmann::ordered_json> some_vectors(const nlohmann::ordered_json& json, DeviceKind kind) {
  std::vector<nlohmann::ordered_json> some;
  const int step = kind == DeviceKind::cpu ? 1 : every;
  for (std::size_t i = 0; i < json.at("vectors").size(); i += step) some.push_back(json.at("vectors")[i]);
  return some;
}

// Its scores reach 253: an f32 rounding of all weights moves it by 4e-5 to 7e-5. Held to what an ill-conditioned loss
// of the other family is held to: twice the reference's distance from f64. The only one, and no bound for the others.
bool is_ill_conditioned(const Family& family, const nlohmann::ordered_json& group, const std::string& kind,
                        std::size_t row) {
  return family.name.starts_with("llama") && group.at("task") == "truth_checking" && kind == "uniform" && row == 0;
}

void expect_losses_of_the_reference(DeviceKind kind) {
  for (const auto& family : families()) {
    if (kind == DeviceKind::cuda && family.name != "qwen2") continue;
    const causal_oracle::Models models(family.base(), family.adapters());
    int all = 0, strict = 0, known = 0;
    double worst = 0;
    for (const auto& json : causal_oracle::json_of(family.golden("losses.json"))) {
      const Group group = group_of(json, models);
      const auto engine = models.engine(group.catalogue, {.kind = kind});
      for (const auto& vector : some_vectors(json, kind)) {
        const auto got =
            causal_oracle::evaluate(*engine, {{group.adapters, 0, vector.at("weights").get<std::vector<double>>()}})[0];
        for (std::size_t i = 0; i < got.size(); ++i, ++all) {
          const double wanted = vector.at("sum_nll")[i], exact = vector.at("sum_nll_f64")[i];
          const double tolerance = 5e-5 * std::abs(wanted) + 2e-6;
          const bool is_near = std::abs(got[i] - wanted) <= tolerance;
          strict += is_near;
          worst = std::max(worst, std::abs(got[i] - exact) / std::max(exact, 1e-3));
          const bool as_near = is_near || std::abs(got[i] - exact) <= std::max(tolerance, std::abs(wanted - exact));
          const bool excused = !as_near && is_ill_conditioned(family, json, vector.at("kind"), i) &&
                               std::abs(got[i] - exact) <= 2 * std::abs(wanted - exact);
          known += excused;
          EXPECT_TRUE(as_near || excused)
              << family.name << " " << json.at("task") << " " << vector.at("kind") << " row " << i << ": " << got[i]
              << ", the reference " << wanted << ", in f64 " << exact;
        }
      }
    }
    const int vectors = kind == DeviceKind::cpu ? 21 : (21 + every - 1) / every;
    EXPECT_EQ(all, vectors * (5 + 5 + 5 + 7)) << family.name;
    EXPECT_GE(strict, all * 95 / 100);
    EXPECT_LE(known, 1);
    std::cout << family.name << ": " << strict << " of " << all
              << " sums are within 5e-5 of the reference, the furthest from f64 by " << worst << "\n";
  }
}

TEST(CausalLosses, AreThoseOfTheReferenceForEveryRecordedVector) { expect_losses_of_the_reference(DeviceKind::cpu); }

TEST(CausalLosses, OnACudaDeviceAreThoseOfTheReference) {
  if (device_count(DeviceKind::cuda) == 0) GTEST_SKIP() << "no CUDA device here";
  expect_losses_of_the_reference(DeviceKind::cuda);
}

class CausalInvariance : public testing::TestWithParam<std::tuple<DeviceKind, Element, Composition>> {
 protected:
  void SetUp() override {
    if (device_count(options.kind) == 0) GTEST_SKIP() << "no CUDA device here";
  }
  Family family = causal_oracle::qwen2();
  causal_oracle::Models models{family.base(), family.adapters()};
  causal_oracle::EngineOptions options{.activation = std::get<1>(GetParam()),
                                       .composition = std::get<2>(GetParam()),
                                       .kind = std::get<0>(GetParam()),
                                       .max_new_tokens = 24};
  nlohmann::ordered_json groups = causal_oracle::json_of(family.golden("losses.json"));
};

// Members of several tasks, the base among them, all together, in another order, and one by one; two threads and one.
TEST_P(CausalInvariance, ALossHasTheSameBitsWhateverIsInTheBatchAndOnAnyNumberOfThreads) {
  Catalogue catalogue;
  std::vector<Member> members;
  for (const auto& json : groups) {
    if (catalogue.example_sets.size() == most_groups) break;
    const Group group = group_of(json, models, most_rows);
    auto& set = catalogue.example_sets.emplace_back();
    for (const Example& example : group.catalogue.examples) {
      set.push_back(static_cast<std::int32_t>(catalogue.examples.size()));
      catalogue.examples.push_back(example);
    }
    const auto number = static_cast<std::int32_t>(catalogue.example_sets.size() - 1);
    members.push_back({group.adapters, number, json.at("vectors")[4].at("weights").get<std::vector<double>>()});
    members.push_back({{}, number, {}});
  }
  const auto one = models.engine(catalogue, options);
  causal_oracle::EngineOptions with_threads = options;
  with_threads.threads = 3;
  const auto three = models.engine(catalogue, with_threads);
  const auto together = causal_oracle::evaluate(*three, members);
  std::vector<Member> reversed(members.rbegin(), members.rend());
  const auto backwards = causal_oracle::evaluate(*one, reversed);
  for (std::size_t m = 0; m < members.size(); ++m) {
    EXPECT_EQ(together[m], causal_oracle::evaluate(*one, {members[m]})[0]) << m;
    EXPECT_EQ(together[m], backwards[members.size() - 1 - m]) << m;
  }
}

TEST_P(CausalInvariance, AnAnswerIsTheSameWhateverIsInTheBatchAndOnAnyNumberOfThreads) {
  const Group group = group_of(groups[3], models, most_rows);
  const auto weights = groups[3].at("vectors")[4].at("weights").get<std::vector<double>>();
  const std::vector<std::int32_t> all = group.catalogue.example_sets[0];
  const auto one = models.engine(group.catalogue, options);
  causal_oracle::EngineOptions with_threads = options;
  with_threads.threads = 3;
  const auto three = models.engine(group.catalogue, with_threads);
  const auto together =
      causal_oracle::predict(*three, {{{group.adapters, weights, all}, {{}, {}, all}}, options.max_new_tokens});
  bool some_long = false;
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(together[0][i],
              causal_oracle::predict(*one, {{{group.adapters, weights, {all[i]}}}, options.max_new_tokens})[0][0]);
    EXPECT_EQ(together[1][i], causal_oracle::predict(*one, {{{{}, {}, {all[i]}}}, options.max_new_tokens})[0][0]);
    some_long = some_long || together[0][i].size() > 1;
  }
  EXPECT_TRUE(some_long);
}

INSTANTIATE_TEST_SUITE_P(All, CausalInvariance,
                         testing::Combine(testing::Values(DeviceKind::cpu, DeviceKind::cuda),
                                          testing::Values(Element::f32, Element::bf16),
                                          testing::Values(Composition::lorahub, Composition::exact)),
                         [](const auto& param) {
                           return std::string(std::get<0>(param.param) == DeviceKind::cpu ? "cpu_" : "cuda_") +
                                  (std::get<1>(param.param) == Element::f32 ? "f32_" : "bf16_") +
                                  name_of(std::get<2>(param.param));
                         });

// bf16 keeps 8 bits of the inputs of products.
void expect_near_losses_in_bf16(DeviceKind kind) {
  const Family family = causal_oracle::qwen2();
  const causal_oracle::Models models(family.base(), family.adapters());
  int all = 0, near = 0;
  for (const auto& json : causal_oracle::json_of(family.golden("losses.json"))) {
    const Group group = group_of(json, models);
    const auto engine = models.engine(group.catalogue, {.activation = Element::bf16, .kind = kind});
    for (const auto& vector : some_vectors(json, kind)) {
      if (vector.at("kind") == "bounds" || vector.at("kind") == "uniform") continue;
      const auto got =
          causal_oracle::evaluate(*engine, {{group.adapters, 0, vector.at("weights").get<std::vector<double>>()}})[0];
      for (std::size_t i = 0; i < got.size(); ++i, ++all) {
        const double wanted = vector.at("sum_nll")[i];
        near += std::abs(got[i] - wanted) <= 0.02 * wanted + 0.01;
        EXPECT_NEAR(got[i], wanted, 0.1 * wanted + 0.1) << json.at("task") << " " << vector.at("kind");
      }
    }
  }
  std::cout << "bf16: " << near << " of " << all << " sums are within 2 % of the reference\n";
  EXPECT_GE(near, all * 9 / 10);
}

TEST(CausalLosses, InBf16AreNearThoseOfTheReferenceUnlessTheWeightsAreLarge) {
  expect_near_losses_in_bf16(DeviceKind::cpu);
}

TEST(CausalLosses, OnACudaDeviceInBf16AreNearThoseOfTheReferenceUnlessTheWeightsAreLarge) {
  if (device_count(DeviceKind::cuda) == 0) GTEST_SKIP() << "no CUDA device here";
  expect_near_losses_in_bf16(DeviceKind::cuda);
}

}  // namespace
}  // namespace lorasweep
