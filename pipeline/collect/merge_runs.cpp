// SPDX-License-Identifier: Apache-2.0
#include "pipeline/collect/merge_runs.h"

#include "data/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <set>
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
                   "collect only runs of the same model, adapters and settings; leave one of the two away");
}

// Which part of a suite a run covers may differ; everything that a value depends on may not.
Manifest comparable(Manifest manifest) {
  manifest.settings["tasks"].erase("names");
  manifest.settings["search"].erase("seeds");
  manifest.settings["predict"].erase("baselines");
  manifest.settings["adapters"].erase("names");
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
      if (const auto different = differences(comparable(runs_.front().manifest), comparable(run.manifest));
          !different.empty())
        refuse(runs_.front(), run, different.front());
      add_names(run);
    }
    for (const auto& [name, entry] : tasks_) out_.tasks.push_back(*entry.task);
    out_.searches.assign(out_.tasks.size(), std::vector<MergedUnit>(out_.seeds.size(), MergedUnit{.wanted = true}));
    out_.baselines.resize(out_.tasks.size());
    for (const RunRecords& run : runs_) add_records(run);
    return std::move(out_);
  }

 private:
  template <typename T>
  static std::size_t position(const std::vector<T>& list, const T& value) {
    return static_cast<std::size_t>(std::ranges::find(list, value) - list.begin());
  }
  std::size_t task_index(const std::string& name) const {
    return static_cast<std::size_t>(std::ranges::find(out_.tasks, name, &Manifest::Task::name) - out_.tasks.begin());
  }
  std::size_t adapter_index(const std::string& name) const {
    return static_cast<std::size_t>(std::ranges::find(out_.adapters, name, &Manifest::Adapter::name) -
                                    out_.adapters.begin());
  }

  void add_names(const RunRecords& run) {
    for (const Manifest::Task& task : run.manifest.tasks) {
      const auto [entry, is_new] = tasks_.try_emplace(task.name, Named{&task, &run});
      if (!is_new && entry->second.task->sha256 != task.sha256)
        refuse(*entry->second.run, run, "task " + task.name + " has another content");
    }
    // All configured seeds, not only those of this part: a part that is missing must show as a hole.
    for (const std::uint32_t seed : run.manifest.settings.at("search").at("seeds"))
      if (position(out_.seeds, seed) == out_.seeds.size()) out_.seeds.push_back(seed);
    for (const Manifest::Adapter& adapter : run.manifest.adapters) {
      const std::size_t at = adapter_index(adapter.name);
      if (at == out_.adapters.size())
        out_.adapters.push_back(adapter);
      else if (out_.adapters[at].sha256 != adapter.sha256)
        refuse(runs_.front(), run, "adapter " + adapter.name + " has another content");
    }
  }

  void add_records(const RunRecords& run) {
    const Manifest& manifest = run.manifest;
    std::vector<MergedUnit*> searches;
    for (const Manifest::Search& search : manifest.searches) {
      MergedUnit& unit = out_.searches[task_index(manifest.tasks[search.task].name)][position(out_.seeds, search.seed)];
      std::vector<std::int32_t> adapters;
      for (const std::int32_t a : manifest.adapter_sets[search.adapter_set])
        adapters.push_back(static_cast<std::int32_t>(adapter_index(manifest.adapters[a].name)));
      if (!unit.adapters.empty() && unit.adapters != adapters)
        refuse(runs_.front(), run,
               fmt::format("seed {} draws other adapters for task {}", search.seed, manifest.tasks[search.task].name));
      unit.adapters = std::move(adapters);
      searches.push_back(&unit);
    }
    for (const auto& baseline : manifest.settings.at("predict").at("baselines"))
      for (const Manifest::Task& task : manifest.tasks)
        out_.baselines[task_index(task.name)][baseline == "few-shot" ? 1 : 0].wanted = true;

    const auto unit_of = [&](PredictionOf of, std::uint32_t index) -> MergedUnit& {
      const std::size_t count = of == PredictionOf::search ? searches.size() : manifest.tasks.size();
      if (index >= count) throw InputError(run.where, fmt::format("a record belongs to number {} of {}", index, count));
      if (of == PredictionOf::search) return *searches[index];
      return out_.baselines[task_index(manifest.tasks[index].name)][of == PredictionOf::few_shot ? 1 : 0];
    };
    for (const Record& record : run.records) {
      if (const auto* e = std::get_if<EvaluationRecord>(&record))
        add(unit_of(PredictionOf::search, e->search).evaluations, e->step, *e, run, "evaluation");
      else if (const auto* p = std::get_if<PredictionRecord>(&record))
        add(unit_of(p->of, p->index).predictions, p->example, *p, run, "answer");
      else if (const auto* f = std::get_if<FailureRecord>(&record))
        unit_of(f->of, f->index).failure = f->reason;
    }
  }

  template <typename R>
  void add(std::map<std::uint32_t, const R*>& known, std::uint32_t number, const R& record, const RunRecords& run,
           const char* what) {
    const auto [entry, is_new] = known.try_emplace(number, &record);
    if (!is_new && !agree(*entry->second, record))
      refuse(runs_.front(), run, fmt::format("another value of {} {}", what, number));
  }

  struct Named {
    const Manifest::Task* task;
    const RunRecords* run;
  };
  const std::vector<RunRecords>& runs_;
  std::map<std::string, Named> tasks_;
  MergedRuns out_;
};

}  // namespace

MergedRuns merge_runs(const std::vector<RunRecords>& runs) { return Merge(runs).merged(); }

}  // namespace lorasweep
