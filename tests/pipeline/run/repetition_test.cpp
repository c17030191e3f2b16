// SPDX-License-Identifier: Apache-2.0
// A run is continued only by who gets the bits that it has.
#include "pipeline/run/repetition.h"

#include "data/core/error.h"
#include "tests/pipeline/run/altered_run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Repetition : public SmallSweep {
 protected:
  // Why the run is not continued; its journal must stay as it is.
  std::string refusal(const std::string& name, const std::vector<std::string>& settings) {
    const std::string before = read_file(journal_path(directory(name)), 64u << 20);
    std::string reason = "continued";
    try {
      run(name, settings);
    } catch (const InputError& error) {
      reason = error.what();
      EXPECT_TRUE(read_file(journal_path(directory(name)), 64u << 20) == before) << "the journal changed";
      EXPECT_FALSE(std::filesystem::exists(results_path(directory(name))));
    }
    return reason;
  }
};

TEST_F(Repetition, OfARunThatIsAsItWasLeadsToTheSameValues) {
  for (const std::string dtype : {"f32", "bf16"}) {
    const std::vector<std::string> settings = {"run.workers=3", "model.dtype=" + dtype};
    ASSERT_EQ(run(dtype, settings), ExitCode::ok);
    write_run(directory(dtype + "_half"), first_half(directory(dtype)));
    EXPECT_EQ(run(dtype + "_half", settings), ExitCode::ok);
    EXPECT_EQ(digest(results_path(directory(dtype + "_half"))), digest(results_path(directory(dtype))));
  }
}

TEST_F(Repetition, RefusesARunWhoseRecordedEvaluationHasAnotherBitNamingItAndBothValues) {
  ASSERT_EQ(run("whole"), ExitCode::ok);
  const std::vector<Record> half = first_half(directory("whole"));
  const std::vector<std::size_t> places = evaluations_of(half);
  ASSERT_GT(places.size(), most_repeated);
  struct Case {
    std::string name;
    std::size_t place;
    std::string workers;
  };
  for (const auto& [name, place, workers] : {Case{"last", places.back(), "1"}, Case{"first", places.front(), "2"},
                                             Case{"last of many", places.back(), "3"}}) {
    const auto& right = std::get<EvaluationRecord>(half[place]);
    const std::vector<Record> altered = with_another_bit(half, place, 1);
    write_run(directory(name), altered);
    EXPECT_THAT(refusal(name, {"run.workers=" + workers}),
                AllOf(HasSubstr(journal_path(directory(name)).string()),
                      HasSubstr(fmt::format("evaluation {} of search {} ", right.step, right.search)),
                      HasSubstr(fmt::format("{}", right.nll[1])),
                      HasSubstr(fmt::format("{}", std::get<EvaluationRecord>(altered[place]).nll[1]))))
        << name;
  }
}

TEST_F(Repetition, RefusesARunThatTheSameDeviceComputedOtherwise) {
  ASSERT_EQ(run("whole"), ExitCode::ok);
  const std::vector<Record> half = first_half(directory("whole"));
  const auto with = [&](const std::string& name, const std::string& key, const nlohmann::ordered_json& value) {
    auto manifest = nlohmann::ordered_json::parse(std::get<ManifestRecord>(half[0]).json);
    EXPECT_TRUE(manifest["numerics"].contains(key));
    if (value.is_null())
      manifest["numerics"].erase(key);
    else
      manifest["numerics"][key] = value;
    std::vector<Record> records = half;
    records[0] = ManifestRecord{manifest.dump()};
    write_run(directory(name), records);
    return refusal(name, {});
  };
  EXPECT_THAT(with("check", "check", "0123456789abcdef"),
              AllOf(HasSubstr("numerics.check"), HasSubstr("0123456789abcdef")));
  EXPECT_THAT(with("revision", "revision", 9), HasSubstr("numerics.revision was 9"));
  EXPECT_EQ(with("no check", "check", nullptr), "continued") << "0.1.0 recorded none";
  EXPECT_EQ(with("no revision", "revision", nullptr), "continued") << "nor this: it counts as 1";
}

