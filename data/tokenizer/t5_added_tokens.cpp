// SPDX-License-Identifier: Apache-2.0
// Reads each of the four files in its own form and checks every token that it names.
#include "data/tokenizer/t5_added_tokens.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "data/tokenizer/t5_settings.h"

#include <fmt/format.h>

#include <charconv>
#include <string>
#include <utility>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t largest_file = std::size_t{64} << 20;

// What a token that T5 does not have means, and what helps.
struct Consequence {
  const char* what;
  const char* remedy;
};
constexpr Consequence of_model = {
    "its text would be read as other pieces than the model was trained on",
    "use the tokenizer files that were published with the model; if no adapter was trained with the token, take it out "
    "of the file"};
constexpr Consequence of_adapter = {
    "its text would be read as other pieces than the adapter was trained on",
    "leave this adapter out; if it was not trained with the token, take the file out of its directory"};

class AddedTokens {
 public:
  AddedTokens(std::filesystem::path file, const SpecialId& special_id, const Consequence& consequence)
      : file_(std::move(file)), special_id_(special_id), consequence_(consequence) {}

  // A token is its text, or an object with its text as "content"; null is none.
  void check(const Json& token, std::optional<std::int64_t> id) const {
    if (token.is_null()) return;
    const Json* text = &token;
    if (token.is_object()) {
      if (!token.contains("content")) refuse_form();
      text = &token.at("content");
    }
    if (!text->is_string()) refuse_form();
    const std::string content = *text;
    const std::optional<std::int32_t> known = special_id_(content);
    if (known && (!id || *id == *known)) return check_flags(token, content);
    throw InputError(file_.string(),
                     fmt::format("adds the token {}{}, which is not a special token of T5: {}",
                                 Json(content).dump(-1, ' ', false, Json::error_handler_t::replace),
                                 id ? fmt::format(" with the id {}", *id) : "", consequence_.what),
                     consequence_.remedy);
  }

  // Tokens that match whole words only, and special tokens that stay in decoded texts, are treated otherwise here.
  // Spaces beside a token are lost in any case.
  void check_flags(const Json& token, const std::string& content) const {
    if (!token.is_object()) return;
    for (const auto& [flag, usual] : {std::pair("single_word", false), std::pair("special", true)})
      if (token.contains(flag) && token.at(flag) != usual)
        throw InputError(file_.string(),
                         fmt::format("has the token {} with {} = {}", content, flag, shown(token.at(flag))),
                         "use the tokenizer files that were published with the model");
  }

  [[noreturn]] void refuse_form() const {
    throw InputError(file_.string(), "has tokens in an unknown form",
                     "use the tokenizer files that were published with the model");
  }

 private:
  std::filesystem::path file_;
  const SpecialId& special_id_;
  const Consequence& consequence_;
};

// {"token": id, ...}
void check_added_tokens(const Json& json, const AddedTokens& tokens) {
  if (!json.is_object()) tokens.refuse_form();
  for (const auto& [content, id] : json.items()) {
    if (!id.is_number_integer()) tokens.refuse_form();
    tokens.check(content, id.get<std::int64_t>());
  }
}

// A list of tokens, or an object whose values are tokens; null is none.
void check_all(const Json& json, const char* key, const AddedTokens& tokens) {
  if (!json.contains(key) || json.at(key).is_null()) return;
  if (!json.at(key).is_structured()) tokens.refuse_form();
  for (const Json& token : json.at(key)) tokens.check(token, {});
}

// Every key that ends with "_token" names one: "eos_token", "sep_token", "image_token" (flags as "add_bos_token" do
// not). Three have a role of their own.
void check_special_tokens(const Json& json, const AddedTokens& tokens) {
  if (!json.is_object()) tokens.refuse_form();
  for (const auto& [key, token] : json.items())
    if (names_a_token(key) && !token.is_boolean())
      tokens.check(token, key == "pad_token"   ? std::optional<std::int64_t>(0)
                          : key == "eos_token" ? std::optional<std::int64_t>(1)
                          : key == "unk_token" ? std::optional<std::int64_t>(2)
                                               : std::nullopt);
  for (const char* key : {"additional_special_tokens", "extra_special_tokens", "model_specific_special_tokens"})
    check_all(json, key, tokens);
}

