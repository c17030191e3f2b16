// SPDX-License-Identifier: Apache-2.0
// What a sweep will take, in a few lines: time, workers that make sense, memory, disk.
#pragma once

#include "pipeline/config/config.h"
#include "pipeline/cost/forecast.h"
#include "pipeline/cost/probe.h"
#include "pipeline/plan/inputs.h"
#include "pipeline/plan/plan.h"

#include <CLI/App.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace lorasweep {

/// --probe and --rate. Without either no time can be said.
struct PredictionOptions {
  std::string probe;  ///< seconds, as they were written; empty: no probe
  std::string rate;   ///< empty: none is given

  /// `dry_run`: only with this option of the command; null: always.
  void add_to(CLI::App& command, CLI::Option* dry_run = nullptr);
};

/// Who is to do the work.
struct Workforce {
  int workers = 1;  ///< of all nodes and jobs
  int of_node = 1;
};

struct Prediction {
  std::optional<Forecast> time;
  std::optional<Probed> probed;  ///< where the rates come from a probe
  PhaseRates rates;
  Workforce workforce;
  std::size_t memory = 0;  ///< bytes of a node
  std::uint64_t journal = 0, results = 0;
};

/// `inputs` must be complete; values need not be in memory. Probes this machine if that was asked for. ConfigError for
/// a rate that is none.
Prediction predict(const RunConfig& config, const SweepInputs& inputs, const Plan& plan,
                   const PredictionOptions& options, const Workforce& workforce);

/// Lines as those of a sweep's summary.
std::string as_text(const Prediction& prediction);

}  // namespace lorasweep
