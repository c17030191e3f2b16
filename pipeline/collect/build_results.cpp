// SPDX-License-Identifier: Apache-2.0
// Fills the tables of a results file from merged runs.
#include "pipeline/collect/build_results.h"

#include "data/core/error.h"
#include "data/tasks/scoring.h"
#include "pipeline/collect/composed_adapters.h"
#include "pipeline/collect/merge_runs.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/search/objective.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

struct Score {
  double lorahub = unknown, lmeval = unknown;  // percent
};

// Unknown unless every answer is there: a percentage of some of them would mislead.
Score score(const MergedUnit& unit, const Manifest::Task& task) {
  if (unit.predictions.size() != task.targets.size() || task.targets.empty()) return {};
  std::vector<std::int8_t> lorahub, lmeval;
  for (const auto& [example, record] : unit.predictions) {
    lorahub.push_back(correct_lorahub(record->text, task.targets.at(example)));
    lmeval.push_back(correct_lmeval(record->text, task.targets.at(example)));
  }
  return {accuracy(lorahub), accuracy(lmeval)};
}

// The places in the test set whose prompts were cut; null: not known.
const std::vector<std::int32_t>* cut_inputs(const Manifest::Task& task, Subject of) {
  if (!task.cut) return nullptr;
  if (of != Subject::few_shot) return &task.cut->test;
  return task.cut->few_shot ? &*task.cut->few_shot : nullptr;
}

InputCut input_cut(const std::vector<std::int32_t>* cut, std::uint32_t example) {
  if (cut == nullptr) return InputCut::unknown;
  return std::ranges::binary_search(*cut, static_cast<std::int32_t>(example)) ? InputCut::yes : InputCut::no;
}

const EvaluationRecord* best_of(const MergedUnit& unit) {
  BestStep best;
  for (const auto& [step, record] : unit.evaluations) best.consider(step, record->objective());
  return best.best() ? unit.evaluations.at(static_cast<std::uint32_t>(best.best()->step)) : nullptr;
}

class Build {
 public:
  Build(const std::vector<RunRecords>& runs, const LibraryInMemory& library, std::filesystem::path moved_to)
      : runs_(runs), library_(library), moved_to_(std::move(moved_to)), merged_(merge_runs(runs)) {}

  SweepResults results() {
    const Manifest& first = runs_.front().manifest;
    budget_ = first.config.search.budget;
    out_.title = fmt::format("lorasweep: {} tasks, {} seeds, {}", merged_.tasks.size(), merged_.seeds.size(),
                             first.config.search.method);
    out_.created_utc = utc_now();
    out_.run_uuid = first.run_uuid;
    size_summary();
    add_adapters();
    for (std::size_t t = 0; t < merged_.tasks.size(); ++t) {
      add_baselines(t);
      for (std::size_t r = 0; r < merged_.seeds.size(); ++r) add_search(t, r);
    }
    out_.summary.n_finished = finished_searches(out_.summary);
    compose();
    out_.complete = out_.n_units == done_;
    add_provenance();
    return std::move(out_);
  }

 private:
  void size_summary() {
    Summary& s = out_.summary;
    std::size_t slots = 0;
    for (const auto& row : merged_.searches)
      for (const MergedUnit& unit : row) slots = std::max(slots, unit.adapters.size());
    s.adapter_slots = static_cast<std::int32_t>(slots);
    s.steps = static_cast<std::int32_t>(budget_);
    s.seed.assign(merged_.seeds.begin(), merged_.seeds.end());
    for (const Manifest::Task& task : merged_.tasks) {
      s.task.push_back(task.name);
      s.n_examples.push_back(static_cast<std::int32_t>(task.targets.size()));
      s.n_shots.push_back(static_cast<std::int32_t>(task.shot_tokens.size()));
      add_cut(task);
    }
    const std::size_t cells = merged_.tasks.size() * merged_.seeds.size();
    for (auto* column : {&s.accuracy, &s.accuracy_lmeval, &s.best_objective}) column->assign(cells, unknown);
    s.best_step.assign(cells, -1);
    s.status.assign(cells, static_cast<std::int8_t>(SearchStatus::missing));
    s.best_weights.assign(cells * slots, unknown);
    s.adapter_index.assign(cells * slots, -1);
    s.objective_trace.assign(cells * budget_, unknown);
  }

