// SPDX-License-Identifier: Apache-2.0
// Reads the end records, the directory and the local headers, and checks them against each other.
#include "data/formats/zip_archive.h"

#include "data/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::uint64_t most_entries = 100'000, longest_directory = 64u << 20;
constexpr std::uint32_t unknown32 = 0xffffffff;  // "see the zip64 record"
constexpr std::uint16_t unknown16 = 0xffff;
constexpr const char* again = "the file is damaged or was manipulated: download it again from a source you trust";

// The checksum of a zip entry (PKWARE APPNOTE 4.4.7: CRC-32 of polynomial 0xedb88320, reflected). Ten lines instead of
// a library, because reading weights would need no other part of it.
std::uint32_t crc32(std::span<const std::byte> bytes) {
  static constexpr std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> all{};
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      all[i] = i;
      for (int bit = 0; bit < 8; ++bit) all[i] = (all[i] >> 1) ^ ((all[i] & 1) != 0 ? 0xedb88320u : 0u);
    }
    return all;
  }();
  std::uint32_t crc = 0xffffffff;
  for (const std::byte byte : bytes) crc = (crc >> 8) ^ table[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xff];
  return ~crc;
}

// Little-endian numbers of a block of bytes; refuses to read beyond its end.
class Fields {
 public:
  Fields(std::span<const std::byte> bytes, const std::string& where) : bytes_(bytes), where_(where) {}
  std::uint64_t number(int width) {
    const auto raw = take(width);
    std::uint64_t value = 0;
    for (int i = 0; i < width; ++i) value |= std::to_integer<std::uint64_t>(raw[i]) << (8 * i);
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
  std::uint64_t end = 0;  // where the records after the directory begin
};

constexpr std::size_t end_record_size = 22, locator_size = 20, end64_record_size = 56, local_header_size = 30;

// PyTorch writes the zip64 records always, needed or not. Nothing if there are none before `end_at`.
std::optional<Directory> find_zip64_directory(const RandomAccessFile& file, std::uint64_t end_at,
                                              const std::string& where) {
  if (end_at < locator_size + end64_record_size) return std::nullopt;
  std::vector<std::byte> bytes(locator_size);
  file.read(end_at - locator_size, bytes);
  Fields locator(bytes, where);
  if (locator.u32() != 0x07064b50) return std::nullopt;
  const std::uint32_t on_disk = locator.u32();
  const std::uint64_t at = locator.u64();
  const std::uint32_t disks = locator.u32();
  if (on_disk != 0 || disks != 1 || at != end_at - locator_size - end64_record_size)
    throw InputError(where, "its zip64 locator is wrong", again);
  bytes.resize(end64_record_size);
  file.read(at, bytes);
  Fields record(bytes, where);
  if (record.u32() != 0x06064b50 || record.u64() != end64_record_size - 12)
    throw InputError(where, "its zip64 end record is wrong", again);
  record.take(4);  // versions
  const std::uint32_t disk = record.u32(), directory_disk = record.u32();
  const std::uint64_t here = record.u64(), total = record.u64(), size = record.u64(), offset = record.u64();
  if (disk != 0 || directory_disk != 0 || here != total)
    throw InputError(where, "its archive spans several disks", again);
  return Directory{total, size, offset, at};
}

Directory find_directory(const RandomAccessFile& file, const std::string& where) {
  if (file.size() < end_record_size) throw InputError(where, "is too short for an archive", again);
  // A comment after the record is refused: it could hide a second archive.
  const std::uint64_t end_at = file.size() - end_record_size;
  std::vector<std::byte> bytes(end_record_size);
  file.read(end_at, bytes);
  Fields end(bytes, where);
  if (end.u32() != 0x06054b50)
    throw InputError(where, "does not end with the end record of an archive",
                     "the file is cut short or has something appended: download it again");
  const std::uint16_t disk = end.u16(), directory_disk = end.u16(), here = end.u16(), total = end.u16();
  const std::uint32_t size = end.u32(), offset = end.u32();
  if (end.u16() != 0) throw InputError(where, "its archive has a comment", again);
  if (disk != 0 || directory_disk != 0 || here != total)
    throw InputError(where, "its archive spans several disks", again);
  Directory directory{total, size, offset, end_at};
  if (const auto zip64 = find_zip64_directory(file, end_at, where)) {
    if ((total != unknown16 && total != zip64->entries) || (size != unknown32 && size != zip64->size) ||
        (offset != unknown32 && offset != zip64->offset))
      throw InputError(where, "its two end records contradict each other", again);
    directory = *zip64;
  }
  std::uint64_t directory_end = 0;
  if (directory.entries > most_entries || directory.size > longest_directory ||
      __builtin_add_overflow(directory.offset, directory.size, &directory_end) || directory_end != directory.end)
    throw InputError(where, "its archive directory does not lie where its end record says", again);
  return directory;
}

bool leaves_the_archive(const std::string& name) {
  if (name.empty() || name.front() == '/' || name.find('\\') != std::string::npos ||
      name.find('\0') != std::string::npos)
    return true;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    if (name.substr(begin, end - begin) == "..") return true;
    begin = end + 1;
  }
  return false;
}

std::string in_lower_case(std::string name) {
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name;
}

// What the archive directory says of one entry.
struct Listed {
  std::string name;
  std::uint16_t flags = 0;
  std::uint64_t local_header = 0;
  ZipArchive::Entry entry;
};

