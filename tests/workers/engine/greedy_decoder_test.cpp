// SPDX-License-Identifier: Apache-2.0
// How answers grow and end, with a model that says what it is told to.
#include "workers/engine/greedy_decoder.h"

#include "workers/device/make_ops.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Has an answer for every slot, and checks that it is asked for them as LanguageModel says.
class ScriptedModel final : public LanguageModel {
 public:
  ScriptedModel(Ops& ops, std::vector<TokenIds> answers) : ops_(ops), answers_(std::move(answers)) {}

  Losses losses(std::span<const Example* const>, const ComposedMembers&) override { return {}; }
  View prefill(std::span<const TokenIds* const> prompts, const ComposedMembers&, Index) override {
    EXPECT_FALSE(answering_);
    answering_ = true;
    asked_ = 0;
    rows_.clear();
    for (Index slot = 0; slot < std::ssize(prompts); ++slot) rows_.push_back(slot);
    return view();
  }
  View step(std::span<const Index> slots, std::span<const std::int32_t> tokens) override {
    EXPECT_TRUE(answering_);
    for (std::size_t i = 0; i < slots.size(); ++i) EXPECT_EQ(tokens[i], answers_[slots[i]][asked_]);
    ++asked_;
    rows_.assign(slots.begin(), slots.end());
    return view();
  }
  void tokens(View out, View rows) override {
    EXPECT_EQ(out.rows, rows.rows);
    TokenIds next;
    for (const Index slot : rows_) next.push_back(answers_[slot].at(asked_));
    ops_.upload(out, next.data());
    batches.push_back(rows_);
  }
  void end_answers() override { answering_ = false; }
  void release() override {}

  bool answering() const { return answering_; }
  std::vector<std::vector<Index>> batches;  ///< slots of every step

 private:
  View view() const { return {nullptr, Element::f32, std::ssize(rows_), 1, 1}; }

  Ops& ops_;
  std::vector<TokenIds> answers_;
  std::vector<Index> rows_;  ///< slots of the rows at hand
  std::size_t asked_ = 0;    ///< tokens that every answer under way has
  bool answering_ = false;
};

class Greedy : public testing::Test {
 protected:
  std::vector<TokenIds> decode(ScriptedModel& model, std::size_t prompts, Index most,
                               const StopTexts* stop_texts = nullptr) {
    const TokenIds prompt = {5};
    const std::vector<const TokenIds*> all(prompts, &prompt);
    return GreedyDecoder(*ops, model, {1, 9}, stop_texts).decode(all, {}, most);
  }
  std::unique_ptr<Ops> ops = make_ops({});
};

TEST_F(Greedy, AnswersEndWithAnyStopTokenAndLeaveTheBatch) {
  ScriptedModel model(*ops, {{4, 5, 9}, {1}, {6, 1}, {7, 7, 7, 1}});
  EXPECT_THAT(decode(model, 4, 10),
              ElementsAre(ElementsAre(4, 5, 9), ElementsAre(1), ElementsAre(6, 1), ElementsAre(7, 7, 7, 1)));
  EXPECT_THAT(model.batches,
              ElementsAre(ElementsAre(0, 1, 2, 3), ElementsAre(0, 2, 3), ElementsAre(0, 3), ElementsAre(3)));
  EXPECT_FALSE(model.answering());
}

TEST_F(Greedy, AnswersEndWhereNoMoreTokensAreWanted) {
  ScriptedModel model(*ops, {{4, 5, 6, 7}, {8, 1}});
  EXPECT_THAT(decode(model, 2, 3), ElementsAre(ElementsAre(4, 5, 6), ElementsAre(8, 1)));
  EXPECT_EQ(model.batches.size(), 3u) << "and nothing is computed for a fourth";
  EXPECT_FALSE(model.answering());
}

TEST_F(Greedy, AnswersEndBeforeAStopTextThatTheirLastTokenCompletesAndLeaveTheBatch) {
  const StopTexts stop({.tokens = {}, .texts = {"\nQ", "."}, .token_bytes = {"", "", "a", "a\n", "Q", "b.", "b"}});
  ScriptedModel model(*ops, {{2, 3, 4}, {2, 3, 2, 1}, {5}, {2, 2, 2, 2}});
  EXPECT_THAT(decode(model, 4, 4, &stop),
              ElementsAre(ElementsAre(2, 2), ElementsAre(2, 3, 2, 1), ElementsAre(6), ElementsAre(2, 2, 2, 2)));
  EXPECT_THAT(model.batches,
              ElementsAre(ElementsAre(0, 1, 2, 3), ElementsAre(0, 1, 3), ElementsAre(0, 1, 3), ElementsAre(1, 3)));
}

TEST_F(Greedy, NothingIsAskedWhereNothingIsWanted) {
  ScriptedModel model(*ops, {{4, 1}});
  EXPECT_THAT(decode(model, 1, 0), ElementsAre(IsEmpty()));
  EXPECT_THAT(decode(model, 0, 5), IsEmpty());
  EXPECT_THAT(model.batches, IsEmpty());
}

}  // namespace
}  // namespace lorasweep
