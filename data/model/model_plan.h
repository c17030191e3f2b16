// SPDX-License-Identifier: Apache-2.0
// A network as data: what it consists of, under which names its checkpoint has it, and what an adapter may change.
// Written down once per family; tensors, adapter sites, the model image, capacity and what PEFT is told derive from it.
#pragma once

#include "data/model/model_config.h"
#include "data/tensor/tensor.h"

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {

/// Where in the network: ("encoder", 3, "self_in"). Layer -1: of the stack as a whole; stack "": of the model.
struct Place {
  std::string stack;
  int layer = -1;
  std::string role;
  bool operator==(const Place&) const = default;
};

/// A tensor of the checkpoint. Files may have it under any of the names, or under several.
struct StoredTensor {
  std::string name;
  std::vector<std::string> aliases = {};
  std::vector<std::int64_t> shape = {};
};

/// Numbers that the network uses as they are, in f32: an embedding, the gain of a norm, a table of positions.
struct TablePlan {
  Place place;
  StoredTensor tensor;  ///< name empty: computed, of no tensor
  int rows = 0, cols = 0;
  double factor = 1;
  /// The tensor's values as the network wants them, [rows, cols], before `factor`; null: as they are.
  std::function<std::vector<float>(const Tensor&)> prepare = {};
};

/// A linear map y = W x + bias. The weight lies on disk as [out, in], the bias as [out].
struct MapPlan {
  std::string weight;                     ///< its name on disk
  std::vector<std::string> aliases = {};  ///< of the weight
  int in = 0, out = 0;
  bool transposed = false;      ///< the weight lies on disk as [in, out]
  std::string bias = {};        ///< its name on disk; empty: there is none
  std::string module = {};      ///< PEFT's path of the map; empty: no adapter may change it
  bool default_target = false;  ///< PEFT changes it where an adapter does not say which modules it changes
  bool is_output_head = false;  ///< PEFT's "all-linear" leaves it out

  bool adaptable() const { return !module.empty(); }
};

/// How the maps of a part lie in the model image.
enum class PartForm {
  stacked,           ///< one map: the outputs of all maps, one after the other
  heads,             ///< of one map, a map for each head: in -> out / heads
  heads_transposed,  ///< of one map, a map for each head, transposed: out / heads -> in
};

/// Maps that share their input: q, k and v of an attention.
struct PartPlan {
  Place place;
  PartForm form = PartForm::stacked;
  int heads = 1;
  std::vector<MapPlan> maps;  ///< of one `in`

  int in() const { return maps.front().in; }
  int out() const;  ///< of all maps together
};

/// A part's number is its index in `parts`, and its identity in images, adapter layouts and networks; so is a table's.
struct ModelPlan {
  ModelConfig config;

  // For people.
  std::string kind;                                ///< what such a model is called
  std::string summary;                             ///< "2 + 2 layers, d_model 96, vocabulary 1200"
  std::vector<std::pair<std::string, int>> facts;  ///< ("encoder_layers", 2), ...

  // For what surrounds the network.
  int vocabulary = 0;                     ///< rows of the embedding: ids from 0 to one less are valid
  int longest_sequence = 0;               ///< tokens of a prompt, a target or an answer
  int positions = 0;                      ///< where an answer continues its prompt: tokens of both together
  std::vector<std::int32_t> stop_tokens;  ///< an answer ends with any of these
  std::string peft_task_type;             ///< "SEQ_2_SEQ_LM"
  bool continues_prompt = false;          ///< an answer follows its prompt in one sequence: there is no encoder

  // The network, in its order.
  std::vector<TablePlan> tables;
  std::vector<PartPlan> parts;
  std::vector<std::string> unused_tensors;  ///< may lie in a checkpoint; the network has no use for them
};

/// What a network of this shape consists of.
ModelPlan model_plan(const ModelConfig& config);

/// The number of the table or part at `place`. InternalError if there is none.
int table_number(const ModelPlan& plan, const Place& place);
int part_number(const ModelPlan& plan, const Place& place);

/// Every tensor that the network needs, each once: what two places share has the names of both.
std::vector<StoredTensor> stored_tensors(const ModelPlan& plan);

}  // namespace lorasweep
