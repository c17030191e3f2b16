// SPDX-License-Identifier: Apache-2.0
#include "pipeline/run/experiment.h"

#include "data/core/error.h"
#include "pipeline/search/make_optimizer.h"
#include "pipeline/search/objective.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

namespace lorasweep {
namespace {

Reduction reduction_of(LossRule rule) {
  switch (rule) {
    case LossRule::token_mean: return Reduction::token_mean;
    case LossRule::example_mean: return Reduction::example_mean;
    default: return Reduction::lorahub;
  }
}

double seconds_since_epoch() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

Experiment::Experiment(const RunConfig& config, const Plan& plan, const Manifest& manifest, const Tokenizer& tokenizer,
                       JournalWriter& journal)
    : config_(config),
      plan_(plan),
      manifest_(manifest),
      tokenizer_(tokenizer),
      journal_(journal),
      keys_(manifest),
      abandoned_(plan.searches.size(), false) {
  for (const PlannedTask& task : plan.tasks) {
    double tokens = 0;
    for (const std::int32_t index : plan.catalogue.example_sets[task.example_set])
      tokens += static_cast<double>(plan.catalogue.examples[index].source.size() +
                                    plan.catalogue.examples[index].target.size());
    evaluation_cost_.push_back(tokens);
  }
  for (std::size_t i = 0; i < plan.searches.size(); ++i) {
    const PlannedSearch& search = plan.searches[i];
    searches_.emplace_back(make_optimizer({.method = config.search.method,
                                           .dimension = plan.catalogue.adapter_sets[search.adapter_set].size(),
                                           .budget = static_cast<std::size_t>(config.search.budget),
                                           .low = config.search.bounds.low,
                                           .high = config.search.bounds.high,
                                           .population = static_cast<std::size_t>(config.search.population),
                                           .seed = search.seed,
                                           .stream = static_cast<std::uint64_t>(search.task)}),
                           static_cast<std::size_t>(config.search.budget));
    answers_.emplace_back(PredictionOf::search, static_cast<std::uint32_t>(i), plan.tasks[search.task].test);
  }
  for (const PlannedBaseline& baseline : plan.baselines) {
    const PlannedTask& task = plan.tasks[baseline.task];
    const bool zero_shot = baseline.kind == Baseline::zero_shot;
    answers_.emplace_back(zero_shot ? PredictionOf::zero_shot : PredictionOf::few_shot,
                          static_cast<std::uint32_t>(baseline.task), zero_shot ? task.test : task.few_shot);
    answers_.back().make_ready();
  }
}

// --- what is known; experiment_units.cpp: what goes out ------------------------------------------

void Experiment::replay(std::span<const Record> records, const std::string& where) {
  apply_all(records, where);
  give_up_searches_without_answer();
}

void Experiment::apply_all(std::span<const Record> records, const std::string& where) {
  for (const Record& record : records)
    std::visit(
        [&](const auto& r) {
          if constexpr (requires { apply(r, where); }) apply(r, where);
        },
        record);
}

void Experiment::apply(const EvaluationRecord& record, const std::string& where) {
  if (record.search >= searches_.size() ||
      !searches_[record.search].record(record.step, record.weights, record.loss + record.regularizer))
    throw InputError(
        where,
        fmt::format("evaluation {} of search {} is not one that this search asks for", record.step, record.search),
        "the journal was written by another version of lorasweep: use that one, or start a new run");
  const Search& search = searches_[record.search];
  if (search.finished() && search.best()) answers_[record.search].make_ready();
}

void Experiment::apply(const PredictionRecord& record, const std::string& where) {
  const auto found = std::ranges::find_if(
      answers_, [&](const Answers& a) { return a.of() == record.of && a.index() == record.index; });
  if (found == answers_.end() || !found->record(record.example))
    throw InputError(
        where,
        fmt::format("an answer to example {} of {} is not wanted, or is there twice", record.example, record.index),
        "the journal was written by another version of lorasweep: use that one, or start a new run");
}

void Experiment::apply(const FailureRecord& record, const std::string&) {
  for (Answers& answers : answers_)
    if (answers.of() == record.of && answers.index() == record.index && !answers.done()) {
      answers.give_up();
      ++failed_;
    }
  if (record.of == PredictionOf::search && record.index < abandoned_.size()) abandoned_[record.index] = true;
}

void Experiment::give_up(const FailureRecord& failure) {
  const Record record = failure;
  journal_.append({&record, 1});
  apply(failure, "");
}

void Experiment::give_up_searches_without_answer() {
  for (std::uint32_t s = 0; s < searches_.size(); ++s)
    if (!abandoned_[s] && searches_[s].finished() && !searches_[s].best())
      give_up({PredictionOf::search, s, "no candidate had a finite objective"});
}

bool Experiment::finished() const {
  return issued_.empty() && again_.empty() && std::ranges::all_of(answers_, [](const Answers& a) { return a.done(); });
}

// --- results in ----------------------------------------------------------------------------------

void Experiment::report(const std::vector<Evaluation>& evaluations, const WorkerReported& reported,
                        std::vector<Record>& records) const {
  const auto& result = std::get<EvaluateResult>(reported.report.outcome);
  if (result.nll.size() != evaluations.size())
    throw InternalError("a worker answered another number of members than it was asked");
  for (std::size_t i = 0; i < evaluations.size(); ++i) {
    const auto [search, step] = evaluations[i];
    const Weights& weights = searches_[search].weights(step);
    const std::vector<std::int32_t>& tokens = manifest_.tasks[plan_.searches[search].task].shot_tokens;
    records.push_back(EvaluationRecord{.search = search,
                                       .step = step,
                                       .weights = weights,
                                       .nll = result.nll[i],
                                       .loss = few_shot_loss(reduction_of(config_.search.loss), result.nll[i], tokens),
                                       .regularizer = l1_regularizer(weights, config_.search.l1),
                                       .key = keys_.key(search, weights),
                                       .attempt = reported.report.attempt,
                                       .worker = reported.worker,
                                       .finished_utc = seconds_since_epoch(),
                                       .seconds = reported.report.seconds / static_cast<double>(evaluations.size())});
  }
}

void Experiment::report(const std::vector<Prediction>& predictions, const WorkerReported& reported,
                        std::vector<Record>& records) const {
  const auto& result = std::get<PredictResult>(reported.report.outcome);
  if (result.tokens.size() != predictions.size())
    throw InternalError("a worker answered another number of members than it was asked");
  std::size_t examples = 0;
  for (const Prediction& prediction : predictions) examples += prediction.examples.size();
  for (std::size_t m = 0; m < predictions.size(); ++m) {
    const Answers& answers = answers_[predictions[m].answers];
    if (result.tokens[m].size() != predictions[m].examples.size())
      throw InternalError("a worker answered another number of examples than it was asked");
    for (std::size_t i = 0; i < predictions[m].examples.size(); ++i) {
      std::string text = tokenizer_.decode(result.tokens[m][i]);
      records.push_back(PredictionRecord{.of = answers.of(),
                                         .index = answers.index(),
                                         .example = predictions[m].examples[i],
                                         .tokens = result.tokens[m][i],
                                         .text = std::move(text),
                                         .attempt = reported.report.attempt,
                                         .worker = reported.worker,
                                         .finished_utc = seconds_since_epoch(),
                                         .seconds = reported.report.seconds / static_cast<double>(examples)});
    }
  }
}

void Experiment::complete(std::vector<WorkerReported> results) {
  std::vector<Record> records;
  for (const WorkerReported& result : results) {
    const auto unit = issued_.extract(result.report.unit);
    if (unit.empty()) throw InternalError(fmt::format("unit {} was completed but is not out", result.report.unit));
    std::visit([&](const auto& issued) { report(issued, result, records); }, unit.mapped());
  }
  journal_.append(records);  // durable before anything uses it
  replay(records, "lorasweep");
}

void Experiment::abandon(UnitId id, const std::string& reason) {
  const auto unit = issued_.extract(id);
  if (unit.empty()) throw InternalError(fmt::format("unit {} was abandoned but is not out", id));
  std::visit(
      [&](const auto& members) {
        if (members.size() > 1)
          again_.insert(again_.end(), members.begin(), members.end());  // one of them is the poison: find out which
        else
          give_up_member(members.front(), reason);
      },
      unit.mapped());
}

void Experiment::give_up_member(const Evaluation& evaluation, const std::string& reason) {
  give_up({PredictionOf::search, evaluation.search, reason});
}
void Experiment::give_up_member(const Prediction& prediction, const std::string& reason) {
  const Answers& answers = answers_[prediction.answers];
  if (!answers.done()) give_up({answers.of(), answers.index(), reason});
}

ProgressState Experiment::progress() const {
  ProgressState state{};
  double best = std::numeric_limits<double>::infinity();
  for (std::size_t s = 0; s < searches_.size(); ++s) {
    state.evaluations_done += searches_[s].recorded();
    state.evaluations_total += searches_[s].budget();
    if (searches_[s].best()) best = std::min(best, searches_[s].best()->objective);
  }
  state.best_objective = best;
  for (const Answers& answers : answers_) {
    state.predictions_done += answers.size() - answers.missing();
    state.predictions_total += answers.size();
  }
  return state;
}

}  // namespace lorasweep
