// SPDX-License-Identifier: Apache-2.0
// The safetensors format: a checked table, then values by position.
#pragma once

#include "data/core/file.h"
#include "data/formats/weight_file.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

struct SafetensorsEntry {
  TensorInfo info;
  std::uint64_t begin = 0, end = 0;  ///< bytes, counted from the end of the header
};

/// Checks and reads the JSON header of a file whose data section has `data_bytes` bytes. Pure; InputError
/// naming `where` and the tensor.
std::vector<SafetensorsEntry> parse_safetensors_header(std::string_view header, std::uint64_t data_bytes,
                                                       const std::string& where);

class SafetensorsFile final : public WeightFile {
 public:
  explicit SafetensorsFile(RandomAccessFile file);

  const std::vector<TensorInfo>& tensors() const override { return tensors_; }
  Tensor read(const std::string& name) const override;
  std::vector<std::int64_t> read_integers(const std::string& name) const override;
  std::vector<std::filesystem::path> files() const override { return {file_.path()}; }

 private:
  std::vector<std::byte> bytes_of_tensor(const SafetensorsEntry& entry) const;
  const SafetensorsEntry& entry(const std::string& name) const;

  RandomAccessFile file_;
  std::uint64_t data_begin_ = 0;
  std::map<std::string, SafetensorsEntry> entries_;
  std::vector<TensorInfo> tensors_;
};

}  // namespace lorasweep
