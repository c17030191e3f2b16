// SPDX-License-Identifier: Apache-2.0
// Sweeps with method = "none": a screen and controls, and a guard that chooses among them.
#include "tests/pipeline/run/half_a_run.h"
#include "tests/pipeline/run/small_sweep.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

namespace lorasweep {
namespace {

class NoSearchRun : public SmallSweep {
 protected:
  void SetUp() override {
    SmallSweep::SetUp();
    write_file_atomically(folder / "list.txt",
                          "tiny_flan-count_v1\ntiny_flan-copy_v2\ntiny_flan-sort_v1\ntiny_flan-bool_v1\n");
  }
  std::vector<std::string> settings(const std::string& guard) const {
    return {"adapters.list=" + (folder / "list.txt").string(),
            "adapters.select=screened",
            "adapters.count=2",
            "search.method=none",
            "search.guard=" + guard,
            "predict.baselines=zero-shot,uniform,best-single"};
  }
  SweepResults results(const std::string& name) const { return read_results(results_path(directory(name))); }
};

TEST_F(NoSearchRun, EvaluatesTheBaseModelAndAsksWhatStandsBesideASearch) {
  ASSERT_EQ(run("run", settings("none")), ExitCode::ok);
  const SweepResults found = results("run");
  const Summary& s = found.summary;
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.n_failed, 0);
  ASSERT_EQ(s.accuracy.size(), 2u) << "two tasks, and no seed changes anything";
  EXPECT_EQ(found.evaluations.step, (std::vector<std::int32_t>{0, 0}));
  EXPECT_THAT(s.best_weights, testing::Each(0.0));
  EXPECT_EQ(s.accuracy, s.accuracy_zero_shot) << "nothing was found, so the base model answers";
  ASSERT_TRUE(found.screen);
  for (std::size_t t = 0; t < 2; ++t) {
    const auto losses = found.screen->loss.begin() + static_cast<std::ptrdiff_t>(4 * t);
    EXPECT_EQ(s.best_single[t], std::min_element(losses, losses + 4) - losses);
    EXPECT_EQ(s.adapter_index[2 * t], s.best_single[t]) << "the screen chose two, this one first";
    EXPECT_TRUE(std::isfinite(s.loss_uniform[t]));
    EXPECT_TRUE(std::isfinite(s.accuracy_uniform[t]));
    EXPECT_TRUE(std::isfinite(s.accuracy_best_single[t]));
  }
  EXPECT_FALSE(found.statistics.estimate.empty());
}

TEST_F(NoSearchRun, WithAGuardAnswersWithTheBestSingleAdapterOrTheBaseModel) {
  ASSERT_EQ(run("run", settings("leave-one-out")), ExitCode::ok);
  const Summary s = results("run").summary;
  for (std::size_t t = 0; t < 2; ++t) {
    const bool single = s.left_out_best_single[t] < s.left_out_base[t];
    EXPECT_EQ(s.left_out_mixture[t], s.left_out_base[t]) << "the same composition";
    EXPECT_EQ(s.guard[t], static_cast<std::int8_t>(single ? GuardCode::best_single : GuardCode::base));
    EXPECT_EQ(s.accuracy[t], single ? s.accuracy_best_single[t] : s.accuracy_zero_shot[t]);
  }
  EXPECT_THAT(s.guard, testing::Contains(static_cast<std::int8_t>(GuardCode::best_single)));
}

TEST_F(NoSearchRun, IsContinuedToTheSameValues) {
  ASSERT_EQ(run("whole", settings("leave-one-out")), ExitCode::ok);
  leave_half(directory("whole"), directory("half"));
  ASSERT_EQ(run("half", settings("leave-one-out")), ExitCode::ok);
  EXPECT_EQ(digest(results_path(directory("half"))), digest(results_path(directory("whole"))));
}

}  // namespace
}  // namespace lorasweep