// In addition, {"id": {"content": token, ...}, ...}
void check_tokenizer_config(const Json& json, const AddedTokens& tokens) {
  check_special_tokens(json, tokens);
  if (!json.contains("added_tokens_decoder") || json.at("added_tokens_decoder").is_null()) return;
  if (!json.at("added_tokens_decoder").is_object()) tokens.refuse_form();
  for (const auto& [text, token] : json.at("added_tokens_decoder").items()) {
    std::int64_t id = 0;
    const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc{} || last != text.data() + text.size()) tokens.refuse_form();
    tokens.check(token, id);
  }
}

// Holds nothing but tokens.
void check_special_tokens_map(const Json& json, const AddedTokens& tokens) {
  check_special_tokens(json, tokens);
  for (const auto& [key, value] : json.items())
    if (!names_a_token(key) && !key.ends_with("_special_tokens") && !says_nothing(value)) tokens.refuse_form();
}

void check_fast_tokenizer(const Json& json, const AddedTokens& tokens) {
  if (!json.is_object()) tokens.refuse_form();
  if (!json.contains("added_tokens")) return;
  if (!json.at("added_tokens").is_array()) tokens.refuse_form();
  for (const Json& token : json.at("added_tokens")) {
    if (!token.is_object() || !token.contains("id") || !token.at("id").is_number_integer()) tokens.refuse_form();
    tokens.check(token, token.at("id").get<std::int64_t>());
  }
}

template <typename Check>
void read_tokens(const std::filesystem::path& directory, const char* name, const SpecialId& special_id,
                 const Check& check) {
  const std::filesystem::path file = directory / name;
  if (is_there(file))
    check(parse_json(read_file(file, largest_file), file.string(), {.bytes = largest_file}),
          AddedTokens(file, special_id, of_model));
}

}  // namespace

void refuse_added_tokens(const std::filesystem::path& directory, const SpecialId& special_id) {
  read_tokens(directory, "added_tokens.json", special_id, check_added_tokens);
  read_tokens(directory, "special_tokens_map.json", special_id, check_special_tokens_map);
  read_tokens(directory, "tokenizer_config.json", special_id, check_tokenizer_config);
}

void refuse_added_tokens(const std::filesystem::path& directory, const SpecialId& special_id, const T5Pieces& pieces) {
  refuse_added_tokens(directory, special_id);
  read_tokens(directory, "tokenizer.json", special_id, [&](const Json& json, const AddedTokens& tokens) {
    check_fast_tokenizer(json, tokens);
    check_t5_fast_tokenizer(json, (directory / "tokenizer.json").string(), pieces);
  });
}

void refuse_tokens_of_adapter(const std::filesystem::path& adapter, const std::filesystem::path& base,
                              const SpecialId& special_id) {
  using Check = void (*)(const Json&, const AddedTokens&);
  constexpr std::pair<const char*, Check> files[] = {{"added_tokens.json", check_added_tokens},
                                                     {"special_tokens_map.json", check_special_tokens_map},
                                                     {"tokenizer_config.json", check_tokenizer_config},
                                                     {"tokenizer.json", check_fast_tokenizer}};
  for (const auto& [name, check] : files) {
    const std::filesystem::path file = adapter / name;
    if (!is_there(file)) continue;
    const std::string text = read_file(file, largest_file);
    if (is_there(base / name) && text == read_file(base / name, largest_file)) continue;
    check(parse_json(text, file.string(), {.bytes = largest_file}), AddedTokens(file, special_id, of_adapter));
  }
}

}  // namespace lorasweep
