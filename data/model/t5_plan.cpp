// SPDX-License-Identifier: Apache-2.0
// The only list of T5's tensors. The order written here is the order of adapter sites everywhere.
#include "data/model/t5_plan.h"

#include "data/model/t5_relative_bias.h"

#include <fmt/format.h>

#include <cmath>

namespace lorasweep {
namespace {

class T5Lists {
 public:
  explicit T5Lists(const T5Config& config) : c_(config) {}

  void network() {
    // Hugging Face writes the embedding under some of these names beside the first, a tied head's too.
    std::vector<std::string> aliases = {"encoder.embed_tokens.weight", "decoder.embed_tokens.weight"};
    if (c_.tied_head) aliases.emplace_back("lm_head.weight");
    table({"", -1, "embedding"}, {"shared.weight", aliases, {c_.vocabulary, c_.d_model}}, c_.vocabulary, c_.d_model);
    stack("encoder", c_.encoder_layers, Direction::bidirectional);
    stack("decoder", c_.decoder_layers, Direction::causal);
    parts.push_back(
        {.place = {"", -1, "head"},
         .maps = {
             {.weight = c_.tied_head ? "shared.weight" : "lm_head.weight", .in = c_.d_model, .out = c_.vocabulary}}});
  }

  std::vector<TablePlan> tables;
  std::vector<PartPlan> parts;

 private:
  void stack(const std::string& name, int layers, Direction direction) {
    const bool decoder = direction == Direction::causal;
    for (int i = 0; i < layers; ++i) layer(name, i, decoder);

    const int width = 2 * t5_longest_sequence + 1;
    table({name, -1, "position_bias"},
          {name + ".block.0.layer.0.SelfAttention.relative_attention_bias.weight", {}, {c_.relative_buckets, c_.heads}},
          c_.heads, width);
    tables.back().prepare = [distance = c_.relative_max_distance, direction](const Tensor& learned) {
      return unroll_relative_bias(learned, t5_longest_sequence, distance, direction);
    };
    norm({name, -1, "final_norm"}, name + ".final_layer_norm.weight");
    if (decoder && c_.tied_head && !c_.head_unscaled)
      tables.back().factor = 1 / std::sqrt(static_cast<double>(c_.d_model));
  }

  void layer(const std::string& stack, int number, bool decoder) {
    const std::string prefix = fmt::format("{}.block.{}.layer.", stack, number);
    const auto at = [&](const char* role) { return Place{stack, number, role}; };
    const int inner = c_.inner(), d = c_.d_model;
    const auto attention = [&](const std::string& module, const char* map) {
      const bool output = *map == 'o';
      MapPlan plan = linear(module + map, output ? inner : d, output ? d : inner);
      plan.default_target = *map == 'q' || *map == 'v';  // PEFT's defaults for T5
      return plan;
    };

    const std::string self = prefix + "0.SelfAttention.";
    norm(at("self_norm"), prefix + "0.layer_norm.weight");
    part(at("self_in"), {attention(self, "q"), attention(self, "k"), attention(self, "v")});
    part(at("self_out"), {attention(self, "o")});
    if (decoder) {
      // Keys and values over the source are never formed: the network takes these maps head by head.
      const std::string cross = prefix + "1.EncDecAttention.";
      norm(at("cross_norm"), prefix + "1.layer_norm.weight");
      part(at("cross_q"), {attention(cross, "q")});
      part(at("cross_k"), {attention(cross, "k")}, PartForm::heads_transposed);
      part(at("cross_v"), {attention(cross, "v")}, PartForm::heads);
      part(at("cross_out"), {attention(cross, "o")});
    }
    const std::string feed_forward = prefix + (decoder ? "2." : "1."), dense = feed_forward + "DenseReluDense.";
    norm(at("ff_norm"), feed_forward + "layer_norm.weight");
    if (c_.gated())
      part(at("ff_in"), {linear(dense + "wi_0", d, c_.d_ff), linear(dense + "wi_1", d, c_.d_ff)});
    else
      part(at("ff_in"), {linear(dense + "wi", d, c_.d_ff)});
    part(at("ff_out"), {linear(dense + "wo", c_.d_ff, d)});
  }

  static MapPlan linear(const std::string& module, int in, int out) {
    return {.weight = module + ".weight", .in = in, .out = out, .module = module};
  }
  void part(Place place, std::vector<MapPlan> maps, PartForm form = PartForm::stacked) {
    parts.push_back({.place = std::move(place), .form = form, .heads = c_.heads, .maps = std::move(maps)});
  }
  void table(Place place, StoredTensor tensor, int rows, int cols) {
    tables.push_back({.place = std::move(place), .tensor = std::move(tensor), .rows = rows, .cols = cols});
  }
  void norm(Place place, const std::string& name) { table(std::move(place), {name, {}, {c_.d_model}}, 1, c_.d_model); }

  const T5Config& c_;
};

}  // namespace

ModelPlan t5_plan(const T5Config& c) {
  T5Lists lists(c);
  lists.network();
  return {.config = c,
          .kind = "T5 model",
          .summary = fmt::format("{} + {} layers, d_model {}, vocabulary {}", c.encoder_layers, c.decoder_layers,
                                 c.d_model, c.vocabulary),
          .facts = {{"encoder_layers", c.encoder_layers},
                    {"decoder_layers", c.decoder_layers},
                    {"d_model", c.d_model},
                    {"d_ff", c.d_ff},
                    {"heads", c.heads},
                    {"d_kv", c.d_kv},
                    {"vocabulary", c.vocabulary}},
          .vocabulary = c.vocabulary,
          .longest_sequence = t5_longest_sequence,
          .stop_tokens = {c.end_token},
          .peft_task_type = "SEQ_2_SEQ_LM",
          .tables = std::move(lists.tables),
          .parts = std::move(lists.parts),
          // In old files, and never used: cross-attention has no positions.
          .unused_tensors = {"decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"}};
}

}  // namespace lorasweep
