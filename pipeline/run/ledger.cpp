// SPDX-License-Identifier: Apache-2.0
// Applies records to searches, trials and answers: those of an earlier process, and new ones once they are durable.
#include "pipeline/run/ledger.h"

#include "data/core/error.h"
#include "pipeline/search/given_point.h"
#include "pipeline/search/objective.h"
#include "pipeline/search/rounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace lorasweep {
namespace {

constexpr const char* other_version =
    "the journal was written by another version of lorasweep: use that one, or start a new run";

Search make_search(const Manifest& manifest, const Plan& plan, const PlannedSearch& search) {
  const SearchConfig& config = manifest.config.search;
  const std::size_t budget = search_budget(manifest);
  if (!search.given.empty()) return {std::make_unique<GivenPoint>(search.given), budget};
  if (config.method == no_search_method)
    return {std::make_unique<GivenPoint>(Weights(numbers_of(plan, search), 0.0)), budget};
  return {make_rounds({.search = {.method = config.method,
                                  .dimension = numbers_of(plan, search),
                                  .budget = budget,
                                  .low = config.bounds.low,
                                  .high = config.bounds.high,
                                  .population = static_cast<std::size_t>(config.population),
                                  .seed = search.seed,
                                  .stream = static_cast<std::uint64_t>(search.task)},
                       .adapters = adapters_of(plan, search),
                       .rounds = static_cast<std::size_t>(config.rounds)}),
          budget};
}

std::vector<std::vector<std::int32_t>> shot_tokens(const Catalogue& catalogue) {
  std::vector<std::vector<std::int32_t>> tokens;
  for (const auto& shots : catalogue.example_sets) {
    tokens.emplace_back();
    for (const std::int32_t index : shots)
      tokens.back().push_back(static_cast<std::int32_t>(catalogue.examples[index].target.size()));
  }
  return tokens;
}

// Whether a search of its own finds what answers.
bool is_found(Subject of) { return of == Subject::search || of == Subject::random_adapters; }

}  // namespace

Ledger::Ledger(const Plan& plan, const Manifest& manifest, JournalWriter& journal)
    : plan_(plan),
      manifest_(manifest),
      journal_(journal),
      keys_(manifest),
      shot_tokens_(shot_tokens(plan.catalogue)),
      comparisons_(plan, manifest, shot_tokens_) {
  const auto add = [&](Subject of, std::size_t index, const std::vector<std::int32_t>& examples) -> Answers& {
    place_[{of, static_cast<std::uint32_t>(index)}] = answers_.size();
    return answers_.emplace_back(of, static_cast<std::uint32_t>(index), examples);
  };
  for (const PlannedSearch& search : plan.searches) {
    add(search.answers, searches_.size(), plan.tasks[search.task].test);
    searches_.push_back(make_search(manifest, plan, search));
  }
  for (const PlannedBaseline& baseline : plan.baselines)
    add(baseline.kind, baseline.task, examples_of(plan, baseline)).make_ready();
  for (const PlannedControl& control : plan.controls)
    add(control.kind, control.search, plan.tasks[plan.searches[control.search].task].test);
  for (std::size_t s = 0; s < searches_.size(); ++s) settle(s);
}

Answers* Ledger::find(Subject of, std::uint32_t index) {
  const auto found = place_.find({of, index});
  return found == place_.end() ? nullptr : &answers_[found->second];
}

// --- records of an earlier process: each is held to what this one would have asked ---------------

// One overload per type: a record type without one does not compile.
struct Ledger::Replay {
  Ledger& ledger;
  const std::string& where;

  void operator()(const EvaluationRecord& record) const {
    if (record.search >= ledger.searches_.size() || !ledger.may_start(record.search) ||
        !ledger.searches_[record.search].replay(record.step, record.weights, record.objective()))
      throw InputError(
          where,
          fmt::format("evaluation {} of search {} is not one that this search asks for", record.step, record.search),
          other_version);
    ledger.use(record);
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
  void operator()(const TrialRecord& record) const {
    if (!ledger.use(record))
      throw InputError(where,
                       fmt::format("trial {} of {} {} is not wanted, or appears twice", record.position,
                                   name_of(record.kind), record.index),
                       other_version);
  }
  void operator()(const ManifestRecord&) const {}  // compared before the replay
  void operator()(const SessionRecord&) const {}   // provenance
  void operator()(const CompleteRecord&) const {}  // follows from what the others say
};

void Ledger::replay(std::span<const Record> records, const std::string& where) {
  for (const Record& record : records) std::visit(Replay{*this, where}, record);
  give_up_what_has_no_answer();
}

// --- results of this process: made durable, then used --------------------------------------------

EvaluationRecord Ledger::evaluation(std::uint32_t search, std::uint32_t step, std::vector<double> nll,
                                    const ResultOrigin& origin) const {
  const SearchConfig& config = manifest_.config.search;
  const Weights& weights = searches_.at(search).weights(step);
  const std::int32_t shots = plan_.searches[search].example_set;
  const double loss = few_shot_loss(config.loss, nll, shot_tokens_[shots]);
  return {.search = search,
          .step = step,
          .weights = weights,
          .nll = std::move(nll),
          .loss = loss,
          .regularizer = l1_regularizer(weights, config.l1),
          .key = keys_.key(shots, comparisons_.adapters(search), weights, plan_.searches[search].answers),
          .attempt = origin.attempt,
          .worker = origin.worker,
          .finished_utc = origin.finished_utc,
          .seconds = origin.seconds};
}

TrialRecord Ledger::trial(std::size_t trial, std::vector<double> nll, const ResultOrigin& origin) const {
  const PlannedTrial& planned = trials().planned(trial);
  const std::int32_t shots = set_of_shots(plan_, planned);
  const Mixture mixture = tried_in(trial);
  const double loss = few_shot_loss(manifest_.config.search.loss, nll, shot_tokens_[shots]);
  return {.kind = planned.kind,
          .index = planned.index,
          .position = planned.position,
          .nll = std::move(nll),
          .loss = loss,
          .key = keys_.key(shots, mixture.adapters, mixture.weights),
          .failure = {},
          .attempt = origin.attempt,
          .worker = origin.worker,
          .finished_utc = origin.finished_utc,
          .seconds = origin.seconds};
}

struct Ledger::Use {
  Ledger& ledger;

