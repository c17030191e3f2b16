// SPDX-License-Identifier: Apache-2.0
// The base model as one block of bytes in the device's layout: planned by every process, filled by one of a node, shared by all.
#pragma once

#include "data/model/t5_config.h"
#include "data/tensor/tensor.h"
#include "workers/ops.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lorasweep {

/// Longest sequence, in tokens: inputs are truncated to it by the tokenizer, generation ends at it, bias tables reach that far.
inline constexpr int longest_sequence = 2048;

/// Gives a tensor by its canonical name (data/model/t5_checkpoint.h).
using TensorSource = std::function<Tensor(const std::string& name)>;

struct AttentionWeights {
  Projection qkv;  ///< [q; k; v] stacked (self-attention)
  Projection q;    ///< cross-attention only
  CrossProjections cross;
  Projection o;
};

struct LayerWeights {
  View self_norm, cross_norm, ff_norm;  ///< f32 [1, d]
  AttentionWeights self, cross;         ///< cross: decoder only
  Projection ff_in, ff_out;             ///< ff_in: wi, or [wi_0; wi_1]
};

struct StackWeights {
  std::vector<LayerWeights> layers;
  View final_norm;  ///< a tied head's factor d_model^-0.5 is folded in
  RelativeBiasTable bias;
};

/// Where everything lies in the device's memory.
struct T5Weights {
  View embedding;  ///< f32 [V, d]
  StackWeights encoder, decoder;
  Projection head;
};

class ModelImage {
 public:
  /// Plans the layout that `ops` wants for this configuration.
  ModelImage(const T5Config& config, const Ops& ops);

  std::size_t bytes() const { return bytes_; }
  /// Fills host memory of bytes() bytes. Values are read one tensor at a time.
  void write(std::byte* image, const TensorSource& source, const Ops& ops) const;
  /// The weights inside an image that `ops.adopt` returned.
  T5Weights bind(const std::byte* image) const;
  const T5Config& config() const { return config_; }

 private:
  struct Item {
    enum class Kind { table, projection, key_of_head, value_of_head, bias } kind;
    std::vector<std::string> names;  ///< stacked along the output
    std::size_t offset;
    int in, out;       ///< table: columns, rows
    int head = 0;      ///< *_of_head
    double factor = 1;  ///< table
    Direction direction() const;
  };
  std::size_t add(Item item, std::size_t bytes);

  T5Config config_;
  std::vector<Item> items_;
  std::size_t bytes_ = 0;
  T5Weights offsets_;  ///< as bind() returns it for an image at address null
};

}  // namespace lorasweep
