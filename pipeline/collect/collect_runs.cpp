// SPDX-License-Identifier: Apache-2.0
#include "pipeline/collect/collect_runs.h"

#include "data/results/results_writer.h"
#include "pipeline/collect/build_results.h"
#include "pipeline/run/summary_table.h"

#include <spdlog/spdlog.h>

#include <iostream>

namespace lorasweep {

ExitCode collect_runs(const std::vector<std::filesystem::path>& runs, const std::filesystem::path& output) {
  std::vector<RunRecords> records;
  for (const auto& run : runs) records.push_back(read_run(run));
  const SweepResults results = build_results(records);
  write_results(results, output);
  std::cout << summary_table(results.summary) << "\nresults: " << output.string() << "\n" << std::flush;
  if (!results.complete) spdlog::warn("not everything is finished in these runs: what is missing is NaN in the table");
  return results.complete && results.n_failed == 0 ? ExitCode::ok : ExitCode::failed_units;
}

}  // namespace lorasweep
