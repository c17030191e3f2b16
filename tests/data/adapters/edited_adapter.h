// SPDX-License-Identifier: Apache-2.0
// A copy of an adapter of the demo whose configuration and tensors a test may change.
#pragma once

#include "data/adapters/adapter.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "data/formats/open_weights.h"
#include "data/formats/safetensors_writer.h"
#include "tests/testing/temporary_folder.h"

#include <filesystem>
#include <map>
#include <string>

namespace lorasweep {

inline const std::filesystem::path demo_dir = LORASWEEP_DEMO_DIR;
inline const std::filesystem::path shapes_dir = std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "shapes";

inline const ModelPlan& demo_base() {
  static const ModelPlan plan = model_plan(read_model_config(demo_dir / "base"));
  return plan;
}

class EditedAdapter {
 public:
  explicit EditedAdapter(const std::string& name = "tiny_flan-copy_v1") {
    const std::filesystem::path original = demo_dir / "adapters" / name;
    config = parse_json(read_file(original / "adapter_config.json", 1 << 20), name);
    const auto weights = open_weights(original / "adapter_model.safetensors");
    for (const TensorInfo& info : weights->tensors()) tensors[info.name] = weights->read(info.name);
  }

  const std::filesystem::path& directory() const { return folder_.path(); }
  /// The adapter as `config` and `tensors` are now.
  Adapter open(const Checkpoint* base = nullptr) const {
    folder_.write("adapter_config.json", config.dump());
    write_safetensors(directory() / "adapter_model.safetensors", tensors);
    return Adapter(directory(), demo_base(), base);
  }
  void rename_tensor(const std::string& from, const std::string& to) {
    tensors[to] = std::move(tensors.extract(from).mapped());
  }
  /// Keeps the first `rank` rows of every A and columns of every B.
  void cut_to_rank(int rank) {
    for (auto& [key, tensor] : tensors) {
      const bool is_a = key.find("lora_A") != std::string::npos;
      Tensor cut{
          is_a ? std::vector<std::int64_t>{rank, tensor.shape[1]} : std::vector<std::int64_t>{tensor.shape[0], rank},
          {}};
      for (std::int64_t i = 0; i < cut.shape[0]; ++i)
        for (std::int64_t j = 0; j < cut.shape[1]; ++j) cut.values.push_back(tensor.values[i * tensor.shape[1] + j]);
      tensor = cut;
    }
    config["r"] = rank;
  }

  nlohmann::ordered_json config;
  std::map<std::string, Tensor> tensors;

 private:
  TemporaryFolder folder_;
};

}  // namespace lorasweep
