// SPDX-License-Identifier: Apache-2.0
// Compares a file with what was written to it, and carries that from one process to another.
#include "data/results/written_content.h"

#include "data/core/error.h"

#include <array>
#include <charconv>

namespace lorasweep {
namespace {

// As bytes: records of four texts, each ended by NUL, which no name in an HDF5 file can hold.
constexpr std::string_view part = "part", scale_of_axis = "scale", tie_of_axis = "tie";
using Record = std::array<std::string_view, 4>;

void append(std::string& bytes, const Record& record) {
  for (const std::string_view text : record) bytes.append(text).push_back('\0');
}

[[noreturn]] void refuse() { throw InternalError("what was written to a results file was not handed over whole"); }

Record take(std::string_view& bytes) {
  Record record;
  for (std::string_view& text : record) {
    const std::size_t end = bytes.find('\0');
    if (end == std::string_view::npos) refuse();
    text = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
  }
  return record;
}

unsigned axis_of(std::string_view text) {
  unsigned axis = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), axis);
  if (error != std::errc{} || end != text.end()) refuse();
  return axis;
}

}  // namespace

WrittenContent::WrittenContent() { everything_.add_group("/"); }

void WrittenContent::add_group(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    everything_.add_group(path.substr(0, end));
    if (end == std::string::npos) break;
  }
}

void WrittenContent::add(const std::string& object, const std::string& attribute, const Array& value) {
  everything_.add(object, attribute, value);
}

void WrittenContent::add_scale(const std::string& dataset, const std::string& name) {
  scales_.emplace_back(dataset, name);
}

void WrittenContent::add_tie(const std::string& dataset, unsigned axis, const std::string& scale) {
  ties_.push_back({dataset, axis, scale});
}

std::string WrittenContent::first_difference(const Hdf5File& file) const {
  const std::string different = everything_.first_difference(ContentDigest::of_file(file, Coverage::everything));
  if (!different.empty()) return different;
  for (const auto& [path, name] : scales_)
    if (!file.is_scale(path) || file.scale_name(path) != name) return path + "@NAME";
  for (const Tie& tie : ties_)
    if (!file.has_scale(tie.dataset, tie.axis, tie.scale)) return tie.dataset + "@DIMENSION_LIST";
  return "";
}

std::string WrittenContent::bytes() const {
  std::string bytes;
  for (const auto& [name, digest] : everything_.parts()) append(bytes, {part, name.first, name.second, digest});
  for (const auto& [path, name] : scales_) append(bytes, {scale_of_axis, path, name, ""});
  for (const Tie& tie : ties_) append(bytes, {tie_of_axis, tie.dataset, std::to_string(tie.axis), tie.scale});
  return bytes;
}

WrittenContent WrittenContent::of_bytes(std::string_view bytes) {
  WrittenContent content;
  if (bytes.empty()) refuse();
  while (!bytes.empty()) {
    const auto [kind, first, second, third] = take(bytes);
    if (kind == part)
      content.everything_.add_part(std::string(first), std::string(second), std::string(third));
    else if (kind == scale_of_axis)
      content.add_scale(std::string(first), std::string(second));
    else if (kind == tie_of_axis)
      content.add_tie(std::string(first), axis_of(second), std::string(third));
    else
      refuse();
  }
  return content;
}

}  // namespace lorasweep
