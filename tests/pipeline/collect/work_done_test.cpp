// SPDX-License-Identifier: Apache-2.0
#include "pipeline/collect/work_done.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

EvaluationRecord evaluation(std::int32_t worker, double finished, double seconds, std::uint32_t attempt = 0) {
  return {.attempt = attempt, .worker = worker, .finished_utc = finished, .seconds = seconds};
}

PredictionRecord answer(Subject of, std::int32_t worker, double finished, double seconds) {
  return {.of = of, .worker = worker, .finished_utc = finished, .seconds = seconds};
}

TEST(WorkDone, IsSummedByRunPhaseAndWorker) {
  RunRecords first, second;
  first.records = {answer(Subject::zero_shot, 1, 108, 1),
                   evaluation(2, 104, 2),
                   evaluation(1, 101, 1),
                   evaluation(1, 103.5, 1.5, 1),
                   answer(Subject::search, 1, 106, 0.5),
                   TrialRecord{.kind = Trial::screen, .worker = 1, .finished_utc = 100, .seconds = 0.25}};
  second.records = {evaluation(1, 50, 5), CompleteRecord{}};
  const Json rows = work_done({first, second});
  const auto row = [](int run, const char* phase, const char* unit, int worker, int units, int again, double seconds,
                      double began, double ended) {
    return Json{{"run", run},     {"phase", phase},     {"unit", unit},       {"worker", worker}, {"units", units},
                {"again", again}, {"seconds", seconds}, {"first_utc", began}, {"last_utc", ended}};
  };
  EXPECT_EQ(rows, Json::array({row(0, "search", "evaluation", 1, 2, 1, 2.5, 100, 103.5),
                               row(0, "search", "evaluation", 2, 1, 0, 2, 102, 104),
                               row(0, "screen", "evaluation", 1, 1, 0, 0.25, 99.75, 100),
                               row(0, "search", "answer", 1, 1, 0, 0.5, 105.5, 106),
                               row(0, "zero-shot", "answer", 1, 1, 0, 1, 107, 108),
                               row(1, "search", "evaluation", 1, 1, 0, 5, 45, 50)}));
}

}  // namespace
}  // namespace lorasweep
