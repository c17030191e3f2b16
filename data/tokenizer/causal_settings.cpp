// SPDX-License-Identifier: Apache-2.0
// Which settings change ids was read in transformers 4.46 and 5.24: both add the tokens of these files to those of
// tokenizer.json, and the former changes its pipeline by some keys.
#include "data/tokenizer/causal_settings.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;
using enum KeyUse;

constexpr std::size_t largest_file = std::size_t{64} << 20;
constexpr const char* published = "use the tokenizer files that were published with the model";
constexpr std::string_view literal = "tokenizer.json is read literally", chat = "prompts are taken as they are",
                           alone = "every row is computed alone, and too long ones are refused",
                           origin = "where the files come from", program = "which program tokenizes";

constexpr auto keys = std::to_array<KnownKey>({
    {"add_bos_token", used},
    {"add_prefix_space", used},
    {"added_tokens_decoder", used},
    {"additional_special_tokens", used},
    {"extra_special_tokens", used},
    {"model_specific_special_tokens", used},
    {"tokenizer_class", usual,
     R"(["PreTrainedTokenizerFast", "TokenizersBackend", "LlamaTokenizer", "LlamaTokenizerFast", "Qwen2Tokenizer", "Qwen2TokenizerFast", "GPT2Tokenizer", "GPT2TokenizerFast", "GPTNeoXTokenizer", "GPTNeoXTokenizerFast", "GemmaTokenizer", "GemmaTokenizerFast", "CodeGenTokenizer", "CodeGenTokenizerFast"])"},
    {"add_eos_token", usual, "[false]"},
    {"split_special_tokens", usual, "[false]"},
    {"errors", usual, R"(["replace"])"},
    {"clean_up_tokenization_spaces", harmless, "answers are not cleaned up, as by transformers 5"},
    {"spaces_between_special_tokens", harmless, "answers have no special tokens"},
    {"legacy", harmless, literal},
    {"trim_offsets", harmless, literal},
    {"model_max_length", harmless, alone},
    {"max_length", harmless, alone},
    {"max_len", harmless, alone},
    {"stride", harmless, alone},
    {"truncation", harmless, alone},
    {"truncation_side", harmless, alone},
    {"truncation_strategy", harmless, alone},
    {"padding", harmless, alone},
    {"padding_side", harmless, alone},
    {"pad_to_multiple_of", harmless, alone},
    {"pad_token_type_id", harmless, alone},
    {"model_input_names", harmless, alone},
    {"chat_template", harmless, chat},
    {"response_schema", harmless, chat},
    {"use_default_system_prompt", harmless, chat},
    {"name_or_path", harmless, origin},
    {"_commit_hash", harmless, origin},
    {"transformers_version", harmless, origin},
    {"special_tokens_map_file", harmless, origin},
    {"tokenizer_file", harmless, origin},
    {"vocab_file", harmless, origin},
    {"merges_file", harmless, origin},
    {"is_local", harmless, origin},
    {"local_files_only", harmless, origin},
    {"backend", harmless, program},
    {"use_fast", harmless, program},
    {"from_slow", harmless, program},
    {"verbose", harmless, "what is printed"},
    {"processor_class", harmless, "for models of pictures and sound"},
});

bool names_a_token(std::string_view key) { return key.ends_with("_token") && find_key(keys, key) == nullptr; }

// One of the files, whose tokens are held to tokenizer.json.
class TokenFile {
 public:
  TokenFile(const std::filesystem::path& file, const JsonTokenizer& tokenizer)
      : file_(file.string()), tokenizer_(tokenizer) {
    if (is_there(file)) json_ = parse_json(read_file(file, largest_file), file_, {.bytes = largest_file});
    if (!json_.is_object()) throw InputError(file_, "is not a JSON object", published);
  }

  const Json& json() const { return json_; }

