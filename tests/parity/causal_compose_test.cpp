// SPDX-License-Identifier: Apache-2.0
// Composed factors, and logits of compositions and of base models, of tiny trained decoder-only models against PEFT and
// transformers.
#include "data/formats/open_weights.h"
#include "tests/parity/causal_families.h"
#include "workers/causal/network.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace lorasweep {
namespace {

// A family's base model and adapters on the CPU, in f32.
struct Bench {
  explicit Bench(const causal_oracle::Family& family) : models(family.base(), family.adapters()) {}

  std::vector<float> logits(const TokenIds& ids, const ComposedFactors* factors) {
    CausalNetwork network(*ops, config, causal_weights(config, models.plan(), layout.bind(image.get())));
    Workspace memory(*ops);
    const Index rows = std::ssize(ids);
    const View on_device = memory.matrix(0, Element::i32, rows, 1);
    ops->upload(on_device, ids.data());
    std::vector<Index> all(rows);
    std::iota(all.begin(), all.end(), Index{0});
    const View states = memory.matrix(1, Element::f32, rows, config.d_model),
               out = memory.matrix(2, Element::f32, rows, config.vocabulary);
    Sequences sequence;
    sequence.offsets.push_back(rows);
    const Bypass bypass{factors, {{0, rows}}};
    network.forward(states, on_device, sequence, all, bypass);
    network.logits(out, states, bypass);
    std::vector<float> got(rows * config.vocabulary);
    ops->download(got.data(), out);
    ops->wait_all();
    return got;
  }

  causal_oracle::Models models;
  CausalConfig config = std::get<CausalConfig>(models.plan().config);
  std::unique_ptr<Ops> ops = make_ops({});
  ModelImage layout{models.plan(), *ops};
  std::shared_ptr<const std::byte> image = models.model_image(*ops), library_image = models.library_image();
  AdapterLibrary library{SiteGroups(models.plan()), models.shapes()};
};

// Of the largest value.
double distance(std::span<const float> got, const Tensor& wanted) {
  EXPECT_EQ(got.size(), wanted.values.size());
  double largest = 0, error = 0;
  for (std::size_t i = 0; i < wanted.values.size(); ++i) {
    largest = std::max(largest, std::abs(double{wanted.values[i]}));
    error = std::max(error, std::abs(double{got[i]} - wanted.values[i]));
  }
  return error / largest;
}

TokenIds ids_of(const WeightFile& file, const std::string& name) {
  const auto wide = file.read_integers(name);
  return {wide.begin(), wide.end()};
}

TEST(CausalCompose, GivesTheReferencesFactorsAndLogits) {
  for (const auto& family : causal_oracle::families()) {
    if (!family.has("compose.json")) continue;
    Bench bench(family);
    const std::vector<LoraSite> sites = lora_sites(bench.models.plan());
    for (const auto& json : causal_oracle::json_of(family.golden("compose.json"))) {
      const auto expected = open_weights(family.golden(json.at("file")));
      const auto rows = bench.models.rows_of(json.at("modules"));
      const auto weights = json.at("weights").get<std::vector<double>>();
      Composer composer(*bench.ops, bench.library, Composition::lorahub, bench.library_image);
      const MemberWeights member{rows, weights};
      const ComposedFactors& factors = composer.compose({&member, 1});
      for (const AdapterSite& site : bench.models.adapters()[rows.front()].sites()) {
        const auto [a, b] = factors.site_factors(*bench.ops, 0, site.site);
        const std::string key = "lora.base_model.model." + sites[site.site].module;
        EXPECT_LE(distance(a.values, expected->read(key + ".lora_A.weight")), 1e-6) << key;
        Tensor wanted = expected->read(key + ".lora_B.weight");
        for (float& value : wanted.values) value *= static_cast<float>(site.scaling);
        EXPECT_LE(distance(b.values, wanted), 1e-6) << key;
      }
      const std::vector<float> got = bench.logits(ids_of(*expected, "ids"), &factors);
      EXPECT_LE(distance(got, expected->read("unmerged_logits")), 1e-5) << family.name << " " << json.at("file");
    }
  }
}

// The recorded distance of f32 from f64 where that is larger: of sequences beyond the positions of training.
TEST(CausalForward, GivesTheReferencesLogits) {
  int compared = 0;
  for (const auto& family : causal_oracle::families()) {
    if (!family.has("forward_base.json")) continue;
    Bench bench(family);
    const auto expected = open_weights(family.golden("forward_base.safetensors"));
    for (const auto& json : causal_oracle::json_of(family.golden("forward_base.json"))) {
      const double allowed = std::max(1e-5, json.at("largest_differences").at("f32_f64").get<double>());
      for (std::size_t i = 0; i < json.at("prompt_tokens").size(); ++i, ++compared) {
        const std::string name = json.at("name").get<std::string>() + "." + std::to_string(i);
        EXPECT_LE(distance(bench.logits(ids_of(*expected, name + ".ids"), nullptr), expected->read(name + ".logits")),
                  allowed)
            << family.name << " " << name;
      }
    }
  }
  if (compared == 0) GTEST_SKIP() << "LORASWEEP_CAUSAL_ORACLE names no directory with these goldens";
}

}  // namespace
}  // namespace lorasweep
