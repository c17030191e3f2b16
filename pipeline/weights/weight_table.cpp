// SPDX-License-Identifier: Apache-2.0
// Looks at the first bytes.
#include "pipeline/weights/weight_table.h"

#include "data/core/digest.h"
#include "data/core/file.h"
#include "pipeline/weights/csv_rows.h"
#include "pipeline/weights/json_rows.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace lorasweep {
namespace {

constexpr std::string_view hdf5_signature = "\x89HDF\r\n\x1a\n";

bool is_hdf5(const std::filesystem::path& path) {
  const RandomAccessFile file(path);
  std::array<char, hdf5_signature.size()> first{};
  if (file.size() < first.size()) return false;
  file.read(0, std::as_writable_bytes(std::span(first)));
  return std::ranges::equal(first, hdf5_signature);
}

bool is_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '[' || text[first] == '{');
}

}  // namespace

GivenFile read_weight_file(const std::filesystem::path& file, const ReadFoundRows& read_found) {
  if (is_hdf5(file)) return {.rows = read_found(file), .sha256 = sha256_file(file)};
  const std::string text = read_file(file, most_weight_bytes);
  return {.rows = is_json(text) ? parse_json_rows(text, file.string()) : parse_csv_rows(text, file.string()),
          .sha256 = sha256_hex(text)};
}

}  // namespace lorasweep
