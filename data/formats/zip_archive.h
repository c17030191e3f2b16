// SPDX-License-Identifier: Apache-2.0
// Zip archives as PyTorch writes them: stored entries only, everything consistent, read by position.
#pragma once

#include "data/core/file.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lorasweep {

/// An archive whose directory was checked: no compression, no encryption, no second disk, no name twice, no
/// name that leaves the archive, local headers that agree with the directory, no overlapping entries.
/// InputError otherwise.
class ZipArchive {
 public:
  explicit ZipArchive(RandomAccessFile file);

  struct Entry {
    std::uint64_t size = 0;
    std::uint64_t data_offset = 0;  ///< in the file
    std::uint32_t crc32 = 0;
  };
  const std::map<std::string, Entry>& entries() const { return entries_; }
  /// The content of an entry, its checksum verified. InputError.
  std::vector<std::byte> read(const std::string& name) const;
  const std::filesystem::path& path() const { return file_.path(); }

 private:
  RandomAccessFile file_;
  std::map<std::string, Entry> entries_;
};

}  // namespace lorasweep
