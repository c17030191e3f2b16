// SPDX-License-Identifier: Apache-2.0
// Compares COMPLETE and results.h5 with the run that they should belong to.
#include "pipeline/manifest/completion.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/results/results_reader.h"
#include "pipeline/manifest/run_directory.h"

namespace lorasweep {
namespace {

constexpr std::size_t longest_marker = 4096;

bool is_file(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

}  // namespace

bool completion_names(const std::filesystem::path& run, std::string_view run_uuid) {
  const std::filesystem::path marker = completion_marker(run);
  if (!is_file(marker)) return false;
  try {
    std::string text = read_file(marker, longest_marker);
    if (text.ends_with('\n')) text.pop_back();
    return text == run_uuid;
  } catch (const InputError&) {
    return false;
  }
}

std::string missing_to_complete(const std::filesystem::path& run, std::string_view run_uuid) {
  const std::filesystem::path results = results_path(run);
  if (!is_file(results)) return "results.h5 is missing";
  try {
    if (run_uuid_of_results(results) != run_uuid) return "results.h5 is of another run";
  } catch (const InputError&) {
    return "results.h5 cannot be read";
  }
  if (completion_names(run, run_uuid)) return "";
  return is_file(completion_marker(run)) ? "COMPLETE is of another run" : "COMPLETE is missing";
}

}  // namespace lorasweep
