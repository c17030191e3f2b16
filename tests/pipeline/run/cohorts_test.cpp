// SPDX-License-Identifier: Apache-2.0
// How a sweep is handed out to workers that take several candidates at a time.
#include "pipeline/plan/inputs.h"
#include "pipeline/run/experiment.h"
#include "pipeline/run/make_manifest.h"
#include "scheduler/work_codec.h"
#include "tests/pipeline/run/small_sweep.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

namespace lorasweep {
namespace {

class Cohorts : public SmallSweep {
 protected:
  // The demo's 8 tasks with 3 seeds, 3 evaluations each.
  void SetUp() override {
    SmallSweep::SetUp();
    const std::vector<std::string> flags = {"search.seeds=1,2,3", "search.budget=3", "tasks.limit=2", "adapters.count=3"};
    config_ = load_config({.file = std::filesystem::path(LORASWEEP_DEMO_DIR) / "sweep.toml", .environment = {}, .flags = flags}).config;
    std::vector<std::string> problems;
    inputs_.emplace(read_inputs(config_, problems));
    ASSERT_THAT(problems, testing::IsEmpty());
    std::vector<std::string> names;
    for (const Adapter& adapter : inputs_->library) names.push_back(adapter.name());
    plan_ = make_plan(config_, inputs_->suite, names, *inputs_->tokenizer);
    manifest_ = make_manifest(config_, *inputs_, plan_, "test");
    journal_.emplace(JournalWriter::create(folder / "journal"));
    experiment_.emplace(config_, plan_, manifest_, *inputs_->tokenizer, *journal_);
  }

  struct Round {
    UnitId unit;
    EvaluateWork work;
  };
  std::optional<Round> next(std::int32_t members) {
    const auto unit = experiment_->next({.members = members, .predictions = 8});
    if (!unit) return std::nullopt;
    const Work work = decode_work(unit->payload);
    const auto* evaluation = std::get_if<EvaluateWork>(&work);
    return evaluation == nullptr ? std::nullopt : std::optional(Round{unit->id, *evaluation});
  }
  void answer(const Round& round, double value) {
    EvaluateResult result;
    for (const Member& member : round.work.members)
      result.nll.push_back(std::vector<double>(plan_.catalogue.example_sets[member.example_set].size(), value));
    experiment_->complete({{.unit = round.unit, .worker = 1, .attempt = 0, .seconds = 0, .payload = encode_outcome(result)}});
  }
  static std::vector<std::pair<std::int32_t, std::int32_t>> searches_of(const Round& round) {
    std::vector<std::pair<std::int32_t, std::int32_t>> searches;
    for (const Member& member : round.work.members) searches.emplace_back(member.adapter_set, member.example_set);
    return searches;
  }

  RunConfig config_;
  std::optional<SweepInputs> inputs_;
  Plan plan_;
  Manifest manifest_;
  std::optional<JournalWriter> journal_;
  std::optional<Experiment> experiment_;
};

TEST_F(Cohorts, TravelTogetherFromTheFirstEvaluationToTheLast) {
  experiment_->expect_workers(1);
  std::vector<Round> rounds;
  while (auto round = next(8)) rounds.push_back(*round);
  ASSERT_EQ(rounds.size(), 3u);  // 24 searches
  std::set<std::vector<std::pair<std::int32_t, std::int32_t>>> kinds;
  for (const Round& round : rounds) {
    EXPECT_EQ(round.work.members.size(), 8u);
    kinds.insert(searches_of(round));
  }
  for (int evaluation = 1; evaluation < 3; ++evaluation) {
    // They come back in another order, with other values: the searches part ways, the cohorts do not.
    std::ranges::reverse(rounds);
    std::vector<Round> again;
    for (const Round& round : rounds) {
      answer(round, 1 + 0.1 * static_cast<double>(round.unit % 3));
      const auto following = next(8);
      ASSERT_TRUE(following.has_value());
      EXPECT_TRUE(kinds.contains(searches_of(*following)));
      again.push_back(*following);
    }
    rounds = std::move(again);
  }
}

TEST_F(Cohorts, LeaveEveryWorkerAShareAndTwoUnitsOfIt) {
  experiment_->expect_workers(4);
  std::map<std::size_t, int> sizes;
  while (auto round = next(64)) ++sizes[round->work.members.size()];
  EXPECT_EQ(sizes, (std::map<std::size_t, int>{{3, 8}}));
}

TEST_F(Cohorts, AreSingleSearchesWhereAWorkerTakesOneCandidate) {
  experiment_->expect_workers(2);
  int rounds = 0;
  while (auto round = next(1)) {
    EXPECT_EQ(round->work.members.size(), 1u);
    ++rounds;
  }
  EXPECT_EQ(rounds, 24);
}

}  // namespace
}  // namespace lorasweep
