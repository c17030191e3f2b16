// SPDX-License-Identifier: Apache-2.0
// The order of the steps is that of the tokenizers library.
#include "data/tokenizer/json/json_tokenizer.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "data/core/known_keys.h"
#include "data/tokenizer/json/read_token_model.h"
#include "data/tokenizer/json/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

constexpr std::size_t largest_file = std::size_t{64} << 20;
constexpr std::size_t longest_text = std::size_t{1} << 29;
constexpr std::size_t most_around = 16;

const TokenizerPart::Json nothing;

// A part that may be missing.
TokenizerPart part_or_null(const TokenizerPart& file, const char* key) {
  return file.json().contains(key) ? file.at(key) : TokenizerPart(nothing, file.file(), key);
}

}  // namespace

std::filesystem::path JsonTokenizer::file_in(const std::filesystem::path& directory) {
  return directory / "tokenizer.json";
}

JsonTokenizer JsonTokenizer::of_directory(const std::filesystem::path& directory) {
  const std::filesystem::path file = file_in(directory);
  return {read_file(file, largest_file), file.string()};
}

JsonTokenizer::JsonTokenizer(std::string_view bytes, const std::string& name) {
  const auto json = parse_json(bytes, name, {.bytes = largest_file});
  const TokenizerPart file(json, name, "");
  const TokenizerPart model = file.at("model");
  file.allow_only({"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
                   "decoder", "model"});
  model_ = read_token_model(model);
  normalizer_ = Normalizer(part_or_null(file, "normalizer"));
  pre_tokenizer_ = PreTokenizer(part_or_null(file, "pre_tokenizer"));
  if (pre_tokenizer_.asks_for_start() && !normalizer_.keeps_beginnings())
    file.at("pre_tokenizer").refuse_unknown("marks the beginning of a text, which the normalizer may take away");
  if (const auto added = file.find("added_tokens")) added_ = AddedTokens(*added, model_->vocabulary(), normalizer_);
  read_template(part_or_null(file, "post_processor"));
  decoder_ = Decoder(part_or_null(file, "decoder"));
}

void JsonTokenizer::read_template(const TokenizerPart& part) {
  bool found = false;
  for (const TokenizerPart& step : part.steps("processors")) {
    const std::string type = step.type();
    if (type == "ByteLevel") continue;  // is about offsets
    if (type != "TemplateProcessing")
      step.refuse_unknown("is the step \"" + type + "\": known are ByteLevel and TemplateProcessing");
    if (std::exchange(found, true)) part.refuse_unknown("has two templates");
    step.allow_only({"type", "single", "pair", "special_tokens"});
    bool behind = false;
    for (const TokenizerPart& piece : step.at("single").entries(most_around)) {
      if (piece.find("Sequence")) {
        if (std::exchange(behind, true) || piece.at("Sequence").at("id").text(8) != "A")
          step.at("single").refuse("does not have its text exactly once");
        continue;
      }
      const std::string name = piece.at("SpecialToken").at("id").text(Vocabulary::longest_token);
      for (const TokenizerPart& entry : step.at("special_tokens").at(name.c_str()).at("ids").entries(most_around)) {
        const auto id = static_cast<std::int32_t>(entry.number(0, Vocabulary::most_tokens));
        if (model_->vocabulary().text_of(id) == nullptr && added_.find(id) == nullptr)
          entry.refuse(fmt::format("is {}, which is the id of no token", id));
        (behind ? around_.after : around_.before).push_back(id);
      }
    }
    if (!behind) step.at("single").refuse("does not have its text exactly once");
  }
}

void JsonTokenizer::append(std::string_view text, bool at_start, Counted& out) const {
  const Pieces pieces = pre_tokenizer_.cut(text, at_start, out.steps);
  for (std::size_t i = 0; i < pieces.size(); ++i) model_->append(pieces[i], out.ids, out.steps);
}

JsonTokenizer::Counted JsonTokenizer::counted_ids_of(std::string_view text) const {
  if (text.size() > longest_text)
    throw InputError("a text", fmt::format("has {} bytes, more than the {} allowed", text.size(), longest_text),
                     "cut the text");
  const std::string valid = is_valid_utf8(text) ? "" : valid_utf8(text);
  if (!valid.empty()) text = valid;
  Counted out;
  const char* begin = text.data();
  for (const AddedTokens::Cut& raw : added_.cut(text, false, out.steps)) {
    if (raw.token != nullptr) {
      out.ids.push_back(raw.token->id);
      continue;
    }
    const std::string normal = normalizer_.normalize(raw.text);
    out.steps += raw.text.size();
    for (const AddedTokens::Cut& cut : added_.cut(normal, true, out.steps)) {
      if (cut.token != nullptr)
        out.ids.push_back(cut.token->id);
      else
        append(cut.text, raw.text.data() == begin && cut.text.data() == normal.data(), out);
    }
  }
  return out;
}

TokenIds JsonTokenizer::ids_of(std::string_view text) const { return counted_ids_of(text).ids; }

std::optional<std::string> JsonTokenizer::token(std::int32_t id) const {
  if (const AddedToken* added = added_.find(id))
    return added->special ? std::nullopt : std::optional(added->normal_form);
  const std::string* text = model_->vocabulary().text_of(id);
  return text == nullptr ? std::nullopt : std::optional(*text);
}

std::string JsonTokenizer::text_of(std::span<const std::int32_t> ids) const {
  std::vector<std::string> tokens;
  for (const std::int32_t id : ids)
    if (auto text = token(id)) tokens.push_back(std::move(*text));
  return decoder_.text_of(std::move(tokens));
}

std::string JsonTokenizer::bytes_of(std::int32_t id) const {
  const auto text = token(id);
  return text ? decoder_.bytes_of(*text) : "";
}

std::optional<std::int32_t> JsonTokenizer::id_of(std::string_view token) const {
  if (const AddedToken* added = added_.find(token)) return added->id;
  return model_->vocabulary().id_of(token);
}

std::optional<std::int32_t> JsonTokenizer::special_id(std::string_view token) const {
  const AddedToken* added = added_.find(token);
  return added != nullptr && added->special ? std::optional(added->id) : std::nullopt;
}

int JsonTokenizer::vocabulary() const {
  const int of_model = model_->vocabulary().end();
  return added_.by_id().empty() ? of_model : std::max(of_model, added_.by_id().rbegin()->first + 1);
}

bool JsonTokenizer::puts_space_in_front() const {
  std::size_t steps = 0;
  const Pieces pieces = pre_tokenizer_.cut(normalizer_.normalize("a"), true, steps);
  return pieces.size() > 0 && pieces[0] != "a";
}

}  // namespace lorasweep
