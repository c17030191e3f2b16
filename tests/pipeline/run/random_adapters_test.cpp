// SPDX-License-Identifier: Apache-2.0
// The control that learned nothing: the same search over random adapters of the same norms.
#include "data/core/file.h"
#include "data/journal/journal.h"
#include "pipeline/collect/random_twins.h"
#include "tests/pipeline/run/half_a_run.h"
#include "tests/pipeline/run/small_sweep.h"

#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <set>
#include <variant>

namespace lorasweep {
namespace {

double norm(const Tensor& tensor) {
  double squares = 0;
  for (const float value : tensor.values) squares += static_cast<double>(value) * value;
  return std::sqrt(squares);
}

TEST(RandomFactors, HaveTheNormOfTheFactorAndNothingElseOfIt) {
  const Tensor factor{{40, 50}, std::vector<float>(2000, 0.25f)};
  const Tensor twin = random_like(factor, 3, 4);
  EXPECT_EQ(twin.shape, factor.shape);
  EXPECT_NEAR(norm(twin), norm(factor), 1e-6 * norm(factor));
  double sum = 0;
  for (const float value : twin.values) sum += value;
  EXPECT_LT(std::abs(sum / 2000), 4 * 0.25 / std::sqrt(2000.0)) << "as normal numbers around 0";
  EXPECT_EQ(random_like(factor, 3, 4).values, twin.values);
  EXPECT_NE(random_like(factor, 3, 5).values, twin.values);
  EXPECT_NE(random_like(factor, 2, 4).values, twin.values);
  Tensor other = factor;
  for (std::size_t i = 0; i < other.values.size(); ++i) other.values[i] = i % 2 == 0 ? 0.25f : -0.25f;
  EXPECT_EQ(random_like(other, 3, 4).values, twin.values) << "a norm is all that is taken of it";
}

TEST(RandomFactors, OfZerosAreZeros) {
  const Tensor twin = random_like({{2, 2}, {0, 0, 0, 0}}, 1, 1);
  EXPECT_THAT(twin.values, testing::Each(0.0f));
}

class RandomAdapters : public SmallSweep {
 protected:
  static std::vector<std::string> flags(std::vector<std::string> more = {}) {
    std::vector<std::string> all = {"search.budget=6", "predict.baselines=zero-shot,random-adapters", "tasks.limit=4"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  // What searches over random adapters found and answered, by its place in the manifest.
  struct Control {
    std::map<std::uint32_t, std::vector<double>> nll;  // by step
    std::map<std::uint32_t, std::string> answers;
  };
  std::map<std::uint32_t, Control> controls(const std::string& name, std::uint32_t searches) const {
    std::map<std::uint32_t, Control> found;
    for (const Record& record : read_journal(journal_path(directory(name))).records) {
      if (const auto* e = std::get_if<EvaluationRecord>(&record); e != nullptr && e->search >= searches)
        found[e->search].nll[e->step] = e->nll;
      if (const auto* p = std::get_if<PredictionRecord>(&record); p != nullptr && p->of == Subject::random_adapters)
        found[p->index].answers[p->example] = p->text;
    }
    return found;
  }
};

TEST_F(RandomAdapters, AreSearchedLikeTheDrawnOnesAndLeaveTheseAlone) {
  ASSERT_EQ(run("with", flags()), ExitCode::ok);
  ASSERT_EQ(run("without", {"search.budget=6", "predict.baselines=zero-shot", "tasks.limit=4"}), ExitCode::ok);
  const SweepResults with = read_results(results_path(directory("with"))),
                     without = read_results(results_path(directory("without")));
  EXPECT_TRUE(with.complete);
  EXPECT_EQ(with.summary.best_objective, without.summary.best_objective);
  EXPECT_EQ(with.summary.accuracy, without.summary.accuracy);
  const auto found = controls("with", 4);
  ASSERT_EQ(found.size(), 4u);
  for (const auto& [search, control] : found) {
    EXPECT_EQ(control.nll.size(), 6u);
    EXPECT_EQ(control.answers.size(), 4u);
    std::set<std::vector<double>> losses;
    for (const auto& [step, nll] : control.nll) losses.insert(nll);
    EXPECT_GT(losses.size(), 1u) << "random adapters change something";
  }
}

TEST_F(RandomAdapters, AreTheSameAfterAnInterruptionAndWithMoreWorkers) {
  ASSERT_EQ(run("one", flags({"run.workers=1"})), ExitCode::ok);
  ASSERT_EQ(run("two", flags({"run.workers=2"})), ExitCode::ok);
  leave_half(directory("one"), directory("half"));
  ASSERT_EQ(run("half", flags({"run.workers=1"})), ExitCode::ok);
  const auto one = controls("one", 4), two = controls("two", 4), half = controls("half", 4);
  for (const auto& [search, control] : one) {
    EXPECT_EQ(two.at(search).nll, control.nll);
    EXPECT_EQ(two.at(search).answers, control.answers);
    EXPECT_EQ(half.at(search).nll, control.nll);
    EXPECT_EQ(half.at(search).answers, control.answers);
  }
  EXPECT_EQ(digest(results_path(directory("half"))), digest(results_path(directory("one"))));
}

}  // namespace
}  // namespace lorasweep
