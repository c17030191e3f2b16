// SPDX-License-Identifier: Apache-2.0
// Tells results files from journals by their first bytes.
#include "pipeline/outcome/open_results.h"

#include "data/core/file.h"
#include "data/results/results_reader.h"
#include "pipeline/collect/build_results.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/manifest/run_records.h"

#include <algorithm>
#include <span>
#include <string>

namespace lorasweep {
namespace {

bool is_hdf5(const std::filesystem::path& file) {
  constexpr std::string_view signature = "\x89HDF\r\n\x1a\n";
  const RandomAccessFile bytes(file);
  std::string head(std::min<std::uint64_t>(signature.size(), bytes.size()), ' ');
  bytes.read(0, std::as_writable_bytes(std::span(head)));
  return head == signature;
}

SweepResults of_journal(const std::filesystem::path& place, TextsKept texts) {
  return build_results({read_run(place)}, {.kept = {.composed = ComposedAdaptersKept::none, .texts = texts}});
}

}  // namespace

SweepResults open_results(const std::filesystem::path& place, TextsKept texts) {
  if (!std::filesystem::is_directory(place)) return is_hdf5(place) ? read_results(place) : of_journal(place, texts);
  const bool finished =
      std::filesystem::exists(completion_marker(place)) && std::filesystem::exists(results_path(place));
  return finished ? read_results(results_path(place)) : of_journal(place, texts);
}

}  // namespace lorasweep
