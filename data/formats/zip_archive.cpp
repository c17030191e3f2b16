// SPDX-License-Identifier: Apache-2.0
#include "data/formats/zip_archive.h"

#include "data/core/error.h"

#include <boost/crc.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::uint64_t most_entries = 100'000, longest_directory = 64u << 20;
constexpr std::uint32_t unknown32 = 0xffffffff;  // "see the zip64 record"
constexpr std::uint16_t unknown16 = 0xffff;
constexpr const char* again = "the file is damaged or was made to deceive: download it again from a source you trust";

// Little-endian numbers of a block of bytes; refuses to read beyond its end.
class Fields {
 public:
  Fields(std::span<const std::byte> bytes, const std::string& where) : bytes_(bytes), where_(where) {}
  std::uint64_t number(int width) {
    const auto raw = take(static_cast<std::size_t>(width));
    std::uint64_t value = 0;
    for (int i = 0; i < width; ++i) value |= static_cast<std::uint64_t>(raw[i]) << (8 * i);
    return value;
  }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  std::string text(std::size_t length) {
    const auto raw = take(length);
    return {reinterpret_cast<const char*>(raw.data()), raw.size()};
  }
  std::span<const std::byte> take(std::size_t count) {
    if (count > bytes_.size()) throw InputError(where_, "its archive directory ends too early", again);
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }
  std::size_t left() const { return bytes_.size(); }

 private:
  std::span<const std::byte> bytes_;
  const std::string& where_;
};

struct Directory {
  std::uint64_t entries = 0, size = 0, offset = 0;
  std::uint64_t end = 0;  // where the records behind the directory begin
};

constexpr std::size_t end_record_size = 22, locator_size = 20, end64_record_size = 56;

Directory find_directory(const RandomAccessFile& file, const std::string& where) {
  if (file.size() < end_record_size) throw InputError(where, "is too short for an archive", again);
  const std::uint64_t end_at = file.size() - end_record_size;  // comments are refused: they could hide a second archive
  std::vector<std::byte> bytes(end_record_size);
  file.read(end_at, bytes);
  Fields end(bytes, where);
  if (end.u32() != 0x06054b50) throw InputError(where, "does not end with the end record of an archive", "the file is cut short or has something appended: download it again");
  const std::uint16_t disk = end.u16(), directory_disk = end.u16(), here = end.u16(), total = end.u16();
  const std::uint32_t size = end.u32(), offset = end.u32();
  if (end.u16() != 0) throw InputError(where, "its archive has a comment", again);
  if (disk != 0 || directory_disk != 0 || here != total) throw InputError(where, "its archive spans several disks", again);
  Directory directory{total, size, offset, end_at};
  if (total == unknown16 || size == unknown32 || offset == unknown32) {
    if (end_at < locator_size + end64_record_size) throw InputError(where, "its zip64 records are missing", again);
    bytes.resize(locator_size);
    file.read(end_at - locator_size, bytes);
    Fields locator(bytes, where);
    const bool marked = locator.u32() == 0x07064b50;
    const std::uint32_t on_disk = locator.u32();
    const std::uint64_t at = locator.u64();
    if (!marked || on_disk != 0 || at != end_at - locator_size - end64_record_size) throw InputError(where, "its zip64 locator is wrong", again);
    bytes.resize(end64_record_size);
    file.read(at, bytes);
    Fields record(bytes, where);
    if (record.u32() != 0x06064b50 || record.u64() != end64_record_size - 12) throw InputError(where, "its zip64 end record is wrong", again);
    record.take(12);  // versions and disks
    const std::uint64_t entries_here = record.u64();
    directory = {record.u64(), record.u64(), record.u64(), at};
    if (entries_here != directory.entries) throw InputError(where, "its archive spans several disks", again);
  }
  std::uint64_t directory_end = 0;
  if (directory.entries > most_entries || directory.size > longest_directory || __builtin_add_overflow(directory.offset, directory.size, &directory_end) ||
      directory_end != directory.end)
    throw InputError(where, "its archive directory does not lie where its end record says", again);
  return directory;
}

bool leaves_the_archive(const std::string& name) {
  if (name.empty() || name.front() == '/' || name.find('\\') != std::string::npos || name.find('\0') != std::string::npos) return true;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    if (name.substr(begin, end - begin) == "..") return true;
    begin = end + 1;
  }
  return false;
}

}  // namespace

