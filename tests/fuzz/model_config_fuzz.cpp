// SPDX-License-Identifier: Apache-2.0
// A model's config.json of any family, and the network that it describes.
#include "data/core/json.h"
#include "data/model/model_plan.h"
#include "tests/fuzz/memory_file.h"

#include <fstream>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lorasweep;
  static const std::filesystem::path directory = new_directory();
  std::ofstream(directory / "config.json", std::ios::binary | std::ios::trunc) << as_text(data, size);
  accept_or_refuse([&] {
    const ModelConfig config = read_model_config(directory);
    const nlohmann::ordered_json json = to_json(config);
    if (to_json(model_config_from_json(json)) != json) std::abort();  // what a manifest keeps is the same model
    stored_tensors(model_plan(config));
  });
  return 0;
}
