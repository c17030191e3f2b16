// SPDX-License-Identifier: Apache-2.0
// Files built byte by byte, right by default and wrong on demand.
#pragma once

#include <boost/crc.hpp>

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

inline std::string little_endian(std::uint64_t value, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

inline std::string f32_bytes(const std::vector<float>& values) {
  std::string bytes;
  for (const float value : values) bytes += little_endian(std::bit_cast<std::uint32_t>(value), 4);
  return bytes;
}

inline std::string safetensors_bytes(std::string_view header, std::string_view data) {
  return little_endian(header.size(), 8) + std::string(header) + std::string(data);
}

/// One entry of an archive. What differs between the directory and the local header can be said apart.
struct ZipItem {
  std::string name, content;
  std::uint16_t flags = 0, method = 0, directory_disk = 0;
  std::uint32_t attributes = 0;
  std::optional<std::string> local_name;
  std::optional<std::uint16_t> local_flags, local_method;
  std::optional<std::uint32_t> crc32, local_crc32, size, stored, local_size, offset;
  std::string local_mark = "PK\x03\x04", directory_mark = "PK\x01\x02";
};

struct ZipEnd {
  std::uint16_t disk = 0, comment = 0;
  int entries_more = 0, size_more = 0, offset_more = 0;  ///< added to what is true
  bool zip64 = false;                                    ///< the records that PyTorch writes always
  int zip64_entries_more = 0, zip64_locator_more = 0, zip64_disks = 1;
  std::string behind;
};

inline std::uint32_t crc32_of(std::string_view bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

inline std::string zip_bytes(const std::vector<ZipItem>& items, const ZipEnd& end = {}) {
  std::string file, directory;
  for (const ZipItem& item : items) {
    const std::uint32_t crc = item.crc32.value_or(crc32_of(item.content)), offset = item.offset.value_or(file.size());
    const std::uint32_t size = item.size.value_or(item.content.size());
    const std::string local_name = item.local_name.value_or(item.name);
    file += item.local_mark + little_endian(0, 2) + little_endian(item.local_flags.value_or(item.flags), 2) +
            little_endian(item.local_method.value_or(item.method), 2) + little_endian(0, 4) +
            little_endian(item.local_crc32.value_or(crc), 4) + little_endian(item.local_size.value_or(size), 4) +
            little_endian(item.local_size.value_or(size), 4) + little_endian(local_name.size(), 2) +
            little_endian(0, 2) + local_name + item.content;
    directory += item.directory_mark + little_endian(0, 4) + little_endian(item.flags, 2) +
                 little_endian(item.method, 2) + little_endian(0, 4) + little_endian(crc, 4) +
                 little_endian(item.stored.value_or(size), 4) + little_endian(size, 4) +
                 little_endian(item.name.size(), 2) + little_endian(0, 4) + little_endian(item.directory_disk, 2) +
                 little_endian(0, 2) + little_endian(item.attributes, 4) + little_endian(offset, 4) + item.name;
  }
  const std::uint64_t entries = items.size(), begin = file.size(), length = directory.size();
  file += directory;
  if (end.zip64) {
    const std::uint64_t at = file.size() + end.zip64_locator_more;
    file += "PK\x06\x06" + little_endian(44, 8) + little_endian(0, 12) +
            little_endian(entries + end.zip64_entries_more, 8) + little_endian(entries + end.zip64_entries_more, 8) +
            little_endian(length, 8) + little_endian(begin, 8);
    file += "PK\x06\x07" + little_endian(0, 4) + little_endian(at, 8) + little_endian(end.zip64_disks, 4);
  }
  return file + "PK\x05\x06" + little_endian(end.disk, 2) + little_endian(0, 2) +
         little_endian(entries + end.entries_more, 2) + little_endian(entries + end.entries_more, 2) +
         little_endian(length + end.size_more, 4) + little_endian(begin + end.offset_more, 4) +
         little_endian(end.comment, 2) + end.behind;
}

/// The opcodes of a pickle, by their names in Python's pickletools.
namespace pickled {

inline const std::string proto = "\x80\x02", mark = "(", stop = ".", empty_dict = "}", empty_tuple = ")", reduce = "R",
                         build = "b", setitem = "s", setitems = "u", tuple = "t", tuple1 = "\x85", tuple2 = "\x86",
                         tuple3 = "\x87", binpersid = "Q", none = "N", newtrue = "\x88", newfalse = "\x89",
                         empty_list = "]", append = "a", appends = "e";

inline std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
inline std::string text(std::string_view value) { return "X" + little_endian(value.size(), 4) + std::string(value); }
inline std::string integer(std::int64_t value) {
  return "\x8a\x08" + little_endian(static_cast<std::uint64_t>(value), 8);
}
inline std::string binput(unsigned index) { return "r" + little_endian(index, 4); }
inline std::string binget(unsigned index) { return "j" + little_endian(index, 4); }

inline std::string tuple_of(const std::vector<std::int64_t>& values) {
  std::string bytes = mark;
  for (const std::int64_t value : values) bytes += integer(value);
  return bytes + tuple;
}

inline const std::string ordered = global("collections", "OrderedDict") + empty_tuple + reduce;

struct TensorParts {
  std::string storage_type = "FloatStorage", key = "0", location = "cpu", requires_grad = newfalse, hooks = ordered,
              metadata = "";
  std::int64_t elements = 6, offset = 0;
  std::vector<std::int64_t> shape = {2, 3}, strides = {3, 1};
};
inline std::string tensor(const TensorParts& parts = {}) {
  return global("torch._utils", "_rebuild_tensor_v2") + mark + mark + text("storage") +
         global("torch", parts.storage_type) + text(parts.key) + text(parts.location) + integer(parts.elements) +
         tuple + binpersid + integer(parts.offset) + tuple_of(parts.shape) + tuple_of(parts.strides) +
         parts.requires_grad + parts.hooks + parts.metadata + tuple + reduce;
}
/// A whole state dict of one tensor "w".
inline std::string state_dict(const std::string& value) {
  return proto + empty_dict + text("w") + value + setitem + stop;
}

}  // namespace pickled
}  // namespace lorasweep
