// SPDX-License-Identifier: Apache-2.0
// How long a sweep will take, and how many workers shorten it: counted work at given rates.
#pragma once

#include "pipeline/config/config.h"
#include "pipeline/cost/rates.h"
#include "pipeline/cost/sweep_effort.h"
#include "pipeline/plan/plan.h"

#include <cstddef>
#include <cstdint>

namespace lorasweep {

/// Seconds. Of all workers together where it is not said otherwise.
struct Forecast {
  double start = 0;        ///< reading and laying out the inputs, by rank 0 alone
  double evaluations = 0;  ///< of searches and trials
  double answers = 0;
  double end = 0;      ///< writing and verifying results, alone
  double longest = 0;  ///< the longest search and its first unit of answers, which no number of workers shortens

  double with(int workers) const;
  /// More than these shorten nothing.
  int useful_workers() const;
};

/// Times that a search of so many adapters, with `places` numbers each, waits for results before it can ask for more,
/// if it makes `budget` evaluations: its optimizer is asked.
std::size_t waits_of(const SearchConfig& config, std::size_t adapters, std::size_t places, std::size_t budget);

/// Bytes of a journal with all results of the plan: about.
std::uint64_t journal_bytes(const RunConfig& config, const Plan& plan, std::size_t budget);

/// Bytes of files that a start reads, and of the results that an end writes.
struct FileBytes {
  std::uint64_t base = 0, adapters = 0, results = 0;
};

/// `budget`: evaluations of a search (search_budget()). `together`: answers of a unit.
Forecast forecast(const RunConfig& config, const Plan& plan, const SweepEffort& effort, std::size_t budget,
                  std::size_t together, const FileBytes& bytes, const PhaseRates& rates, const StartRates& start = {});

}  // namespace lorasweep
