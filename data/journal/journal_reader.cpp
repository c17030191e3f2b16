// SPDX-License-Identifier: Apache-2.0
// The reading end of the journal: tells a torn tail from damage.
#include "data/journal/journal_reader.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/journal/journal_frame.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::size_t max_journal_bytes = std::size_t{64} << 30;

// The search after a bad frame reads at most this many times the bytes that it looks at, so that bytes chosen to
// slow it down cannot do so.
constexpr std::size_t effort = 16;

// What follows a frame that is not whole.
struct Following {
  bool is_frames = false;          // there are whole ones
  bool is_one_append = true;       // all of them belong to one append
  std::uint64_t append_first = 0;  // that one's first sequence
};

// Frames after a bad one carry a higher sequence number, but not higher than there is room for frames. Nothing if that
// cannot be told in bounded time.
std::optional<Following> find_following(std::string_view bytes, std::size_t bad, std::uint64_t sequence,
                                        std::uint32_t version) {
  const std::size_t room = bytes.size() - bad;
  std::size_t hashed = 0;
  Following found;
  for (std::size_t at = bad + 1; at < bytes.size();) {
    const std::string_view rest = bytes.substr(at);
    const auto head = read_frame_head(rest, version);
    if (!head || head->sequence <= sequence || head->sequence - sequence > room / frame_overhead_bytes(version)) {
      ++at;
      continue;
    }
    hashed += head->frame_bytes();
    if (hashed / effort > room) return std::nullopt;
    if (!checksum_matches(rest, *head)) {
      ++at;
      continue;
    }
    if (found.is_frames && head->first != found.append_first) found.is_one_append = false;
    found.is_frames = true;
    found.append_first = head->first;
    at += head->frame_bytes();
  }
  return found;
}

// A file that got its length, but not its head: the machine went down while it was created.
bool is_unwritten_head(std::string_view bytes) {
  return bytes.size() <= journal_head_bytes && bytes.find_first_not_of('\0') == std::string_view::npos;
}

// The version that the head says; 0 where the file was cut within it, or it never reached the disk.
std::uint32_t version_of(std::string_view bytes, const std::string& where) {
  if (is_unwritten_head(bytes)) return 0;
  const std::string_view magic = bytes.substr(0, journal_magic.size());
  if (magic != journal_magic.substr(0, magic.size()))
    throw InputError(where, "is not a journal: its first bytes are different", "name the journal of a run");
  for (std::uint32_t version = oldest_journal_version; version <= journal_version; ++version)
    if (const std::string head = journal_head(version); head.starts_with(bytes.substr(0, head.size())))
      return bytes.size() < head.size() ? 0 : version;
  throw InputError(where + ", offset 8",
                   fmt::format("the journal is not of version {} to {}", oldest_journal_version, journal_version),
                   "read it with the version of lorasweep that wrote it");
}

// Reads frame by frame, and knows where the append begins that it is in.
class Reader {
 public:
  Reader(std::string_view bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  JournalContent read() {
    content_.version = version_of(bytes_, where_);
    if (content_.version != 0) {  // otherwise its process was killed while creating it
      at_ = append_at_ = journal_head_bytes;
      while (at_ < bytes_.size() && read_frame()) {
      }
    }
    content_.valid_bytes = at_;
    content_.torn_bytes = bytes_.size() - at_;
    return std::move(content_);
  }

 private:
  std::string place() const { return fmt::format("{}, offset {}", where_, at_); }

  // Whether there was a frame; if not, what is left is a torn tail.
  bool read_frame() {
    const std::string_view rest = bytes_.substr(at_);
    const std::uint64_t sequence = content_.records.size();
    const auto head = read_frame_head(rest, content_.version);
    if (!head || !checksum_matches(rest, *head)) {
      cut_or_refuse(sequence);
      return false;
    }
    if (head->sequence != sequence)
      throw InputError(
          place(), fmt::format("record {} is missing: number {} is in its place", sequence, head->sequence), restore);
    if (head->first == sequence) {
      append_first_ = sequence;
      append_at_ = at_;
    } else if (head->first != append_first_) {
      throw InputError(place(), fmt::format("record {} belongs to an append that is not there", sequence), restore);
    }
    content_.records.push_back(
        decode_payload(head->type, std::string(rest.substr(head->head_bytes(), head->length)), place()));
    at_ += head->frame_bytes();
    return true;
  }

  // Frames after the hole that belong to the same append as it: none of them was synced, so nothing of that append was
  // acknowledged. A later append was only written when this one had been synced. In version 1 every frame counts as an
  // append, so that any frame after a hole is a later one.
  void cut_or_refuse(std::uint64_t sequence) {
    const std::optional<Following> following = find_following(bytes_, at_, sequence, content_.version);
    if (following && !following->is_frames) return;
    const bool begins_here = following && following->append_first == sequence;
    const bool began_before = following && sequence > 0 && following->append_first == append_first_;
    if (!following || !following->is_one_append || !(begins_here || began_before))
      throw InputError(place(), fmt::format("record {} is damaged, and others follow it", sequence), restore);
    if (begins_here) return;
    content_.records.resize(append_first_);
    at_ = append_at_;
  }

  static constexpr const char* restore = "restore the journal from a copy, or start a new run";
  std::string_view bytes_;
  const std::string& where_;
  JournalContent content_;
  std::size_t at_ = 0, append_at_ = 0;
  std::uint64_t append_first_ = 0;
};

}  // namespace

JournalContent parse_journal(std::string_view bytes, const std::string& where) { return Reader(bytes, where).read(); }

JournalContent read_journal(const std::filesystem::path& path) {
  return parse_journal(read_file(path, max_journal_bytes), path.string());
}

}  // namespace lorasweep