  void add_cut(const Manifest::Task& task) {
    Summary& s = out_.summary;
    const bool known = task.cut.has_value();
    const auto add = [](std::vector<std::int32_t>& column, const std::vector<std::int32_t>* places) {
      column.push_back(places != nullptr ? static_cast<std::int32_t>(places->size()) : -1);
    };
    add(s.n_cut_shots, known ? &task.cut->shots : nullptr);
    add(s.n_cut_shot_targets, known ? &task.cut->shot_targets : nullptr);
    add(s.n_cut_test, known ? &task.cut->test : nullptr);
    add(s.n_cut_few_shot, known && task.cut->few_shot ? &*task.cut->few_shot : nullptr);
  }

  void add_adapters() {
    for (const Manifest::Adapter& a : merged_.adapters) {
      out_.adapters.name.push_back(a.name);
      out_.adapters.source.push_back(a.source);
      out_.adapters.sha256.push_back(a.sha256);
      out_.adapters.format.push_back(a.format);
      out_.adapters.rank.push_back(a.rank);
      out_.adapters.alpha.push_back(a.alpha);
      out_.adapters.base_model.push_back(a.base_model);
      out_.adapters.target_modules.push_back(a.target_modules);
      out_.adapters.n_sites.push_back(a.sites);
      out_.adapters.n_idle_sites.push_back(a.idle_sites);
    }
  }

  // The best of each finished search, as an adapter of its own.
  void compose() {
    if (found_.empty()) return;  // nobody needs the library then
    const Manifest& manifest = runs_.front().manifest;
    const ModelPlan base = model_plan(manifest.base_config);
    std::vector<std::vector<std::int32_t>> sets;
    for (const Found& found : found_) sets.push_back(merged_.searches[found.task][found.replicate].adapters);
    std::vector<AdapterTitle> titles;
    for (const Manifest::Adapter& adapter : merged_.adapters) titles.push_back({adapter.name, adapter.base_model});
    const bool in_memory = runs_.size() == 1 && library_.image && library_.adapters.size() == merged_.adapters.size();
    LibraryInMemory library = in_memory ? library_ : read_library(base, sets, titles);
    const auto composed = std::make_shared<ComposedAdapters>(base, manifest.config.search.composition,
                                                             std::move(library), std::move(titles), std::move(sets));
    for (std::size_t i = 0; i < found_.size(); ++i) {
      ComposedModel model = ComposedAdapters::model(composed, static_cast<std::int32_t>(i), found_[i].best->weights);
      model.task_index = static_cast<std::int32_t>(found_[i].task);
      model.replicate = static_cast<std::int32_t>(found_[i].replicate);
      out_.composed.push_back(std::move(model));
    }
  }

  // Reads only the adapters that the sets name; afterwards sets and titles are of these alone.
  LibraryInMemory read_library(const ModelPlan& base, std::vector<std::vector<std::int32_t>>& sets,
                               std::vector<AdapterTitle>& titles) const {
    std::vector<std::int32_t> place(merged_.adapters.size(), -1);  // of a merged adapter among those
    std::vector<Adapter> drawn;
    std::vector<AdapterTitle> titles_of_drawn;
    for (auto& set : sets)
      for (std::int32_t& a : set) {
        if (place[a] < 0) {
          place[a] = static_cast<std::int32_t>(drawn.size());
          drawn.push_back(read(merged_.adapters[a], base));
          titles_of_drawn.push_back(titles[a]);
        }
        a = place[a];
      }
    titles = std::move(titles_of_drawn);
    return library_of(base, drawn);
  }

