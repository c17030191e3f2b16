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
constexpr std::uint32_t journal_version = 1;
constexpr std::size_t journal_head_bytes = 16;  ///< magic, version, four zero bytes

constexpr std::size_t frame_head_bytes = 4 + 1 + 8;  ///< length, type, sequence
constexpr std::size_t frame_checksum_bytes = 8;
constexpr std::size_t frame_overhead_bytes = frame_head_bytes + frame_checksum_bytes;
constexpr std::uint32_t max_payload_bytes = 1u << 30;

/// The first bytes of every journal.
std::string journal_head();

void append_frame(std::string& out, std::uint8_t type, std::uint64_t sequence, std::string_view payload);

/// What the first bytes of a frame claim; nothing of it is to be believed before the checksum was compared.
struct FrameHead {
  std::uint32_t length = 0;
  std::uint8_t type = 0;
  std::uint64_t sequence = 0;

  std::size_t frame_bytes() const { return frame_overhead_bytes + length; }
};

/// The head of the frame that begins at `bytes`; nothing if these bytes cannot hold the frame it claims.
std::optional<FrameHead> read_frame_head(std::string_view bytes);

/// Whether the checksum of the frame that begins at `bytes` is right. `head` is what read_frame_head() said
/// of it.
bool checksum_matches(std::string_view bytes, const FrameHead& head);

}  // namespace lorasweep
