// SPDX-License-Identifier: Apache-2.0
#include "data/tokenizer/json/metaspace.h"

#include "data/core/known_keys.h"
#include "data/tokenizer/json/utf8.h"

namespace lorasweep {

Metaspace::Metaspace(const TokenizerPart& part) {
  part.allow_only({"type", "replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split"});
  const TokenizerPart mark = part.at("replacement");
  replacement = mark.text(4);
  if (replacement.empty() || character_at(replacement, 0).length != replacement.size())
    mark.refuse("is " + shown(mark.json()) + ", not one character");
  split = part.flag("split", true);
  if (const auto scheme = part.find("prepend_scheme")) {
    const std::string name = scheme->text(16);
    if (name != "always" && name != "first" && name != "never")
      scheme->refuse("is " + shown(scheme->json()) + ", not always, first or never");
    prepend = name == "always" ? Prepend::always : name == "first" ? Prepend::first : Prepend::never;
  }
  if (!part.flag("add_prefix_space", true)) {
    if (part.find("prepend_scheme") && prepend != Prepend::never)
      part.refuse("says with add_prefix_space = false and with prepend_scheme two things");
    prepend = Prepend::never;
  }
}

std::string Metaspace::mark(std::string_view text, bool at_start) const {
  std::string marked;
  marked.reserve(text.size() + text.size() / 4 + replacement.size());
  const bool wanted = prepend == Prepend::always || (prepend == Prepend::first && at_start);
  if (wanted && !text.starts_with(' ') && !text.starts_with(replacement)) marked = replacement;
  for (const char c : text)
    if (c == ' ')
      marked += replacement;
    else
      marked += c;
  return marked;
}

}  // namespace lorasweep
