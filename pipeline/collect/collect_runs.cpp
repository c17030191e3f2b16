// SPDX-License-Identifier: Apache-2.0
#include "pipeline/collect/collect_runs.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "pipeline/collect/build_results.h"
#include "pipeline/collect/failed_trials.h"
#include "pipeline/collect/output_place.h"
#include "pipeline/collect/report_results.h"
#include "pipeline/manifest/run_records.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace lorasweep {

namespace {

bool begins_with(const std::filesystem::path& path, std::string_view signature) try {
  const RandomAccessFile file(path);
  std::string head(std::min<std::uint64_t>(signature.size(), file.size()), ' ');
  file.read(0, std::as_writable_bytes(std::span(head)));
  return head == signature;
} catch (const InputError&) {
  return false;
}

// An older results file may be replaced, anything else is somebody's work: a journal, a table.
void require_replaceable(const std::filesystem::path& output) {
  if (!std::filesystem::exists(output)) return;
  constexpr std::string_view signature = "\x89HDF\r\n\x1a\n";
  if (!begins_with(output, signature))
    throw ConfigError("--out", output.string() + " is there already, and no results file", "name another file");
}

}  // namespace

ExitCode tell_people(const SweepResults& results, const std::filesystem::path& file, std::size_t failed_trials) {
  return report_results(results, file, SweepShare::whole, failed_trials);
}

ExitCode collect_runs(const std::vector<std::filesystem::path>& runs, const std::filesystem::path& output,
                      const ResultsRequest& request, const ReadBack& read_back, const TellCollected& tell) {
  const std::filesystem::path place = output_place(output);
  require_replaceable(place);
  std::vector<RunRecords> records;
  for (const auto& run : runs) records.push_back(read_run(run));
  const SweepResults results = build_results(records, request);
  write_results(results, place, read_back);
  return tell(results, output, failed_trials(records));
}

}  // namespace lorasweep
