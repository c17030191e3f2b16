// SPDX-License-Identifier: Apache-2.0
// Files, with the name of the file in every error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace lorasweep {

/// Whether anything exists at `path`. A dangling link counts: opening it then reports the problem.
bool is_there(const std::filesystem::path& path);

/// Reads a whole file. InputError if it is missing, not a regular file, or larger than `max_bytes`.
std::string read_file(const std::filesystem::path& path, std::size_t max_bytes);

/// A file open for positioned reads (pread: a file truncated meanwhile is an error, never a SIGBUS). Owns the
/// descriptor.
class RandomAccessFile {
 public:
  explicit RandomAccessFile(std::filesystem::path path);
  ~RandomAccessFile();
  RandomAccessFile(RandomAccessFile&& other) noexcept;
  RandomAccessFile& operator=(RandomAccessFile&& other) noexcept;
  RandomAccessFile(const RandomAccessFile&) = delete;
  RandomAccessFile& operator=(const RandomAccessFile&) = delete;

  std::uint64_t size() const { return size_; }
  const std::filesystem::path& path() const { return path_; }
  /// Fills `out` from `offset`; InputError if the file ends before.
  void read(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

/// Replaces `path` by `bytes` so that a reader sees the old or the new content, never a mixture: a file beside it
/// is written, synced and renamed, then the directory is synced. StorageError on any failure; the old file is then
/// untouched.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

/// Syncs `temporary`, renames it over `path` and syncs the directory. StorageError on any failure.
void replace_file(const std::filesystem::path& temporary, const std::filesystem::path& path);

}  // namespace lorasweep
