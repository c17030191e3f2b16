// SPDX-License-Identifier: Apache-2.0
// utf8proc normalizes what takes part in normalization by the reference's tables, a character and its marks at a time;
// everything else is passed on. So it does not matter which Unicode utf8proc has.
#include "data/tokenizer/json/nfc.h"

#include "data/core/error.h"
#include "data/tokenizer/json/unicode_classes.h"
#include "data/tokenizer/json/utf8.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace lorasweep {
namespace {

// Nothing below takes part, but as the letter that a mark joins.
constexpr char lead_of_first_mark = '\xCC';  // U+0300

void append_normalized(std::string& out, std::string_view cluster) {
  struct Free {
    void operator()(utf8proc_uint8_t* memory) const { std::free(memory); }
  };
  utf8proc_uint8_t* made = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  const utf8proc_ssize_t length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(cluster.data()),
                                               static_cast<utf8proc_ssize_t>(cluster.size()), &made, options);
  const std::unique_ptr<utf8proc_uint8_t, Free> memory(made);
  if (length < 0) throw InternalError(std::string("utf8proc cannot normalize a text: ") + utf8proc_errmsg(length));
  out.append(reinterpret_cast<const char*>(made), static_cast<std::size_t>(length));
}

bool takes_part(char32_t point) { return (unicode_classes(point) & unicode::takes_part_in_nfc) != 0; }

// A mark of a Unicode that is newer than the reference's: to that it is a character that nothing joins.
bool is_later_mark(char32_t point) {
  const utf8proc_property_t* property = utf8proc_get_property(static_cast<utf8proc_int32_t>(point));
  return !takes_part(point) && property->combining_class != 0;
}

}  // namespace

std::string nfc(std::string_view text) {
  if (std::ranges::none_of(text, [](char byte) {
        return static_cast<unsigned char>(byte) >= static_cast<unsigned char>(lead_of_first_mark);
      }))
    return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Character first = character_at(text, at);
    std::size_t end = at + first.length;
    bool joins = takes_part(first.point);
    if (is_later_mark(first.point)) {
      out += text.substr(at, first.length);
      at = end;
      continue;
    }
    while (end < text.size()) {
      const Character next = character_at(text, end);
      if (!takes_part(next.point)) break;
      joins = true;
      end += next.length;
    }
    if (joins)
      append_normalized(out, text.substr(at, end - at));
    else
      out += text.substr(at, end - at);
    at = end;
  }
  return out;
}

}  // namespace lorasweep
