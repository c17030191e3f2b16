// SPDX-License-Identifier: Apache-2.0
// Keeps what was there before, and puts it back if the submission fails.
#include "pipeline/submit/submission_files.h"

#include "data/core/error.h"
#include "data/core/file.h"

#include <exception>
#include <ranges>
#include <system_error>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::size_t most_bytes = 16u << 20;

std::vector<std::filesystem::path> missing_directories(std::filesystem::path directory) {
  std::vector<std::filesystem::path> missing;
  std::error_code ignored;
  while (!directory.empty() && !std::filesystem::exists(directory, ignored)) {
    missing.insert(missing.begin(), directory);
    if (directory == directory.parent_path()) break;
    directory = directory.parent_path();
  }
  return missing;
}

}  // namespace

SubmissionFiles::SubmissionFiles(std::filesystem::path run) : made_(missing_directories(run)) {
  std::error_code failed;
  std::filesystem::create_directories(run, failed);
  if (!failed) return;
  restore();
  throw StorageError(run.string(), "cannot be made: " + failed.message());
}

SubmissionFiles::~SubmissionFiles() {
  if (!kept_) restore();
}

void SubmissionFiles::write(const std::filesystem::path& file, std::string_view text) {
  announce(file);
  write_file_atomically(file, text);
}

void SubmissionFiles::announce(const std::filesystem::path& file) {
  if (is_there(file))
    before_.push_back({file, read_file(file, most_bytes)});
  else
    before_.push_back({file, std::nullopt});
}

// Failures here are ignored: the error that led here is the one to report.
void SubmissionFiles::restore() noexcept {
  std::error_code ignored;
  for (const auto& [file, text] : before_ | std::views::reverse) {
    try {
      if (text)
        write_file_atomically(file, *text);
      else
        std::filesystem::remove(file, ignored);
    } catch (const std::exception&) {
    }
  }
  for (const std::filesystem::path& directory : made_ | std::views::reverse)
    std::filesystem::remove(directory, ignored);
}

}  // namespace lorasweep
