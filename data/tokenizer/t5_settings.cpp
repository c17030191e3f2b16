// SPDX-License-Identifier: Apache-2.0
// Which settings change ids or texts was tried with transformers 4.46.3 (slow and fast) and 5.24.0.
#include "data/tokenizer/t5_settings.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"

#include <algorithm>
#include <array>
#include <string>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;
using enum KeyUse;

constexpr std::size_t largest_file = std::size_t{64} << 20;
constexpr const char* published = "use the tokenizer files that were published with the model";
constexpr std::string_view of_others = "no version of T5's tokenizer follows it", origin = "where the files come from",
                           fixed = "prompts are cut at 2048 tokens, as the reference asks for",
                           chat = "prompts are taken as they are", padding = "padding is masked";

constexpr auto keys = std::to_array<KnownKey>({
    {"extra_ids", used},
    {"legacy", used},
    {"clean_up_tokenization_spaces", used},
    {"sp_model_kwargs", used},
    {"added_tokens_decoder", used},
    {"additional_special_tokens", used},
    {"extra_special_tokens", used},
    {"model_specific_special_tokens", used},
    {"tokenizer_class", usual, R"(["T5Tokenizer", "T5TokenizerFast", "MT5Tokenizer", "MT5TokenizerFast"])"},
    {"add_prefix_space", usual, "[true]"},
    {"padding_side", usual, R"(["right"])"},
    {"truncation_side", usual, R"(["right"])"},
    {"split_special_tokens", usual, "[false]"},
    {"model_input_names", usual, R"([["input_ids", "attention_mask"]])"},
    {"do_lower_case", harmless, of_others},
    {"keep_accents", harmless, of_others},
    {"remove_space", harmless, of_others},
    {"strip_accents", harmless, of_others},
    {"add_bos_token", harmless, of_others},
    {"add_eos_token", harmless, of_others},
    {"model_max_length", harmless, fixed},
    {"max_length", harmless, fixed},
    {"max_len", harmless, fixed},
    {"stride", harmless, fixed},
    {"truncation", harmless, fixed},
    {"truncation_strategy", harmless, fixed},
    {"padding", harmless, padding},
    {"pad_to_multiple_of", harmless, padding},
    {"pad_token_type_id", harmless, padding},
    {"chat_template", harmless, chat},
    {"response_schema", harmless, chat},
    {"name_or_path", harmless, origin},
    {"_commit_hash", harmless, origin},
    {"transformers_version", harmless, origin},
    {"special_tokens_map_file", harmless, origin},
    {"tokenizer_file", harmless, origin},
    {"vocab_file", harmless, origin},
    {"is_local", harmless, origin},
    {"local_files_only", harmless, origin},
    {"backend", harmless, "which program tokenizes"},
    {"use_fast", harmless, "which program tokenizes"},
    {"from_slow", harmless, "which program tokenizes"},
    {"verbose", harmless, "what is printed"},
    {"processor_class", harmless, "for models of pictures and sound"},
});

class Settings {
 public:
  Settings(const Json& json, const std::string& file) : json_(json), file_(file) {}

  const Json* find(const char* key) const {
    const auto found = json_.find(key);
    return found == json_.end() ? nullptr : &*found;
  }
  bool flag(const char* key, bool otherwise) const {
    const Json* value = find(key);
    if (value == nullptr || value->is_null()) return otherwise;
    if (!value->is_boolean()) throw problem(key, "is " + shown(*value) + ", not true or false");
    return *value;
  }
  int extra_ids() const {
    const Json* value = find("extra_ids");
    if (value == nullptr) return T5TokenizerSettings{}.extra_ids;
    if (!value->is_number_integer() || *value < 0 || *value > 10000)
      throw problem("extra_ids", "is " + shown(*value) + ", not a number from 0 to 10000");
    return *value;
  }
  // What the sentencepiece library is opened with: it could draw tokens at random, or add and reverse some.
  void refuse_options_of_pieces() const {
    const Json* options = find("sp_model_kwargs");
    if (options == nullptr || options->is_null()) return;
    if (!options->is_object()) throw problem("sp_model_kwargs", "is " + shown(*options) + ", not a table");
    const bool draws = options->contains("enable_sampling") && !says_nothing(options->at("enable_sampling"));
    for (const auto& [key, value] : options->items()) {
      const bool of_drawing = key == "nbest_size" || key == "alpha";
      if (draws || (!of_drawing && !says_nothing(value)))
        throw problem("sp_model_kwargs",
                      "is " + shown(*options) + ": texts would be cut into other tokens, or at random");
    }
  }

 private:
  InputError problem(const std::string& key, const std::string& what) const {
    return {file_ + ", key \"" + key + "\"", what, published};
  }
  const Json& json_;
  const std::string& file_;
};

}  // namespace

std::span<const KnownKey> t5_tokenizer_keys() { return keys; }

bool names_a_token(std::string_view key) { return key.ends_with("_token") && find_key(keys, key) == nullptr; }

T5TokenizerSettings read_t5_tokenizer_settings(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "tokenizer_config.json";
  if (!is_there(path)) return {};
  const std::string file = path.string();
  Json json = parse_json(read_file(path, largest_file), file, {.bytes = largest_file});
  if (!json.is_object()) throw InputError(file, "is not a JSON object", published);
  const Settings settings(json, file);
  settings.refuse_options_of_pieces();
  const T5TokenizerSettings read = {.extra_ids = settings.extra_ids(),
                                    .clean_up = settings.flag("clean_up_tokenization_spaces", true),
                                    .legacy = settings.flag("legacy", true)};
  Json others = Json::object();  // tokens are looked at by themselves
  for (const auto& [key, value] : json.items())
    if (!names_a_token(key)) others[key] = value;
  refuse_other_keys(others, keys, file, published);
  return read;
}

}  // namespace lorasweep