  Adapter read(const Manifest::Adapter& entry, const ModelPlan& base) const {
    const std::filesystem::path place =
        moved_to_.empty() ? std::filesystem::path(entry.source) : moved_to_ / entry.name;
    if (!std::filesystem::exists(place))
      throw InputError(place.string(), fmt::format("the adapter {} is missing", entry.name),
                       "it is needed to compose the found adapters: give `collect --adapters DIR` the folder where the "
                       "adapters lie now, each under its name");
    Adapter adapter(place, base);
    adapter.load();
    if (adapter.digest() != entry.sha256)
      throw InputError(place.string(), "the adapter changed since the run was made",
                       "restore its files, they are needed to compose the found adapters");
    return adapter;
  }

  void add_predictions(const MergedUnit& unit, Subject of, std::size_t task, std::int32_t replicate) {
    Predictions& p = out_.predictions;
    const std::vector<std::int32_t>* cut = cut_inputs(merged_.tasks[task], of);
    for (const auto& [example, record] : unit.predictions) {
      const std::string& target = merged_.tasks[task].targets.at(example);
      p.of.push_back(static_cast<std::int8_t>(of));
      p.task_index.push_back(static_cast<std::int32_t>(task));
      p.replicate.push_back(replicate);
      p.example_index.push_back(static_cast<std::int32_t>(example));
      p.target.push_back(target);
      p.prediction.push_back(record->text);
      p.correct_lorahub.push_back(correct_lorahub(record->text, target));
      p.correct_lmeval.push_back(correct_lmeval(record->text, target));
      p.input_cut.push_back(static_cast<std::int8_t>(input_cut(cut, example)));
    }
  }

  void add_baselines(std::size_t t) {
    const auto add = [&](Subject of, std::vector<double>& lorahub, std::vector<double>& lmeval) {
      const MergedUnit& unit = merged_.baselines[t].at(of);
      const Score s = score(unit, merged_.tasks[t]);
      lorahub.push_back(s.lorahub);
      lmeval.push_back(s.lmeval);
      add_predictions(unit, of, t, -1);
      count(unit, unit.predictions.size() == merged_.tasks[t].targets.size());
    };
    Summary& s = out_.summary;
    add(Subject::zero_shot, s.accuracy_zero_shot, s.accuracy_zero_shot_lmeval);
    add(Subject::few_shot, s.accuracy_few_shot, s.accuracy_few_shot_lmeval);
  }

  SearchStatus count(const MergedUnit& unit, bool finished) {
    if (!unit.wanted) return SearchStatus::missing;
    ++out_.n_units;
    if (finished || !unit.failure.empty()) ++done_;
    if (finished) return SearchStatus::ok;  // a failure of an earlier attempt that another run repaired
    if (!unit.failure.empty()) {
      ++out_.n_failed;
      return SearchStatus::failed;
    }
    return unit.evaluations.empty() && unit.predictions.empty() ? SearchStatus::missing : SearchStatus::partial;
  }

  void add_search(std::size_t t, std::size_t r) {
    const MergedUnit& unit = merged_.searches[t][r];
    const std::size_t cell = t * merged_.seeds.size() + r;
    Summary& s = out_.summary;
    const std::size_t slots = s.adapter_slots;
    const bool searched = unit.evaluations.size() == budget_;
    const SearchStatus status = count(unit, searched && unit.predictions.size() == merged_.tasks[t].targets.size());
    s.status[cell] = static_cast<std::int8_t>(status);
    std::ranges::copy(unit.adapters, s.adapter_index.begin() + cell * slots);
    for (const auto& [step, record] : unit.evaluations) {
      s.objective_trace[cell * budget_ + step] = record->objective();
      add_evaluation(*record, t, r);
    }
    add_predictions(unit, Subject::search, t, static_cast<std::int32_t>(r));
    const Score accuracy = score(unit, merged_.tasks[t]);
    s.accuracy[cell] = accuracy.lorahub;
    s.accuracy_lmeval[cell] = accuracy.lmeval;
    const EvaluationRecord* best = searched ? best_of(unit) : nullptr;
    if (best == nullptr) return;
    s.best_objective[cell] = best->objective();
    s.best_step[cell] = static_cast<std::int32_t>(best->step);
    std::ranges::copy(best->weights, s.best_weights.begin() + cell * slots);
    found_.push_back({t, r, best});
  }

