// SPDX-License-Identifier: Apache-2.0
// Prints the table, and names what is missing or failed.
#include "pipeline/collect/report_results.h"

#include "pipeline/report/summary_table.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iostream>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

// A baseline with accuracies of some tasks was asked for, so those of the others are missing.
void report_missing_baseline(const Summary& summary, const std::vector<double>& accuracy, const char* name) {
  if (std::ranges::all_of(accuracy, [](double value) { return std::isnan(value); })) return;
  for (std::size_t t = 0; t < accuracy.size(); ++t)
    if (std::isnan(accuracy[t])) spdlog::warn("  {}: missing {} answers", summary.task[t], name);
}

// Names the searches without a result: they are NaN in the file and '-' in the table.
void report_missing(const Summary& summary) {
  spdlog::warn("these runs are not finished; what is missing is NaN in the file");
  for (std::size_t t = 0; t < summary.task.size(); ++t) {
    std::string seeds;
    for (std::size_t r = 0; r < summary.seed.size(); ++r) {
      const auto status = static_cast<SearchStatus>(summary.status[t * summary.seed.size() + r]);
      if (status == SearchStatus::ok) continue;
      const char* why = status == SearchStatus::failed    ? " (failed)"
                        : status == SearchStatus::partial ? " (unfinished)"
                                                          : "";
      seeds += (seeds.empty() ? "" : ", ") + std::to_string(summary.seed[r]) + why;
    }
    if (!seeds.empty()) spdlog::warn("  {}: missing seeds {}", summary.task[t], seeds);
  }
  report_missing_baseline(summary, summary.accuracy_zero_shot, "zero-shot");
  report_missing_baseline(summary, summary.accuracy_few_shot, "few-shot");
}

}  // namespace

ExitCode report_failed_trials(std::size_t failed_trials) {
  if (failed_trials == 0) return ExitCode::ok;
  spdlog::error("{} evaluations beside the searches failed and are NaN; `lorasweep inspect` of their run says why",
                failed_trials);
  return ExitCode::failed_units;
}

ExitCode report_results(const SweepResults& results, const std::filesystem::path& file, SweepShare coverage,
                        std::size_t failed_trials) {
  const bool missed = coverage == SweepShare::whole && !results.complete;
  std::cout << summary_table(results) << "\nresults: " << file.string() << "\n" << std::flush;
  if (missed) report_missing(results.summary);
  if (results.n_failed > 0)
    spdlog::error("{} of {} searches and baselines failed; `lorasweep inspect` of their run says why", results.n_failed,
                  results.n_units);
  const ExitCode of_trials = report_failed_trials(failed_trials);
  return missed || results.n_failed > 0 ? ExitCode::failed_units : of_trials;
}

}  // namespace lorasweep
