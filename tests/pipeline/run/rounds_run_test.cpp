// SPDX-License-Identifier: Apache-2.0
// Sweeps whose searches go in rounds.
#include "data/core/error.h"
#include "tests/pipeline/run/half_a_run.h"
#include "tests/pipeline/run/small_sweep.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace lorasweep {
namespace {

class RoundsRun : public SmallSweep {
 protected:
  static std::vector<std::string> flags(std::vector<std::string> more = {}) {
    std::vector<std::string> all = {"search.rounds=2", "search.composition=exact", "adapters.count=2",
                                    "search.budget=10", "tasks.limit=4"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  SweepResults results(const std::string& name) const { return read_results(results_path(directory(name))); }
};

TEST_F(RoundsRun, GoOnFromWhatTheRoundBeforeFoundWithOtherAdapters) {
  ASSERT_EQ(run("r", flags()), ExitCode::ok);
  const SweepResults r = results("r");
  EXPECT_TRUE(r.complete);
  ASSERT_EQ(r.summary.adapter_slots, 4);
  const Evaluations& e = r.evaluations;
  for (std::size_t search = 0; search < 4; ++search) {
    const std::size_t first = 10 * search;  // rows are sorted
    const auto best = std::ranges::min_element(e.objective.begin() + first, e.objective.begin() + first + 5);
    const std::size_t kept = best - e.objective.begin();
    for (std::size_t step = 0; step < 10; ++step) {
      const double* weights = e.weights.data() + (first + step) * 4;
      if (step < 5) {
        EXPECT_EQ(weights[2], 0.0);
        EXPECT_EQ(weights[3], 0.0);
      } else {
        EXPECT_EQ(weights[0], e.weights[kept * 4]);
        EXPECT_EQ(weights[1], e.weights[kept * 4 + 1]);
      }
    }
    std::set<std::int32_t> drawn(r.summary.adapter_index.begin() + 4 * search,
                                 r.summary.adapter_index.begin() + 4 * search + 4);
    EXPECT_EQ(drawn.size(), 4u) << "other adapters in each round";
  }
}

TEST_F(RoundsRun, AreTheSameWhoeverComputesThemAndHoweverOftenTheyAreInterrupted) {
  const std::vector<std::string> screened = {"adapters.select=screened", "search.budget=41", "search.method=cma",
                                             "search.scope=maps"};
  for (const auto& [name, more] : {std::pair<std::string, std::vector<std::string>>{"drawn", {}}, {"best", screened}}) {
    ASSERT_EQ(run(name, flags(more)), ExitCode::ok);
    auto three = flags(more);
    three.emplace_back("run.workers=3");
    ASSERT_EQ(run(name + "_three", three), ExitCode::ok);
    leave_half(directory(name), directory(name + "_half"));
    ASSERT_EQ(run(name + "_half", flags(more)), ExitCode::ok);
    const std::string expected = digest(results_path(directory(name)));
    EXPECT_EQ(digest(results_path(directory(name + "_three"))), expected);
    EXPECT_EQ(digest(results_path(directory(name + "_half"))), expected);
  }
}

TEST_F(RoundsRun, AreRefusedWhereNothingCanBeKeptOrARoundHasNothing) {
  EXPECT_THAT(refusal_of([&] { run("sums", flags({"search.composition=lorahub"})); }),
              RefusedWith(ExitCode::usage, "", std::vector<std::string>{"search.rounds"}));
  EXPECT_THAT(refusal_of([&] { run("short", flags({"search.budget=1"})); }),
              RefusedWith(ExitCode::usage, "", std::vector<std::string>{"search.rounds"}));
  EXPECT_THAT(refusal_of([&] { run("many", flags({"adapters.count=16"})); }),
              RefusedWith(ExitCode::bad_input, "", std::vector<std::string>{"32", "31"}));
}

}  // namespace
}  // namespace lorasweep
