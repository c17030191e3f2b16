// SPDX-License-Identifier: Apache-2.0
// A safetensors file: its header, and every tensor that it describes.
#include "data/formats/safetensors.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lorasweep;
  const MemoryFile memory(data, size);
  accept_or_refuse([&] {
    const SafetensorsFile file{RandomAccessFile(memory.path())};
    for (const TensorInfo& tensor : file.tensors()) accept_or_refuse([&] { file.read(tensor.name); });
  });
  return 0;
}
