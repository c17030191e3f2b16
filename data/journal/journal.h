// SPDX-License-Identifier: Apache-2.0
// The append-only journal: the truth of a run. One writer; synced before a result is used.
#pragma once

#include "data/journal/record.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lorasweep {

/// What a journal file holds.
struct JournalContent {
  std::vector<Record> records;
  std::uint64_t valid_bytes = 0;  ///< end of the last whole frame
  std::uint64_t torn_bytes = 0;   ///< bytes of an unfinished frame behind it (a writer was killed); to be cut
};

/// Reads all frames. A torn tail is reported, not an error. InputError with the byte offset if a frame in the middle is
/// damaged (a bad frame that valid frames follow), a sequence number is missing, or the file is no journal.
JournalContent read_journal(const std::filesystem::path& path);

/// The writing end. Creates the file (mode: it must not exist) or continues one after `valid_bytes`, cutting a torn
/// tail. Owns the descriptor and an advisory lock on it: a second writer gets a StorageError naming the other's host
/// and pid if known.
class JournalWriter {
 public:
  static JournalWriter create(const std::filesystem::path& path);
  static JournalWriter continue_after(const std::filesystem::path& path, const JournalContent& content);
  ~JournalWriter();
  JournalWriter(JournalWriter&& other) noexcept;
  JournalWriter& operator=(JournalWriter&& other) noexcept;

  /// Appends the records with one write and makes them durable (fdatasync) before it returns. StorageError otherwise;
  /// the writer then refuses everything that follows (after a failed sync nothing more may be trusted).
  void append(std::span<const Record> records);

 private:
  JournalWriter(std::filesystem::path path, int descriptor, std::uint64_t next_sequence);
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t next_sequence_ = 0;
  bool broken_ = false;
};

}  // namespace lorasweep
