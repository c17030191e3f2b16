// SPDX-License-Identifier: Apache-2.0
// Greedy answers of tiny trained decoder-only models against the reference's, token by token, for whole test sets; and
// where stop texts end them.
#include "tests/parity/causal_tasks.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

using namespace causal_oracle;

// A task's test set, and the composition of a recorded group of answers.
struct Asked {
  Asked(const Models& models, const CausalTokenizer& tokenizer, const nlohmann::ordered_json& group)
      : examples(tokenizer, task_of(group.at("task"))),
        work{{{models.rows_of(group.at("modules")), group.at("weights").get<std::vector<double>>(), examples.test}},
             group.at("max_new_tokens")} {}
  std::vector<TokenIds> answers(const Models& models, const AnswerEnds& ends = {}) const {
    EngineOptions options;
    options.max_new_tokens = work.max_new_tokens;
    options.ends = ends;
    return predict(*models.engine(examples.catalogue, options), work)[0];
  }
  TaskCatalogue examples;
  PredictWork work;
};

TEST(CausalGenerations, AreThoseOfTheReferenceTokenByToken) {
  for (const auto& family : families()) {
    const Models models(family.base(), family.adapters());
    const CausalTokenizer tokenizer(family.base());
    std::size_t exact = 0, all = 0;
    for (const auto& group : json_of(family.golden("generations.json"))) {
      const Task& task = task_of(group.at("task"));
      const auto got = Asked(models, tokenizer, group).answers(models);
      const auto expected = group.at("token_ids").get<std::vector<TokenIds>>();
      ASSERT_EQ(got.size(), expected.size());
      std::vector<std::string> texts;
      bool same = true;
      for (std::size_t i = 0; i < got.size(); ++i, ++all) {
        texts.push_back(tokenizer.decode(got[i]));
        exact += got[i] == expected[i];
        same = same && got[i] == expected[i];
        if (got[i] == expected[i])
          EXPECT_EQ(texts.back(), group.at("text")[i].get<std::string>());
        else
          EXPECT_LT(group.at("min_top2_logit_gap")[i].get<double>(), near_tie)
              << family.name << " " << task.name << " " << group.at("composition") << " example " << i << ": "
              << texts.back() << " instead of " << group.at("text")[i];
      }
      if (same) {
        EXPECT_EQ(accuracy_of(texts, task), group.at("accuracy").get<double>());
      }
    }
    EXPECT_EQ(all, 1200u);
    EXPECT_GE(exact, all - 5) << family.name;
  }
}

// What the reference answered without stop texts says where these would have ended it.
TEST(CausalGenerations, EndBeforeAStopTextWhereverItLiesInTheirTokens) {
  const Family family = qwen2();
  const Models models(family.base(), family.adapters());
  const CausalTokenizer tokenizer(family.base());
  AnswerEnds ends{.tokens = {}, .texts = {"e", "an o", ")"}, .token_bytes = {}};
  for (std::int32_t id = 0; id < tokenizer.vocabulary(); ++id) ends.token_bytes.push_back(tokenizer.bytes_of(id));
  int cut = 0, shorter = 0;
  const auto groups = json_of(family.golden("generations.json"));
  for (const int which : {0, 5, 10}) {
    const auto& group = groups.at(which);
    const auto got = Asked(models, tokenizer, group).answers(models, ends);
    for (std::size_t i = 0; i < got.size(); ++i) {
      if (group.at("min_top2_logit_gap")[i].get<double>() < near_tie) continue;
      const auto whole = group.at("text")[i].get<std::string>();
      const std::size_t end = std::min({whole.find("e"), whole.find("an o"), whole.find(")")});
      EXPECT_EQ(tokenizer.decode(got[i]), whole.substr(0, end)) << whole;
      cut += end != std::string::npos;
      shorter += got[i].size() + 1 < group.at("token_ids")[i].size();
    }
  }
  EXPECT_GT(cut, 100);
  EXPECT_GT(shorter, 40);
}

}  // namespace
}  // namespace lorasweep
