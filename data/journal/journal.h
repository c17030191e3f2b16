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
  std::uint32_t version = 0;      ///< of the format; a journal is continued in its own. 0: there is no whole head
  std::uint64_t valid_bytes = 0;  ///< end of the last frame that counts
  std::uint64_t torn_bytes = 0;   ///< bytes after it, of an append that was never synced; to be cut
};

/// Reads all frames. An append at the end that did not reach the disk whole is reported, not an error; of it nothing
/// was acknowledged. InputError with the byte offset if a frame before the last append is damaged, a sequence number is
/// missing, or the file is not a journal.
JournalContent read_journal(const std::filesystem::path& path);

/// The writing end. Creates the file (mode: it must not exist) or continues one after `valid_bytes`, cutting a torn
/// tail, in the version that it has. Owns the descriptor and an advisory lock on it: a second writer gets a
/// StorageError naming the other's host and pid if known.
class JournalWriter {
 public:
  static JournalWriter create(const std::filesystem::path& path);
  static JournalWriter continue_after(const std::filesystem::path& path, const JournalContent& content);
  ~JournalWriter();
  JournalWriter(JournalWriter&& other) noexcept;
  JournalWriter& operator=(JournalWriter&& other) noexcept;

  /// Appends the records with one write and makes them durable (fdatasync) before it returns. StorageError otherwise;
  /// the writer then refuses everything that follows (after a failed sync nothing more may be trusted).
  /// Calls check_owned() before it writes and before it returns: what is in a journal that nobody finds is not durable.
  void append(std::span<const Record> records);

  /// StorageError if the file at the journal's path is not the one that this writer holds, or has other bytes than this
  /// writer knows of: it was removed, replaced, cut or written by somebody else, or its directory is gone. To be called
  /// from time to time while nothing is appended.
  void check_owned() const;

 private:
  JournalWriter(std::filesystem::path path, int descriptor, std::uint32_t version, std::uint64_t next_sequence,
                std::uint64_t bytes);
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint32_t version_ = 0;
  std::uint64_t next_sequence_ = 0;
  std::uint64_t bytes_ = 0;  ///< of the file, as far as this writer knows
  bool broken_ = false;
};

}  // namespace lorasweep