ZipArchive::ZipArchive(RandomAccessFile file) : file_(std::move(file)) {
  const std::string where = path().string();
  const Directory directory = find_directory(file_, where);
  std::vector<std::byte> bytes(directory.size);
  file_.read(directory.offset, bytes);
  Fields fields(bytes, where);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> occupied;  // from a local header to the end of its data
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    if (fields.u32() != 0x02014b50) throw InputError(where, fmt::format("entry {} of its archive directory has no mark", i), again);
    fields.take(4);  // versions
    const std::uint16_t flags = fields.u16(), method = fields.u16();
    fields.take(4);  // time
    Entry entry;
    entry.crc32 = fields.u32();
    std::uint64_t stored = fields.u32();
    entry.size = fields.u32();
    const std::uint16_t name_length = fields.u16(), extra_length = fields.u16(), comment_length = fields.u16();
    const std::uint16_t disk = fields.u16();
    fields.take(2);
    const std::uint32_t attributes = fields.u32();
    std::uint64_t local = fields.u32();
    const std::string name = fields.text(name_length);
    Fields extra(fields.take(extra_length), where);
    fields.take(comment_length);
    const std::string here = where + ", entry " + name;
    while (extra.left() >= 4) {
      const std::uint16_t kind = extra.u16(), length = extra.u16();
      Fields content(extra.take(length), where);
      if (kind != 1) continue;  // 1: zip64, only the fields that did not fit
      if (entry.size == unknown32) entry.size = content.u64();
      if (stored == unknown32) stored = content.u64();
      if (local == unknown32) local = content.u64();
    }
    if (leaves_the_archive(name)) throw InputError(here, "has a name that leaves the archive", again);
    if ((flags & ~0x0808u) != 0) throw InputError(here, "is encrypted or patched", again);  // 3: sizes follow, 11: UTF-8 name
    if (method != 0) throw InputError(here, "is compressed, which PyTorch never does", again);
    if (disk != 0 || stored != entry.size) throw InputError(here, "has two sizes", again);
    if ((attributes >> 16 & 0170000u) == 0120000u) throw InputError(here, "is a symbolic link", again);

    std::vector<std::byte> head(30);
    if (local > directory.offset || directory.offset - local < head.size()) throw InputError(here, "lies outside of the archive", again);
    file_.read(local, head);
    Fields local_fields(head, where);
    const bool marked = local_fields.u32() == 0x04034b50;
    local_fields.take(2);
    const std::uint16_t local_flags = local_fields.u16(), local_method = local_fields.u16();
    local_fields.take(16);
    const std::uint16_t local_name_length = local_fields.u16(), local_extra_length = local_fields.u16();
    std::string local_name(local_name_length, '\0');
    entry.data_offset = local + head.size() + local_name_length + local_extra_length;
    if (!marked || local_flags != flags || local_method != 0 || entry.data_offset > directory.offset ||
        entry.size > directory.offset - entry.data_offset)
      throw InputError(here, "has a local header that contradicts the archive directory", again);
    file_.read(local + head.size(), std::as_writable_bytes(std::span(local_name)));
    if (local_name != name) throw InputError(here, "is named otherwise in its local header", again);
    occupied.emplace_back(local, entry.data_offset + entry.size);
    if (!entries_.emplace(name, entry).second) throw InputError(here, "is in the archive twice", again);
  }
  if (fields.left() != 0) throw InputError(where, "its archive directory is longer than its entries", again);
  std::ranges::sort(occupied);
  for (std::size_t i = 1; i < occupied.size(); ++i)
    if (occupied[i].first < occupied[i - 1].second) throw InputError(where, "entries of its archive overlap", again);
}

std::vector<std::byte> ZipArchive::read(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) throw InputError(path().string(), "has no entry " + name);
  std::vector<std::byte> bytes(found->second.size);
  file_.read(found->second.data_offset, bytes);
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  if (crc.checksum() != found->second.crc32)
    throw InputError(path().string() + ", entry " + name, "does not have the checksum that the archive records", "the file is damaged: download it again");
  return bytes;
}

}  // namespace lorasweep
