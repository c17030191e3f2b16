// SPDX-License-Identifier: Apache-2.0
// How many workers a method keeps busy: whole sweeps of the demo in virtual time, over workers that compute nothing.
#include "scheduler/dispatch_loop.h"
#include "scheduler/simulated_transport.h"
#include "tests/pipeline/run/planned_sweep.h"

#include <chrono>
#include <cmath>
#include <set>

namespace lorasweep {
namespace {

using namespace std::chrono_literals;

constexpr int workers = 16;

/// Hands on what another source has, and remembers which of it are evaluations.
class Watched final : public WorkSource {
 public:
  explicit Watched(WorkSource& source) : source_(source) {}
  std::optional<Unit> next(const WorkerCapacity& capacity) override {
    std::optional<Unit> unit = source_.next(capacity);
    if (unit && std::holds_alternative<EvaluateWork>(unit->work)) evaluations.insert(unit->id);
    return unit;
  }
  void complete(std::vector<WorkerReported> results) override { source_.complete(std::move(results)); }
  void abandon(UnitId unit, const std::string& reason) override { source_.abandon(unit, reason); }
  bool finished() const override { return source_.finished(); }
  std::set<UnitId> evaluations;

 private:
  WorkSource& source_;
};

double bowl(const std::vector<double>& weights) {
  double sum = 1;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += std::pow(weights[i] - std::cos(static_cast<double>(i)), 2);
  return sum;
}

// One seed: 8 searches over 20 adapters each, of 40 evaluations.
class BusyWorkers : public PlannedSweep, public testing::WithParamInterface<const char*> {
 protected:
  std::vector<std::string> more_flags() const override {
    return {"search.seeds=1", "search.budget=40",     "adapters.count=20",
            "tasks.limit=1",  "predict.baselines=[]", std::string("search.method=") + GetParam()};
  }

  Outcome answer_to(const Order& order) const {
    if (const auto* predict = std::get_if<PredictWork>(&order.work)) {
      PredictResult result;
      for (const PredictMember& member : predict->members)
        result.tokens.emplace_back(member.examples.size(), TokenIds{1});
      return result;
    }
    EvaluateResult result;
    for (const Member& member : std::get<EvaluateWork>(order.work).members)
      result.nll.emplace_back(plan_.catalogue.example_sets[member.example_set].size(), bowl(member.weights));
    return result;
  }

  /// Share of the workers' time that went into evaluations, which take 10 to 14 ms each; answers take none.
  double share_of_time_in_evaluations() {
    Watched source(*experiment_);
    experiment_->expect_workers(workers);
    SimulatedTransport transport({.workers = workers,
                                  .service = [&](UnitId unit) -> std::chrono::nanoseconds {
                                    if (!source.evaluations.contains(unit)) return 0ms;
                                    return std::chrono::milliseconds(10 + unit * 7 % 5);
                                  },
                                  .answer = [&](const Order& order) { return answer_to(order); }});
    EXPECT_EQ(run_dispatch_loop(transport, source, transport.clock()), LoopEnd::finished);
    EXPECT_EQ(source.evaluations.size(), 8u * 40u);
    const double share =
        static_cast<double>(transport.busy().count()) / static_cast<double>(transport.elapsed().count()) / workers;
    RecordProperty("share", std::to_string(share));
    return share;
  }
};

class MethodsOfWaves : public BusyWorkers {};
class MethodsOfPoints : public BusyWorkers {};

TEST_P(MethodsOfWaves, KeepTwiceAsManyWorkersAsSearchesBusy) { EXPECT_GE(share_of_time_in_evaluations(), 0.9); }
INSTANTIATE_TEST_SUITE_P(Each, MethodsOfWaves, testing::Values("cma", "probe"));

// A search of theirs is a chain: 8 searches can keep 8 of 16 workers busy.
TEST_P(MethodsOfPoints, LeaveWorkersIdleThatHaveNoSearch) { EXPECT_LE(share_of_time_in_evaluations(), 0.5); }
INSTANTIATE_TEST_SUITE_P(Each, MethodsOfPoints, testing::Values("cobyla"));

}  // namespace
}  // namespace lorasweep
