// SPDX-License-Identifier: Apache-2.0
// Every file has its own form of (token, id); all of them are held to the same tokenizer.
#include "data/tokenizer/causal_adapter_tokens.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t largest_file = std::size_t{64} << 20;
constexpr const char* remedy =
    "leave this adapter out, or use the base model with the tokenizer that it was trained with; if it was not trained "
    "with the token, take the file out of its directory";

// A token as its text, or as an object with its text as "content"; nothing for null and for what is no token.
std::optional<std::string> text_of(const Json& token) {
  const Json& text = token.is_object() && token.contains("content") ? token.at("content") : token;
  return text.is_string() ? std::optional(text.get<std::string>()) : std::nullopt;
}

bool names_a_token(std::string_view key) { return key.ends_with("_token"); }

class AdapterTokens {
 public:
  AdapterTokens(const std::filesystem::path& adapter, const std::filesystem::path& base, const JsonTokenizer& tokenizer)
      : adapter_(adapter), base_(base), tokenizer_(tokenizer) {}

  void check_all() {
    const Json config = read("tokenizer_config.json"), map = read("special_tokens_map.json");
    for (const Json* json : {&config, &map})
      if (json->contains("pad_token"))
        if (auto pad = text_of(json->at("pad_token"))) pads_.push_back(std::move(*pad));
    check_named("tokenizer_config.json", config);
    check_decoder(config);
    check_named("special_tokens_map.json", map);
    check_ids("added_tokens.json", read("added_tokens.json"));
    check_tokenizer(read("tokenizer.json"));
  }

 private:
  // An empty object where there is no such file, or the base model's own.
  Json read(const char* name) const {
    const std::filesystem::path file = adapter_ / name, own = base_ / name;
    if (!is_there(file)) return Json::object();
    const std::string text = read_file(file, largest_file);
    if (is_there(own) && text == read_file(own, largest_file)) return Json::object();
    Json json = parse_json(text, file.string(), {.bytes = largest_file});
    if (!json.is_object()) refuse_form(name);
    return json;
  }
  [[noreturn]] void refuse_form(const char* name) const {
    throw InputError((adapter_ / name).string(), "has tokens in an unknown form", remedy);
  }

  void check(const char* name, const std::string& token, std::optional<std::int64_t> id) const {
    const std::optional<std::int32_t> known = tokenizer_.id_of(token);
    if (known && (!id || *id == *known)) return;
    if (!known && std::ranges::find(pads_, token) != pads_.end()) return;
    throw InputError((adapter_ / name).string(),
                     fmt::format("has the token {}{}, which the base model's tokenizer {}: the adapter was trained on "
                                 "other ids than it would be given",
                                 Json(token).dump(-1, ' ', false, Json::error_handler_t::replace),
                                 id ? fmt::format(" with the id {}", *id) : "",
                                 known ? fmt::format("has with the id {}", *known) : "does not have"),
                     remedy);
  }
  void check_one(const char* name, const Json& token) const {
    if (const auto text = text_of(token)) check(name, *text, {});
  }
  // {"eos_token": token, ..., "additional_special_tokens": [token, ...]}
  void check_named(const char* name, const Json& json) const {
    for (const auto& [key, value] : json.items())
      if (names_a_token(key))
        check_one(name, value);
      else if (key.ends_with("_special_tokens") && value.is_structured())
        for (const Json& token : value) check_one(name, token);
  }
  // {"token": id, ...}
  void check_ids(const char* name, const Json& json) const {
    for (const auto& [token, id] : json.items()) {
      if (!id.is_number_integer()) refuse_form(name);
      check(name, token, id.get<std::int64_t>());
    }
  }
  // {"id": {"content": token, flags}, ...}
  void check_decoder(const Json& config) const {
    constexpr const char* name = "tokenizer_config.json";
    if (!config.contains("added_tokens_decoder") || config.at("added_tokens_decoder").is_null()) return;
    if (!config.at("added_tokens_decoder").is_object()) refuse_form(name);
    for (const auto& [id, token] : config.at("added_tokens_decoder").items()) {
      const auto text = text_of(token);
      const bool number = !id.empty() && id.size() < 10 && id.find_first_not_of("0123456789") == std::string::npos;
      if (!text || !number) refuse_form(name);
      check(name, *text, std::stoll(id));
    }
  }
  // Of the parts the vocabulary alone: {"token": id, ...}, or a list of [token, score].
  void check_tokenizer(const Json& json) const {
    constexpr const char* name = "tokenizer.json";
    if (json.empty()) return;
    if (!json.contains("model") || !json.at("model").is_object() || !json.at("model").contains("vocab"))
      refuse_form(name);
    const Json& vocabulary = json.at("model").at("vocab");
    if (vocabulary.is_object())
      check_ids(name, vocabulary);
    else if (vocabulary.is_array())
      for (std::size_t id = 0; id < vocabulary.size(); ++id) {
        const Json& piece = vocabulary[id];
        if (!piece.is_array() || piece.empty() || !piece[0].is_string()) refuse_form(name);
        check(name, piece[0].get<std::string>(), static_cast<std::int64_t>(id));
      }
    else
      refuse_form(name);
    if (!json.contains("added_tokens")) return;
    if (!json.at("added_tokens").is_array()) refuse_form(name);
    for (const Json& token : json.at("added_tokens")) {
      const auto text = text_of(token);
      if (!text || !token.is_object() || !token.contains("id") || !token.at("id").is_number_integer())
        refuse_form(name);
      check(name, *text, token.at("id").get<std::int64_t>());
    }
  }

  const std::filesystem::path &adapter_, &base_;
  const JsonTokenizer& tokenizer_;
  std::vector<std::string> pads_;
};

}  // namespace

void refuse_other_causal_tokens(const std::filesystem::path& adapter, const std::filesystem::path& base,
                                const JsonTokenizer& tokenizer) {
  AdapterTokens(adapter, base, tokenizer).check_all();
}

}  // namespace lorasweep
