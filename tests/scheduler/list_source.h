// SPDX-License-Identifier: Apache-2.0
// A source of as many units as asked for that remembers what became of each.
#pragma once

#include "scheduler/work_source.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {

/// Work that says which unit it is of.
inline Work list_work(UnitId id) { return PredictWork{.members = {}, .max_new_tokens = static_cast<std::int32_t>(id)}; }

class ListSource final : public WorkSource {
 public:
  explicit ListSource(UnitId units) : units_(units) {}

  std::optional<Unit> next(const WorkerCapacity&) override {
    if (issued_ == units_) return std::nullopt;
    const UnitId id = ++issued_;
    return Unit{.id = id, .cost = 1, .work = list_work(id)};
  }
  void complete(std::vector<WorkerReported> results) override {
    rounds.push_back(results.size());
    for (WorkerReported& result : results) {
      ++ends_[result.report.unit];
      completed.push_back(std::move(result));
    }
  }
  void abandon(UnitId unit, const std::string& reason) override {
    ++ends_[unit];
    abandoned.emplace_back(unit, reason);
  }
  bool finished() const override { return ends_.size() == units_; }

  bool each_unit_ended_once() const {
    bool once = ends_.size() == units_;
    for (const auto& [unit, count] : ends_) once = once && count == 1;
    return once;
  }

  std::vector<WorkerReported> completed;  ///< in the order of arrival
  std::vector<std::size_t> rounds;        ///< how many results came together
  std::vector<std::pair<UnitId, std::string>> abandoned;

 private:
  UnitId units_, issued_ = 0;
  std::map<UnitId, int> ends_;
};

}  // namespace lorasweep
