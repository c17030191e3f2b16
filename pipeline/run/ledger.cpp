// SPDX-License-Identifier: Apache-2.0
// Applies records to searches and answers: those of an earlier process, and new ones once they are durable.
#include "pipeline/run/ledger.h"

#include "data/core/error.h"
#include "pipeline/search/make_optimizer.h"
#include "pipeline/search/objective.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lorasweep {
namespace {

constexpr const char* other_version =
    "the journal was written by another version of lorasweep: use that one, or start a new run";

Search make_search(const SearchConfig& config, const Plan& plan, const PlannedSearch& search) {
  const std::size_t budget = config.budget;
  return {make_optimizer({.method = config.method,
                          .dimension = plan.catalogue.adapter_sets[search.adapter_set].size(),
                          .budget = budget,
                          .low = config.bounds.low,
                          .high = config.bounds.high,
                          .population = static_cast<std::size_t>(config.population),
                          .seed = search.seed,
                          .stream = static_cast<std::uint64_t>(search.task)}),
          budget};
}

std::vector<std::int32_t> shot_tokens(const Catalogue& catalogue, const PlannedTask& task) {
  std::vector<std::int32_t> tokens;
  for (const std::int32_t index : catalogue.example_sets[task.example_set])
    tokens.push_back(static_cast<std::int32_t>(catalogue.examples[index].target.size()));
  return tokens;
}

}  // namespace

Ledger::Ledger(const Plan& plan, const Manifest& manifest, JournalWriter& journal)
    : plan_(plan), manifest_(manifest), journal_(journal), keys_(manifest) {
  for (const PlannedTask& task : plan.tasks) shot_tokens_.push_back(shot_tokens(plan.catalogue, task));
  for (const PlannedSearch& search : plan.searches) {
    answers_.emplace_back(Subject::search, static_cast<std::uint32_t>(searches_.size()), plan.tasks[search.task].test);
    searches_.push_back(make_search(manifest.config.search, plan, search));
  }
  for (const PlannedBaseline& baseline : plan.baselines) {
    answers_.emplace_back(baseline.kind, baseline.task, examples_of(plan, baseline));
    answers_.back().make_ready();
  }
}

Answers* Ledger::find(Subject of, std::uint32_t index) {
  if (of == Subject::search) return index < searches_.size() ? &answers_[index] : nullptr;
  const auto found = std::find_if(answers_.begin() + searches_.size(), answers_.end(),
                                  [&](const Answers& a) { return a.of() == of && a.index() == index; });
  return found == answers_.end() ? nullptr : &*found;
}

// --- records of an earlier process: each is held to what this one would have asked ---------------

// One overload per type: a record type without one does not compile.
struct Ledger::Replay {
  Ledger& ledger;
  const std::string& where;

  void operator()(const EvaluationRecord& record) const {
    if (record.search >= ledger.searches_.size() ||
        !ledger.searches_[record.search].replay(record.step, record.weights, record.objective()))
      throw InputError(
          where,
          fmt::format("evaluation {} of search {} is not one that this search asks for", record.step, record.search),
          other_version);
    ledger.settle(record.search);
  }
  void operator()(const PredictionRecord& record) const {
    Answers* answers = ledger.find(record.of, record.index);
    if (answers == nullptr || !answers->record(record.example))
      throw InputError(
          where,
          fmt::format("an answer to example {} of {} is not wanted, or appears twice", record.example, record.index),
          other_version);
  }
  void operator()(const FailureRecord& record) const {
    Answers* answers = ledger.find(record.of, record.index);
    if (answers == nullptr)
      throw InputError(
          where, fmt::format("a failure of {} {}, which this sweep does not have", name_of(record.of), record.index),
          other_version);
    ledger.take_failure(*answers);
  }
  void operator()(const ManifestRecord&) const {}  // compared before the replay
  void operator()(const SessionRecord&) const {}   // provenance
  void operator()(const CompleteRecord&) const {}  // follows from what the others say
};

void Ledger::replay(std::span<const Record> records, const std::string& where) {
  for (const Record& record : records) std::visit(Replay{*this, where}, record);
  give_up_searches_without_answer();
}

// --- results of this process: made durable, then used --------------------------------------------

EvaluationRecord Ledger::evaluation(std::uint32_t search, std::uint32_t step, std::vector<double> nll,
                                    const ResultOrigin& origin) const {
  const SearchConfig& config = manifest_.config.search;
  const Weights& weights = searches_.at(search).weights(step);
  const double loss = few_shot_loss(config.loss, nll, shot_tokens_[plan_.searches[search].task]);
  return {.search = search,
          .step = step,
          .weights = weights,
          .nll = std::move(nll),
          .loss = loss,
          .regularizer = l1_regularizer(weights, config.l1),
          .key = keys_.key(search, weights),
          .attempt = origin.attempt,
          .worker = origin.worker,
          .finished_utc = origin.finished_utc,
          .seconds = origin.seconds};
}

struct Ledger::Use {
  Ledger& ledger;

  void operator()(const EvaluationRecord& record) const {
    ledger.searches_.at(record.search).record(record.step, record.objective());
    ledger.settle(record.search);
  }
  void operator()(const PredictionRecord& record) const {
    Answers* answers = ledger.find(record.of, record.index);
    if (answers == nullptr || !answers->record(record.example))
      throw InternalError(fmt::format("an answer to example {}, which is not out", record.example));
  }
};

void Ledger::record(std::vector<ResultRecord> results) {
  std::vector<Record> records;
  for (const ResultRecord& result : results)
    std::visit([&](const auto& record) { records.emplace_back(record); }, result);
  journal_.append(records);
  for (const ResultRecord& result : results) std::visit(Use{*this}, result);
  give_up_searches_without_answer();
}

void Ledger::settle(std::size_t search) {
  if (searches_[search].finished() && searches_[search].best()) answers_[search].make_ready();
}

// --- what will not be finished --------------------------------------------------------------------

void Ledger::give_up(Subject of, std::uint32_t index, const std::string& reason) {
  Answers* answers = find(of, index);
  if (answers == nullptr) throw InternalError(fmt::format("{} {} was given up, but there is none", name_of(of), index));
  if (answers->given_up() || (of != Subject::search && answers->done())) return;
  const Record record = FailureRecord{of, index, reason};
  journal_.append({&record, 1});
  take_failure(*answers);
}

void Ledger::take_failure(Answers& answers) {
  if (!answers.given_up()) ++failed_;
  answers.give_up();
}

void Ledger::give_up_searches_without_answer() {
  for (std::uint32_t s = 0; s < searches_.size(); ++s)
    if (searches_[s].finished() && !searches_[s].best())
      give_up(Subject::search, s, "no candidate had a finite objective");
}

// --- how far it is --------------------------------------------------------------------------------

std::size_t Ledger::left_to_evaluate(std::size_t search) const {
  return answers_[search].given_up() ? 0 : searches_[search].budget() - searches_[search].recorded();
}

bool Ledger::finished() const { return std::ranges::all_of(answers_, &Answers::done); }

ProgressState Ledger::progress() const {
  ProgressState state{};
  for (const Search& search : searches_) {
    state.evaluations_done += search.recorded();
    state.evaluations_total += search.budget();
    if (search.best()) state.best_objective = std::min(state.best_objective, search.best()->objective);
  }
  for (const Answers& answers : answers_) {
    state.predictions_done += answers.size() - answers.missing();
    state.predictions_total += answers.size();
  }
  return state;
}

}  // namespace lorasweep
