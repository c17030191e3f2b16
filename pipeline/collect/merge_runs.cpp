// SPDX-License-Identifier: Apache-2.0
// Puts the records of all runs into one table, and refuses values that contradict each other.
#include "pipeline/collect/merge_runs.h"

#include "data/core/error.h"
#include "pipeline/manifest/adapters_of_searches.h"
#include "pipeline/manifest/search_verdicts.h"

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

bool agree(const TrialRecord& a, const TrialRecord& b) {
  return a.key == b.key && same_bits(a.nll, b.nll) && same_bits(a.loss, b.loss);
}

[[noreturn]] void refuse(const RunRecords& first, const RunRecords& second, const std::string& what) {
  throw InputError(second.where, fmt::format("contradicts {}: {}", first.where, what),
                   "collect only runs of the same model, adapters and settings; leave one of the two out");
}

// Which part of a suite a run covers may differ; everything that a value depends on may not.
Manifest comparable(Manifest manifest) {
  manifest.config.tasks.names.clear();
  manifest.config.search.seeds.clear();
  manifest.config.predict.baselines.clear();
  manifest.config.predict.ablate = false;
  manifest.config.adapters.names.clear();
  manifest.adapters.clear();
  manifest.adapter_sets.clear();
  manifest.tasks.clear();
  manifest.searches.clear();
  manifest.baselines.clear();
  manifest.trials.clear();
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
    out_.searches.assign(out_.tasks.size(),
                         std::vector<MergedUnit>(out_.replicates.size(), MergedUnit{.wanted = true}));
    out_.baselines.resize(out_.tasks.size());
    for (auto& of_task : out_.baselines)
      for (const Subject subject : baseline_subjects) of_task[subject];
    std::map<Subject, MergedUnit> controls;
    for (const Subject subject : control_subjects) controls[subject];
    out_.controls.assign(out_.tasks.size(), std::vector(out_.replicates.size(), controls));
    out_.screens.resize(out_.tasks.size());
    for (const RunRecords& run : runs_) add_records(run);
    for (const RunRecords& run : runs_)
      for (const Manifest::Trials& trials : run.manifest.trials) count_missing(trials, run.manifest);
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
    // All configured ones, not only those of this part: a part that is missing must show as a gap.
    for (const Replicate& replicate : replicates_of(run.manifest))
      if (places_.try_emplace(key_of(replicate), out_.replicates.size()).second) out_.replicates.push_back(replicate);
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

  using Key = std::pair<std::uint32_t, std::uint32_t>;
  static Key key_of(const Replicate& replicate) { return {replicate.seed, replicate.shot_seed}; }
  std::size_t place_of(const Manifest& manifest, const Manifest::Search& search) const {
    return places_.at(key_of(replicates_of(manifest).at(search.replicate)));
  }

  struct Cell {
    std::size_t task = 0, replicate = 0;
    Subject answers = Subject::search;
  };
  Cell cell_of(const Manifest& manifest, const Manifest::Search& search) const {
    return {task_index(manifest.tasks[search.task].name), place_of(manifest, search), search.answers};
  }

  void add_records(const RunRecords& run) {
    const Manifest& manifest = run.manifest;
    std::vector<Cell> cells;
    const std::vector<std::vector<std::int32_t>> adapters = adapters_of_searches(manifest, run.records);
    const std::vector<SearchVerdict> verdicts = search_verdicts(manifest, run.records, adapters);
    for (std::size_t i = 0; i < adapters.size(); ++i) {
      const Manifest::Search& search = manifest.searches[i];
      cells.push_back(cell_of(manifest, search));
      add_adapters(unit_of(cells.back()), adapters[i], search, run);
      if (search.answers == Subject::search) add_verdict(cells.back(), verdicts[i], run);
    }
    if (!manifest.screen_only) add_wanted(manifest);
    for (const Record& record : run.records) std::visit(Add{*this, run, cells}, record);
  }

  void add_wanted(const Manifest& manifest) {
    for (const Subject baseline : manifest.config.predict.baselines)
      for (const Manifest::Task& task : manifest.tasks) want(baseline, task_index(task.name));
  }

  void count_missing(const Manifest::Trials& trials, const Manifest& manifest) {
    const auto known = [&](std::uint32_t position) {
      if (trials.kind == Trial::screen) {
        const std::size_t adapter = adapter_index(manifest.adapters[position].name);
        return screen_of(manifest, trials.index).contains(static_cast<std::int32_t>(adapter));
      }
      const MergedUnit& search = unit_of(cell_of(manifest, manifest.searches[trials.index]));
      if (trials.kind == Trial::uniform) return search.uniform != nullptr;
      return search.ablations.contains(position) || !search.failure.empty();
    };
    out_.missing_trials += std::ranges::count_if(trials.positions, [&](std::uint32_t p) { return !known(p); });
  }

  void add_verdict(const Cell& cell, const SearchVerdict& verdict, const RunRecords& run) {
    if (verdict.guard) unit_of(cell).guard = verdict.guard;
    if (verdict.best_single >= 0)
      out_.controls[cell.task][cell.replicate].at(Subject::best_single).adapters = {
          static_cast<std::int32_t>(adapter_index(run.manifest.adapters[verdict.best_single].name))};
  }

  // None where the screen that chooses them is not complete.
  void add_adapters(MergedUnit& unit, const std::vector<std::int32_t>& of_run, const Manifest::Search& search,
                    const RunRecords& run) {
    const Manifest& manifest = run.manifest;
    std::vector<std::int32_t> adapters;
    for (const std::int32_t a : of_run)
      adapters.push_back(static_cast<std::int32_t>(adapter_index(manifest.adapters[a].name)));
    if (!unit.adapters.empty() && !adapters.empty() && unit.adapters != adapters)
      refuse(runs_.front(), run,
             fmt::format("seed {} has other adapters for task {}", search.seed, manifest.tasks[search.task].name));
    if (!adapters.empty()) unit.adapters = std::move(adapters);
  }

  void want(Subject baseline, std::size_t task) {
    if (!is_of_a_search(baseline))
      out_.baselines[task].at(baseline).wanted = true;
    else
      for (auto& controls : out_.controls[task]) controls.at(baseline).wanted = true;
  }

  Screen& screen_of(const Manifest& manifest, std::uint32_t set_of_shots) {
    const ShotsPlace place = place_of_shots(manifest, set_of_shots);
    return out_.screens[task_index(manifest.tasks[place.task].name)][manifest.config.tasks.shot_seed.at(place.draw)];
  }
  MergedUnit& unit_of(const Cell& cell) {
    return cell.answers == Subject::search ? out_.searches[cell.task][cell.replicate]
                                           : out_.controls[cell.task][cell.replicate].at(cell.answers);
  }

  // One overload per type: a record type without one does not compile.
  struct Add {
    Merge& merge;
    const RunRecords& run;
    const std::vector<Cell>& cells;  ///< of the run's searches

    void operator()(const EvaluationRecord& e) const {
      merge.add(merge.unit_of(cells[e.search]).evaluations, e.step, e, run, "evaluation");
    }
    void operator()(const PredictionRecord& p) const {
      merge.add(unit_of(p.of, p.index).predictions, p.example, p, run, "answer");
    }
    void operator()(const FailureRecord& f) const { unit_of(f.of, f.index).failure = f.reason; }
    void operator()(const ManifestRecord&) const {}  // there is no second one
    void operator()(const SessionRecord&) const {}   // provenance
    void operator()(const CompleteRecord&) const {}  // counted again: the merged sweep may have gaps nevertheless

    void operator()(const TrialRecord& t) const {
      switch (t.kind) {
        case Trial::screen: {
          const std::size_t adapter = merge.adapter_index(run.manifest.adapters[t.position].name);
          return merge.add(merge.screen_of(run.manifest, t.index)[static_cast<std::int32_t>(adapter)], t, run);
        }
        case Trial::uniform: return merge.add(merge.unit_of(cells[t.index]).uniform, t, run);
        case Trial::ablation: return merge.add(merge.unit_of(cells[t.index]).ablations[t.position], t, run);
      }
    }

    MergedUnit& unit_of(Subject of, std::uint32_t index) const {
      if (of == Subject::search) return merge.unit_of(cells[index]);
      if (is_of_a_search(of)) return merge.out_.controls[cells[index].task][cells[index].replicate].at(of);
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

  // A trial that failed in one run may be there in another.
  void add(const TrialRecord*& known, const TrialRecord& record, const RunRecords& run) {
    if (known != nullptr && known->failure.empty() && record.failure.empty() && !agree(*known, record))
      refuse(runs_.front(), run,
             fmt::format("a different value of trial {} ({})", record.position, name_of(record.kind)));
    if (known == nullptr || !known->failure.empty()) known = &record;
  }

  struct Named {
    const Manifest::Task* task;
    const RunRecords* run;
    std::optional<CutExamples> cut;  ///< what any run knows of it
  };
  const std::vector<RunRecords>& runs_;
  const RunRecords* checked_ = nullptr;  ///< the first that has a check value
  std::map<std::string, Named> tasks_;
  std::map<Key, std::size_t> places_;  ///< in out_.replicates
  MergedRuns out_;
};

}  // namespace

MergedRuns merge_runs(const std::vector<RunRecords>& runs) { return Merge(runs).merged(); }

}  // namespace lorasweep
