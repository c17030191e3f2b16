// SPDX-License-Identifier: Apache-2.0
// A PEFT adapter_config.json, and the questions that are asked of it.
#include "data/adapters/peft_config.h"
#include "tests/fuzz/memory_file.h"

#include <fstream>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lorasweep;
  static const std::filesystem::path directory = new_directory();
  std::ofstream(directory / "adapter_config.json", std::ios::binary | std::ios::trunc) << as_text(data, size);
  accept_or_refuse([&] {
    const PeftConfig config = read_peft_config(directory, {"q", "v"});
    const std::string module = "encoder.block.0.layer.0.SelfAttention.q";
    config.targets(module);
    config.rank_of(module);
    config.scaling_of(module);
  });
  return 0;
}
