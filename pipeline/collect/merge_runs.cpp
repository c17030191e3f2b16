// SPDX-License-Identifier: Apache-2.0
// Puts the records of all runs into one table, and refuses values that contradict each other.
#include "pipeline/collect/merge_runs.h"

#include "data/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <tuple>
#include <variant>

namespace lorasweep {
namespace {

bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }
bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::ranges::equal(a, b, [](double x, double y) { return same_bits(x, y); });
}
// Who computed it, when, and at which attempt does not matter.
bool agree(const EvaluationRecord& a, const EvaluationRecord& b) {
  return a.key == b.key && same_bits(a.weights, b.weights) && same_bits(a.nll, b.nll) && same_bits(a.loss, b.loss) &&
         same_bits(a.regularizer, b.regularizer);
}
bool agree(const PredictionRecord& a, const PredictionRecord& b) { return a.tokens == b.tokens && a.text == b.text; }

[[noreturn]] void refuse(const RunRecords& first, const RunRecords& second, const std::string& what) {
  throw InputError(second.where, fmt::format("contradicts {}: {}", first.where, what),
                   "collect only runs of the same model, adapters and settings; leave one of the two out");
}

// Which part of a suite a run covers may differ; everything that a value depends on may not.
Manifest comparable(Manifest manifest) {
  manifest.config.tasks.names.clear();
  manifest.config.search.seeds.clear();
  manifest.config.predict.baselines.clear();
  manifest.config.adapters.names.clear();
  manifest.adapters.clear();
  manifest.adapter_sets.clear();
  manifest.tasks.clear();
  manifest.searches.clear();
  manifest.baselines.clear();
  return manifest;
}

class Merge {
 public:
  explicit Merge(const std::vector<RunRecords>& runs) : runs_(runs) {}

  MergedRuns merged() {
    for (const RunRecords& run : runs_) {
      require_comparable(run);
      add_names(run);
    }
    for (const auto& [name, entry] : tasks_) {
      out_.tasks.push_back(*entry.task);
      out_.tasks.back().cut = entry.cut;
    }
    out_.searches.assign(out_.tasks.size(), std::vector<MergedUnit>(out_.seeds.size(), MergedUnit{.wanted = true}));
    out_.baselines.resize(out_.tasks.size());
    for (auto& of_task : out_.baselines)
      for (const Subject subject : baseline_subjects) of_task[subject];
    for (const RunRecords& run : runs_) add_records(run);
    return std::move(out_);
  }

 private:
  // To the first run, and to the first that has a check value, which runs of 0.1.0 lack.
  void require_comparable(const RunRecords& run) {
    for (const RunRecords* other : {&runs_.front(), checked_ != nullptr ? checked_ : &runs_.front()})
      if (const auto different = differences(comparable(other->manifest), comparable(run.manifest)); !different.empty())
        refuse(*other, run, different.front());
    if (checked_ == nullptr && !run.manifest.check.empty()) checked_ = &run;
  }

  std::size_t task_index(const std::string& name) const {
    return std::ranges::find(out_.tasks, name, &Manifest::Task::name) - out_.tasks.begin();
  }
  std::size_t adapter_index(const std::string& name) const {
    return std::ranges::find(out_.adapters, name, &Manifest::Adapter::name) - out_.adapters.begin();
  }

