// SPDX-License-Identifier: Apache-2.0
// The files that a submission writes, taken back unless SLURM accepted it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

/// Unless keep() was called, the destructor restores every file that was written or announced, and removes the
/// directories that it made, if nothing else is in them.
class SubmissionFiles {
 public:
  /// Makes the run's directory. StorageError if that fails.
  explicit SubmissionFiles(std::filesystem::path run);
  SubmissionFiles(const SubmissionFiles&) = delete;
  SubmissionFiles& operator=(const SubmissionFiles&) = delete;
  ~SubmissionFiles();

  void write(const std::filesystem::path& file, std::string_view text);
  /// `file` is going to be changed by somebody else.
  void announce(const std::filesystem::path& file);
  void keep() { kept_ = true; }

 private:
  struct Before {
    std::filesystem::path file;
    std::optional<std::string> text;  ///< nothing: there was no such file
  };
  void restore() noexcept;

  std::vector<std::filesystem::path> made_;  ///< directories, outermost first
  std::vector<Before> before_;
  bool kept_ = false;
};

}  // namespace lorasweep
