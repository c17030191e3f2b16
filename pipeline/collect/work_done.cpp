// SPDX-License-Identifier: Apache-2.0
#include "pipeline/collect/work_done.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <variant>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

enum class Unit { evaluation, trial, answer };  // as phases follow each other

struct Phase {
  Unit unit;
  int code;  // of a trial's kind or an answer's subject
  std::string name;
  auto operator<=>(const Phase&) const = default;
};

struct Sum {
  std::size_t units = 0, again = 0;
  double seconds = 0, first = INFINITY, last = -INFINITY;
};

class RunSums {
 public:
  void operator()(const EvaluationRecord& record) { add({Unit::evaluation, 0, name_of(Subject::search)}, record); }
  void operator()(const TrialRecord& record) {
    add({Unit::trial, static_cast<int>(record.kind), name_of(record.kind)}, record);
  }
  void operator()(const PredictionRecord& record) {
    add({Unit::answer, static_cast<int>(record.of), name_of(record.of)}, record);
  }
  void operator()(const ManifestRecord&) {}
  void operator()(const SessionRecord&) {}
  void operator()(const FailureRecord&) {}
  void operator()(const CompleteRecord&) {}

  void put(std::size_t run, Json& rows) const {
    for (const auto& [place, sum] : sums_) {
      const auto& [phase, worker] = place;
      rows.push_back({{"run", run},
                      {"phase", phase.name},
                      {"unit", phase.unit == Unit::answer ? "answer" : "evaluation"},
                      {"worker", worker},
                      {"units", sum.units},
                      {"again", sum.again},
                      {"seconds", sum.seconds},
                      {"first_utc", sum.first},
                      {"last_utc", sum.last}});
    }
  }

 private:
  template <typename Timed>
  void add(Phase phase, const Timed& record) {
    Sum& sum = sums_[{std::move(phase), record.worker}];
    ++sum.units;
    sum.again += record.attempt > 0;
    sum.seconds += record.seconds;
    sum.first = std::min(sum.first, record.finished_utc - record.seconds);
    sum.last = std::max(sum.last, record.finished_utc);
  }

  std::map<std::pair<Phase, std::int32_t>, Sum> sums_;
};

}  // namespace

Json work_done(const std::vector<RunRecords>& runs) {
  Json rows = Json::array();
  for (std::size_t run = 0; run < runs.size(); ++run) {
    RunSums sums;
    for (const Record& record : runs[run].records) std::visit(sums, record);
    sums.put(run, rows);
  }
  return rows;
}

}  // namespace lorasweep
