// SPDX-License-Identifier: Apache-2.0
// Which unit goes out next: members of failed units alone, then candidates of the searches with most left to do, then
// answers.
#include "pipeline/run/cohorts.h"
#include "pipeline/run/experiment.h"

#include <algorithm>
#include <utility>

namespace lorasweep {
namespace {

// cost of decoding beside the cost of reading, for the order of units only
constexpr double expected_answer_tokens = 16;

}  // namespace

std::vector<Experiment::Evaluation> Experiment::take_evaluations(std::size_t at_most) {
  if (cohorts_.empty()) {
    std::vector<double> costs;
    for (const PlannedSearch& search : plan_.searches) costs.push_back(evaluation_cost_[search.task]);
    cohorts_ = form_cohorts(costs, at_most, static_cast<std::size_t>(std::max(workers_, 1)));
  }
  // A search is a chain: those with most left to do decide when the sweep ends, so they go first.
  std::vector<std::pair<double, std::size_t>> by_remaining;
  for (std::size_t c = 0; c < cohorts_.size(); ++c) {
    double remaining = 0;
    for (const std::uint32_t s : cohorts_[c])
      if (!abandoned_[s])
        remaining += static_cast<double>(searches_[s].budget() - searches_[s].recorded()) *
                     evaluation_cost_[plan_.searches[s].task];
    if (remaining > 0) by_remaining.emplace_back(-remaining, c);
  }
  std::ranges::sort(by_remaining);
  std::vector<Evaluation> taken;
  for (const auto& [remaining, c] : by_remaining) {
    for (const std::uint32_t s : cohorts_[c])
      while (taken.size() < at_most && !abandoned_[s] && !searches_[s].finished()) {
        const std::optional<std::size_t> step = searches_[s].take();
        if (!step) break;
        taken.push_back({s, static_cast<std::uint32_t>(*step)});
      }
    if (!taken.empty()) break;
  }
  return taken;
}

std::vector<Experiment::Prediction> Experiment::take_predictions(const WorkerCapacity& capacity) {
  std::size_t members = static_cast<std::size_t>(std::max(capacity.members, 1)),
              examples = static_cast<std::size_t>(std::max(capacity.predictions, 1));
  std::size_t wanted = 0;
  bool all_ready = true;
  for (const Answers& answers : answers_) {
    if (answers.ready()) wanted += answers.wanted();
    all_ready = all_ready && (answers.ready() || answers.done());
  }
  if (all_ready) {  // no more will come: everybody gets a share
    const auto workers = static_cast<std::size_t>(std::max(workers_, 1));
    examples = std::clamp((wanted + workers - 1) / workers, std::size_t{1}, examples);
  }
  std::vector<Prediction> taken;
  for (std::size_t a = 0; a < answers_.size() && members > 0 && examples > 0; ++a) {
    if (!answers_[a].ready() || answers_[a].wanted() == 0) continue;
    taken.push_back({a, answers_[a].take(examples)});
    examples -= taken.back().examples.size();
    --members;
  }
  return taken;
}

std::optional<Unit> Experiment::next(const WorkerCapacity& capacity) {
  while (!again_.empty()) {
    const auto member = std::move(again_.front());
    again_.pop_front();
    std::optional<Unit> unit;
    std::visit(
        [&](const auto& one) {
          if (!given_up(one)) unit = issue(std::vector{one});
        },
        member);
    if (unit) return unit;
  }
  std::vector<Evaluation> evaluations = take_evaluations(static_cast<std::size_t>(std::max(capacity.members, 1)));
  if (!evaluations.empty()) return issue(std::move(evaluations));
  std::vector<Prediction> predictions = take_predictions(capacity);
  if (!predictions.empty()) return issue(std::move(predictions));
  return std::nullopt;
}

Unit Experiment::issue(std::vector<Evaluation> evaluations) {
  EvaluateWork work;
  double cost = 0;
  for (const Evaluation& e : evaluations) {
    const PlannedSearch& search = plan_.searches[e.search];
    work.members.push_back(
        {search.adapter_set, plan_.tasks[search.task].example_set, searches_[e.search].weights(e.step)});
    cost += evaluation_cost_[search.task];
  }
  Unit unit{.id = next_unit_++, .cost = cost, .work = std::move(work)};
  issued_.emplace(unit.id, std::move(evaluations));
  return unit;
}

Unit Experiment::issue(std::vector<Prediction> predictions) {
  PredictWork work{.members = {}, .max_new_tokens = config_.predict.max_new_tokens};
  double cost = 0;
  for (const Prediction& prediction : predictions) {
    const Answers& answers = answers_[prediction.answers];
    PredictMember& member = work.members.emplace_back();
    if (answers.of() == PredictionOf::search) {
      const Search& search = searches_[answers.index()];
      member.adapter_set = plan_.searches[answers.index()].adapter_set;
      member.weights = search.weights(search.best()->step);
    }
    for (const std::uint32_t position : prediction.examples) {
      member.examples.push_back(answers.example(position));
      cost +=
          static_cast<double>(plan_.catalogue.examples[member.examples.back()].source.size()) + expected_answer_tokens;
    }
  }
  Unit unit{.id = next_unit_++, .cost = cost, .work = std::move(work)};
  issued_.emplace(unit.id, std::move(predictions));
  return unit;
}

}  // namespace lorasweep