  void add_evaluation(const EvaluationRecord& record, std::size_t t, std::size_t r) {
    Evaluations& e = out_.evaluations;
    const double objective = record.objective();
    e.task_index.push_back(static_cast<std::int32_t>(t));
    e.replicate.push_back(static_cast<std::int32_t>(r));
    e.step.push_back(static_cast<std::int32_t>(record.step));
    e.loss.push_back(record.loss);
    e.l1.push_back(record.regularizer);
    e.objective.push_back(objective);
    e.status.push_back(
        static_cast<std::int8_t>(may_be_best(objective) ? EvaluationStatus::ok : EvaluationStatus::not_finite));
    e.attempt.push_back(static_cast<std::int32_t>(record.attempt));
    e.t_finished_utc.push_back(record.finished_utc);
    e.duration_s.push_back(record.seconds);
    e.worker_rank.push_back(record.worker);
    e.eval_key.push_back(record.key);
    std::vector<double> weights = record.weights;
    weights.resize(out_.summary.adapter_slots, unknown);
    e.weights.insert(e.weights.end(), weights.begin(), weights.end());
  }

  void add_session(const SessionRecord& session, Json& sessions) {
    Json json = Json::parse(session.json, nullptr, /*allow_exceptions=*/false);
    if (json.is_discarded()) return;
    out_.provenance["config_toml"] = json.value("config_toml", "");
    out_.provenance["config"] = json.value("config", Json::object()).dump(2);
    json.erase("config_toml");
    json.erase("config");
    sessions.push_back(std::move(json));
  }

  void add_provenance() {
    Json manifests = Json::array(), sessions = Json::array(), failures = Json::array();
    for (const RunRecords& run : runs_) {
      Json manifest = Json::parse(to_json(run.manifest));
      for (Json& task : manifest["tasks"]) task.erase("targets");  // they are in /predictions
      manifests.push_back({{"journal", run.where}, {"manifest", std::move(manifest)}});
      for (const Record& record : run.records) {
        if (const auto* session = std::get_if<SessionRecord>(&record)) add_session(*session, sessions);
        if (const auto* failure = std::get_if<FailureRecord>(&record))
          failures.push_back(
              {{"of", static_cast<int>(failure->of)}, {"index", failure->index}, {"reason", failure->reason}});
      }
    }
    out_.provenance["version"] = runs_.front().manifest.version;
    // All runs agree in these; only those of 0.1.0 have no check value.
    const auto checked = std::ranges::find_if(runs_, [](const RunRecords& run) { return !run.manifest.check.empty(); });
    out_.provenance["numerics"] =
        checked_numerics_of((checked == runs_.end() ? runs_.front() : *checked).manifest).dump(2);
    out_.provenance["manifests"] = manifests.dump(2, ' ', false, Json::error_handler_t::replace);
    out_.provenance["sessions"] = sessions.dump(2, ' ', false, Json::error_handler_t::replace);
    out_.provenance["failures"] = failures.dump(2, ' ', false, Json::error_handler_t::replace);
  }

  struct Found {
    std::size_t task = 0, replicate = 0;
    const EvaluationRecord* best = nullptr;
  };

  const std::vector<RunRecords>& runs_;
  const LibraryInMemory& library_;
  std::filesystem::path moved_to_;  ///< empty: the adapters are at their recorded places
  MergedRuns merged_;
  std::size_t budget_ = 0;
  std::int64_t done_ = 0;
  std::vector<Found> found_;
  SweepResults out_;
};

}  // namespace

SweepResults build_results(const std::vector<RunRecords>& runs, const LibraryInMemory& library,
                           const std::filesystem::path& moved_to) {
  return Build(runs, library, moved_to).results();
}

}  // namespace lorasweep
