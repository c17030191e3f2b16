// SPDX-License-Identifier: Apache-2.0
// Turns tasks into units of work, and what workers report into records.
#include "pipeline/run/experiment.h"

#include "data/core/error.h"
#include "data/model/model_plan.h"
#include "data/tasks/answer_text.h"
#include "pipeline/search/make_optimizer.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <map>
#include <utility>
#include <variant>

namespace lorasweep {
namespace {

double seconds_since_epoch() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// The seconds of a unit are shared by what it held.
ResultOrigin origin_of(const WorkerReported& reported, std::size_t shares) {
  return {.attempt = reported.report.attempt,
          .worker = reported.worker,
          .finished_utc = seconds_since_epoch(),
          .seconds = reported.report.seconds / static_cast<double>(shares)};
}

void require_as_many(std::size_t answered, std::size_t asked, const char* what) {
  if (answered != asked)
    throw InternalError(fmt::format("a worker answered for {} {}, but was asked for {}", answered, what, asked));
}

Member member_of(Mixture mixture, std::int32_t example_set) {
  return {.adapters = std::move(mixture.adapters), .example_set = example_set, .weights = std::move(mixture.weights)};
}

}  // namespace

Experiment::Experiment(const Plan& plan, const Manifest& manifest, const Tokenizer& tokenizer, JournalWriter& journal)
    : plan_(plan),
      manifest_(manifest),
      tokenizer_(tokenizer),
      continues_prompt_(model_plan(manifest.base_config).continues_prompt),
      ledger_(plan, manifest, journal),
      costs_(plan),
      measured_(plan, costs_, ledger_),
      work_list_(costs_, ledger_) {}

void Experiment::expect_workers(int workers) {
  workers_ = workers;
  work_list_.expect_workers(workers);
}

void Experiment::measure_early() {
  work_list_.measure_early([this](Subject of) { return measured_.knows(of); });
}

void Experiment::replay(std::span<const Record> records, const std::string& where) {
  ledger_.replay(records, where);
  measured_.replay(records);
}

WorkLeft Experiment::work_left() const {
  return measured_.left(workers_, asks_one_by_one(manifest_.config.search.method));
}

bool Experiment::finished() const {
  return out_.empty() && !work_list_.has_members_to_try_alone() && ledger_.finished();
}

// --- work out -------------------------------------------------------------------------------------

std::optional<Unit> Experiment::next(const WorkerCapacity& capacity) {
  std::optional<UnitMembers> members = work_list_.next(capacity);
  if (!members) return std::nullopt;
  Unit unit = std::visit([&](const auto& of_one_kind) { return unit_of(of_one_kind); }, *members);
  unit.id = next_unit_++;
  out_.emplace(unit.id, std::move(*members));
  return unit;
}

Unit Experiment::unit_of(const std::vector<CandidateTask>& candidates) const {
  EvaluateWork work;
  double cost = 0;
  for (const auto& [search, step] : candidates) {
    work.members.push_back(member_of(ledger_.candidate(search, step), plan_.searches[search].example_set));
    cost += costs_.evaluation(search);
  }
  return {.id = 0, .cost = cost, .work = std::move(work)};
}

Unit Experiment::unit_of(const std::vector<TrialTask>& trials) const {
  EvaluateWork work;
  double cost = 0;
  for (const auto& [trial] : trials) {
    const std::int32_t shots = set_of_shots(plan_, plan_.trials[trial]);
    work.members.push_back(member_of(ledger_.tried_in(trial), shots));
    cost += costs_.evaluation_on(shots);
  }
  return {.id = 0, .cost = cost, .work = std::move(work)};
}

Unit Experiment::unit_of(const std::vector<AnswerTask>& tasks) const {
  PredictWork work{.members = {}, .max_new_tokens = manifest_.config.predict.max_new_tokens};
  double cost = 0;
  for (const AnswerTask& task : tasks) {
    const Answers& answers = ledger_.answers()[task.answers];
    PredictMember& member = work.members.emplace_back();
    Mixture mixture = ledger_.answering(answers);
    member.adapters = std::move(mixture.adapters);
    member.weights = std::move(mixture.weights);
    for (const std::uint32_t position : task.examples) {
      member.examples.push_back(answers.example(position));
      cost += costs_.answer(member.examples.back());
    }
  }
  return {.id = 0, .cost = cost, .work = std::move(work)};
}

// --- results in -----------------------------------------------------------------------------------

UnitMembers Experiment::take_back(UnitId id) {
  auto unit = out_.extract(id);
  if (unit.empty()) throw InternalError(fmt::format("unit {} came back but is not out", id));
  return std::move(unit.mapped());
}

void Experiment::complete(std::vector<WorkerReported> results) {
  std::vector<ResultRecord> records;
  for (const WorkerReported& reported : results)
    std::visit(
        [&](const auto& members) {
          add_results(members, reported, records);
          measure(members, reported.report.seconds);
        },
        take_back(reported.report.unit));
  ledger_.record(std::move(records));
}

void Experiment::measure(const std::vector<CandidateTask>& candidates, double seconds) {
  double cost = 0;
  for (const CandidateTask& candidate : candidates) cost += costs_.evaluation(candidate.search);
  measured_.add_evaluations(cost, seconds);
}

void Experiment::measure(const std::vector<TrialTask>& trials, double seconds) {
  double cost = 0;
  for (const TrialTask& task : trials) cost += costs_.evaluation_on(set_of_shots(plan_, plan_.trials[task.trial]));
  measured_.add_evaluations(cost, seconds);
}

// Answers of several subjects share the seconds of their unit by their costs.
void Experiment::measure(const std::vector<AnswerTask>& tasks, double seconds) {
  std::map<Subject, double> costs;
  double all = 0;
  for (const AnswerTask& task : tasks)
    for (const std::uint32_t position : task.examples) {
      const Answers& answers = ledger_.answers()[task.answers];
      const double cost = costs_.answer(answers.example(position));
      costs[answers.of()] += cost;
      all += cost;
    }
  for (const auto& [of, cost] : costs) measured_.add_answers(of, cost, seconds * cost / all);
}

void Experiment::add_results(const std::vector<CandidateTask>& candidates, const WorkerReported& reported,
                             std::vector<ResultRecord>& results) const {
  const auto& result = std::get<EvaluateResult>(reported.report.outcome);
  require_as_many(result.nll.size(), candidates.size(), "candidates");
  const ResultOrigin origin = origin_of(reported, candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i)
    results.emplace_back(ledger_.evaluation(candidates[i].search, candidates[i].step, result.nll[i], origin));
}

void Experiment::add_results(const std::vector<TrialTask>& trials, const WorkerReported& reported,
                             std::vector<ResultRecord>& results) const {
  const auto& result = std::get<EvaluateResult>(reported.report.outcome);
  require_as_many(result.nll.size(), trials.size(), "trials");
  const ResultOrigin origin = origin_of(reported, trials.size());
  for (std::size_t i = 0; i < trials.size(); ++i)
    results.emplace_back(ledger_.trial(trials[i].trial, result.nll[i], origin));
}

// Where an answer continues its prompt, the border may lie in white space.
std::string Experiment::text_of(const TokenIds& answer) const {
  const std::string all = tokenizer_.decode(answer);
  const std::string_view text = before_stop(all, manifest_.config.predict.stop);
  return std::string(continues_prompt_ ? stripped(text) : text);
}

void Experiment::add_results(const std::vector<AnswerTask>& tasks, const WorkerReported& reported,
                             std::vector<ResultRecord>& results) const {
  const auto& result = std::get<PredictResult>(reported.report.outcome);
  require_as_many(result.tokens.size(), tasks.size(), "sets of answers");
  std::size_t examples = 0;
  for (const AnswerTask& task : tasks) examples += task.examples.size();
  const ResultOrigin origin = origin_of(reported, examples);
  for (std::size_t m = 0; m < tasks.size(); ++m) {
    const Answers& answers = ledger_.answers()[tasks[m].answers];
    require_as_many(result.tokens[m].size(), tasks[m].examples.size(), "examples");
    for (std::size_t i = 0; i < tasks[m].examples.size(); ++i) {
      std::string text = text_of(result.tokens[m][i]);
      results.emplace_back(PredictionRecord{.of = answers.of(),
                                            .index = answers.index(),
                                            .example = tasks[m].examples[i],
                                            .tokens = result.tokens[m][i],
                                            .text = std::move(text),
                                            .attempt = origin.attempt,
                                            .worker = origin.worker,
                                            .finished_utc = origin.finished_utc,
                                            .seconds = origin.seconds});
    }
  }
}

// --- failures -------------------------------------------------------------------------------------

void Experiment::abandon(UnitId id, const std::string& reason) {
  std::visit(
      [&](const auto& members) {
        if (members.size() > 1)
          work_list_.try_alone(members);
        else
          give_up(members.front(), reason);
      },
      take_back(id));
}

void Experiment::give_up(const CandidateTask& candidate, const std::string& reason) {
  ledger_.give_up(ledger_.answers()[candidate.search].of(), candidate.search, reason);
}
void Experiment::give_up(const TrialTask& task, const std::string& reason) {
  const PlannedTrial& trial = plan_.trials[task.trial];
  spdlog::warn("trial {} of {} {} has no loss: {}", trial.position, name_of(trial.kind), trial.index, reason);
  ledger_.give_up_trial(task.trial, reason);
}
void Experiment::give_up(const AnswerTask& task, const std::string& reason) {
  const Answers& answers = ledger_.answers()[task.answers];
  ledger_.give_up(answers.of(), answers.index(), reason);
}

}  // namespace lorasweep
