// SPDX-License-Identifier: Apache-2.0
// One engine with a sweep's model, the adapters of its first search and all its examples, whose work is timed.
#pragma once

#include "data/adapters/adapter.h"
#include "pipeline/config/config.h"
#include "pipeline/cost/rates.h"
#include "pipeline/plan/inputs.h"
#include "pipeline/plan/plan.h"
#include "workers/engine/language_engine.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace lorasweep {

class ProbeEngine {
 public:
  /// Reads the model and the adapters; how long that takes is in start().
  ProbeEngine(const RunConfig& config, const SweepInputs& inputs, const Plan& plan);

  const StartRates& start() const { return start_; }
  const std::vector<AdapterShape>& shapes() const { return shapes_; }  ///< of the adapters
  std::size_t together() const { return engine_->capacity().predictions; }

  // Each does the work once and says how many seconds it took: of CPU time where the engine has one thread.

  double losses(std::int32_t example_set);
  /// Of one example of a set alone, the one in its middle.
  double loss_of_one(std::int32_t example_set);
  double answers(const std::vector<std::int32_t>& examples, bool composed, int max_new_tokens,
                 std::vector<TokenIds>& made);

  /// Wall time for each second of CPU time, of all work so far.
  double crowding() const { return cpu_ > 0 ? wall_ / cpu_ : 1; }

 private:
  std::shared_ptr<const EnginePlan> plan_of(const RunConfig& config, const SweepInputs& inputs, const Plan& plan,
                                            const Packing& packing);
  double seconds_of(const Work& work, std::vector<TokenIds>* made = nullptr);
  std::vector<std::int32_t> rows() const;
  std::vector<double> weights() const;

  int threads_;
  std::vector<AdapterShape> shapes_;
  std::int32_t sets_ = 0;  ///< of the sweep; behind them, the same with one example each
  StartRates start_;
  std::unique_ptr<LanguageEngine> engine_;
  double wall_ = 0, cpu_ = 0;
};

}  // namespace lorasweep
