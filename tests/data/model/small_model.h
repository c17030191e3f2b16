// SPDX-License-Identifier: Apache-2.0
// A T5 directory small enough to be written anew for every test, and to be spoilt.
#pragma once

#include "data/formats/safetensors_writer.h"
#include "data/model/checkpoint.h"
#include "tests/testing/temporary_folder.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {

inline nlohmann::ordered_json small_config() {
  return {{"model_type", "t5"},
          {"d_model", 6},
          {"d_kv", 4},
          {"d_ff", 10},
          {"num_heads", 2},
          {"num_layers", 2},
          {"num_decoder_layers", 1},
          {"vocab_size", 7},
          {"relative_attention_num_buckets", 8},
          {"relative_attention_max_distance", 16},
          {"feed_forward_proj", "gated-gelu"},
          {"tie_word_embeddings", false}};
}

class SmallModel {
 public:
  explicit SmallModel(nlohmann::ordered_json start = small_config()) : config(std::move(start)) {
    write_config();
    float next = 0;
    for (const StoredTensor& info : stored_tensors(model_plan(read_model_config(directory()))))
      tensors[info.name] = {info.shape, std::vector<float>(element_count(info.shape), ++next)};
  }

  const std::filesystem::path& directory() const { return folder_.path(); }
  void write_config() const { folder_.write("config.json", config.dump()); }
  /// The checkpoint of what `config` and `tensors` are now.
  Checkpoint open() const {
    write_config();
    write_safetensors(directory() / "model.safetensors", tensors);
    return Checkpoint(directory());
  }

  nlohmann::ordered_json config;
  std::map<std::string, Tensor> tensors;  ///< every value is the tensor's number in the network, from 1

 private:
  TemporaryFolder folder_;
};

}  // namespace lorasweep