  /// A token is its text, or an object with its text as "content"; null is none.
  const AddedToken* check(const std::string& key, const Json& token, std::optional<std::int64_t> id = {}) const {
    if (token.is_null()) return nullptr;
    const Json& text = token.is_object() && token.contains("content") ? token["content"] : token;
    if (!text.is_string()) throw problem(key, "is " + shown(token) + ", not a token");
    const AddedToken* added = tokenizer_.added_tokens().find(text.get_ref<const std::string&>());
    if (added == nullptr || (id && added->id != *id))
      throw problem(key, fmt::format("names the token {}{}, which tokenizer.json does not have among its added tokens",
                                     shown(text), id ? fmt::format(" with the id {}", *id) : ""));
    return added;
  }
  void check_named(const std::string& key, const Json& token) const {
    const AddedToken* added = check(key, token);
    if (added != nullptr && !added->special)
      throw problem(key, fmt::format("is {}, which is no special token in tokenizer.json", shown(token)));
  }
  // Every key that names a token, and the lists of these.
  void check_all() const {
    for (const auto& [key, value] : json_.items())
      if (names_a_token(key)) check_named(key, value);
    for (const char* key : {"additional_special_tokens", "extra_special_tokens", "model_specific_special_tokens"}) {
      if (!json_.contains(key) || json_[key].is_null()) continue;
      if (!json_[key].is_structured()) throw problem(key, "is " + shown(json_[key]) + ", not a list of tokens");
      for (const Json& token : json_[key]) check_named(key, token);
    }
  }
  // {"id": {"content": ..., flags}}: transformers takes these flags for those of tokenizer.json.
  void check_decoder() const {
    if (!json_.contains("added_tokens_decoder") || json_["added_tokens_decoder"].is_null()) return;
    const std::string key = "added_tokens_decoder";
    if (!json_[key].is_object()) throw problem(key, "is " + shown(json_[key]) + ", not an object");
    for (const auto& [text, token] : json_[key].items()) {
      if (!token.is_object()) throw problem(key, "has the token " + shown(token) + ", not an object");
      const bool number =
          !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
      const AddedToken* added = check(key, token, number ? std::stoll(text) : -1);
      for (const auto& [flag, value] :
           {std::pair("single_word", &AddedToken::single_word), std::pair("lstrip", &AddedToken::lstrip),
            std::pair("rstrip", &AddedToken::rstrip), std::pair("normalized", &AddedToken::normalized),
            std::pair("special", &AddedToken::special)})
        if (token.contains(flag) && token[flag] != added->*value)
          throw problem(key, fmt::format("has the token {} with {} = {}, tokenizer.json has it with {}",
                                         shown(token["content"]), flag, shown(token[flag]), added->*value));
    }
  }
  // Two keys of transformers by which a tokenizer was built; the file must have been built so.
  void check_flag(const char* key, bool of_file, const char* what) const {
    if (!json_.contains(key) || json_[key].is_null()) return;
    if (!json_[key].is_boolean()) throw problem(key, "is " + shown(json_[key]) + ", not true or false");
    if (json_[key] != of_file)
      throw problem(key,
                    fmt::format("is {}, and tokenizer.json {} {}: versions of transformers make different ids of that",
                                shown(json_[key]), of_file ? "puts" : "does not put", what));
  }
  InputError problem(const std::string& key, const std::string& what) const {
    return {fmt::format("{}, key \"{}\"", file_, key), what, published};
  }

 private:
  std::string file_;
  const JsonTokenizer& tokenizer_;
  Json json_ = Json::object();
};

// {"token": id, ...}
void check_added_tokens(const TokenFile& file) {
  for (const auto& [content, id] : file.json().items()) {
    if (!id.is_number_integer()) throw file.problem(content, "is " + shown(id) + ", not an id");
    file.check(content, content, id.get<std::int64_t>());
  }
}

}  // namespace

std::span<const KnownKey> causal_tokenizer_keys() { return keys; }

CausalTokenizerSettings read_causal_tokenizer_settings(const std::filesystem::path& directory,
                                                       const JsonTokenizer& tokenizer) {
  const TokenFile config(directory / "tokenizer_config.json", tokenizer);
  Json others = Json::object();  // tokens are looked at by themselves
  for (const auto& [key, value] : config.json().items())
    if (!names_a_token(key)) others[key] = value;
  refuse_other_keys(others, keys, (directory / "tokenizer_config.json").string(), published);
  config.check_flag("add_bos_token", !tokenizer.around().before.empty(), "a token in front of a text");
  config.check_flag("add_prefix_space", tokenizer.puts_space_in_front(), "a space in front of a text");
  config.check_all();
  config.check_decoder();
  const TokenFile map(directory / "special_tokens_map.json", tokenizer);
  map.check_all();
  check_added_tokens(TokenFile(directory / "added_tokens.json", tokenizer));

  for (const TokenFile* file : {&config, &map})
    if (file->json().contains("eos_token"))
      if (const AddedToken* end = file->check("eos_token", file->json()["eos_token"])) return {.end = end->id};
  throw config.problem("eos_token", "is missing: nothing says how an answer ends");
}

}  // namespace lorasweep
