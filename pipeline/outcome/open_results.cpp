// SPDX-License-Identifier: Apache-2.0
// Tells results files from journals by their first bytes.
#include "pipeline/outcome/open_results.h"

#include "data/core/file.h"
#include "data/results/results_reader.h"
#include "data/results/spectrum_file.h"
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

// Nothing: what is known there is in a journal.
std::optional<std::filesystem::path> results_file_of(const std::filesystem::path& place) {
  if (!std::filesystem::is_directory(place)) return is_hdf5(place) ? std::optional(place) : std::nullopt;
  const bool finished =
      std::filesystem::exists(completion_marker(place)) && std::filesystem::exists(results_path(place));
  return finished ? std::optional(results_path(place)) : std::nullopt;
}

}  // namespace

SweepResults open_results(const std::filesystem::path& place, TextsKept texts) {
  const auto file = results_file_of(place);
  return file ? read_results(*file) : of_journal(place, texts);
}

std::optional<Spectrum> open_spectrum(const std::filesystem::path& place, const SweepResults& results) {
  const auto file = results_file_of(place);
  return file ? read_spectrum(*file, results) : std::nullopt;
}

}  // namespace lorasweep
