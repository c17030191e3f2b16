// SPDX-License-Identifier: Apache-2.0
// A sweep of the demo that is planned but has no workers: a test takes its units and says what came of them.
#pragma once

#include "pipeline/plan/inputs.h"
#include "pipeline/run/experiment.h"
#include "pipeline/run/make_manifest.h"
#include "tests/pipeline/run/small_sweep.h"

#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lorasweep {

class PlannedSweep : public SmallSweep {
 protected:
  // The demo's 8 tasks with 3 seeds, 3 evaluations each, and two test examples a task.
  void SetUp() override {
    SmallSweep::SetUp();
    std::vector<std::string> flags = {"search.seeds=1,2,3", "search.budget=3", "tasks.limit=2", "adapters.count=3"};
    for (const std::string& flag : more_flags()) flags.push_back(flag);
    config_ = load_config(
                  {.file = std::filesystem::path(LORASWEEP_DEMO_DIR) / "sweep.toml", .environment = {}, .flags = flags})
                  .config;
    std::vector<std::string> problems;
    inputs_.emplace(read_inputs(config_, problems));
    ASSERT_THAT(problems, testing::IsEmpty());
    std::vector<std::string> names;
    for (const Adapter& adapter : inputs_->library) names.push_back(adapter.name());
    plan_ = make_plan(config_, inputs_->suite, names, *inputs_->tokenizer);
    manifest_ = make_manifest(config_, *inputs_, plan_, {.signature = "test"});
    journal_.emplace(JournalWriter::create(folder / "journal"));
    experiment_.emplace(plan_, manifest_, *inputs_->tokenizer, *journal_);
  }

  virtual std::vector<std::string> more_flags() const { return {}; }

  template <typename Kind>
  struct Issued {
    UnitId unit;
    Kind work;
  };
  /// Nothing if there is no unit now, or one of the other kind (which is out then).
  template <typename Kind>
  std::optional<Issued<Kind>> next(const WorkerCapacity& capacity) {
    const auto unit = experiment_->next(capacity);
    if (!unit) return std::nullopt;
    const auto* kind = std::get_if<Kind>(&unit->work);
    return kind == nullptr ? std::nullopt : std::optional(Issued<Kind>{unit->id, *kind});
  }

  void answer(const Issued<EvaluateWork>& issued, double nll) {
    EvaluateResult result;
    for (const Member& member : issued.work.members)
      result.nll.push_back(std::vector<double>(plan_.catalogue.example_sets[member.example_set].size(), nll));
    complete(issued.unit, result);
  }
  void answer(const Issued<PredictWork>& issued) {
    PredictResult result;
    for (const PredictMember& member : issued.work.members)
      result.tokens.emplace_back(member.examples.size(), TokenIds{1});
    complete(issued.unit, result);
  }
  void complete(UnitId unit, const Outcome& outcome) {
    experiment_->complete({{.worker = 1, .report = {.unit = unit, .attempt = 0, .seconds = 0, .outcome = outcome}}});
  }

  RunConfig config_;
  std::optional<SweepInputs> inputs_;
  Plan plan_;
  Manifest manifest_;
  std::optional<JournalWriter> journal_;
  std::optional<Experiment> experiment_;
};

}  // namespace lorasweep
