// SPDX-License-Identifier: Apache-2.0
// The reading end of the journal: a torn tail is told from damage.
#include "data/journal/journal_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/journal/journal_frame.h"

namespace lorasweep {
namespace {

constexpr std::size_t max_journal_bytes = std::size_t{64} << 30;

// A frame that starts behind `bad`, the offset of a frame that is not whole. The search reads at most this
// many times the bytes that it looks at, so that bytes made for it cannot keep it busy.
constexpr std::size_t effort = 64;

enum class Behind { nothing, frames, cannot_tell };

// Frames behind a bad one carry a higher sequence number, but not higher than there is room for frames.
Behind look_behind(std::string_view bytes, std::size_t bad, std::uint64_t sequence) {
  const std::size_t room = bytes.size() - bad;
  std::size_t hashed = 0;
  for (std::size_t at = bad + 1; at < bytes.size(); ++at) {
    const std::string_view rest = bytes.substr(at);
    const auto head = read_frame_head(rest);
    if (!head || head->sequence <= sequence || head->sequence - sequence > room / frame_overhead_bytes) continue;
    hashed += head->frame_bytes();
    if (hashed / effort > room) return Behind::cannot_tell;
    if (checksum_matches(rest, *head)) return Behind::frames;
  }
  return Behind::nothing;
}

void require_journal_head(std::string_view bytes, const std::string& where) {
  const std::string expected = journal_head();
  const std::size_t version_at = journal_magic.size();
  if (bytes.substr(0, version_at) != expected.substr(0, std::min(bytes.size(), version_at)))
    throw InputError(where, "is not a journal: its first bytes are others", "name the journal of a run");
  if (bytes != std::string_view(expected).substr(0, bytes.size()))
    throw InputError(where + ", offset 8", fmt::format("the journal is not of version {}", journal_version),
                     "read it with the version of lorasweep that wrote it");
}

}  // namespace

JournalContent parse_journal(std::string_view bytes, const std::string& where) {
  require_journal_head(bytes.substr(0, journal_head_bytes), where);
  JournalContent content;
  if (bytes.size() < journal_head_bytes) {  // killed while creating it
    content.torn_bytes = bytes.size();
    return content;
  }
  std::size_t at = journal_head_bytes;
  while (at < bytes.size()) {
    const std::string_view rest = bytes.substr(at);
    const std::string place = fmt::format("{}, offset {}", where, at);
    const std::uint64_t sequence = content.records.size();
    const auto head = read_frame_head(rest);
    if (!head || !checksum_matches(rest, *head)) {
      if (look_behind(bytes, at, sequence) == Behind::nothing) break;
      throw InputError(place, fmt::format("record {} is damaged, and others follow it", sequence),
                       "restore the journal from a copy, or start the run anew");
    }
    if (head->sequence != sequence)
      throw InputError(place,
                       fmt::format("record {} is missing: number {} stands in its place", sequence, head->sequence),
                       "restore the journal from a copy, or start the run anew");
    content.records.push_back(
        decode_payload(head->type, std::string(rest.substr(frame_head_bytes, head->length)), place));
    at += head->frame_bytes();
  }
  content.valid_bytes = at;
  content.torn_bytes = bytes.size() - at;
  return content;
}

JournalContent read_journal(const std::filesystem::path& path) {
  return parse_journal(read_file(path, max_journal_bytes), path.string());
}

}  // namespace lorasweep
