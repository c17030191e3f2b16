// SPDX-License-Identifier: Apache-2.0
// Compares the parts of tokenizer.json with spiece.model and with the steps of a T5 tokenizer.
#include "data/tokenizer/t5_fast_tokenizer.h"

#include "data/core/error.h"
#include "data/core/json.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;
using enum KeyUse;

constexpr auto keys = std::to_array<KnownKey>({
    {"model", used},
    {"added_tokens", used},
    {"normalizer", used},
    {"pre_tokenizer", used},
    {"post_processor", used},
    {"version", harmless, "of the format"},
    {"truncation", harmless, "set again with every call"},
    {"padding", harmless, "set again with every call"},
    {"decoder", harmless, "pieces are joined as spiece.model has them"},
});

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t j = 0; j < 3; ++j)
      three = three << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j) text += i + j > bytes.size() ? '=' : digits[three >> (18 - 6 * j) & 63];
  }
  return text;
}

class Parts {
 public:
  Parts(const std::string& file, const T5Pieces& pieces) : file_(file), pieces_(pieces) {}

  void check_model(const Json& model) const {
    require(model.is_object(), "model", "is not an object");
    if (model.contains("type")) require(model["type"] == "Unigram", "model.type", "is " + shown(model["type"]));
    if (model.contains("unk_id")) require(model["unk_id"] == 2, "model.unk_id", "is " + shown(model["unk_id"]));
    if (model.contains("byte_fallback"))
      require(says_nothing(model["byte_fallback"]) ? !pieces_.has_bytes : pieces_.has_bytes, "model.byte_fallback",
              "is " + shown(model["byte_fallback"]));
    if (model.contains("vocab")) check_vocabulary(model["vocab"]);
  }

  // The normalizations of a T5: the map of spiece.model, and spaces at the end or in a row.
  void check_normalizer(const Json& step) const {
    if (step.is_null()) return;
    const std::string type = type_of(step, "normalizer");
    if (type == "Sequence") return each(step, "normalizers", "normalizer", &Parts::check_normalizer);
    if (type == "Precompiled") return check_character_map(step);
    if (type == "Strip") return;
    const Json pattern = step.value("pattern", Json());
    require(type == "Replace" && pattern.is_object() && pattern.value("Regex", Json()) == " {2,}", "normalizer",
            "has the step " + shown(step));
  }

  void check_pre_tokenizer(const Json& step) const {
    if (step.is_null()) return;
    const std::string type = type_of(step, "pre_tokenizer");
    if (type == "Sequence") return each(step, "pretokenizers", "pre_tokenizer", &Parts::check_pre_tokenizer);
    if (type == "WhitespaceSplit") return;
    require(type == "Metaspace" && step.value("add_prefix_space", Json(true)) == true &&
                step.value("prepend_scheme", Json("always")) != "never" &&
                step.value("replacement", Json("\u2581")) == "\u2581",
            "pre_tokenizer", "has the step " + shown(step));
  }

  // $A </s>
  void check_post_processor(const Json& step) const {
    const Json single = step.is_object() ? step.value("single", Json()) : Json();
    const bool ends = single.is_array() && single.size() == 2 && single[0].is_object() && single[1].is_object() &&
                      single[0].contains("Sequence") && single[1].contains("SpecialToken") &&
                      single[1]["SpecialToken"].is_object() && single[1]["SpecialToken"].value("id", Json()) == "</s>";
    require(ends, "post_processor", "does not append exactly </s> to a text: " + shown(step));
  }

 private:
  void check_character_map(const Json& step) const {
    const Json map = step.value("precompiled_charsmap", Json());
    require(map.is_string() && map.get_ref<const std::string&>() == base64(pieces_.character_map), "normalizer",
            "replaces characters by another map");
  }

  void check_vocabulary(const Json& vocabulary) const {
    require(vocabulary.is_array(), "model.vocab", "is not a list");
    const std::int64_t count = vocabulary.size();
    const int all = pieces_.pieces + pieces_.extra_ids;
    require(count >= pieces_.pieces && count <= all, "model.vocab",
            fmt::format("has {} pieces, spiece.model {} and {} sentinels", count, pieces_.pieces, pieces_.extra_ids));
    for (int id = 0; id < count; ++id) check_piece(vocabulary[id], id);
  }

  void check_piece(const Json& entry, int id) const {
    const auto part = [&] { return fmt::format("model.vocab[{}]", id); };
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
      refuse(part(), "is " + shown(entry));
    const bool piece = id < pieces_.pieces;
    const std::string wanted =
        piece ? pieces_.text(id) : fmt::format("<extra_id_{}>", pieces_.pieces + pieces_.extra_ids - 1 - id);
    if (entry[0].get_ref<const std::string&>() != wanted)
      refuse(part(), fmt::format("is {}, in spiece.model it is {}", shown(entry[0]), shown(wanted)));
    if (!piece || id < 3) return;  // the special tokens have no score that counts
    if (const float score = pieces_.score(id); static_cast<float>(entry[1].get<double>()) != score)
      refuse(part(), fmt::format("has the score {}, in spiece.model it is {}", shown(entry[1]), score));
  }

  void each(const Json& step, const char* list, const char* part, void (Parts::*check)(const Json&) const) const {
    require(step.contains(list) && step[list].is_array(), part, "has a sequence without steps");
    for (const Json& inner : step[list]) (this->*check)(inner);
  }
  std::string type_of(const Json& step, const char* part) const {
    require(step.is_object() && step.contains("type") && step["type"].is_string(), part, "is " + shown(step));
    return step["type"];
  }
  void require(bool holds, const char* part, const std::string& otherwise) const {
    if (!holds) refuse(part, otherwise);
  }
  [[noreturn]] void refuse(const std::string& part, const std::string& problem) const {
    throw InputError(fmt::format("{}, part {}", file_, part),
                     problem + ": this is another tokenizer than that of spiece.model, which is the one used",
                     "use the tokenizer files that were published with the model, or remove tokenizer.json");
  }

  const std::string& file_;
  const T5Pieces& pieces_;
};

}  // namespace

std::span<const KnownKey> t5_fast_tokenizer_keys() { return keys; }

void check_t5_fast_tokenizer(const Json& json, const std::string& file, const T5Pieces& pieces) {
  refuse_other_keys(json, keys, file, "use the tokenizer files that were published with the model");
  const Parts parts(file, pieces);
  if (json.contains("model")) parts.check_model(json["model"]);
  if (json.contains("normalizer")) parts.check_normalizer(json["normalizer"]);
  if (json.contains("pre_tokenizer")) parts.check_pre_tokenizer(json["pre_tokenizer"]);
  if (json.contains("post_processor")) parts.check_post_processor(json["post_processor"]);
}

}  // namespace lorasweep
