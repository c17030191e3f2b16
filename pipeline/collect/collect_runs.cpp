// SPDX-License-Identifier: Apache-2.0
#include "pipeline/collect/collect_runs.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/results/results_writer.h"
#include "pipeline/collect/build_results.h"
#include "pipeline/collect/report_results.h"
#include "pipeline/manifest/run_records.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

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

// An older results file may be replaced, anything else is somebody's work, or no file at all: a journal, a pipe, a
// device.
void require_replaceable(const std::filesystem::path& output) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(output, error);
  if (status.type() == std::filesystem::file_type::not_found) return;
  if (status.type() == std::filesystem::file_type::none)
    throw StorageError(output.string(), "cannot be examined: " + error.message(), "check the path and its file system");
  bool replaceable = std::filesystem::is_regular_file(status);  // opening a pipe would wait for its other end
  if (replaceable) {
    constexpr std::string_view signature = "\x89HDF\r\n\x1a\n";
    replaceable = begins_with(output, signature);
  }
  if (!replaceable)
    throw ConfigError("--out", output.string() + " is there already, and no results file", "name another file");
}

}  // namespace

ExitCode collect_runs(const std::vector<std::filesystem::path>& runs, const std::filesystem::path& output) {
  require_replaceable(output);
  std::vector<RunRecords> records;
  for (const auto& run : runs) records.push_back(read_run(run));
  const SweepResults results = build_results(records);
  write_results(results, output);
  return report_results(results, output, Coverage::whole);
}

}  // namespace lorasweep
