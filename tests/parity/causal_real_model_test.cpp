// SPDX-License-Identifier: Apache-2.0
// A real, published model against transformers: the directory that LORASWEEP_CAUSAL_MODEL names, with goldens.json in
// it (tests/golden/causal/README.md); and the ids of all texts of a directory that LORASWEEP_CAUSAL_TEXTS names.
#include "data/tokenizer/json/json_tokenizer.h"
#include "data/tokenizer/make_tokenizer.h"
#include "tests/testing/causal_oracle.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <iostream>

namespace lorasweep {
namespace {

using namespace causal_oracle;

std::filesystem::path named_by(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

std::unique_ptr<LanguageEngine> engine_of(const Models& models, const nlohmann::ordered_json& goldens,
                                          Element activation) {
  Catalogue catalogue{.examples = {}, .example_sets = {{}}};
  for (const auto& row : goldens) {
    catalogue.example_sets[0].push_back(static_cast<std::int32_t>(catalogue.examples.size()));
    catalogue.examples.push_back(example(row.at("ids").get<TokenIds>(), row.at("prompt_tokens").get<std::size_t>()));
  }
  EngineOptions options{.activation = activation};
  options.max_new_tokens = 16;
  return models.engine(std::move(catalogue), options);
}

TEST(RealModel, GivesTheReferencesIdsLossesAndAnswers) {
  const std::filesystem::path directory = named_by("LORASWEEP_CAUSAL_MODEL");
  if (directory.empty()) GTEST_SKIP() << "LORASWEEP_CAUSAL_MODEL names no model";
  const auto goldens = json_of(directory / "goldens.json");
  ASSERT_GE(goldens.size(), 5u);
  const Models models(directory, {});
  const auto tokenizer = make_tokenizer(models.base().plan().config, directory);
  const auto engine = engine_of(models, goldens, Element::f32);
  const std::vector<double> nll = evaluate(*engine, {{{}, 0, {}}})[0];
  PredictWork work{{{{}, {}, {}}}, 16};
  for (std::size_t i = 0; i < goldens.size(); ++i) work.members[0].examples.push_back(static_cast<std::int32_t>(i));
  const std::vector<TokenIds> answers = predict(*engine, work)[0];
  for (std::size_t i = 0; i < goldens.size(); ++i) {
    const auto& row = goldens[i];
    const Tokenizer::Pair pair =
        tokenizer->encode_pair(row.at("prompt").get<std::string>(), row.at("completion").get<std::string>());
    TokenIds ids = pair.source;
    ids.insert(ids.end(), pair.target.begin(), pair.target.end());
    EXPECT_EQ(ids, row.at("ids").get<TokenIds>()) << row.at("prompt");
    EXPECT_EQ(pair.source.size(), row.at("prompt_tokens").get<std::size_t>());
    double wanted = 0;
    for (const double each : row.at("token_nll")) wanted += each;
    EXPECT_NEAR(nll[i], wanted, 5e-5 * wanted + 2e-6) << row.at("prompt");
    EXPECT_EQ(answers[i], row.at("generated").get<TokenIds>()) << row.at("prompt");
    EXPECT_EQ(tokenizer->decode(answers[i]), row.at("text").get<std::string>());
  }
}

// bf16 keeps 8 bits of the inputs of products.
TEST(RealModel, InBf16IsNearTheReference) {
  const std::filesystem::path directory = named_by("LORASWEEP_CAUSAL_MODEL");
  if (directory.empty()) GTEST_SKIP() << "LORASWEEP_CAUSAL_MODEL names no model";
  const auto goldens = json_of(directory / "goldens.json");
  const Models models(directory, {});
  const std::vector<double> nll = evaluate(*engine_of(models, goldens, Element::bf16), {{{}, 0, {}}})[0];
  for (std::size_t i = 0; i < goldens.size(); ++i) {
    double wanted = 0;
    for (const double each : goldens[i].at("token_nll")) wanted += each;
    EXPECT_NEAR(nll[i], wanted, 0.05 * wanted + 0.1) << goldens[i].at("prompt");
  }
}

// A file of lines {"text": ..., "ids": [...]}, written by the reference for another tokenizer's directory beside it.
TEST(RealModel, TokenisesEveryTextAsTheReference) {
  const std::filesystem::path file = named_by("LORASWEEP_CAUSAL_TEXTS");
  if (file.empty()) GTEST_SKIP() << "LORASWEEP_CAUSAL_TEXTS names no file";
  const auto golden = json_of(file);
  const JsonTokenizer tokenizer = JsonTokenizer::of_directory(golden.at("tokenizer").get<std::string>());
  std::size_t different = 0;
  for (const auto& one : golden.at("texts"))
    different += tokenizer.ids_of(one.at("text").get<std::string>()) != one.at("ids").get<TokenIds>();
  EXPECT_EQ(different, 0u);
  std::cout << golden.at("texts").size() << " texts\n";
}

}  // namespace
}  // namespace lorasweep
