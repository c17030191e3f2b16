// SPDX-License-Identifier: Apache-2.0
// Fills the tables of a results file from merged runs.
#include "pipeline/collect/build_results.h"

#include "data/tasks/scoring.h"
#include "pipeline/collect/compose_found.h"
#include "pipeline/collect/examples.h"
#include "pipeline/collect/merge_runs.h"
#include "pipeline/collect/provenance.h"
#include "pipeline/collect/screened_adapters.h"
#include "pipeline/collect/sweep_statistics.h"
#include "pipeline/collect/unit_scores.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/search/objective.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace lorasweep {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

class Build {
 public:
  Build(const std::vector<RunRecords>& runs, const ResultsRequest& request)
      : runs_(runs), request_(request), merged_(merge_runs(runs)) {}

  SweepResults results() {
    const Manifest& first = runs_.front().manifest;
    budget_ = search_budget(first);
    out_.title = fmt::format("lorasweep: {} tasks, {} seeds, {}", merged_.tasks.size(), merged_.replicates.size(),
                             first.config.search.method);
    out_.created_utc = utc_now();
    out_.run_uuid = first.run_uuid;
    size_summary();
    add_adapters();
    for (std::size_t t = 0; t < merged_.tasks.size(); ++t) {
      add_baselines(t);
      for (std::size_t r = 0; r < merged_.replicates.size(); ++r) {
        add_search(t, r);
        add_controls(t, r);
      }
    }
    out_.summary.n_finished = finished_searches(out_.summary);
    out_.complete = out_.n_units == done_ && merged_.missing_trials == 0;
    out_.screen = screened_adapters(merged_);
    add_statistics(out_);
    add_texts();
    compose();
    out_.provenance = provenance_of(runs_);
    return std::move(out_);
  }