  void add_names(const RunRecords& run) {
    for (const Manifest::Task& task : run.manifest.tasks) {
      const auto [entry, is_new] = tasks_.try_emplace(task.name, Named{&task, &run, task.cut});
      Named& known = entry->second;
      if (known.task->sha256 != task.sha256 || known.task->targets != task.targets)
        refuse(*known.run, run, "task " + task.name + " has different content");
      if (!known.cut)
        known.cut = task.cut;
      else if (task.cut && !known.cut->few_shot)
        known.cut->few_shot = task.cut->few_shot;
    }
    // All configured seeds, not only those of this part: a part that is missing must show as a gap.
    for (const std::uint32_t seed : run.manifest.config.search.seeds)
      if (seeds_.try_emplace(seed, out_.seeds.size()).second) out_.seeds.push_back(seed);
    for (const Manifest::Adapter& adapter : run.manifest.adapters) {
      const std::size_t at = adapter_index(adapter.name);
      if (at == out_.adapters.size())
        out_.adapters.push_back(adapter);
      else if (out_.adapters[at].sha256 != adapter.sha256)
        refuse(runs_.front(), run, "adapter " + adapter.name + " has different content");
      else if (out_.adapters[at].sites < 0)
        std::tie(out_.adapters[at].sites, out_.adapters[at].idle_sites) = std::tie(adapter.sites, adapter.idle_sites);
    }
  }

  void add_records(const RunRecords& run) {
    const Manifest& manifest = run.manifest;
    std::vector<MergedUnit*> searches;
    for (const Manifest::Search& search : manifest.searches) {
      MergedUnit& unit = out_.searches[task_index(manifest.tasks[search.task].name)][seeds_.at(search.seed)];
      std::vector<std::int32_t> adapters;
      for (const std::int32_t a : manifest.adapter_sets[search.adapter_set])
        adapters.push_back(static_cast<std::int32_t>(adapter_index(manifest.adapters[a].name)));
      if (!unit.adapters.empty() && unit.adapters != adapters)
        refuse(
            runs_.front(), run,
            fmt::format("seed {} draws different adapters for task {}", search.seed, manifest.tasks[search.task].name));
      unit.adapters = std::move(adapters);
      searches.push_back(&unit);
    }
    for (const Subject baseline : manifest.config.predict.baselines)
      for (const Manifest::Task& task : manifest.tasks)
        out_.baselines[task_index(task.name)].at(baseline).wanted = true;

    for (const Record& record : run.records) std::visit(Add{*this, run, searches}, record);
  }

  // One overload per type: a record type without one does not compile.
  struct Add {
    Merge& merge;
    const RunRecords& run;
    const std::vector<MergedUnit*>& searches;

    void operator()(const EvaluationRecord& e) const {
      merge.add(unit_of(Subject::search, e.search).evaluations, e.step, e, run, "evaluation");
    }
    void operator()(const PredictionRecord& p) const {
      merge.add(unit_of(p.of, p.index).predictions, p.example, p, run, "answer");
    }
    void operator()(const FailureRecord& f) const { unit_of(f.of, f.index).failure = f.reason; }
    void operator()(const ManifestRecord&) const {}  // there is no second one
    void operator()(const SessionRecord&) const {}   // provenance
    void operator()(const CompleteRecord&) const {}  // counted again: the merged sweep may have gaps nevertheless

    MergedUnit& unit_of(Subject of, std::uint32_t index) const {
      if (of == Subject::search) return *searches[index];
      return merge.out_.baselines[merge.task_index(run.manifest.tasks[index].name)].at(of);
    }
  };

  template <typename R>
  void add(std::map<std::uint32_t, const R*>& known, std::uint32_t number, const R& record, const RunRecords& run,
           const char* what) {
    const auto [entry, is_new] = known.try_emplace(number, &record);
    if (!is_new && !agree(*entry->second, record))
      refuse(runs_.front(), run, fmt::format("a different value of {} {}", what, number));
  }

  struct Named {
    const Manifest::Task* task;
    const RunRecords* run;
    std::optional<CutExamples> cut;  ///< what any run knows of it
  };
  const std::vector<RunRecords>& runs_;
  const RunRecords* checked_ = nullptr;  ///< the first that has a check value
  std::map<std::string, Named> tasks_;
  std::map<std::uint32_t, std::size_t> seeds_;  ///< place in out_.seeds
  MergedRuns out_;
};

}  // namespace

MergedRuns merge_runs(const std::vector<RunRecords>& runs) { return Merge(runs).merged(); }

}  // namespace lorasweep