// 0.1.0 summed the adapters of `exact` otherwise, and recorded no revision.
TEST_F(Repetition, RefusesAHalfFinishedRunOfAnOlderArithmeticByNameAndTakesAWholeOneAsItIs) {
  const std::vector<std::string> exact = {"search.composition=exact"};
  ASSERT_EQ(run("whole", exact), ExitCode::ok);
  const auto aged = [&](std::vector<Record> records, const std::string& name) {
    auto manifest = nlohmann::ordered_json::parse(std::get<ManifestRecord>(records[0]).json);
    EXPECT_EQ(manifest["numerics"]["revision"], 2);
    manifest["numerics"].erase("revision");
    manifest["numerics"].erase("check");
    records[0] = ManifestRecord{manifest.dump()};
    write_run(directory(name), records);
  };
  aged(first_half(directory("whole")), "half");
  EXPECT_THAT(refusal("half", exact),
              AllOf(HasSubstr(journal_path(directory("half")).string()), HasSubstr("search.composition = exact"),
                    HasSubstr("numerics.revision was 1 and is 2"), HasSubstr("--out")));
  EXPECT_THAT(refusal("half", {}), HasSubstr("search.composition = exact")) << "whatever is asked for now";
  aged(read_journal(journal_path(directory("whole"))).records, "old");
  EXPECT_EQ(run("old", exact), ExitCode::ok);
  EXPECT_EQ(digest(results_path(directory("old"))), digest(results_path(directory("whole"))));
}

// --- which, and by whom ---------------------------------------------------------------------------

Plan plan_of_one_search() {
  Plan plan;
  plan.tasks.push_back({.name = "colours", .example_set = 4});
  plan.adapter_sets = {{5, 3}};
  plan.searches.push_back({.task = 0, .replicate = 0, .seed = 7, .adapter_set = 0, .example_set = 4});
  return plan;
}

std::vector<Record> evaluations(std::uint32_t count) {
  std::vector<Record> records = {ManifestRecord{"{}"}};
  for (std::uint32_t step = 0; step < count; ++step) {
    records.emplace_back(SessionRecord{"{}"});
    records.emplace_back(EvaluationRecord{.step = step, .weights = {double(step)}, .nll = {1, 2}});
  }
  return records;
}

TEST(EvaluationsToRepeat, AreTheLastTheFirstAndOthersEachOnce) {
  const auto steps = [](std::uint32_t count) {
    std::vector<double> weights;
    for (const auto& one :
         evaluations_to_repeat(evaluations(count), plan_of_one_search(), plan_of_one_search().adapter_sets))
      weights.push_back(one.member.weights.at(0));
    return weights;
  };
  EXPECT_EQ(steps(0), std::vector<double>{});
  EXPECT_EQ(steps(1), std::vector<double>{0});
  EXPECT_EQ(steps(2), (std::vector<double>{1, 0}));
  EXPECT_EQ(steps(3), (std::vector<double>{2, 0, 1}));
  const std::vector<double> many = steps(701);
  EXPECT_EQ(many, (std::vector<double>{700, 0, 100, 200, 300, 400, 500, 600}));
}

TEST(EvaluationsToRepeat, AreTheWorkThatTheyWere) {
  const auto one = evaluations_to_repeat(evaluations(1), plan_of_one_search(), plan_of_one_search().adapter_sets).at(0);
  EXPECT_EQ(one.member, (Member{.adapters = {5, 3}, .example_set = 4, .weights = {0}}));
  EXPECT_THAT(one.name, AllOf(HasSubstr("colours"), HasSubstr("seed 7")));
}

