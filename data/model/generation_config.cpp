// SPDX-License-Identifier: Apache-2.0
// A table decides what happens to each key; token ids are compared with those of config.json.
#include "data/model/generation_config.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;
using enum KeyUse;

constexpr const char* remedy =
    "answers here are greedy: take the key out of the file if that is meant, and compare with a reference that "
    "generates so";
constexpr std::string_view replaced = "predict.max_new_tokens takes its place", sampling = "counts under sampling only",
                           beams = "counts for beams only", caching = "how keys and values are kept",
                           output = "what is returned besides the answer",
                           assistant = "counts with a second model only", running = "how it is run",
                           origin = "where the file comes from";

// The names are those of transformers 4.46 and 5.24.
constexpr auto keys = std::to_array<KnownKey>({
    {"decoder_start_token_id", used},
    {"eos_token_id", used},
    {"pad_token_id", used},
    {"bos_token_id", used},
    // Greedy answers, one an input, as long as they are.
    {"num_beams", usual, "[1]"},
    {"num_beam_groups", usual, "[1]"},
    {"num_return_sequences", usual, "[1]"},
    {"do_sample", usual, "[false]"},
    {"penalty_alpha", usual, "[0]"},
    {"diversity_penalty", usual, "[0]"},
    {"min_length", usual, "[0]"},
    {"min_new_tokens", usual, "[0]"},
    // Scores as the model gives them.
    {"repetition_penalty", usual, "[1]"},
    {"encoder_repetition_penalty", usual, "[1]"},
    {"no_repeat_ngram_size", usual, "[0]"},
    {"encoder_no_repeat_ngram_size", usual, "[0]"},
    {"guidance_scale", usual, "[1]"},
    {"cache_implementation", usual, R"(["dynamic", "static", "offloaded", "offloaded_static", "hybrid"])"},
    {"max_length", harmless, replaced},
    {"max_new_tokens", harmless, replaced},
    {"temperature", harmless, sampling},
    {"top_k", harmless, sampling},
    {"top_p", harmless, sampling},
    {"min_p", harmless, sampling},
    {"top_h", harmless, sampling},
    {"typical_p", harmless, sampling},
    {"epsilon_cutoff", harmless, sampling},
    {"eta_cutoff", harmless, sampling},
    {"early_stopping", harmless, beams},
    {"length_penalty", harmless, beams},
    {"low_memory", harmless, beams},
    {"renormalize_logits", harmless, "keeps the order of the scores"},
    {"remove_invalid_values", harmless, "there are none: NaN is a failed evaluation"},
    {"use_cache", harmless, caching},
    {"cache_config", harmless, caching},
    {"max_cache_len", harmless, caching},
    {"return_legacy_cache", harmless, caching},
    {"output_attentions", harmless, output},
    {"output_hidden_states", harmless, output},
    {"output_scores", harmless, output},
    {"output_logits", harmless, output},
    {"return_dict_in_generate", harmless, output},
    {"is_assistant", harmless, assistant},
    {"num_assistant_tokens", harmless, assistant},
    {"num_assistant_tokens_schedule", harmless, assistant},
    {"assistant_confidence_threshold", harmless, assistant},
    {"assistant_lookbehind", harmless, assistant},
    {"target_lookbehind", harmless, assistant},
    {"assistant_ensemble_weight", harmless, assistant},
    {"max_matching_ngram_size", harmless, assistant},
    {"speculation_type", harmless, assistant},
    {"compile_config", harmless, running},
    {"disable_compile", harmless, running},
    {"continuous_batching_config", harmless, running},
    {"prefill_chunk_size", harmless, running},
    {"transformers_version", harmless, origin},
    {"_commit_hash", harmless, origin},
    {"_from_model_config", harmless, origin},
});

class Tokens {
 public:
  Tokens(const Json& json, const std::string& file) : json_(json), file_(file) {}

  // A number, or a list of one: transformers takes both.
  void require(const char* key, std::int32_t wanted, const char* in_config) const {
    if (!json_.contains(key) || json_[key].is_null() || json_[key] == wanted || json_[key] == Json::array({wanted}))
      return;
    throw refused(key, fmt::format("is {}, in config.json {} is {}", shown(json_[key]), in_config, wanted));
  }
  void require_there(const char* key) const {
    if (!json_.contains(key) || json_[key].is_null())
      throw refused(key, "is missing: generate() would not stop at the end of an answer");
  }
  bool has(const char* key) const { return json_.contains(key) && !json_[key].is_null(); }

 private:
  InputError refused(const char* key, const std::string& what) const {
    return {
        fmt::format("{}, key \"{}\"", file_, key), what,
        "make generation_config.json and config.json say the same, or use those that were published with the model"};
  }
  const Json& json_;
  const std::string& file_;
};

std::optional<Json> read_json(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "generation_config.json";
  if (!is_there(path)) return std::nullopt;
  Json json = parse_json(read_file(path, std::size_t{1} << 20), path.string());
  if (!json.is_object())
    throw InputError(path.string(), "is not a JSON object", "use the file that was published with the model");
  return json;
}

}  // namespace

std::span<const KnownKey> generation_keys() { return keys; }

void check_generation_config(const std::filesystem::path& directory, const AnswerTokens& wanted) {
  const std::optional<Json> json = read_json(directory);
  if (!json) return;
  const std::string file = (directory / "generation_config.json").string();
  refuse_other_keys(*json, keys, file, remedy);

  const Tokens tokens(*json, file);
  tokens.require_there("eos_token_id");
  tokens.require("eos_token_id", wanted.end, "eos_token_id");
  tokens.require("pad_token_id", wanted.pad, "pad_token_id");
  tokens.require("decoder_start_token_id", wanted.start, "decoder_start_token_id");
  // Where the file does not say how an answer starts, generate() takes this one.
  if (!tokens.has("decoder_start_token_id")) tokens.require("bos_token_id", wanted.start, "decoder_start_token_id");
}

std::vector<std::int32_t> read_generation_ends(const std::filesystem::path& directory, int vocabulary) {
  std::vector<std::int32_t> ends;
  std::optional<Json> json = read_json(directory);
  if (!json) return ends;
  const std::string file = (directory / "generation_config.json").string();
  json->erase("do_sample");
  refuse_other_keys(*json, keys, file, remedy);
  const Json written = json->value("eos_token_id", Json());
  if (written.is_null()) return ends;
  for (const Json& end : written.is_array() ? written : Json::array({written})) {
    if (!end.is_number_integer() || end.get<std::int64_t>() < 0 || end.get<std::int64_t>() >= vocabulary)
      throw InputError(file + ", key \"eos_token_id\"",
                       fmt::format("holds {}, not a token from 0 to {}", shown(end), vocabulary - 1),
                       "use the file that was published with the model");
    ends.push_back(end);
  }
  return ends;
}

}  // namespace lorasweep
