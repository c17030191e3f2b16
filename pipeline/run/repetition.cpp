// SPDX-License-Identifier: Apache-2.0
// Picks recorded evaluations, has them computed again, and compares the bits.
#include "pipeline/run/repetition.h"

#include "data/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <exception>
#include <utility>
#include <variant>

namespace lorasweep {
namespace {

using Rows = std::span<const std::vector<std::int32_t>>;

RecordedEvaluation recorded(const EvaluationRecord& record, const Plan& plan, Rows rows) {
  const PlannedSearch& search = plan.searches.at(record.search);
  return {.name = fmt::format("evaluation {} of search {} (task {}, seed {})", record.step, record.search,
                              plan.tasks.at(search.task).name, search.seed),
          .member = {rows[record.search], search.example_set, record.weights},
          .nll = record.nll};
}

RecordedEvaluation recorded(const TrialRecord& record, const Plan& plan, Rows rows) {
  std::vector<std::int32_t> adapters = {static_cast<std::int32_t>(record.position)};
  if (record.kind == Trial::uniform) adapters = rows[record.index];
  std::vector<double> weights(adapters.size(), 1.0 / static_cast<double>(adapters.size()));
  const std::int32_t shots = set_of_shots(plan, {record.kind, record.index, record.position});
  return {.name = fmt::format("trial {} of {} {}", record.position, name_of(record.kind), record.index),
          .member = {std::move(adapters), shots, std::move(weights)},
          .nll = record.nll};
}

bool can_be_repeated(const Record& record) {
  const auto* trial = std::get_if<TrialRecord>(&record);
  return std::holds_alternative<EvaluationRecord>(record) ||
         (trial != nullptr && trial->failure.empty() && trial->kind != Trial::ablation);
}

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (std::isnan(a) && std::isnan(b));
}

void compare(const RecordedEvaluation& evaluation, const std::vector<double>& now, const std::string& where,
             const std::string& journal) {
  if (now.size() != evaluation.nll.size())
    throw InputError(
        journal,
        fmt::format("{} has losses of {} shots, but there are {}", evaluation.name, evaluation.nll.size(), now.size()),
        "restore the journal from a backup");
  for (std::size_t shot = 0; shot < now.size(); ++shot)
    if (!same_bits(evaluation.nll[shot], now[shot]))
      throw InputError(journal,
                       fmt::format("{} was recorded with a loss of {} at shot {}, and {} now computes {}",
                                   evaluation.name, evaluation.nll[shot], shot, where, now[shot]),
                       "continue the run where it was computed (processor, libraries, environment), or start a new run "
                       "with another --out: one run would hold values of two kinds");
}

}  // namespace

std::vector<RecordedEvaluation> evaluations_to_repeat(std::span<const Record> records, const Plan& plan, Rows rows) {
  std::vector<const Record*> all;
  for (const Record& record : records)
    if (can_be_repeated(record)) all.push_back(&record);
  std::vector<RecordedEvaluation> taken;
  const std::size_t count = std::min(all.size(), most_repeated);
  for (std::size_t i = 0; i < count; ++i) {
    const Record& record = *all[count == 1 ? 0 : i * (all.size() - 1) / (count - 1)];
    if (const auto* evaluation = std::get_if<EvaluationRecord>(&record))
      taken.push_back(recorded(*evaluation, plan, rows));
    else
      taken.push_back(recorded(std::get<TrialRecord>(record), plan, rows));
  }
  // One worker has one to repeat: the last, which is of the program and the machine that were here last.
  if (count > 1) std::ranges::rotate(taken, taken.end() - 1);
  return taken;
}

Order repetition(std::span<const RecordedEvaluation> evaluations) {
  EvaluateWork work;
  for (const RecordedEvaluation& evaluation : evaluations) work.members.push_back(evaluation.member);
  return {.unit = 0, .attempt = 0, .work = std::move(work)};
}

Report repeat_one(Engine& engine, const Order& order, std::size_t worker) {
  const auto& members = std::get<EvaluateWork>(order.work).members;
  const std::size_t member = worker % members.size();
  Report report{.unit = member, .attempt = 0, .seconds = 0, .outcome = {}};
  try {
    report.outcome = engine.start(EvaluateWork{{members[member]}})->finish();
  } catch (const std::exception& error) {
    report.outcome = WorkFailure{error.what()};
  }
  return report;
}

void require_recorded_bits(std::span<const RecordedEvaluation> evaluations, std::span<const Repeated> repeated,
                           const std::string& journal) {
  for (const Repeated& one : repeated) {
    const auto* result = std::get_if<EvaluateResult>(&one.report.outcome);
    if (result == nullptr) continue;
    if (one.report.unit >= evaluations.size() || result->nll.size() != 1)
      throw InternalError(fmt::format("{} repeated something that it was not asked for", one.where));
    compare(evaluations[one.report.unit], result->nll.front(), one.where, journal);
  }
}

}  // namespace lorasweep