  void operator()(const EvaluationRecord& record) const {
    ledger.searches_.at(record.search).record(record.step, record.objective());
    ledger.use(record);
  }
  void operator()(const TrialRecord& record) const {
    if (!ledger.use(record)) throw InternalError(fmt::format("trial {}, which is not out", record.position));
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
  give_up_what_has_no_answer();
}

void Ledger::use(const EvaluationRecord& record) {
  comparisons_.record(record);
  if (!searches_[record.search].finished()) return;
  comparisons_.finish(record.search, searches_[record.search].best().has_value());
  settle(record.search);
}

bool Ledger::use(const TrialRecord& record) {
  if (!comparisons_.record(record)) return false;
  const auto shots = static_cast<std::int32_t>(record.index);
  if (record.kind == Trial::screen && trials().screened(shots))
    for (std::size_t s = 0; s < searches_.size(); ++s)
      if (plan_.searches[s].example_set == shots) settle(s);
  return true;
}

// Makes ready what the search's adapters, its best single one and what it found allow.
void Ledger::settle(std::size_t search) {
  const auto make_ready = [&](Subject of) {
    if (Answers* answers = find(of, static_cast<std::uint32_t>(search))) answers->make_ready();
  };
  if (may_start(search)) make_ready(Subject::uniform);
  if (comparisons_.best_single(search)) make_ready(Subject::best_single);
  if (searches_[search].finished() && searches_[search].best() && comparisons_.verdict(search))
    make_ready(plan_.searches[search].answers);
}

std::vector<std::int32_t> Ledger::rows(std::size_t search) const {
  std::vector<std::int32_t> adapters = comparisons_.adapters(search);
  if (plan_.searches[search].answers == Subject::random_adapters)
    for (std::int32_t& adapter : adapters) adapter = twin_row(plan_, adapter);
  return adapters;
}

std::vector<std::vector<std::int32_t>> Ledger::rows() const {
  std::vector<std::vector<std::int32_t>> all;
  for (std::size_t s = 0; s < searches_.size(); ++s) all.push_back(rows(s));
  return all;
}

Mixture Ledger::candidate(std::size_t search, std::size_t step) const {
  return {rows(search), searches_.at(search).weights(step)};
}

Mixture Ledger::answering(const Answers& answers) const {
  if (!is_of_a_search(answers.of())) return {};
  if (answers.of() == Subject::random_adapters)
    return candidate(answers.index(), searches_.at(answers.index()).best()->step);
  return comparisons_.answering(answers.of(), answers.index(), searches_.at(answers.index()));
}

// --- what will not be finished --------------------------------------------------------------------

void Ledger::give_up(Subject of, std::uint32_t index, const std::string& reason) {
  Answers* answers = find(of, index);
  if (answers == nullptr) throw InternalError(fmt::format("{} {} was given up, but there is none", name_of(of), index));
  if (answers->given_up() || (!is_found(of) && answers->done())) return;
  const Record record = FailureRecord{of, index, reason};
  journal_.append({&record, 1});
  take_failure(*answers);
}

void Ledger::take_failure(Answers& answers) {
  if (!answers.given_up()) ++failed_;
  answers.give_up();
  if (!is_found(answers.of())) return;
  const Search& search = searches_[answers.index()];
  if (!search.finished() || !search.best()) comparisons_.finish(answers.index(), false);
}

void Ledger::give_up_what_has_no_answer() {
  for (std::uint32_t s = 0; s < searches_.size(); ++s) {
    if (searches_[s].finished() && !searches_[s].best())
      give_up(answers_[s].of(), s, "no candidate had a finite objective");
    if (find(Subject::best_single, s) != nullptr && comparisons_.singles_known(s) && !comparisons_.best_single(s))
      give_up(Subject::best_single, s, "no adapter alone had a finite loss");
  }
}

void Ledger::give_up_trial(std::size_t trial, const std::string& reason) {
  const PlannedTrial& planned = trials().planned(trial);
  const std::int32_t shots = set_of_shots(plan_, planned);
  TrialRecord record = this->trial(trial, std::vector<double>(shot_tokens_[shots].size(), std::nan("")), {});
  record.failure = reason;
  this->record({std::move(record)});
}

// --- how far it is --------------------------------------------------------------------------------

std::size_t Ledger::left_to_evaluate(std::size_t search) const {
  return answers_[search].given_up() ? 0 : searches_[search].budget() - searches_[search].recorded();
}

bool Ledger::finished() const { return std::ranges::all_of(answers_, &Answers::done) && trials().finished(); }

ProgressState Ledger::progress() const {
  ProgressState state{};
  state.evaluations_done = trials().recorded();
  state.evaluations_total = trials().wanted();
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
