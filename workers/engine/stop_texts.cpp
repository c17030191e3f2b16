// SPDX-License-Identifier: Apache-2.0
// The end of an answer is looked at again and again, as far back as a stop text is long.
#include "workers/engine/stop_texts.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace lorasweep {

StopTexts::StopTexts(AnswerEnds ends) : texts_(std::move(ends.texts)) {
  if (texts_.empty()) return;
  token_bytes_ = std::move(ends.token_bytes);
  for (const std::string& text : texts_) {
    if (text.empty()) throw std::invalid_argument("a stop text is empty");
    longest_text_ = std::max(longest_text_, text.size());
  }
  for (std::size_t id = 0; id < token_bytes_.size(); ++id) {
    longest_token_ = std::max(longest_token_, token_bytes_[id].size());
    if (!token_bytes_[id].empty()) token_of_.emplace(token_bytes_[id], static_cast<std::int32_t>(id));
  }
}

std::string_view StopTexts::bytes_of(std::int32_t id) const {
  return id >= 0 && static_cast<std::size_t>(id) < token_bytes_.size() ? token_bytes_[id] : std::string_view{};
}

bool StopTexts::end(std::vector<std::int32_t>& answer, Tail& tail) const {
  std::string& text = tail.bytes_;
  text += bytes_of(answer.back());
  // Of the texts that are complete now none was complete before, so all of them end in the last token.
  std::size_t first = std::string::npos;
  for (const std::string& stop : texts_) first = std::min(first, text.find(stop));
  if (first == std::string::npos) {
    if (text.size() >= longest_text_) text.erase(0, text.size() - (longest_text_ - 1));
    return false;
  }
  keep(answer, text.size() - first);
  return true;
}

// Takes this many bytes from the end.
void StopTexts::keep(std::vector<std::int32_t>& answer, std::size_t unwanted) const {
  while (unwanted > 0) {
    const std::string_view last = bytes_of(answer.back());
    answer.pop_back();
    if (last.size() > unwanted) return spell(answer, last.substr(0, last.size() - unwanted));
    unwanted -= last.size();
  }
}

void StopTexts::spell(std::vector<std::int32_t>& answer, std::string_view bytes) const {
  while (!bytes.empty()) {
    std::size_t length = std::min(bytes.size(), longest_token_);
    auto token = token_of_.find(bytes.substr(0, length));
    while (token == token_of_.end() && length > 1) token = token_of_.find(bytes.substr(0, --length));
    if (token != token_of_.end()) answer.push_back(token->second);
    bytes.remove_prefix(length);
  }
}

}  // namespace lorasweep