TEST(EvaluationsToRepeat, AreTrialsToo) {
  std::vector<Record> records = {
      TrialRecord{.kind = Trial::screen, .index = 4, .position = 2, .nll = {1, 2}},
      TrialRecord{.kind = Trial::screen, .index = 4, .position = 3, .nll = {}, .failure = "it was lost"},
      TrialRecord{.kind = Trial::ablation, .index = 0, .position = 1, .nll = {1, 2}},
      TrialRecord{.kind = Trial::uniform, .index = 0, .position = 0, .nll = {3, 4}}};
  const auto found = evaluations_to_repeat(records, plan_of_one_search(), plan_of_one_search().adapter_sets);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].member, (Member{.adapters = {5, 3}, .example_set = 4, .weights = {0.5, 0.5}}));
  EXPECT_EQ(found[0].nll, (std::vector<double>{3, 4}));
  EXPECT_EQ(found[1].member, (Member{.adapters = {2}, .example_set = 4, .weights = {1}}));
}

class FixedEngine final : public Engine {
 public:
  explicit FixedEngine(Outcome outcome) : outcome_(std::move(outcome)) {}
  WorkerCapacity capacity() const override { return {}; }
  std::unique_ptr<Pending> start(const Work& work) override {
    asked = std::get<EvaluateWork>(work).members;
    if (const auto* failure = std::get_if<WorkFailure>(&outcome_)) throw std::runtime_error(failure->reason);
    struct Done final : Pending {
      Outcome outcome;
      bool ready() override { return true; }
      Outcome finish() override { return outcome; }
    };
    auto done = std::make_unique<Done>();
    done->outcome = outcome_;
    return done;
  }
  std::vector<Member> asked;

 private:
  Outcome outcome_;
};

TEST(RepeatOne, TakesEveryWorkerAnotherMemberInTurns) {
  const auto recorded = evaluations_to_repeat(evaluations(3), plan_of_one_search(), plan_of_one_search().adapter_sets);
  const Order order = repetition(recorded);
  for (std::size_t worker = 0; worker < 7; ++worker) {
    FixedEngine engine(EvaluateResult{{{1, 2}}});
    const Report report = repeat_one(engine, order, worker);
    EXPECT_EQ(report.unit, worker % 3);
    EXPECT_EQ(engine.asked, std::vector{recorded[worker % 3].member});
  }
}

std::string judged(std::vector<double> now) {
  auto recorded = evaluations_to_repeat(evaluations(1), plan_of_one_search(), plan_of_one_search().adapter_sets);
  recorded[0].nll = {1, std::nan("1")};
  FixedEngine engine(EvaluateResult{{std::move(now)}});
  try {
    const Repeated repeated{"rank 3 on n2", repeat_one(engine, repetition(recorded), 5)};
    require_recorded_bits(recorded, {&repeated, 1}, "runs/j");
  } catch (const InputError& error) {
    return error.what();
  }
  return "the same";
}

TEST(RecordedBits, AreComparedShotByShot) {
  EXPECT_EQ(judged({1, std::nan("2")}), "the same") << "which NaN it is decides nothing";
  EXPECT_THAT(judged({1 + 1e-15, std::nan("1")}),
              AllOf(HasSubstr("runs/j"), HasSubstr("rank 3 on n2"), HasSubstr("shot 0")));
  EXPECT_THAT(judged({1, 2}), HasSubstr("shot 1"));
  EXPECT_THAT(judged({1}), HasSubstr("2 shots"));
}

TEST(RecordedBits, AreNotAskedOfWhoFailed) {
  const auto recorded = evaluations_to_repeat(evaluations(1), plan_of_one_search(), plan_of_one_search().adapter_sets);
  FixedEngine engine(WorkFailure{"out of memory"});
  const Repeated repeated{"rank 1", repeat_one(engine, repetition(recorded), 0)};
  EXPECT_EQ(std::get<WorkFailure>(repeated.report.outcome).reason, "out of memory");
  EXPECT_NO_THROW(require_recorded_bits(recorded, {&repeated, 1}, "j"));
}

}  // namespace
}  // namespace lorasweep
