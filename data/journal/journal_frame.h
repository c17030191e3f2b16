// SPDX-License-Identifier: Apache-2.0
// The bytes of a journal: its head, and the frame around each record (docs/formats/journal.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lorasweep {

constexpr std::string_view journal_magic = "LSWPJRNL";
constexpr std::uint32_t journal_version = 2;         ///< of journals that are begun now
constexpr std::uint32_t oldest_journal_version = 1;  ///< frames do not say which append they belong to
constexpr std::size_t journal_head_bytes = 16;       ///< magic, version, four zero bytes

constexpr std::size_t frame_checksum_bytes = 8;
constexpr std::uint32_t max_payload_bytes = 1u << 30;

/// Length, type, sequence and, from version 2 on, the append's first sequence.
constexpr std::size_t frame_head_bytes(std::uint32_t version) { return version == 1 ? 4 + 1 + 8 : 4 + 1 + 8 + 8; }
/// What a frame has besides its payload.
constexpr std::size_t frame_overhead_bytes(std::uint32_t version) {
  return frame_head_bytes(version) + frame_checksum_bytes;
}

/// The first bytes of every journal.
std::string journal_head(std::uint32_t version = journal_version);

/// What the first bytes of a frame claim; none of it may be trusted before the checksum was compared.
struct FrameHead {
  std::uint32_t version = journal_version;  ///< of the journal
  std::uint32_t length = 0;                 ///< of the payload
  std::uint8_t type = 0;
  std::uint64_t sequence = 0;
  std::uint64_t first = 0;  ///< the sequence of the first frame of its append; in version 1 its own

  std::size_t head_bytes() const { return frame_head_bytes(version); }
  std::size_t frame_bytes() const { return frame_overhead_bytes(version) + length; }
};

/// `head.length` is the payload's.
void append_frame(std::string& out, FrameHead head, std::string_view payload);

/// The head of the frame that begins at `bytes`; nothing if these bytes cannot hold the frame it claims.
std::optional<FrameHead> read_frame_head(std::string_view bytes, std::uint32_t version);

/// Whether the checksum of the frame that begins at `bytes` is right. `head` is what read_frame_head() said
/// of it.
bool checksum_matches(std::string_view bytes, const FrameHead& head);

}  // namespace lorasweep
