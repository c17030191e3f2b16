// SPDX-License-Identifier: Apache-2.0
// Checks the header's table against the length of the file, then reads values by position.
#include "data/formats/safetensors.h"

#include "data/core/error.h"
#include "data/core/json.h"
#include "data/formats/element_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t longest_header = 100'000'000, most_tensors = 100'000;
constexpr std::size_t most_dimensions = 8, longest_name = 1024, longest_shown = 100;
constexpr const char* again = "the file is damaged or was manipulated: download it again from a source you trust";

DType dtype_of(const std::string& name, const std::string& where, int& bits) {
  struct Known {
    const char* name;
    DType type;
    int bits;
  };
  static constexpr std::array known = {
      Known{"F32", DType::f32, 32},     Known{"F16", DType::f16, 16},       Known{"BF16", DType::bf16, 16},
      Known{"F64", DType::f64, 64},     Known{"I64", DType::i64, 64},       Known{"I32", DType::i32, 32},
      Known{"I16", DType::i16, 16},     Known{"I8", DType::i8, 8},          Known{"U64", DType::u64, 64},
      Known{"U32", DType::u32, 32},     Known{"U16", DType::u16, 16},       Known{"U8", DType::u8, 8},
      Known{"BOOL", DType::boolean, 8}, Known{"F8_E4M3", DType::f8, 8},     Known{"F8_E5M2", DType::f8, 8},
      Known{"F8_E8M0", DType::f8, 8},   Known{"F8_E4M3FNUZ", DType::f8, 8}, Known{"F8_E5M2FNUZ", DType::f8, 8},
      Known{"C64", DType::other, 64},   Known{"F6_E2M3", DType::other, 6},  Known{"F6_E3M2", DType::other, 6},
      Known{"F4", DType::other, 4}};
  const auto found = std::ranges::find(known, name, [](const Known& k) { return std::string(k.name); });
  if (found == known.end())
    throw InputError(where, "has the unknown element type \"" + name.substr(0, longest_shown) + "\"", again);
  bits = found->bits;
  return found->type;
}

std::uint64_t natural(const Json& value, const std::string& where, const char* what) {
  if (!value.is_number_unsigned())
    throw InputError(where, fmt::format("has {} {}, not a natural number", what, value.dump().substr(0, longest_shown)),
                     again);
  return value;
}

SafetensorsEntry read_entry(const std::string& name, const Json& json, const std::string& file) {
  if (name.empty() || name.size() > longest_name || name.find('\0') != std::string::npos)
    throw InputError(file, "a tensor has an empty or unusable name", again);
  const std::string where = file + ", tensor " + name;
  if (!json.is_object() || json.size() != 3 || !json.contains("dtype") || !json.contains("shape") ||
      !json.contains("data_offsets"))
    throw InputError(where, "is not described by exactly dtype, shape and data_offsets", again);
  if (!json["dtype"].is_string() || !json["shape"].is_array() || json["shape"].size() > most_dimensions ||
      !json["data_offsets"].is_array() || json["data_offsets"].size() != 2)
    throw InputError(where, "has a description of the wrong form", again);

  SafetensorsEntry entry;
  entry.info.name = name;
  int bits = 0;
  entry.info.dtype = dtype_of(json["dtype"], where, bits);
  std::uint64_t size = bits;
  bool overflow = false;
  for (const Json& extent : json["shape"]) {
    const std::uint64_t value = natural(extent, where, "an extent");
    overflow =
        overflow || value > (std::uint64_t{1} << 62) || (value != 0 && __builtin_mul_overflow(size, value, &size));
    if (value == 0) size = 0;
    entry.info.shape.push_back(value);
  }
  entry.begin = natural(json["data_offsets"][0], where, "an offset");
  entry.end = natural(json["data_offsets"][1], where, "an offset");
  if (overflow || entry.end < entry.begin || size % 8 != 0 || size / 8 != entry.end - entry.begin)
    throw InputError(where,
                     fmt::format("of shape {} does not fill bytes {} to {}", describe_shape(entry.info.shape),
                                 entry.begin, entry.end),
                     again);
  return entry;
}

}  // namespace

std::vector<SafetensorsEntry> parse_safetensors_header(std::string_view header, std::uint64_t data_bytes,
                                                       const std::string& where) {
  if (header.empty() || header.front() != '{') throw InputError(where, "its header does not begin with {", again);
  while (header.back() == ' ') header.remove_suffix(1);
  const Json json = parse_json(header, where, {.bytes = longest_header, .depth = 8});
  std::vector<SafetensorsEntry> entries;
  for (const auto& [name, value] : json.items()) {
    if (name == "__metadata__") {
      if (!value.is_object() || !std::ranges::all_of(value, [](const Json& v) { return v.is_string(); }))
        throw InputError(where, "its __metadata__ is not a table of strings", again);
      continue;
    }
    if (entries.size() == most_tensors)
      throw InputError(where, fmt::format("has more than {} tensors", most_tensors), again);
    entries.push_back(read_entry(name, value, where));
  }
  std::ranges::sort(entries, {}, [](const SafetensorsEntry& e) { return std::pair(e.begin, e.end); });
  std::uint64_t expected = 0;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.begin != expected)
      throw InputError(
          where + ", tensor " + entry.info.name,
          fmt::format("begins at byte {}, not at {}: tensors overlap or leave a hole", entry.begin, expected), again);
    expected = entry.end;
  }
  if (expected != data_bytes)
    throw InputError(where, fmt::format("holds {} bytes of values, its table describes {}", data_bytes, expected),
                     expected > data_bytes ? "the file is cut short: copy or download it again" : again);
  return entries;
}

SafetensorsFile::SafetensorsFile(RandomAccessFile file) : file_(std::move(file)) {
  const std::string where = file_.path().string();
  std::array<std::byte, 8> prefix{};
  if (file_.size() < prefix.size()) throw InputError(where, "is too short for a safetensors file", again);
  file_.read(0, prefix);
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 8; ++i) length |= std::to_integer<std::uint64_t>(prefix[i]) << (8 * i);
  if (length > longest_header || length > file_.size() - prefix.size())
    throw InputError(where, fmt::format("its header claims {} bytes in a file of {}", length, file_.size()), again);
  std::string header(length, '\0');
  file_.read(prefix.size(), std::as_writable_bytes(std::span(header)));
  data_begin_ = prefix.size() + length;
  for (SafetensorsEntry& entry : parse_safetensors_header(header, file_.size() - data_begin_, where)) {
    tensors_.push_back(entry.info);
    entries_.emplace(entry.info.name, std::move(entry));
  }
}

const SafetensorsEntry& SafetensorsFile::entry(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) throw InputError(file_.path().string(), "has no tensor " + name);
  return found->second;
}

std::vector<std::byte> SafetensorsFile::bytes_of_tensor(const SafetensorsEntry& entry) const {
  std::vector<std::byte> bytes(entry.end - entry.begin);
  file_.read(data_begin_ + entry.begin, bytes);
  return bytes;
}

Tensor SafetensorsFile::read(const std::string& name) const {
  const SafetensorsEntry& e = entry(name);
  return {e.info.shape, to_f32(bytes_of_tensor(e), e.info.dtype, file_.path().string() + ", tensor " + name)};
}

std::vector<std::int64_t> SafetensorsFile::read_integers(const std::string& name) const {
  const SafetensorsEntry& e = entry(name);
  return to_i64(bytes_of_tensor(e), e.info.dtype, file_.path().string() + ", tensor " + name);
}

}  // namespace lorasweep