constexpr std::uint16_t sizes_follow = 0x0008, utf8_name = 0x0800;  // flags

Listed read_listed(Fields& fields, const std::string& where) {
  if (fields.u32() != 0x02014b50) throw InputError(where, "an entry of its archive directory has no mark", again);
  Listed listed;
  fields.take(4);  // versions
  listed.flags = fields.u16();
  const std::uint16_t method = fields.u16();
  fields.take(4);  // time
  listed.entry.crc32 = fields.u32();
  std::uint64_t stored = fields.u32();
  listed.entry.size = fields.u32();
  const std::uint16_t name_length = fields.u16(), extra_length = fields.u16(), comment_length = fields.u16();
  const std::uint16_t disk = fields.u16();
  fields.take(2);  // internal attributes
  const std::uint32_t attributes = fields.u32();
  listed.local_header = fields.u32();
  listed.name = fields.text(name_length);
  Fields extra(fields.take(extra_length), where);
  fields.take(comment_length);
  bool has_zip64 = false;
  while (extra.left() >= 4) {
    const std::uint16_t kind = extra.u16(), length = extra.u16();
    Fields content(extra.take(length), where);
    if (kind != 1) continue;  // 1: zip64, only the fields that did not fit
    if (std::exchange(has_zip64, true)) throw InputError(where, "an entry of its archive has two zip64 records", again);
    if (listed.entry.size == unknown32) listed.entry.size = content.u64();
    if (stored == unknown32) stored = content.u64();
    if (listed.local_header == unknown32) listed.local_header = content.u64();
  }
  const std::string here = where + ", entry " + listed.name;
  if (leaves_the_archive(listed.name)) throw InputError(here, "has a name that leaves the archive", again);
  if ((listed.flags & ~(sizes_follow | utf8_name)) != 0) throw InputError(here, "is encrypted or patched", again);
  if (method != 0) throw InputError(here, "is compressed, which PyTorch never does", again);
  if (disk != 0 || stored != listed.entry.size) throw InputError(here, "has two sizes", again);
  constexpr std::uint32_t dos_folder = 0x10;  // readers that follow it give such an entry no content
  if ((attributes & dos_folder) != 0 && !listed.name.ends_with('/'))
    throw InputError(here, "is a file and a folder", again);
  if ((attributes >> 16 & 0170000u) == 0120000u) throw InputError(here, "is a symbolic link", again);
  return listed;
}

// Checks the entry's local header against the directory, which begins at `end`, and finds the content after it.
void locate(Listed& listed, const RandomAccessFile& file, std::uint64_t end, const std::string& where) {
  const std::string here = where + ", entry " + listed.name;
  const auto contradiction = [&](const char* what) {
    return InputError(here, fmt::format("has {} in its local header that contradicts the archive directory", what),
                      again);
  };
  std::vector<std::byte> bytes(local_header_size);
  if (listed.local_header > end || end - listed.local_header < bytes.size())
    throw InputError(here, "lies outside of the archive", again);
  file.read(listed.local_header, bytes);
  Fields fields(bytes, where);
  if (fields.u32() != 0x04034b50) throw InputError(here, "has no local header", again);
  fields.take(2);  // version
  if (fields.u16() != listed.flags) throw contradiction("flags");
  if (fields.u16() != 0) throw contradiction("a method");
  fields.take(4);  // time
  const std::uint32_t crc32 = fields.u32(), stored = fields.u32(), size = fields.u32();
  const std::uint16_t name_length = fields.u16(), extra_length = fields.u16();
  const auto agrees = [&](std::uint32_t value) { return value == listed.entry.size || value == unknown32; };
  if ((listed.flags & sizes_follow) == 0 && (crc32 != listed.entry.crc32 || !agrees(stored) || !agrees(size)))
    throw contradiction("a size or checksum");
  listed.entry.data_offset = listed.local_header + local_header_size + name_length + extra_length;
  if (listed.entry.data_offset > end || listed.entry.size > end - listed.entry.data_offset)
    throw InputError(here, "reaches beyond the entries of the archive", again);
  std::string name(name_length, '\0');
  file.read(listed.local_header + local_header_size, std::as_writable_bytes(std::span(name)));
  if (name != listed.name) throw contradiction("a name");
}

}  // namespace

ZipArchive::ZipArchive(RandomAccessFile file) : file_(std::move(file)) {
  const std::string where = path().string();
  const Directory directory = find_directory(file_, where);
  std::vector<std::byte> bytes(directory.size);
  file_.read(directory.offset, bytes);
  Fields fields(bytes, where);
  // From each local header to the end of its data.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> occupied;
  std::set<std::string> names;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    Listed listed = read_listed(fields, where);
    locate(listed, file_, directory.offset, where);
    occupied.emplace_back(listed.local_header, listed.entry.data_offset + listed.entry.size);
    // Many readers of archives, PyTorch's among them, find names whatever their case.
    if (!names.insert(in_lower_case(listed.name)).second)
      throw InputError(where + ", entry " + listed.name, "appears twice in the archive", again);
    entries_.emplace(listed.name, listed.entry);
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
  if (crc32(bytes) != found->second.crc32)
    throw InputError(path().string() + ", entry " + name, "does not have the checksum that the archive records",
                     "the file is damaged: download it again");
  return bytes;
}

}  // namespace lorasweep
