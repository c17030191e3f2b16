// SPDX-License-Identifier: Apache-2.0
// Puts header and values together in memory and writes them as one file.
#include "data/formats/safetensors_writer.h"

#include "data/core/error.h"
#include "data/core/file.h"

#include <nlohmann/json.hpp>

#include <cstdint>

namespace lorasweep {

void write_safetensors(const std::filesystem::path& path, const std::map<std::string, Tensor>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    if (element_count(tensor.shape) != tensor.values.size())
      throw InternalError("tensor " + name + " does not have the values of its shape");
    const std::uint64_t end = offset + tensor.values.size() * sizeof(float);
    header[name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // values begin aligned
  std::string bytes;
  bytes.reserve(8 + text.size() + offset);
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>((text.size() >> (8 * i)) & 0xff);
  bytes += text;
  for (const auto& [name, tensor] : tensors)
    bytes.append(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size() * sizeof(float));
  write_file_atomically(path, bytes);
}

}  // namespace lorasweep
