// SPDX-License-Identifier: Apache-2.0
// The only list of a decoder-only network's tensors. The order written here is the order of adapter sites everywhere.
#include "data/model/causal_plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace lorasweep {
namespace {

constexpr const char* embedding_name = "model.embed_tokens.weight";
constexpr const char* head_name = "lm_head.weight";

class CausalLists {
 public:
  explicit CausalLists(const CausalConfig& config) : c_(config) {}

  void network() {
    // A tied head may lie in the file a second time.
    std::vector<std::string> aliases;
    if (c_.tied_head) aliases.emplace_back(head_name);
    table({"", -1, "embedding"}, {embedding_name, aliases, {c_.vocabulary, c_.d_model}}, c_.vocabulary, c_.d_model);
    rotation("cosine", RopeTable::cosine);
    rotation("sine", RopeTable::sine);
    for (int i = 0; i < c_.layers; ++i) layer(i);
    norm({"decoder", -1, "final_norm"}, "model.norm", c_.d_model);
    MapPlan head{.weight = c_.tied_head ? embedding_name : head_name,
                 .in = c_.d_model,
                 .out = c_.vocabulary,
                 .module = "lm_head",
                 .is_output_head = true};
    part({"", -1, "head"}, {std::move(head)});
  }

  std::vector<TablePlan> tables;
  std::vector<PartPlan> parts;
  std::vector<std::string> unused;

 private:
  void layer(int number) {
    const std::string prefix = fmt::format("model.layers.{}.", number), self = prefix + "self_attn.",
                      ff = prefix + "mlp.";
    const auto at = [&](const char* role) { return Place{"decoder", number, role}; };
    const int d = c_.d_model, query = c_.query_width(), key = c_.key_width();

    norm(at("self_norm"), prefix + "input_layernorm", d);
    part(at("self_in"),
         {linear(self + "q_proj", d, query, c_.input_bias, by_default), linear(self + "k_proj", d, key, c_.input_bias),
          linear(self + "v_proj", d, key, c_.input_bias, by_default)});
    if (c_.head_norms) {
      norm(at("query_norm"), self + "q_norm", c_.head_width);
      norm(at("key_norm"), self + "k_norm", c_.head_width);
    }
    part(at("self_out"), {linear(self + "o_proj", query, d, c_.output_bias)});
    norm(at("ff_norm"), prefix + "post_attention_layernorm", d);
    part(at("ff_in"),
         {linear(ff + "gate_proj", d, c_.d_ff, c_.ff_bias), linear(ff + "up_proj", d, c_.d_ff, c_.ff_bias)});
    part(at("ff_out"), {linear(ff + "down_proj", c_.d_ff, d, c_.ff_bias)});
    // What rope's table is made of, in old files.
    unused.push_back(self + "rotary_emb.inv_freq");
  }

  static constexpr bool by_default = true;  ///< PEFT's targets for these families: q_proj and v_proj

  static MapPlan linear(const std::string& module, int in, int out, bool bias, bool default_target = false) {
    return {.weight = module + ".weight",
            .in = in,
            .out = out,
            .bias = bias ? module + ".bias" : "",
            .module = module,
            .default_target = default_target};
  }
  void rotation(const char* role, RopeTable which) {
    tables.push_back({.place = {"", -1, role}, .rows = c_.positions(), .cols = c_.head_width / 2});
    tables.back().prepare = [rope = c_.rope, width = c_.head_width, positions = c_.positions(), which](const Tensor&) {
      return rope_table(rope, width, positions, which);
    };
  }
  void part(Place place, std::vector<MapPlan> maps) {
    parts.push_back({.place = std::move(place), .maps = std::move(maps)});
  }
  void table(Place place, StoredTensor tensor, int rows, int cols) {
    tables.push_back({.place = std::move(place), .tensor = std::move(tensor), .rows = rows, .cols = cols});
  }
  void norm(Place place, const std::string& module, int width) {
    table(std::move(place), {module + ".weight", {}, {width}}, 1, width);
  }

  const CausalConfig& c_;
};

std::string kind_of(const CausalConfig& config) {
  if (config.model_type == "llama") return "Llama model";
  if (config.model_type == "mistral") return "Mistral model";
  return config.model_type == "qwen2" ? "Qwen2 model" : "Qwen3 model";
}

}  // namespace

ModelPlan causal_plan(const CausalConfig& c) {
  CausalLists lists(c);
  lists.network();
  return {.config = c,
          .kind = kind_of(c),
          .summary = fmt::format("{} layers, d_model {}, vocabulary {}", c.layers, c.d_model, c.vocabulary),
          .facts = {{"layers", c.layers},
                    {"d_model", c.d_model},
                    {"d_ff", c.d_ff},
                    {"heads", c.heads},
                    {"key_heads", c.key_heads},
                    {"head_width", c.head_width},
                    {"vocabulary", c.vocabulary}},
          .vocabulary = c.vocabulary,
          .longest_sequence = std::min(causal_longest_sequence, c.max_positions),
          .positions = c.positions(),
          .stop_tokens = c.end_tokens,
          .peft_task_type = "CAUSAL_LM",
          .continues_prompt = true,
          .tables = std::move(lists.tables),
          .parts = std::move(lists.parts),
          .unused_tensors = std::move(lists.unused)};
}

}  // namespace lorasweep
