// SPDX-License-Identifier: Apache-2.0
// Frames to bytes and back, with their checksum.
#include "data/journal/journal_frame.h"

#include "data/journal/little_endian.h"

#include <xxhash.h>

namespace lorasweep {

std::string journal_head(std::uint32_t version) {
  std::string head(journal_magic);
  append_little_endian(head, version);
  append_little_endian(head, std::uint32_t{0});
  return head;
}

void append_frame(std::string& out, FrameHead head, std::string_view payload) {
  const std::size_t begin = out.size();
  append_little_endian(out, static_cast<std::uint32_t>(payload.size()));
  append_little_endian(out, head.type);
  append_little_endian(out, head.sequence);
  if (head.version > 1) append_little_endian(out, head.first);
  out += payload;
  append_little_endian(out, std::uint64_t{XXH3_64bits(out.data() + begin, out.size() - begin)});
}

std::optional<FrameHead> read_frame_head(std::string_view bytes, std::uint32_t version) {
  if (bytes.size() < frame_overhead_bytes(version)) return std::nullopt;
  FrameHead head{.version = version,
                 .length = load_little_endian<std::uint32_t>(bytes.data()),
                 .type = load_little_endian<std::uint8_t>(bytes.data() + 4),
                 .sequence = load_little_endian<std::uint64_t>(bytes.data() + 5)};
  head.first = version == 1 ? head.sequence : load_little_endian<std::uint64_t>(bytes.data() + 13);
  if (head.length > max_payload_bytes || head.frame_bytes() > bytes.size()) return std::nullopt;
  return head;
}

bool checksum_matches(std::string_view bytes, const FrameHead& head) {
  const std::size_t covered = head.head_bytes() + head.length;
  return XXH3_64bits(bytes.data(), covered) == load_little_endian<std::uint64_t>(bytes.data() + covered);
}

}  // namespace lorasweep
