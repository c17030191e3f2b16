// SPDX-License-Identifier: Apache-2.0
// Decoder-only networks of every supported shape, stored as f32 and bf16, whole and sharded, against transformers and
// PEFT (tests/golden/causal/README.md).
#include "data/formats/open_weights.h"
#include "tests/testing/causal_oracle.h"
#include "workers/causal/causal_model.h"
#include "workers/engine/greedy_decoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace lorasweep {
namespace {

using causal_oracle::golden;

class CausalShape : public testing::TestWithParam<std::tuple<DeviceKind, std::string>> {
 protected:
  DeviceKind kind = std::get<0>(GetParam());
  std::filesystem::path folder = golden("shapes/" + std::get<1>(GetParam()));
  causal_oracle::Models models{folder, {folder / "adapter"}};
  const ModelPlan& plan = models.plan();
  CausalConfig config = std::get<CausalConfig>(plan.config);
  std::unique_ptr<WeightFile> expected = open_weights(folder / "expected.safetensors");
  nlohmann::ordered_json notes = causal_oracle::json_of(folder / "expected.json");
  // SetUp() skips what has no device
  std::unique_ptr<Ops> ops = make_ops({.threads = 2, .kind = device_count(kind) > 0 ? kind : DeviceKind::cpu});
  ModelImage layout{plan, *ops};
  AdapterLibrary library{SiteGroups(plan), models.shapes()};
  std::shared_ptr<const std::byte> image = ops->adopt(models.model_image(*ops), layout.bytes()),
                                   library_image = ops->adopt(models.library_image(), library.bytes());
  CausalWeights weights = causal_weights(config, plan, layout.bind(image.get()));

  void SetUp() override {
    if (device_count(kind) == 0) GTEST_SKIP() << "no CUDA device here";
  }

  TokenIds ids(const std::string& name) const {
    const auto wide = expected->read_integers(name);
    return {wide.begin(), wide.end()};
  }

  // Both sequences in one batch, every row's logits.
  void compare_logits(const std::string& what, const ComposedFactors* factors) {
    CausalNetwork network(*ops, config, weights);
    Workspace memory(*ops);
    std::vector<std::int32_t> all;
    Sequences sequences;
    for (const std::string n : {"0", "1"}) {
      for (const auto id : ids(what + "." + n + ".ids")) all.push_back(id);
      sequences.offsets.push_back(std::ssize(all));
    }
    const View on_device = memory.matrix(0, Element::i32, std::ssize(all), 1);
    ops->upload(on_device, all.data());
    std::vector<Index> rows(all.size());
    std::iota(rows.begin(), rows.end(), Index{0});
    const Bypass bypass{factors, {{0, std::ssize(all)}}};
    const View states = memory.matrix(1, Element::f32, std::ssize(all), config.d_model),
               logits = memory.matrix(2, Element::f32, std::ssize(all), config.vocabulary);
    network.forward(states, on_device, sequences, rows, bypass);
    network.logits(logits, states, bypass);
    std::vector<float> got(all.size() * config.vocabulary);
    ops->download(got.data(), logits);
    ops->wait_all();
    for (int s = 0; s < 2; ++s) {
      const Tensor wanted = expected->read(what + "." + std::to_string(s) + ".logits");
      double largest = 0, error = 0;
      const float* own = got.data() + sequences.begin(s) * config.vocabulary;
      for (std::size_t i = 0; i < wanted.values.size(); ++i) {
        largest = std::max(largest, std::abs(double{wanted.values[i]}));
        error = std::max(error, std::abs(double{own[i]} - wanted.values[i]));
      }
      EXPECT_GT(largest, 0.1);
      EXPECT_LE(error, (kind == DeviceKind::cpu ? 1e-5 : 1e-4) * largest) << what << " " << s;
    }
  }

  void compare_losses(const std::string& what, const ComposedFactors* factors) {
    CausalModel model(*ops, config, weights);
    std::vector<Example> examples;
    for (const int s : {0, 1})
      examples.push_back(causal_oracle::example(ids(what + "." + std::to_string(s) + ".ids"),
                                                notes["prompt_tokens"][s].get<std::size_t>()));
    const std::vector<const Example*> both = {&examples[0], &examples[1]};
    const LanguageModel::Losses losses = model.losses(both, {factors, {{0, 2}}});
    losses.enqueue();
    std::vector<double> got(losses.nll.rows);
    ops->download(got.data(), losses.nll);
    ops->wait_all();
    std::size_t next = 0;
    for (const std::string s : {"0", "1"})
      for (const float wanted : expected->read(what + "." + s + ".token_nll").values)
        EXPECT_NEAR(got[next++], wanted, 5e-5 * wanted + 2e-5) << what << " " << s << " label " << next - 1;
    EXPECT_EQ(next, got.size());
  }

  void compare_answers(const std::string& what, const ComposedFactors* factors) {
    CausalModel model(*ops, config, weights);
    GreedyDecoder decoder(*ops, model, plan.stop_tokens);
    std::vector<TokenIds> prompts;
    for (const int s : {0, 1}) {
      TokenIds prompt = ids(what + "." + std::to_string(s) + ".ids");
      prompt.resize(notes["prompt_tokens"][s].get<std::size_t>());
      prompts.push_back(std::move(prompt));
    }
    const std::vector<const TokenIds*> both = {&prompts[0], &prompts[1]};
    const auto answers = decoder.decode(both, {factors, {{0, 2}}}, 12);
    for (int s = 0; s < 2; ++s) {
      const std::string name = what + "." + std::to_string(s);
      if (notes[name + ".smallest_gap"].get<double>() < 1e-3) continue;  // a tie
      EXPECT_EQ(answers[s], ids(name + ".generated")) << name;
    }
  }

  void compare(const std::string& what, const ComposedFactors* factors) {
    compare_logits(what, factors);
    compare_losses(what, factors);
    compare_answers(what, factors);
  }
};

TEST_P(CausalShape, BaseModelGivesTheReferencesLogitsLossesAndAnswers) { compare("base", nullptr); }

// The reference has 0.75 of the factors A and of B: lorahub's composition of one adapter at this weight.
TEST_P(CausalShape, AnAdapterGivesTheReferencesLogitsLossesAndAnswers) {
  const std::int32_t row = 0;
  for (const auto& [rule, weight] : {std::pair(Composition::lorahub, 0.75), std::pair(Composition::exact, 0.5625)}) {
    Composer composer(*ops, library, rule, library_image);
    const MemberWeights member{{&row, 1}, {&weight, 1}};
    compare("adapted", &composer.compose({&member, 1}));
  }
}

INSTANTIATE_TEST_SUITE_P(AllShapes, CausalShape,
                         testing::Combine(testing::Values(DeviceKind::cpu, DeviceKind::cuda),
                                          testing::Values("llama_plain", "llama_bias", "llama_wide_head",
                                                          "llama_one_key_head", "llama3_scaled", "llama_head_adapter",
                                                          "mistral_window", "qwen2_tied", "qwen2_window", "qwen3")),
                         [](const auto& param) {
                           return (std::get<0>(param.param) == DeviceKind::cpu ? "cpu_" : "cuda_") +
                                  std::get<1>(param.param);
                         });

}  // namespace
}  // namespace lorasweep
