// SPDX-License-Identifier: Apache-2.0
// Adapters of a small sweep, cut and evaluated again: against the losses that the sweep itself recorded.
#include "pipeline/recheck/cost_of_cut.h"

#include "pipeline/collect/export_adapter.h"
#include "tests/pipeline/run/small_sweep.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/oracle.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

class CutAdapters : public SmallSweep, public testing::WithParamInterface<std::string> {
 protected:
  SweepResults swept(const std::string& composition) const {
    EXPECT_EQ(run("r", {"search.composition=" + composition, "tasks.names=queue_size", "search.seeds=1,2",
                        "search.budget=8", "predict.baselines=[]", "results.composed=all"}),
              ExitCode::ok);
    return read_results(results_path(directory("r")));
  }
  std::vector<CostOfCut> costs(const SweepResults& results, int rank) const {
    export_adapters(results, folder / "cut", rank);
    return costs_of_cut(results, folder / "cut");
  }
};

TEST_P(CutAdapters, HaveTheRecordedLossesWhileWholeAndOthersAtRankOne) {
  const SweepResults results = swept(GetParam());
  const auto kept = costs(results, 1000);
  ASSERT_EQ(kept.size(), 2u);
  for (const CostOfCut& cost : kept) {
    ASSERT_TRUE(std::isfinite(cost.recorded));
    EXPECT_NEAR(cost.whole, cost.recorded, 2e-5 * cost.recorded);
    EXPECT_NEAR(cost.cut, cost.whole, 2e-5 * cost.whole) << "nothing was cut";
  }
  const auto cut = costs(results, 1);
  for (std::size_t i = 0; i < cut.size(); ++i) EXPECT_EQ(cut[i].whole, kept[i].whole);
  EXPECT_TRUE(std::ranges::any_of(cut, [](const CostOfCut& cost) {
    return std::abs(cost.cut - cost.whole) > 1e-4 * cost.whole;
  })) << "no search composed anything of a rank above one: the test shows nothing";
}

INSTANTIATE_TEST_SUITE_P(BothRules, CutAdapters, testing::Values("lorahub", "exact"),
                         [](const auto& param) { return param.param; });

class CostOfCutOf : public CutAdapters {};

TEST_F(CostOfCutOf, AFileWithoutTextsOrBaseModelIsNotGuessed) {
  SweepResults results = swept("lorahub");
  export_adapters(results, folder / "cut", 2);
  SweepResults silent = results;
  for (std::string& text : silent.examples.input) text.clear();
  for (std::string& text : silent.examples.target) text.clear();
  EXPECT_THAT(refusal_of([&] { costs_of_cut(silent, folder / "cut"); }),
              Refused(ExitCode::bad_input, "/examples", {"queue_size"}));
  SweepResults moved = results;
  std::string& manifests = moved.provenance.at("manifests");
  const std::string base = std::filesystem::canonical(oracle::demo("base")).string();
  ASSERT_NE(manifests.find(base), std::string::npos);
  manifests.replace(manifests.find(base), base.size(), "/nowhere/at/all");
  EXPECT_THAT(refusal_of([&] { costs_of_cut(moved, folder / "cut"); }),
              Refused(ExitCode::bad_input, "/nowhere/at/all"));
}

TEST_F(CostOfCutOf, AnotherBaseModelThanTheRunsIsNoticed) {
  SweepResults results = swept("lorahub");
  for (double& loss : results.evaluations.loss) loss *= 1.01;  // what another model's losses would look like
  export_adapters(results, folder / "cut", 2);
  EXPECT_THAT(refusal_of([&] { costs_of_cut(results, folder / "cut"); }), Refused(ExitCode::bad_input, "queue_size"));
}

}  // namespace
}  // namespace lorasweep