 private:
  void size_summary() {
    Summary& s = out_.summary;
    std::size_t slots = 0;
    for (const auto& row : merged_.searches)
      for (const MergedUnit& unit : row) slots = std::max(slots, unit.adapters.size());
    s.adapter_slots = static_cast<std::int32_t>(slots);
    s.place = runs_.front().manifest.places;
    s.steps = static_cast<std::int32_t>(budget_);
    for (const Replicate& replicate : merged_.replicates) {
      s.seed.push_back(replicate.seed);
      s.shot_seed.push_back(replicate.shot_seed);
    }
    for (const Manifest::Task& task : merged_.tasks) {
      out_.evaluations.shots = std::max(out_.evaluations.shots, static_cast<std::int32_t>(task.shot_tokens.size()));
      s.task.push_back(task.name);
      s.task_sha256.push_back(task.sha256);
      s.n_examples.push_back(static_cast<std::int32_t>(task.targets.size()));
      s.n_shots.push_back(static_cast<std::int32_t>(task.shot_tokens.size()));
      add_cut(task);
    }
    const std::size_t cells = merged_.tasks.size() * merged_.replicates.size();
    for (auto* column : {&s.accuracy, &s.accuracy_lmeval, &s.best_objective, &s.accuracy_uniform,
                         &s.accuracy_uniform_lmeval, &s.accuracy_best_single, &s.accuracy_best_single_lmeval,
                         &s.accuracy_random_adapters, &s.accuracy_random_adapters_lmeval, &s.loss_uniform,
                         &s.left_out_mixture, &s.left_out_base, &s.left_out_best_single})
      column->assign(cells, unknown);
    s.best_single.assign(cells, -1);
    s.guard.assign(cells, static_cast<std::int8_t>(GuardCode::none));
    s.best_step.assign(cells, -1);
    s.status.assign(cells, static_cast<std::int8_t>(SearchStatus::missing));
    s.best_weights.assign(cells * slots * s.places(), unknown);
    s.loss_without.assign(cells * slots, unknown);
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

  // Of the finished searches whose adapters are wanted.
  void compose() {
    std::vector<FoundWeights> wanted;
    for (FoundWeights& found : found_)
      if (is_kept(found)) wanted.push_back(std::move(found));
    const Manifest& manifest = runs_.front().manifest;
    RecordedLibrary library{.base = model_plan(manifest.base_config),
                            .composition = manifest.config.search.composition,
                            .places = {},
                            .adapters = {},
                            .moved_to = request_.moved_to};
    library.places = scope_places(library.base, manifest.config.search.scope, manifest.places);
    for (const Manifest::Adapter& a : merged_.adapters)
      library.adapters.push_back({a.name, a.source, a.sha256, a.base_model});
    // Random twins may follow its adapters.
    const bool in_memory = runs_.size() == 1 && request_.library.adapters.size() >= merged_.adapters.size();
    out_.composed = compose_found(library, wanted, in_memory ? request_.library : LibraryInMemory{});
  }

  bool is_kept(const FoundWeights& found) const {
    switch (request_.kept.composed) {
      case ComposedAdaptersKept::none: return false;
      case ComposedAdaptersKept::all: return true;
      case ComposedAdaptersKept::best: break;
    }
    return std::cmp_equal(out_.summary.by_shots.at(found.task), found.replicate);
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
      p.first_token.push_back(std::ssize(p.tokens));
      p.n_tokens.push_back(static_cast<std::int32_t>(record->tokens.size()));
      p.tokens.insert(p.tokens.end(), record->tokens.begin(), record->tokens.end());
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
    const std::size_t cell = t * merged_.replicates.size() + r;
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
    std::ranges::copy(best->weights, s.best_weights.begin() + cell * slots * s.places());
    found_.push_back({t, r, unit.adapters, best->weights});
  }

  // What was asked beside a search, and what was tried.
  void add_controls(std::size_t t, std::size_t r) {
    Summary& s = out_.summary;
    const std::size_t cell = t * merged_.replicates.size() + r, slots = s.adapter_slots;
    const MergedUnit& search = merged_.searches[t][r];
    const auto& controls = merged_.controls[t][r];
    const auto add = [&](Subject of, std::vector<double>& lorahub, std::vector<double>& lmeval) {
      const MergedUnit& unit = controls.at(of);
      const Score known = score(unit, merged_.tasks[t]);
      lorahub[cell] = known.lorahub;
      lmeval[cell] = known.lmeval;
      add_predictions(unit, of, t, static_cast<std::int32_t>(r));
      count(unit, unit.predictions.size() == merged_.tasks[t].targets.size());
    };
    add(Subject::uniform, s.accuracy_uniform, s.accuracy_uniform_lmeval);
    add(Subject::best_single, s.accuracy_best_single, s.accuracy_best_single_lmeval);
    add(Subject::random_adapters, s.accuracy_random_adapters, s.accuracy_random_adapters_lmeval);
    if (search.uniform != nullptr) s.loss_uniform[cell] = search.uniform->loss;
    if (const auto& single = controls.at(Subject::best_single).adapters; !single.empty())
      s.best_single[cell] = single.front();
    for (const auto& [slot, trial] : search.ablations) s.loss_without.at(cell * slots + slot) = trial->loss;
    if (!search.guard) return;
    s.guard[cell] = static_cast<std::int8_t>(search.guard->verdict);
    s.left_out_mixture[cell] = search.guard->losses.mixture;
    s.left_out_base[cell] = search.guard->losses.base;
    s.left_out_best_single[cell] = search.guard->losses.best_single;
  }

  void add_texts() {
    const Manifest& manifest = runs_.front().manifest;
    const TasksConfig& config = manifest.config.tasks;
    const bool at_hand = runs_.size() == 1 && request_.suite != nullptr;
    const auto read_again = [&] {
      return recorded_tasks(merged_, config, model_plan(manifest.base_config).continues_prompt);
    };
    add_examples(out_, merged_, at_hand ? *request_.suite : read_again(), config, request_.kept.texts);
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
    weights.resize(out_.summary.adapter_slots * out_.summary.places(), unknown);
    e.weights.insert(e.weights.end(), weights.begin(), weights.end());
    std::vector<double> nll = record.nll;
    nll.resize(e.shots, unknown);
    e.nll.insert(e.nll.end(), nll.begin(), nll.end());
  }

  const std::vector<RunRecords>& runs_;
  const ResultsRequest& request_;
  MergedRuns merged_;
  std::size_t budget_ = 0;
  std::int64_t done_ = 0;
  std::vector<FoundWeights> found_;
  SweepResults out_;
};

}  // namespace

SweepResults build_results(const std::vector<RunRecords>& runs, const ResultsRequest& request) {
  return Build(runs, request).results();
}

}  // namespace lorasweep
